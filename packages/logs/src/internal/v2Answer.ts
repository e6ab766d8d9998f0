/**
 * An answer of API v2 as it comes in. What was passed on is passed over by its count and checked by its hash, while it
 * comes, so that no log is ever in memory as a whole.
 */
import * as Log from "@effect-airflow/core/v2/Log"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { LogError, LogPage, PageRecord, Passed } from "../LogSource.js"
import * as Order from "./order.js"
import * as Tally from "./tally.js"
import * as Header from "./v1Header.js"
import * as Cursor from "./v2Cursor.js"
import * as Records from "./v2Records.js"

/** What a client's servers were last seen to do with tokens. There may be several, of different versions. */
export interface Knowledge {
  /** After a token they send what is new, or the whole log. Undefined: nobody knows. */
  answers: "new" | "whole" | undefined
  /** Until when none is sent, because one was answered with a failure; in milliseconds. */
  silentUntil: number
}

export interface Answer {
  readonly scope: Scope.CloseableScope
  readonly pull: Effect.Effect<Chunk.Chunk<Log.LogPart>, Option.Option<LogError>>
  /** What it was asked with. */
  readonly token: string | undefined
  /** The cursor whose page comes next. */
  at: Cursor.V2Cursor
  /** Records so far, without the header. */
  records: number
  header: Records.Header | undefined
  /** Whether it is known from where on it is: the log's start, or the token's place. */
  placed: boolean
  /** What it still has to be compared with; undefined: that has been done. */
  comparing: { readonly to: Passed; readonly at: Passed } | undefined
  /** Whether the attempt is over, as far as is known: then nothing is half written, but for what nobody will finish. */
  readonly over: boolean
  /** A hash of the half lines so far, which were left out; 0: there are none. */
  halves: number
  /** The last record, if it is half a line. */
  half: string | undefined
  /** The last line so far, of those that had come before, too, and the first of a whole log. */
  last: Order.Last | undefined
  first: number | undefined
  /** Characters that had come before, and were not told of. */
  repeated: number
}

export const make = (
  at: Cursor.V2Cursor,
  asked: Pick<Answer, "scope" | "pull" | "token" | "over">
): Answer => ({
  ...asked,
  at,
  records: 0,
  header: undefined,
  placed: false,
  comparing: undefined,
  halves: 0,
  half: undefined,
  last: at.last,
  first: at.first,
  repeated: 0
})

/** An answer that is of no use. */
export const misfit = (
  cursor: Cursor.V2Cursor,
  misfit: "token" | "content" | "place"
): LogPage<Cursor.V2Cursor> => ({
  records: [],
  notices: [],
  lost: false,
  cursor,
  endOfLog: undefined,
  misfit,
  spliced: false,
  more: false,
  repeated: 0
})

/** From where on an answer is, by its first line. */
const place = ({ at, token }: Answer, line: PageRecord, known: Knowledge): Passed => {
  if (token === undefined || at.from === undefined || at.from.passed.count === 0) return Cursor.nothing
  if (Cursor.hashOf(line) === at.first) known.answers = "whole"
  return known.answers === "whole" ? Cursor.nothing : at.from.passed
}

/** Takes what was passed on off an answer's lines. False: it is not there. */
const passOver = (answer: Answer, lines: Array<PageRecord>): boolean => {
  const { comparing } = answer
  if (comparing === undefined) return true
  const { to } = comparing
  let { count, hash } = comparing.at
  let index = 0
  while (count < to.count && index < lines.length) {
    hash = Tally.extendBy(hash, lines[index++]!.whole!)
    count++
  }
  answer.last = Order.last(lines.splice(0, index), answer.last)
  const done = count === to.count
  answer.comparing = done ? undefined : { to, at: { count, hash } }
  return !done || hash === to.hash
}

/** Whether an answer that has ended lacks lines that were passed on. */
const isShort = ({ at, comparing, placed, token }: Answer): boolean =>
  placed
    ? comparing !== undefined
    : at.seen.count > (token === undefined || at.from === undefined ? 0 : at.from.passed.count)

/**
 * Whether the server's own count of records fits what it sent after a token: all of the log, or what is new. Where it
 * tells none, as at the end, what it was seen to do before decides, or whether it goes on in time.
 */
const fits = (
  { at, records, token }: Answer,
  given: string | null,
  inOrder: boolean,
  known: Knowledge
): boolean => {
  if (token === undefined || known.answers === "whole" || at.unchecked === true) return true
  const before = Log.readToken(token)?.log_pos
  const now = given === null ? undefined : Log.readToken(given)?.log_pos
  if (before === undefined || now === undefined) {
    return known.answers === "new" || records === 0 || inOrder
  }
  if (before + records !== now) return false
  if (before > 0 && records > 0) known.answers = "new"
  return true
}

/**
 * The lines of some records. Half a line is none: the server counts it, but what is written there will come as a
 * whole line, or is in the answer already. Once the attempt is over, a half line before others is one that stays.
 */
const linesOf = (
  answer: Answer,
  part: Log.LogPart & { readonly _tag: "Records" },
  notices: Array<string>
): Array<PageRecord> => {
  const lines: Array<PageRecord> = []
  const push = (more: ReadonlyArray<PageRecord>) => {
    for (const line of more) lines.push(line)
  }
  for (const record of part.records) {
    answer.header = Records.readHeader(answer.header, record)
    notices.push(...answer.header.notices)
    if (answer.header.isPart) continue
    answer.records++
    if (answer.over && answer.half !== undefined) push(Records.toLines({ event: answer.half }))
    answer.half = Records.isHalf(record) ? record.event : undefined
    if (answer.half === undefined) push(Records.toLines(record))
    else if (!answer.over) answer.halves = Tally.extendBy(answer.halves, answer.half)
  }
  return lines
}

/** Those that are new. Undefined: what should come before them is not there. */
const fresh = (
  answer: Answer,
  lines: Array<PageRecord>,
  known: Knowledge
): ReadonlyArray<PageRecord> | undefined => {
  if (!answer.placed && lines.length > 0) {
    answer.placed = true
    if (answer.token === undefined) answer.first = Cursor.hashOf(lines[0]!)
    answer.comparing = { to: answer.at.seen, at: place(answer, lines[0]!, known) }
  }
  return passOver(answer, lines) ? lines : undefined
}

/** Why an answer is of no use that does not go on from what was passed on. */
const reasonOf = ({ at, token }: Answer, known: Knowledge): "content" | "place" =>
  token !== undefined && at.halves !== undefined && known.answers !== "whole" ? "place" : "content"

/** The next page: so many lines at least, if there are. */
export const read = (
  answer: Answer,
  known: Knowledge,
  { enough, recent }: { readonly enough: number; readonly recent: ReadonlyArray<number> }
): Effect.Effect<LogPage<Cursor.V2Cursor>, LogError> =>
  Effect.gen(function* () {
    const cursor = answer.at
    const records: Array<PageRecord> = []
    const notices: Array<string> = []
    let end: Cursor.Ending | undefined
    const take = (own: Array<PageRecord>, bytes: number): LogPage<Cursor.V2Cursor> | undefined => {
      const all = own.length
      const lines = fresh(answer, own, known)
      if (lines === undefined) {
        const reason = reasonOf(answer, known)
        // It may be another server, that sends what is new.
        if (answer.token !== undefined && reason === "content") known.answers = undefined
        return misfit(cursor, reason)
      }
      if (lines.length < all) answer.repeated += bytes
      for (const line of lines) records.push(line)
      return undefined
    }
    while (end === undefined && records.length < enough) {
      const parts = yield* Effect.catchAll(answer.pull, (failure) =>
        Option.isSome(failure) ? Effect.fail(failure.value) : Effect.dieMessage("an answer without an end")
      )
      for (const part of parts) {
        if (part._tag === "Records") {
          const wrong = take(linesOf(answer, part, notices), part.bytes)
          if (wrong !== undefined) return wrong
          continue
        }
        let held = answer.half
        // It was passed on already, as it is.
        if (held !== undefined && answer.over && answer.comparing !== undefined) {
          const wrong = take([...Records.toLines({ event: held })], 0)
          if (wrong !== undefined) return wrong
          held = undefined
        }
        end = { token: part.continuation_token, halves: answer.halves, held }
      }
    }
    // From a token's place on, what comes first must be later than what came last.
    const spliced =
      answer.token !== undefined && records.length > 0 && Order.isBefore(records[0]!, answer.last, recent)
    if (end !== undefined) {
      const inOrder = answer.last !== undefined && !spliced
      if (isShort(answer) || !fits(answer, end.token, inOrder, known)) {
        return misfit(cursor, reasonOf(answer, known))
      }
    }
    const { repeated } = answer
    answer.repeated = 0
    const { first, last } = answer
    const before = {
      ...cursor,
      ...(first === undefined ? {} : { first }),
      ...(last === undefined ? {} : { last })
    }
    const after = Cursor.advance(before, records)
    answer.last = after.last
    answer.at = end === undefined ? after : Cursor.close(after, end)
    return {
      records,
      notices,
      lost: answer.records === 0 && notices.some(Header.saysLost),
      cursor: answer.at,
      endOfLog: end === undefined ? undefined : end.token === null,
      misfit: undefined,
      spliced,
      more: end === undefined,
      repeated
    }
  })
