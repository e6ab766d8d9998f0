/** Answers as Airflow 3 gives them: compact JSON, problems as `detail`, compressed for who accepts that. */
import type { Answer } from "../answer.js"

const headers = { server: "uvicorn", vary: "Accept-Encoding" }

const gzip = (status: number, type: string, body: string, more: Answer["headers"] = {}): Answer => ({
  status,
  headers: { ...headers, "content-type": type, ...more },
  body,
  gzip: true
})

export const json = (value: unknown, status = 200, more: Answer["headers"] = {}): Answer =>
  gzip(status, "application/json", JSON.stringify(value), more)

/** JSON that is written already. */
export const raw = (body: string): Answer => gzip(200, "application/json", body)

export const ndjson = (body: string, more: Answer["headers"]): Answer =>
  gzip(200, "application/x-ndjson", body, more)

/** An error of a view. */
export const problem = (status: number, detail: unknown, more: Answer["headers"] = {}): Answer =>
  json({ detail }, status, more)

/** One thing that is wrong with a request. */
export interface Fault {
  readonly type: string
  readonly loc: ReadonlyArray<string | number>
  readonly msg: string
  readonly input: unknown
  readonly ctx?: Readonly<Record<string, unknown>>
}

/** An error of what was sent, found before the view runs. */
export const invalid = (faults: ReadonlyArray<Fault>): Answer => problem(422, faults)

/** What an uncaught exception in a view looks like. */
export const crash = (): Answer => ({
  status: 500,
  headers: { server: "uvicorn", "content-type": "text/plain; charset=utf-8" },
  body: "Internal Server Error"
})

/** An id that the server's own log can be searched for. */
const logId = "VTdf0QXe"

/** What the database refuses. Before 3.2 it is told with the statement, which the others only have in their log. */
export const databaseProblem = (
  status: number,
  reason: string,
  told?: { readonly statement: string; readonly orig_error: string }
): Answer =>
  problem(status, {
    reason,
    statement: told?.statement ?? "hidden",
    orig_error: told?.orig_error ?? "hidden",
    message: `Serious error when handling your request. Check logs for more details - you will find it in api server when you look for ID ${logId}`
  })

export const noRoute = (): Answer => json({ error: "API route not found" }, 404)

export const notAllowed = (allow: string): Answer => problem(405, "Method Not Allowed", { allow })

/** What every path that is not of the API is answered with: the page that the UI starts from. */
export const page = (): Answer =>
  gzip(
    200,
    "text/html; charset=utf-8",
    '<!doctype html>\n<html style="height: 100%" dir="ltr" lang="en">\n  <head>\n    <meta charset="UTF-8" />\n    <base href="/" />\n    <title>Airflow</title>\n  </head>\n  <body style="height: 100%">\n    <div id="root" style="height: 100%"></div>\n  </body>\n</html>'
  )
