/** Answers as Airflow 2 gives them. */
import type { Answer } from "../answer.js"
import * as python from "../python.js"

export { type Answer, refuse } from "../answer.js"

const always = { "cache-control": "no-store", "x-robots-tag": "noindex, nofollow" }

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/json", ...always },
  body: python.json(value)
})

export const text = (body: string): Answer => ({
  status: 200,
  headers: { "content-type": "text/plain", ...always },
  body
})

export const html = (
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {}
): Answer => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8", ...always, ...headers },
  body
})

const docs = "https://airflow.apache.org/docs/apache-airflow/{version}/stable-rest-api-ref.html"

/** The page of an error in the documentation of a version, which is put in at the end. */
const errorPage = (name: string): string => `${docs}#section/Errors/${name}`

/** Puts the server's version into the address of an error's page. */
export const ofVersion = (answer: Answer, version: string): Answer =>
  answer.body.includes(docs)
    ? { ...answer, body: answer.body.replaceAll(docs, docs.replace("{version}", version)) }
    : answer

const kinds: Readonly<Record<number, readonly [title: string, page: string]>> = {
  400: ["Bad Request", errorPage("BadRequest")],
  401: ["Unauthorized", errorPage("Unauthenticated")],
  403: ["Forbidden", errorPage("PermissionDenied")],
  404: ["Not Found", errorPage("NotFound")],
  409: ["Conflict", errorPage("AlreadyExists")]
}

/** An error of a view. Leaving out the title gives the usual one. */
export const problem = (status: number, detail: string | null, title?: string | null): Answer => {
  const [usual, type] = kinds[status]!
  return {
    status,
    headers: { "content-type": "application/problem+json", ...always },
    body: python.json({ detail, status, title: title === undefined ? usual : title, type })
  }
}

const routingTexts: Readonly<Record<404 | 405 | 415, readonly [title: string, detail: string]>> = {
  404: [
    "Not Found",
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
  ],
  405: ["Method Not Allowed", "The method is not allowed for the requested URL."],
  415: ["Unsupported Media Type", ""]
}

/** An error of routing, which knows no view. */
export const routing = (status: 404 | 405 | 415, detail?: string): Answer => {
  const [title, usual] = routingTexts[status]
  return {
    status,
    headers: { "content-type": "application/problem+json", ...always },
    body: python.json({ detail: detail ?? usual, status, title, type: "about:blank" })
  }
}

/** What an uncaught exception in a view looks like. */
export const crash = (): Answer =>
  html(
    500,
    "<html>\n  <head>\n    <title>Internal Server Error</title>\n  </head>\n  <body>\n    <h1><p>Internal Server Error</p></h1>\n    \n  </body>\n</html>\n"
  )
