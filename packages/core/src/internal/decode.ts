/**
 * Turns parsed bodies into results: strict about what identifies an object, lenient about the rest, and
 * never quoting a value in a message.
 */
import * as Either from "effect/Either"
import { isRecord, Mismatch, read, type Skipped, string, struct as fields, type Struct } from "./shape.js"

export interface Decoder<A> {
  /** Right: the result. Left: where and what was expected. */
  (body: unknown, skipped: (what: Skipped) => void): Either.Either<A, string>
}

/** Of one row, see {@link read}. */
export const struct =
  <A>({ node }: Struct<A>): Decoder<A> =>
  (body, skipped) => {
    const row = read(node, body, "", skipped)
    return row instanceof Mismatch ? Either.left(row.issue) : Either.right(row as A)
  }

/** The rows of an array, with the place of what is wrong in one of them. */
const rows = <Row>(
  items: unknown,
  key: string,
  row: Decoder<Row>,
  skipped: (what: Skipped) => void
): Either.Either<ReadonlyArray<Row>, string> => {
  if (!Array.isArray(items)) return Either.left(`.${key}: expected an array`)
  const decodedRows: Array<Row> = []
  for (let i = 0; i < items.length; i++) {
    const decoded = row(items[i], ({ expected, field }) =>
      skipped({ expected, field: `.${key}[${i}]${field}` })
    )
    if (Either.isLeft(decoded)) return Either.left(`.${key}[${i}]${decoded.left}`)
    decodedRows.push(decoded.right)
  }
  return Either.right(decodedRows)
}

/** `{ [key]: rows, … }`, where `rest` reads what stands beside the rows. */
export const list =
  <Key extends string, Row, Rest>(
    key: Key,
    row: Decoder<Row>,
    rest: Decoder<Rest>
  ): Decoder<{ readonly [K in Key]: ReadonlyArray<Row> } & Rest> =>
  (body, skipped) => {
    if (!isRecord(body)) return Either.left("expected an object")
    return Either.flatMap(rows(body[key], key, row, skipped), (decoded) =>
      Either.map(rest(body, skipped), (more) => ({ ...more, [key]: decoded }) as never)
    )
  }

/** `{ [key]: value | null, … }` */
export const nullables =
  <A, Key extends string>(
    keys: ReadonlyArray<Key>,
    value: Decoder<A>
  ): Decoder<{ readonly [K in Key]: A | null }> =>
  (body, skipped) => {
    if (!isRecord(body)) return Either.left("expected an object")
    const result: Partial<Record<Key, A | null>> = {}
    for (const key of keys) {
      const decoded: Either.Either<A | null, string> =
        body[key] === null || body[key] === undefined ? Either.right(null) : value(body[key], skipped)
      if (Either.isLeft(decoded)) return Either.left(`.${key}${decoded.left}`)
      result[key] = decoded.right
    }
    return Either.right(result as { readonly [K in Key]: A | null })
  }

/** Nothing stands beside the rows, or nothing that is wanted. */
export const nothing: Decoder<object> = () => Either.right({})

const totalEntries: Decoder<{ readonly total_entries: number }> = (body) => {
  const { total_entries } = body as Record<string, unknown>
  return typeof total_entries === "number"
    ? Either.right({ total_entries })
    : Either.left(".total_entries: expected a number")
}

/** `{ [key]: rows, total_entries }` */
export const collection = <Key extends string, Row>(
  key: Key,
  row: Decoder<Row>
): Decoder<{ readonly [K in Key]: ReadonlyArray<Row> } & { readonly total_entries: number }> =>
  list(key, row, totalEntries)

/** `{ dependencies: [{ name, reason }] }` */
export const dependencies: Decoder<{
  readonly dependencies: ReadonlyArray<{ readonly name: string; readonly reason: string }>
}> = list("dependencies", struct(fields({ name: string, reason: string }, {})), nothing)

/** A map of texts, some of them null: the body, or one of its fields. */
export const texts =
  (key?: string): Decoder<Readonly<Record<string, string | null>>> =>
  (body, skipped) => {
    const at = key === undefined ? "" : `.${key}`
    const map = key === undefined ? body : isRecord(body) ? body[key] : undefined
    if (!isRecord(map)) return Either.left(at === "" ? "expected an object" : `${at}: expected an object`)
    const result: Record<string, string | null> = {}
    for (const [name, value] of Object.entries(map)) {
      if (typeof value === "string" || value === null) result[name] = value
      else skipped({ field: `${at}["${name}"]`, expected: "a string or null" })
    }
    return Either.right(result)
  }
