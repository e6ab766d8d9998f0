/** The reading of paths, queries and bodies that API v2 does before a view runs: all that is wrong is told at once. */
import { refuse } from "../answer.js"
import { type Fault, invalid } from "./answer.js"

export type Values = Readonly<Record<string, unknown>>

type Loc = ReadonlyArray<string | number>

/** Gives the value, or says what is wrong with it. */
type Read = (input: unknown, loc: Loc, faults: Array<Fault>) => unknown

/** A time without an offset: it is read, and fails later. */
export class Naive {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const fault = (
  faults: Array<Fault>,
  type: string,
  loc: Loc,
  msg: string,
  input: unknown,
  ctx?: Fault["ctx"]
): undefined => {
  faults.push({ type, loc, msg, input, ...(ctx === undefined ? {} : { ctx }) })
  return undefined
}

export const string: Read = (input, loc, faults) =>
  typeof input === "string"
    ? input
    : fault(faults, "string_type", loc, "Input should be a valid string", input)

/** A text of at most so many characters. */
export const shortString =
  (most: number): Read =>
  (input, loc, faults) => {
    const text = string(input, loc, faults)
    return typeof text === "string" && text.length > most
      ? fault(faults, "string_too_long", loc, `String should have at most ${most} characters`, input, {
          max_length: most
        })
      : text
  }

export const integer: Read = (input, loc, faults) => {
  if (typeof input === "number") {
    return Number.isInteger(input)
      ? input
      : fault(
          faults,
          "int_from_float",
          loc,
          "Input should be a valid integer, got a number with a fractional part",
          input
        )
  }
  if (typeof input === "string") {
    return /^\s*[+-]?\d+(?:\.0+)?\s*$/.test(input)
      ? Number(input)
      : fault(
          faults,
          "int_parsing",
          loc,
          "Input should be a valid integer, unable to parse string as an integer",
          input
        )
  }
  return fault(faults, "int_type", loc, "Input should be a valid integer", input)
}

/** An integer that is not below a least one. */
export const atLeast =
  (least: number): Read =>
  (input, loc, faults) => {
    const value = integer(input, loc, faults)
    return typeof value === "number" && value < least
      ? fault(faults, "greater_than_equal", loc, `Input should be greater than or equal to ${least}`, input, {
          ge: least
        })
      : value
  }

export const float: Read = (input, loc, faults) => {
  if (typeof input === "number") return input
  if (typeof input === "string") {
    return input.trim() !== "" && !Number.isNaN(Number(input))
      ? Number(input)
      : fault(
          faults,
          "float_parsing",
          loc,
          "Input should be a valid number, unable to parse string as a number",
          input
        )
  }
  return fault(faults, "float_type", loc, "Input should be a valid number", input)
}

const yes = new Set(["1", "true", "t", "yes", "y", "on"])
const no = new Set(["0", "false", "f", "no", "n", "off"])

export const boolean: Read = (input, loc, faults) => {
  if (typeof input === "boolean") return input
  const text = String(input).toLowerCase()
  if (typeof input === "string" || input === 0 || input === 1) {
    if (yes.has(text)) return true
    if (no.has(text)) return false
  }
  return typeof input === "string" || typeof input === "number"
    ? fault(faults, "bool_parsing", loc, "Input should be a valid boolean, unable to interpret input", input)
    : fault(faults, "bool_type", loc, "Input should be a valid boolean", input)
}

const time = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt_ ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)?)?(.*)$/s

/** What pydantic says of a text that is no time. */
const whyNoTime = (text: string): string | undefined => {
  if (text.length < 10) return "input is too short"
  const found = time.exec(text)
  if (found === null) return "invalid character in year"
  if (Number(found[2]) < 1 || Number(found[2]) > 12) return "month value is outside expected range of 1-12"
  if (Number.isNaN(Date.parse(`${found[1]}-${found[2]}-${found[3]}`))) {
    return "day value is outside expected range"
  }
  return found[9] === "" ? undefined : "unexpected extra characters at the end of the input"
}

const epoch = (value: number): number => (Math.abs(value) > 2e10 ? value : value * 1000)

/** Milliseconds since 1970. */
export const date: Read = (input, loc, faults) => {
  if (typeof input === "number") return epoch(input)
  if (typeof input !== "string") {
    return fault(faults, "datetime_type", loc, "Input should be a valid datetime", input)
  }
  if (/^-?\d+(\.\d+)?$/.test(input)) return epoch(Number(input))
  const reason = whyNoTime(input)
  if (reason !== undefined) {
    return fault(
      faults,
      "datetime_from_date_parsing",
      loc,
      `Input should be a valid datetime or date, ${reason}`,
      input,
      { error: reason }
    )
  }
  const [, year, month, day, hour = "00", minute = "00", second = "00", part = "", zone] = time.exec(input)!
  if (zone === undefined) return new Naive(input)
  const offset = /^z$/i.test(zone) ? "Z" : `${zone.slice(0, 3)}:${zone.slice(-2)}`
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${part.slice(0, 4)}${offset}`)
}

/** The same in a body, where an offset is required. */
export const zonedDate: Read = (input, loc, faults) => {
  const value = date(input, loc, faults)
  return value instanceof Naive
    ? fault(faults, "timezone_aware", loc, "Input should have timezone info", input)
    : value
}

export const object: Read = (input, loc, faults) =>
  typeof input === "object" && input !== null && !Array.isArray(input)
    ? input
    : fault(faults, "dict_type", loc, "Input should be a valid dictionary", input)

export const list =
  (item: Read): Read =>
  (input, loc, faults) =>
    Array.isArray(input)
      ? input.map((one: unknown, index) => item(one, [...loc, index], faults))
      : fault(faults, "list_type", loc, "Input should be a valid list", input)

export const nullable =
  (read: Read): Read =>
  (input, loc, faults) =>
    input === null ? null : read(input, loc, faults)

export const oneOf =
  (values: ReadonlyArray<string>): Read =>
  (input, loc, faults) => {
    if (typeof input === "string" && values.includes(input)) return input
    const quoted = values.map((value) => `'${value}'`)
    const expected =
      quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)!}`
    return fault(faults, "enum", loc, `Input should be ${expected}`, input, { expected })
  }

export type Query = Readonly<Record<string, { readonly read: Read; readonly many?: true }>>

/** Reads a query: what is not known is passed over; of a scalar that is repeated the last one counts. */
export const readQuery = (query: URLSearchParams, known: Query, faults: Array<Fault>): Values => {
  const values: Record<string, unknown> = {}
  for (const [name, { many, read }] of Object.entries(known)) {
    const texts = query.getAll(name)
    if (texts.length === 0) continue
    values[name] =
      many === true
        ? texts.map((text, index) => read(text, ["query", name, index], faults))
        : read(texts.at(-1)!, ["query", name], faults)
  }
  return values
}

export interface Fields {
  readonly [name: string]: { readonly read: Read; readonly required?: true }
}

/** Reads the fields of an object of a body: what is not known is an error. */
export const readFields = (
  input: Readonly<Record<string, unknown>>,
  fields: Fields,
  loc: Loc,
  faults: Array<Fault>
): Values => {
  const values: Record<string, unknown> = {}
  for (const [name, { read, required }] of Object.entries(fields)) {
    if (Object.hasOwn(input, name)) values[name] = read(input[name], [...loc, name], faults)
    else if (required === true) fault(faults, "missing", [...loc, name], "Field required", input)
  }
  for (const [name, value] of Object.entries(input)) {
    if (!Object.hasOwn(fields, name)) {
      fault(faults, "extra_forbidden", [...loc, name], "Extra inputs are not permitted", value)
    }
  }
  return values
}

/** What Python says of a text that is no JSON, for the mistakes that are made. */
const jsonMistake = (body: string): readonly [at: number, error: string] =>
  body.startsWith("{")
    ? [1, "Expecting property name enclosed in double quotes"]
    : body.startsWith("[")
      ? [1, "Expecting value"]
      : [0, "Expecting value"]

export const isJson = (type: string | undefined): boolean =>
  type === undefined || /^application\/(?:[\w.-]+\+)?json\b/i.test(type)

/** The JSON of a body; what is of another type is taken as a text. */
export const readJson = (type: string | undefined, body: string, faults: Array<Fault>): unknown => {
  if (body === "") return fault(faults, "missing", ["body"], "Field required", null)
  if (!isJson(type)) return body
  try {
    return JSON.parse(body)
  } catch {
    const [at, error] = jsonMistake(body)
    return fault(faults, "json_invalid", ["body", at], "JSON decode error", {}, { error })
  }
}

/** Reads a body that is an object. */
export const readBody = (
  type: string | undefined,
  body: string,
  fields: Fields,
  faults: Array<Fault>
): Values => {
  const before = faults.length
  const input = readJson(type, body, faults)
  if (faults.length > before) return {}
  if (input === null) {
    fault(faults, "missing", ["body"], "Field required", null)
    return {}
  }
  if (typeof input !== "object" || Array.isArray(input)) {
    fault(
      faults,
      "model_attributes_type",
      ["body"],
      "Input should be a valid dictionary or object to extract fields from",
      input
    )
    return {}
  }
  return readFields(input as Readonly<Record<string, unknown>>, fields, ["body"], faults)
}

export const refuseFaults = (faults: ReadonlyArray<Fault>): void => {
  if (faults.length > 0) refuse(invalid(faults))
}
