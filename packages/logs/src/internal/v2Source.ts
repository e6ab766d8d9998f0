/**
 * API v2 (Airflow 3) as a source. Its servers do one of three things with a continuation token: send what is
 * new, send the whole log again, or fail. Which, is found out from each answer; what was passed on is passed over by
 * its count and checked by its hash, while the answer comes in, so that no log is ever in memory as a whole.
 */
import { AirflowClient, type Service } from "@effect-airflow/core/AirflowClient"
import * as Log from "@effect-airflow/core/v2/Log"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { LogTarget } from "../LogLine.js"
import type { LogError, LogPage, LogSource, PageRecord, Passed } from "../LogSource.js"
import * as Limiter from "./limiter.js"
import * as Status from "./status.js"
import * as Tally from "./tally.js"
import * as Header from "./v1Header.js"
import * as Records from "./v2Records.js"

/** A token, and what had been passed on when the server gave it. */
interface Given {
  readonly token: string
  readonly passed: Passed
}

export interface V2Cursor {
  readonly try_number: number
  /** What was passed on. */
  readonly seen: Passed
  /** The last token; absent: none was given. */
  readonly from?: Given
  /** The first line, by which a whole log is known; and the last line and its time, which nothing new can be before. */
  readonly first?: number
  readonly last?: { readonly hash: number; readonly time: string }
  /** The server's count of records does not fit: it is not looked at. */
  readonly unchecked?: true
}

const exact = { exact: true } as const
const PassedSchema = Schema.Struct({ count: Schema.Number, hash: Schema.Number })

const cursorSchema = Schema.Struct({
  try_number: Schema.Number,
  seen: PassedSchema,
  from: Schema.optionalWith(Schema.Struct({ token: Schema.String, passed: PassedSchema }), exact),
  first: Schema.optionalWith(Schema.Number, exact),
  last: Schema.optionalWith(Schema.Struct({ hash: Schema.Number, time: Schema.String }), exact),
  unchecked: Schema.optionalWith(Schema.Literal(true), exact)
}) as Schema.Schema<V2Cursor, unknown>

const nothing: Passed = { count: 0, hash: 0 }

/** What a client's servers were last seen to do with tokens. There may be several, of different versions. */
interface Knowledge {
  /** Undefined: nobody knows. */
  answers: "new" | "whole" | undefined
  /** Until when none is sent, because one was answered with a failure; in milliseconds. */
  silentUntil: number
}

const knowledge = new WeakMap<Service, Knowledge>()

const knowledgeOf = (client: Service): Knowledge => {
  let known = knowledge.get(client)
  if (known === undefined) knowledge.set(client, (known = { answers: undefined, silentUntil: 0 }))
  return known
}

/** After so long a token is tried once more: the server may have been upgraded. In milliseconds. */
const silence = 300_000

/** No server is waited for longer, in milliseconds. */
const longestWait = 600_000

/** Lines in a page at most, about. */
const pageLines = 2000

/** An answer that is being read. */
interface Answer {
  readonly scope: Scope.CloseableScope
  readonly pull: Effect.Effect<Chunk.Chunk<Log.LogPart>, Option.Option<LogError>>
  /** The cursor whose page comes next. */
  at: V2Cursor
  /** What it was asked with. */
  readonly token: string | undefined
  /** Records so far, without the header. */
  records: number
  header: Records.Header | undefined
  /** What it still has to be compared with; undefined: that has been done. */
  comparing: { readonly to: Passed; at: Passed } | undefined
  /** Characters that had come before. */
  repeated: number
  /** Whether it is known from where on it is: the log's start, or the token's place. */
  placed: boolean
}

const misfit = (cursor: V2Cursor, misfit: "token" | "content"): LogPage<V2Cursor> => ({
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

const timeOf = (line: PageRecord): string | undefined => line.show?.timestamp

/** Whether a line cannot come after the last one: it is that line again, or is from an earlier time. */
const isBefore = (line: PageRecord, last: V2Cursor["last"]): boolean => {
  const time = timeOf(line)
  return (
    last !== undefined &&
    (Tally.hashLine(line.whole!) === last.hash ||
      (time !== undefined && Date.parse(time) < Date.parse(last.time)))
  )
}

export const make = (target: LogTarget): Effect.Effect<LogSource<V2Cursor>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (parent) => {
    const { map_index, ...task } = target
    let answer: Answer | undefined
    /** How long to wait, once the client's own time-out was too short: a server reads all of a log before it says a word. */
    let timeout: number | undefined

    const close = Effect.suspend(() => {
      if (answer === undefined) return Effect.void
      const { scope } = answer
      answer = undefined
      return Scope.close(scope, Exit.void)
    })

    /** Asks, and waits for the first part; a refused or failed token is told apart from trouble by asking without it. */
    const ask = (
      cursor: V2Cursor,
      token: string | undefined
    ): Effect.Effect<Answer, LogError, AirflowClient> =>
      Effect.gen(function* () {
        const scope = yield* Scope.fork(parent, ExecutionStrategy.sequential)
        const stream = Log.streamLog(
          {
            ...task,
            ...(map_index === undefined ? {} : { map_index }),
            try_number: cursor.try_number,
            ...(token === undefined ? {} : { token })
          },
          // The next look is the retry. A token that makes the server fail is no outage to be waited out, either.
          { retry: false, ...(timeout === undefined ? {} : { timeout }) }
        )
        const opened = Effect.gen(function* () {
          const pull = yield* Scope.extend(Stream.toPull(stream), scope)
          const client = yield* AirflowClient
          const first = yield* Effect.catchAll(pull, (end) =>
            Option.isSome(end) ? Effect.fail(end.value) : Effect.succeed(Chunk.empty<Log.LogPart>())
          )
          return { client, first, pull }
        })
        const { client, first, pull } = yield* Effect.onError(Limiter.turn(opened), () =>
          Scope.close(scope, Exit.void)
        )
        let handed = false
        return {
          scope,
          pull: Effect.provideService(
            Effect.suspend(() => {
              if (handed) return pull
              handed = true
              return Effect.succeed(first)
            }),
            AirflowClient,
            client
          ),
          at: cursor,
          token,
          records: 0,
          header: undefined,
          comparing: undefined,
          repeated: 0,
          placed: false
        }
      })

    /** From where on an answer is, by its first line. Undefined: it cannot be told. */
    const place = (
      { token }: Answer,
      cursor: V2Cursor,
      line: PageRecord,
      known: Knowledge
    ): Passed | undefined => {
      if (token === undefined || cursor.from === undefined) return nothing
      if (cursor.first !== undefined && Tally.hashLine(line.whole!) === cursor.first) {
        known.answers = "whole"
        return nothing
      }
      return known.answers === "whole" ? nothing : cursor.from.passed
    }

    /** Takes what was passed on off an answer's lines. False: it is not there. */
    const passOver = (reading: Answer, lines: Array<PageRecord>): boolean => {
      const { comparing } = reading
      if (comparing === undefined) return true
      let { count, hash } = comparing.at
      let index = 0
      while (count < comparing.to.count && index < lines.length) {
        hash = Tally.extendBy(hash, lines[index++]!.whole!)
        count++
      }
      lines.splice(0, index)
      comparing.at = { count, hash }
      if (count < comparing.to.count) return true
      reading.comparing = undefined
      return hash === comparing.to.hash
    }

    const read = (
      reading: Answer,
      known: Knowledge,
      everything: boolean
    ): Effect.Effect<LogPage<V2Cursor>, LogError> =>
      Effect.gen(function* () {
        const cursor = reading.at
        const lines: Array<PageRecord> = []
        const notices: Array<string> = []
        let end: { readonly token: string | null } | undefined
        let spliced = false
        while (end === undefined && (everything || lines.length < pageLines)) {
          const parts = yield* Effect.catchAll(reading.pull, (failure) =>
            Option.isSome(failure)
              ? Effect.fail(failure.value)
              : Effect.dieMessage("an answer without an end")
          )
          for (const part of parts) {
            if (part._tag === "End") {
              end = { token: part.continuation_token }
              continue
            }
            const comparing = reading.comparing !== undefined || !reading.placed
            const fresh: Array<PageRecord> = []
            for (const record of part.records) {
              reading.header = Records.readHeader(reading.header, record)
              if (reading.header.isPart) {
                notices.push(...reading.header.notices)
                continue
              }
              reading.records++
              for (const line of Records.toLines(record)) fresh.push(line)
            }
            if (!reading.placed && fresh.length > 0) {
              const from = place(reading, cursor, fresh[0]!, known)
              reading.placed = true
              reading.comparing = { to: cursor.seen, at: from ?? nothing }
            }
            if (!passOver(reading, fresh)) return misfit(cursor, "content")
            if (comparing && fresh.length < part.records.length) reading.repeated += part.bytes
            // Where it is from the token's place on, what comes first must be later than what came last.
            if (lines.length === 0 && fresh.length > 0 && reading.token !== undefined) {
              spliced = isBefore(fresh[0]!, cursor.last)
            }
            for (const line of fresh) lines.push(line)
          }
        }
        if (end !== undefined) {
          const short = reading.placed ? reading.comparing !== undefined : expectsMore(reading, cursor)
          if (short) return misfit(cursor, "content")
          const inOrder = cursor.last !== undefined && !spliced
          if (reading.token !== undefined && !fits(reading, cursor, end.token, inOrder, known)) {
            return misfit(cursor, "content")
          }
        }
        const next = advance(cursor, lines, end?.token ?? undefined)
        reading.at = next
        const { repeated } = reading
        reading.repeated = 0
        return {
          records: lines,
          notices,
          lost: notices.some(Header.saysLost),
          cursor: next,
          endOfLog: end === undefined ? undefined : end.token === null,
          misfit: undefined,
          spliced,
          more: end === undefined,
          repeated
        }
      })

    const page = (
      cursor: V2Cursor,
      everything: boolean
    ): Effect.Effect<LogPage<V2Cursor>, LogError, AirflowClient> =>
      Effect.gen(function* () {
        const known = knowledgeOf(yield* AirflowClient)
        if (answer?.at !== cursor) {
          yield* close
          const silent = (yield* Clock.currentTimeMillis) < known.silentUntil
          const token = silent || everything ? undefined : cursor.from?.token
          answer = yield* token === undefined
            ? ask(cursor, undefined)
            : Effect.catchTag(ask(cursor, token), "ServerError", (error) =>
                error.status === 500
                  ? Effect.zipLeft(
                      ask(cursor, undefined),
                      Effect.map(Clock.currentTimeMillis, (now) => {
                        known.silentUntil = now + silence
                      })
                    )
                  : Effect.fail(error)
              )
        }
        const result = yield* read(answer, known, everything)
        if (!result.more) yield* close
        return result
      }).pipe(
        Effect.tapError((error) => {
          if (error._tag === "TimeoutError" && error.limit === "attempt") {
            timeout = Math.min(longestWait, 2 * error.millis)
          }
          return Effect.void
        }),
        Effect.onError(() => close),
        Effect.catchTag("BadRequest", (error) =>
          cursor.from !== undefined ? Effect.succeed(misfit(cursor, "token")) : Effect.fail(error)
        )
      )

    return {
      api: "v2",
      cursorSchema,
      target,
      status: Status.of(target),
      start: (try_number, unchecked = false) => ({
        try_number,
        seen: nothing,
        ...(unchecked ? { unchecked: true as const } : {})
      }),
      next: (cursor, everything = false) => page(cursor, everything),
      behind: (cursor, { count, hash }) => ({ ...cursor, seen: { count, hash } }),
      held: () => "",
      open: () => "",
      flush: (cursor) => ({ records: [], cursor }),
      reopen: (cursor) => cursor,
      remainder: () => undefined
    }
  })

/** Whether an answer without a line should have had some. */
const expectsMore = ({ token }: Answer, { from, seen }: V2Cursor): boolean =>
  seen.count > (token === undefined || from === undefined ? 0 : from.passed.count)

/**
 * Whether the server's own count of records fits what it sent after a token: all of the log, or what is new. Where it
 * tells none, as at the end, what it was seen to do before decides, or whether it goes on in time.
 */
const fits = (
  { records, token }: Answer,
  { from, unchecked }: V2Cursor,
  given: string | null,
  inOrder: boolean,
  known: Knowledge
): boolean => {
  const before = token === undefined ? undefined : Log.readToken(token)?.log_pos
  const now = given === null ? undefined : Log.readToken(given)?.log_pos
  if (known.answers === "whole" || unchecked === true || from === undefined) return true
  if (before === undefined || now === undefined) return known.answers === "new" || records === 0 || inOrder
  if (before + records !== now) return false
  if (before > 0 && records > 0) known.answers = "new"
  return true
}

const advance = (cursor: V2Cursor, lines: ReadonlyArray<PageRecord>, token: string | undefined): V2Cursor => {
  const { first, seen, ...rest } = cursor
  const hash = lines.reduce((sum, line) => Tally.extendBy(sum, line.whole!), seen.hash)
  const passed = { count: seen.count + lines.length, hash }
  const last = lines.at(-1)
  const lastTime = lines.findLast((line) => timeOf(line) !== undefined)
  const begins =
    first ?? (seen.count === 0 && lines.length > 0 ? Tally.hashLine(lines[0]!.whole!) : undefined)
  return {
    ...rest,
    seen: passed,
    ...(begins === undefined ? {} : { first: begins }),
    ...(last === undefined
      ? {}
      : {
          last: {
            hash: Tally.hashLine(last.whole!),
            time: (lastTime && timeOf(lastTime)) ?? cursor.last?.time ?? ""
          }
        }),
    ...(token === undefined ? {} : { from: { token, passed } })
  }
}
