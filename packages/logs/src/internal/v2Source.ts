/**
 * API v2 (Airflow 3) as a source. Its servers do one of three things with a continuation token: send what is
 * new, send the whole log again, or fail. Which, is found out from each answer, and kept in mind for all followers of a client.
 */
import { AirflowClient, type Service } from "@effect-airflow/core/AirflowClient"
import * as Log from "@effect-airflow/core/v2/Log"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { LogTarget } from "../LogLine.js"
import type { LogError, LogPage, LogSource, LookOptions } from "../LogSource.js"
import * as Allowance from "./allowance.js"
import * as Limiter from "./limiter.js"
import * as Status from "./status.js"
import * as Answer from "./v2Answer.js"
import * as Cursor from "./v2Cursor.js"

const knowledge = new WeakMap<Service, Answer.Knowledge>()

const knowledgeOf = (client: Service): Answer.Knowledge => {
  let known = knowledge.get(client)
  if (known === undefined) knowledge.set(client, (known = { answers: undefined, silentUntil: 0 }))
  return known
}

/** After so long a token is tried once more: the server may have been upgraded. In milliseconds. */
const silence = 300_000

/** Lines in a page, about. */
const pageLines = 500

export const make = (target: LogTarget): Effect.Effect<LogSource<Cursor.V2Cursor>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (parent) => {
    const { map_index, ...task } = target
    const instance = { ...task, ...(map_index === undefined ? {} : { map_index }) }
    let answer: Answer.Answer | undefined
    /** The attempt in whose log half lines were counted, or seem to have been: they can be before what is shown after a token. */
    let halved: number | undefined
    const allowance = Allowance.make()

    const close = Effect.suspend(() => {
      if (answer === undefined) return Effect.void
      const { scope } = answer
      answer = undefined
      return Scope.close(scope, Exit.void)
    })

    const timed = <A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(Clock.currentTimeMillis, (before) =>
        Effect.zipLeft(
          wait,
          Effect.map(Clock.currentTimeMillis, (now) => allowance.waited(now - before))
        )
      )

    /** Asks, and waits for the first part of the answer. */
    const ask = (
      cursor: Cursor.V2Cursor,
      token: string | undefined,
      over: boolean
    ): Effect.Effect<Answer.Answer, LogError, AirflowClient> =>
      Effect.gen(function* () {
        const scope = yield* Scope.fork(parent, ExecutionStrategy.sequential)
        const timeout = allowance.current()
        const stream = Log.streamLog(
          { ...instance, try_number: cursor.try_number, ...(token === undefined ? {} : { token }) },
          // The next look is the retry. A token that makes the server fail is no outage to be waited out, either.
          { retry: false, ...(timeout === undefined ? {} : { timeout }) }
        )
        const opened = Effect.gen(function* () {
          const pull = timed(yield* Scope.extend(Stream.toPull(stream), scope))
          const first = yield* Effect.catchAll(pull, (end) =>
            Option.isSome(end) ? Effect.fail(end.value) : Effect.succeed(Chunk.empty<Log.LogPart>())
          )
          return { first, pull }
        })
        const client = yield* AirflowClient
        const { first, pull } = yield* Effect.onError(Limiter.turn(opened), () =>
          Scope.close(scope, Exit.void)
        )
        let handed = false
        const next = Effect.suspend(() => {
          if (handed) return pull
          handed = true
          return Effect.succeed(first)
        })
        const pulling = Effect.provideService(next, AirflowClient, client)
        const at =
          cursor.try_number === halved && cursor.halves === undefined ? { ...cursor, halves: 0 } : cursor
        return Answer.make(at, { scope, pull: pulling, token, over })
      })

    /** A token that the server fails at is left out for a while: if it fails all the same, that is an outage. */
    const askWith = (
      cursor: Cursor.V2Cursor,
      token: string,
      over: boolean,
      known: Answer.Knowledge
    ): Effect.Effect<Answer.Answer, LogError, AirflowClient> =>
      Effect.catchTag(ask(cursor, token, over), "ServerError", (error) =>
        error.status === 500
          ? Effect.zipLeft(
              ask(cursor, undefined, over),
              Effect.map(Clock.currentTimeMillis, (now) => {
                known.silentUntil = now + silence
              })
            )
          : Effect.fail(error)
      )

    const next = (
      cursor: Cursor.V2Cursor,
      { over = false, recent = [], whole = false }: LookOptions = {}
    ): Effect.Effect<LogPage<Cursor.V2Cursor>, LogError, AirflowClient> =>
      Effect.gen(function* () {
        const known = knowledgeOf(yield* AirflowClient)
        if (answer?.at !== cursor) {
          yield* close
          const silent = (yield* Clock.currentTimeMillis) < known.silentUntil
          const token = silent || whole ? undefined : cursor.from?.token
          answer = yield* token === undefined
            ? ask(cursor, undefined, over)
            : askWith(cursor, token, over, known)
        }
        const page = yield* Answer.read(answer, known, { enough: whole ? Infinity : pageLines, recent })
        if (page.spliced || page.cursor.halves !== undefined) halved = cursor.try_number
        if (!page.more) {
          allowance.read()
          yield* close
        }
        return page
      }).pipe(
        Effect.tapError((error) => {
          if (error._tag === "TimeoutError" && error.limit === "attempt") allowance.exceeded(error.millis)
          return Effect.void
        }),
        Effect.onError(() => close),
        // Without a token there is nothing to refuse: a 400 for another reason comes again.
        Effect.catchTag("BadRequest", (error) =>
          cursor.from !== undefined ? Effect.succeed(Answer.misfit(cursor, "token")) : Effect.fail(error)
        )
      )

    return {
      api: "v2",
      target,
      status: Status.of(target),
      start: (try_number, unchecked = false) => Cursor.start(try_number, unchecked),
      next,
      behind: (cursor, { count, hash }) => ({ ...cursor, seen: { count, hash } }),
      // A record is a line, or several; one that is cut is not passed on before the log has ended with it.
      held: ({ held = "" }) => held,
      open: () => "",
      flush: Cursor.flush,
      reopen: (cursor) => cursor,
      remainder: () => undefined
    }
  })
