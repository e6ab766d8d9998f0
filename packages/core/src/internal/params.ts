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
  /** Of the fields with the same text here, one at least must be given. */
  readonly needed?: string
  /** What a body holds when it is not given. */
  readonly absent?: unknown
  /** What a query holds when it is not given, by what else is; undefined: nothing. */
  readonly implied?: (values: Readonly<Record<string, unknown>>) => unknown
}

export type Kinds = Readonly<Record<string, Kind>>

/** All of these. (A call that nobody needs is left out of a bundle; a spread object is not.) */
export const and = (...parts: ReadonlyArray<Kinds>): Kinds => Object.assign({}, ...parts)

const kind = (check: Kind["check"], write: (value: never) => unknown = (value) => value): Kind => ({
  check,
  query: (value) => {
    const written = write(value as never)
    return Array.isArray(written) ? written.map((item) => String(item ?? "none")) : [String(written)]
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

/** -1, a task that is not mapped, or the index of an instance of a mapped one. */
export const mapIndex: Kind = kind((value) =>
  Number.isSafeInteger(value) && (value as number) >= -1 ? undefined : "must be a whole number of -1 or more"
)

export const integers: Kind = kind((value) =>
  checkItems(value, (item) => (Number.isSafeInteger(item) ? undefined : "is not a whole number"))
)

/** One text, or some. */
export const textOrTexts: Kind = kind((value) =>
  Array.isArray(value) ? checkItems(value, checkText) : checkText(value)
)

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

/** One name of a closed list. */
export const choice = (known: ReadonlyArray<string>): Kind =>
  kind((value) => (known.includes(value as string) ? undefined : `must be one of ${known.join(", ")}`))

/** The kind, or null. */
export const orNull = (inner: Kind): Kind => ({
  ...inner,
  check: (value) => (value === null ? undefined : inner.check(value)),
  json: (value) => (value === null ? null : inner.json(value))
})

/** A field that must be given; or with a text that names several: one of those that have it. */
export const needed = (inner: Kind, oneOf = ""): Kind => ({ ...inner, needed: oneOf })

/** A field that a body always holds. */
export const otherwise = (inner: Kind, absent: unknown): Kind => ({ ...inner, absent })

/** A parameter of a query that goes with what else is given. */
export const following = (inner: Kind, implied: NonNullable<Kind["implied"]>): Kind => ({ ...inner, implied })

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Any JSON object. */
export const json: Kind = kind((value) => {
  if (!isObject(value)) return "must be an object"
  try {
    JSON.stringify(value)
    return undefined
  } catch {
    return "must hold nothing that JSON cannot"
  }
})

/** The field, or fields, that must be given and are not. */
export const missing = (fields: Kinds, values: Readonly<Record<string, unknown>>): string | undefined => {
  const names = Object.keys(fields)
  const given = new Set(
    names.filter((name) => values[name] !== undefined).map((name) => fields[name]!.needed)
  )
  const lacking = names.find((name) => {
    const { needed: group } = fields[name]!
    return group === "" ? values[name] === undefined : group !== undefined && !given.has(group)
  })
  return lacking === undefined ? undefined : fields[lacking]!.needed || lacking
}

/** An object with these fields and no others. */
export const object = (fields: Kinds): Kind =>
  kind(
    (value) => {
      if (!isObject(value)) return "must be an object"
      const lacking = missing(fields, value)
      if (lacking !== undefined) return `lacks ${lacking}`
      for (const name of Object.keys(value)) {
        if (value[name] === undefined) continue
        if (!Object.hasOwn(fields, name)) return `must not have ${name}`
        const issue = fields[name]!.check(value[name])
        if (issue !== undefined) return `has ${name}, which ${issue}`
      }
      return undefined
    },
    (value: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(
        Object.entries(value).flatMap(([name, item]) =>
          item === undefined ? [] : [[name, fields[name]!.json(item)]]
        )
      )
  )

/** One or more of a kind. */
export const list = (item: Kind): Kind =>
  kind(
    (value) => checkItems(value, item.check),
    (value: ReadonlyArray<unknown>) => value.map(item.json)
  )

const choosing = (choose: (value: unknown) => Kind): Kind => ({
  check: (value) => choose(value).check(value),
  query: (value) => choose(value).query(value),
  json: (value) => choose(value).json(value)
})

/** A text of the first kind, or anything else of the second. */
export const textOr = (other: Kind): Kind => choosing((value) => (typeof value === "string" ? text : other))

/** Objects of several kinds; one of their fields tells which. */
export const tagged = (tag: string, known: Kinds): Kind => {
  const unknown = object({ [tag]: needed(choice(Object.keys(known))) })
  return choosing((value) => {
    const name = isObject(value) ? String(value[tag]) : ""
    return Object.hasOwn(known, name) ? known[name]! : unknown
  })
}

/** `[first, second]` */
export const pair = (first: Kind, second: Kind): Kind =>
  kind(
    (value) =>
      !Array.isArray(value) || value.length !== 2
        ? "must be a pair"
        : (first.check(value[0]) ?? second.check(value[1])),
    (value: readonly [unknown, unknown]) => [first.json(value[0]), second.json(value[1])]
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
