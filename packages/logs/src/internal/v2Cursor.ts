/** A place in a log of API v2, and the part of it that a page of lines moves on. */
import * as Schema from "effect/Schema"
import type { PageRecord, Passed } from "../LogSource.js"
import * as Order from "./order.js"
import * as Tally from "./tally.js"

/** A token, and what had been passed on when the server gave it. */
export interface Given {
  readonly token: string
  readonly passed: Passed
}

export interface V2Cursor {
  readonly try_number: number
  /** What was passed on. */
  readonly seen: Passed
  /** The last token; absent: none was given. */
  readonly from?: Given
  /** The first line, by which a whole log is known. */
  readonly first?: number
  /** The last line and its time, which nothing new can be before. */
  readonly last?: Order.Last
  /** The server's count of records does not fit: it is not looked at. */
  readonly unchecked?: true
}

const exact = { exact: true } as const
const PassedSchema = Schema.Struct({ count: Schema.Number, hash: Schema.Number })

export const schema = Schema.Struct({
  try_number: Schema.Number,
  seen: PassedSchema,
  from: Schema.optionalWith(Schema.Struct({ token: Schema.String, passed: PassedSchema }), exact),
  first: Schema.optionalWith(Schema.Number, exact),
  last: Schema.optionalWith(Order.schema, exact),
  unchecked: Schema.optionalWith(Schema.Literal(true), exact)
}) as Schema.Schema<V2Cursor, unknown>

export const nothing: Passed = { count: 0, hash: 0 }

export const start = (try_number: number, unchecked: boolean): V2Cursor => ({
  try_number,
  seen: nothing,
  ...(unchecked ? { unchecked: true as const } : {})
})

export const hashOf = ({ whole }: PageRecord): number => Tally.hashLine(whole!)

/** The place after further lines, and what the server gave to go on from there. */
export const advance = (
  cursor: V2Cursor,
  lines: ReadonlyArray<PageRecord>,
  token: string | undefined
): V2Cursor => {
  const hash = lines.reduce((sum, line) => Tally.extendBy(sum, line.whole!), cursor.seen.hash)
  const seen = { count: cursor.seen.count + lines.length, hash }
  const [first] = lines
  const last = Order.last(lines, cursor.last)
  return {
    ...cursor,
    seen,
    ...(first !== undefined && cursor.seen.count === 0 ? { first: hashOf(first) } : {}),
    ...(last === undefined ? {} : { last }),
    ...(token === undefined ? {} : { from: { token, passed: seen } })
  }
}
