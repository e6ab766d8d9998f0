/** A place in a log of API v2, and the part of it that a page of lines moves on. */
import type { PageRecord, Passed } from "../LogSource.js"
import * as Order from "./order.js"
import * as Tally from "./tally.js"
import * as Records from "./v2Records.js"

/** A token, and what had been passed on when the server gave it. */
export interface Given {
  readonly token: string
  readonly passed: Passed
}

export interface V2Cursor {
  readonly try_number: number
  /** What was passed on. */
  readonly seen: Passed
  /** The token to ask with; absent: none was given. */
  readonly from?: Given
  /** A later token, of a log with half lines: it is asked with once lines have come after it. */
  readonly next?: Given
  /** The half lines of the last answer that had any, hashed. */
  readonly halves?: number
  /** A half line at the end of the log, whose rest may come. */
  readonly held?: string
  /** The first line, by which a whole log is known. */
  readonly first?: number
  /** The last line and its time, which nothing new can be before. */
  readonly last?: Order.Last
  /** The server's count of records does not fit: it is not looked at. */
  readonly unchecked?: true
}

export const nothing: Passed = { count: 0, hash: 0 }

export const start = (try_number: number, unchecked: boolean): V2Cursor => ({
  try_number,
  seen: nothing,
  ...(unchecked ? { unchecked: true as const } : {})
})

export const hashOf = ({ whole }: PageRecord): number => Tally.hashLine(whole!)

/** The place after further lines. */
export const advance = (cursor: V2Cursor, lines: ReadonlyArray<PageRecord>): V2Cursor => {
  const hash = lines.reduce((sum, line) => Tally.extendBy(sum, line.whole!), cursor.seen.hash)
  const seen = { count: cursor.seen.count + lines.length, hash }
  const [first] = lines
  const last = Order.last(lines, cursor.last)
  return {
    ...cursor,
    seen,
    ...(first !== undefined && cursor.seen.count === 0 ? { first: hashOf(first) } : {}),
    ...(last === undefined ? {} : { last })
  }
}

/** What an answer has besides lines, at its end. */
export interface Ending {
  /** Null: the server expects no more. */
  readonly token: string | null
  /** A hash of the half lines beside whole ones; 0: there are none. */
  readonly halves: number
  /** A half line at the end. */
  readonly held: string | undefined
}

/**
 * The place at the end of an answer, and the token to go on with. One that counts a half line is not to be relied on: the next
 * time it may not be there. So where there were any, it is asked with a token that is older than the last lines, which then show
 * whether it is where it seems to be.
 */
export const close = (cursor: V2Cursor, { halves, held, token }: Ending): V2Cursor => {
  const { held: _, ...rest } = cursor
  const known = {
    ...rest,
    ...(held === undefined ? {} : { held }),
    ...(halves === 0 ? {} : { halves })
  }
  const sure = held === undefined && (halves === 0 || halves === cursor.halves)
  if (token === null || !sure) return known
  const given = { token, passed: cursor.seen }
  if (known.halves === undefined) return { ...known, from: given }
  const { next } = cursor
  return next !== undefined && next.passed.count < cursor.seen.count
    ? { ...known, from: next, next: given }
    : { ...known, next: next ?? given }
}

/** Gives the half line at the end of a log, once its rest will not come. */
export const flush = (
  cursor: V2Cursor,
  over: boolean
): { readonly records: ReadonlyArray<PageRecord>; readonly cursor: V2Cursor } => {
  const { held, ...rest } = cursor
  if (held === undefined || !over) return { records: [], cursor }
  const records = Records.toLines({ event: held })
  return { records, cursor: advance(rest, records) }
}
