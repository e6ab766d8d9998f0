/**
 * Turns parsed bodies into results: strict about what identifies an object, lenient about the rest, and
 * never quoting a value in a message.
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"

/** A field that did not match and was left out. */
export interface Skipped {
  readonly field: string
  readonly expected: string
}

export interface Decoder<A> {
  /** Right: the result. Left: where and what was expected. */
  (body: unknown, skipped: (what: Skipped) => void): Either.Either<A, string>
}

const isRecord = (u: unknown): u is Record<string, unknown> =>
  typeof u === "object" && u !== null && !Array.isArray(u)

interface Field {
  readonly name: string
  readonly optional: boolean
  readonly expected: string
  readonly decode: (u: unknown) => Either.Either<unknown, unknown>
}

/**
 * A decoder from a struct: required fields must match; an optional one that does not is left out and
 * reported; unknown ones are dropped.
 */
export const struct = <A>(schema: { readonly ast: SchemaAST.AST }): Decoder<A> => {
  let fields: ReadonlyArray<Field> | undefined
  const compile = (): ReadonlyArray<Field> =>
    (schema.ast as SchemaAST.TypeLiteral).propertySignatures.map((property) => ({
      name: String(property.name),
      optional: property.isOptional,
      expected: String(property.type),
      decode: ParseResult.decodeUnknownEither(Schema.make(property.type))
    }))
  return (body, skipped) => {
    if (!isRecord(body)) return Either.left("expected an object")
    const result: Record<string, unknown> = {}
    for (const { decode, expected, name, optional } of (fields ??= compile())) {
      if (!Object.hasOwn(body, name)) {
        if (optional) continue
        return Either.left(`.${name} is missing`)
      }
      const value = decode(body[name])
      if (Either.isRight(value)) result[name] = value.right
      else if (optional) skipped({ field: `.${name}`, expected })
      else return Either.left(`.${name}: expected ${expected}`)
    }
    return Either.right(result as A)
  }
}

/** `{ [key]: rows, total_entries }` */
export const collection =
  <Key extends string, Row>(
    key: Key,
    row: Decoder<Row>
  ): Decoder<{ readonly [K in Key]: ReadonlyArray<Row> } & { readonly total_entries: number }> =>
  (body, skipped) => {
    if (!isRecord(body)) return Either.left("expected an object")
    const items = body[key]
    if (!Array.isArray(items)) return Either.left(`.${key}: expected an array`)
    const total = body["total_entries"]
    if (typeof total !== "number") return Either.left(".total_entries: expected a number")
    const rows: Array<Row> = []
    for (let i = 0; i < items.length; i++) {
      const decoded = row(items[i], ({ expected, field }) =>
        skipped({ expected, field: `.${key}[${i}]${field}` })
      )
      if (Either.isLeft(decoded)) return Either.left(`.${key}[${i}]${decoded.left}`)
      rows.push(decoded.right)
    }
    return Either.right({ [key]: rows, total_entries: total } as never)
  }
