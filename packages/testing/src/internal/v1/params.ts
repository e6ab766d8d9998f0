/** The strict reading of queries and bodies that API v1 does before a view runs. */
import type { Behaviour } from "../behaviour.js"
import { problem, refuse, routing } from "./answer.js"

export type Kind =
  | "integer"
  | "natural"
  | "positive"
  | "number"
  | "boolean"
  | "date"
  | "strings"
  | "someStrings"
  | "states"
  | "string"
  | "nullableString"
  | "newState"
  | "object"

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const wrongType = (expected: string, name: string): never =>
  refuse(problem(400, `Wrong type, expected '${expected}' for query parameter '${name}'`))

const violates = (what: string, keyword: string, schema: string, instance: string): never =>
  refuse(
    problem(
      400,
      `${what}\n\nFailed validating '${keyword}' in schema:\n    ${schema}\n\nOn instance:\n    ${instance}`
    )
  )

const integer = (text: string, name: string): number =>
  /^[+-]?\d+$/.test(text) ? Number(text) : wrongType("integer", name)

const readOne = (kind: Kind, name: string, text: string): unknown => {
  switch (kind) {
    case "integer":
    case "positive":
      return integer(text, name)
    case "natural": {
      const value = integer(text, name)
      return value >= 0
        ? value
        : violates(
            `${value} is less than the minimum of 0`,
            "minimum",
            "{'type': 'integer', 'minimum': 0}",
            text
          )
    }
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : wrongType("number", name)
    case "boolean":
      return /^(true|false)$/i.test(text) ? /^true$/i.test(text) : wrongType("boolean", name)
    case "date":
      return dateTime.test(text) && !Number.isNaN(Date.parse(text))
        ? Date.parse(text)
        : violates(
            `'${text}' is not a 'date-time'`,
            "format",
            "{'type': 'string', 'format': 'date-time'}",
            `'${text}'`
          )
    default:
      return text
  }
}

export type Values = Readonly<Record<string, unknown>>

/** Reads a query: unknown names are refused, lists may be repeated or joined by commas, the last scalar wins. */
export const readQuery = (query: URLSearchParams, kinds: Readonly<Record<string, Kind>>): Values => {
  const unknown = [...new Set(query.keys())].filter((name) => !Object.hasOwn(kinds, name))
  if (unknown.length > 0) {
    refuse(problem(400, `Extra query parameter(s) ${unknown.sort().join(", ")} not in spec`, null))
  }
  const values: Record<string, unknown> = {}
  for (const name of new Set(query.keys())) {
    const kind = kinds[name]!
    const texts = query.getAll(name)
    values[name] =
      kind === "strings" || kind === "states"
        ? texts.flatMap((text) => text.split(","))
        : readOne(kind, name, texts.at(-1)!)
  }
  return values
}

export const taskStates = [
  "success",
  "running",
  "failed",
  "upstream_failed",
  "skipped",
  "up_for_retry",
  "up_for_reschedule",
  "queued",
  "none",
  "scheduled",
  "deferred",
  "removed",
  "restarting"
]

/** Those that can be set by hand. */
const newStates = ["success", "failed", "skipped"]

const jsonTypes: Readonly<Record<Kind, string>> = {
  integer: "integer",
  natural: "integer",
  positive: "integer",
  number: "number",
  boolean: "boolean",
  date: "string",
  string: "string",
  nullableString: "string",
  newState: "string",
  strings: "array",
  someStrings: "array",
  states: "array",
  object: "object"
}

const pythonValue = (value: unknown): string =>
  value === null
    ? "None"
    : value === true
      ? "True"
      : value === false
        ? "False"
        : typeof value === "string"
          ? `'${value}'`
          : JSON.stringify(value)

const checkField = (name: string, kind: Kind, value: unknown, { emptyList }: Behaviour): void => {
  const bad = (what: string, at = name) => refuse(problem(400, `${what} - '${at}'`))
  if (kind === "nullableString" && value === null) return
  const type = jsonTypes[kind]
  const fits =
    type === "array"
      ? Array.isArray(value)
      : type === "integer"
        ? Number.isInteger(value)
        : typeof value === type
  if (!fits) bad(`${pythonValue(value)} is not of type '${type}'`)
  if (kind === "natural" && (value as number) < 0) bad(`${String(value)} is less than the minimum of 0`)
  if (kind === "positive" && (value as number) < 1) bad(`${String(value)} is less than the minimum of 1`)
  if (kind === "date" && !(dateTime.test(value as string) && !Number.isNaN(Date.parse(value as string)))) {
    bad(`'${String(value)}' is not a 'date-time'`)
  }
  if (kind === "newState" && !newStates.includes(value as string)) {
    bad(`${pythonValue(value)} is not one of [${newStates.map((state) => `'${state}'`).join(", ")}]`)
  }
  if (kind !== "strings" && kind !== "someStrings" && kind !== "states") return
  if (kind === "someStrings" && (value as ReadonlyArray<unknown>).length === 0) bad(`[] ${emptyList}`)
  for (const [index, item] of (value as ReadonlyArray<unknown>).entries()) {
    if (kind === "states" && item !== null && !taskStates.includes(item as string)) {
      const known = ["None", ...taskStates.map((state) => `'${state}'`)]
      bad(`${pythonValue(item)} is not one of [${known.join(", ")}]`, `${name}.${index}`)
    }
    if (kind !== "states" && typeof item !== "string") {
      bad(`${pythonValue(item)} is not of type 'string'`, `${name}.${index}`)
    }
  }
}

/** Reads a JSON body the same way. */
export const readBody = (
  contentType: string,
  body: string,
  kinds: Readonly<Record<string, Kind>>,
  behaviour: Behaviour
): Values => {
  if (!/^application\/json\b/i.test(contentType)) {
    refuse(routing(415, `Invalid Content-type (${contentType}), expected JSON data`))
  }
  if (body === "") refuse(problem(400, "Request body must not be empty"))
  let json: unknown = null
  try {
    json = JSON.parse(body)
  } catch {
    // Said below, as of null.
  }
  if (json === null) refuse(problem(400, "Request body is not valid JSON"))
  if (typeof json !== "object" || Array.isArray(json)) {
    refuse(problem(400, `${pythonValue(json)} is not of type 'object'`))
  }
  const values: Record<string, unknown> = {}
  const unknown: Array<string> = []
  for (const [name, value] of Object.entries(json as object)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (kind === undefined) {
      unknown.push(name)
      continue
    }
    checkField(name, kind, value, behaviour)
    values[name] = kind === "date" ? Date.parse(value as string) : value
  }
  if (unknown.length > 0) {
    refuse(problem(400, `{${unknown.map((name) => `'${name}': ['Unknown field.']`).join(", ")}}`))
  }
  return values
}
