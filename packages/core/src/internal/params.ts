/**
 * The kinds of parameters an operation can have: what each accepts and how it is written. Whatever does not
 * fit is named before anything is sent.
 */
import * as DateTime from "effect/DateTime"

export interface Kind {
  /** What is wrong with a value, or undefined. */
  readonly check: (value: unknown) => string | undefined
  /** The value as one or more texts of a query string. */
  readonly query: (value: unknown) => ReadonlyArray<string>
  /** The value in a JSON body. */
  readonly json: (value: unknown) => unknown
}

const kind = (check: Kind["check"], write: (value: never) => unknown = (value) => value): Kind => ({
  check,
  query: (value) => {
    const written = write(value as never)
    return Array.isArray(written) ? written.map((item) => item ?? "none") : [String(written)]
  },
  json: (value) => write(value as never)
})

const isWellFormed = (value: string): boolean => {
  try {
    encodeURIComponent(value)
    return true
  } catch {
    return false
  }
}

const checkText = (value: unknown): string | undefined =>
  typeof value !== "string"
    ? `must be a string, not ${value === null ? "null" : typeof value}`
    : isWellFormed(value)
      ? undefined
      : "must not hold a lone surrogate"

const checkItems = (value: unknown, check: (item: unknown) => string | undefined): string | undefined => {
  if (!Array.isArray(value)) return "must be an array"
  if (value.length === 0) return "must not be empty: leave it out for no filter"
  for (const item of value) {
    const issue = check(item)
    if (issue !== undefined) return `has an item that ${issue}`
  }
  return undefined
}

/** A segment of a path. `.`, `..` and an empty one would address another resource. */
export const id: Kind = kind((value) =>
  value === "" || value === "." || value === ".." ? `must not be "${value}"` : checkText(value)
)

export const text: Kind = kind(checkText)

export const flag: Kind = kind((value) => (typeof value === "boolean" ? undefined : "must be a boolean"))

export const number: Kind = kind((value) =>
  typeof value === "number" && Number.isFinite(value) ? undefined : "must be a finite number"
)

export const count: Kind = kind((value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : "must be a whole number of 0 or more"
)

export const positive: Kind = kind((value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? undefined : "must be a whole number of 1 or more"
)

export const texts: Kind = kind((value) => checkItems(value, checkText))

/** For query strings: API v1 splits each value at its commas, so a name that holds one cannot be asked for. */
export const names: Kind = kind((value) =>
  checkItems(
    value,
    (item) =>
      checkText(item) ??
      ((item as string).includes(",") ? "holds a comma, at which the server would split it" : undefined)
  )
)

/** Names from a closed list; null stands for no value. */
export const oneOf = (known: ReadonlyArray<string>): Kind =>
  kind((value) =>
    checkItems(value, (item) =>
      item === null || known.includes(item as string) ? undefined : `is none of ${known.join(", ")} or null`
    )
  )

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** An RFC 3339 text with its offset (kept to the microsecond), a Date, or a DateTime. */
export const date: Kind = kind(
  (value) => {
    if (value instanceof Date)
      return Number.isNaN(value.getTime()) ? "must not be an invalid Date" : undefined
    if (DateTime.isDateTime(value)) return undefined
    return typeof value === "string" && rfc3339.test(value) && !Number.isNaN(Date.parse(value))
      ? undefined
      : "must be a Date, a DateTime or an RFC 3339 text with an offset, like 2024-01-31T00:00:00Z"
  },
  (value: string | Date | DateTime.DateTime) =>
    typeof value === "string"
      ? value
      : value instanceof Date
        ? value.toISOString()
        : DateTime.formatIso(value)
)
