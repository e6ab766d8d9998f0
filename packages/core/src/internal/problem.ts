/** Reads what servers say when they refuse: RFC 7807 of Airflow 2, and the five shapes of Airflow 3. */
import type { Problem, ProblemField } from "../AirflowError.js"

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `["body", "task_ids", 0]` is `body.task_ids[0]` */
const place = (loc: unknown): string =>
  Array.isArray(loc)
    ? loc.reduce<string>(
        (path, step) =>
          typeof step === "number" ? `${path}[${step}]` : path === "" ? String(step) : `${path}.${step}`,
        ""
      )
    : ""

/** One entry of FastAPI's list. Its `input` and `ctx` hold what was sent, and are left where they are. */
const field = (entry: unknown): ReadonlyArray<ProblemField> => {
  if (!isRecord(entry)) return []
  const message = text(entry["msg"])
  const type = text(entry["type"])
  return message === undefined
    ? []
    : [{ field: place(entry["loc"]), message, ...(type === undefined ? {} : { type }) }]
}

/** More than this tells no more. */
const shownParts = 5

const join = (parts: ReadonlyArray<string>): string | undefined =>
  parts.length === 0
    ? undefined
    : parts.length > shownParts
      ? `${parts.slice(0, shownParts).join("; ")}; and ${parts.length - shownParts} more`
      : parts.join("; ")

type Told = Pick<Problem, "title" | "detail" | "errors">

const told = (title: string | undefined, detail: string | undefined, errors?: Problem["errors"]): Told => ({
  ...(title === undefined ? {} : { title }),
  ...(detail === undefined ? {} : { detail }),
  ...(errors === undefined || errors.length === 0 ? {} : { errors })
})

const read = (body: Record<string, unknown>): Told => {
  const { detail } = body
  const title = text(body["title"])
  if (Array.isArray(detail)) {
    const errors = detail.flatMap(field)
    const parts = errors.map(({ field: at, message }) => (at === "" ? message : `${at}: ${message}`))
    return told(title, join([...detail.flatMap((item) => text(item) ?? []), ...parts]), errors)
  }
  if (isRecord(detail)) return told(title ?? text(detail["reason"]), text(detail["message"]))
  return told(title, text(detail) ?? text(body["error"]))
}

/** Leniently: anything that is not a JSON object is no problem, and no error either. */
export const parse = (contentType: string, body: string): Problem | undefined => {
  if (!/json/i.test(contentType)) return undefined
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return undefined
  }
  if (!isRecord(json)) return undefined
  const type = text(json["type"])
  const status = json["status"]
  return {
    ...(type === undefined ? {} : { type }),
    ...read(json),
    ...(typeof status === "number" ? { status } : {})
  }
}
