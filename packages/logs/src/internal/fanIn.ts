/** Several task instances followed as one stream. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { FanInEvent } from "../LogEvent.js"
import type { LogError, LogSource } from "../LogSource.js"
import * as Cadence from "./cadence.js"
import type { Discover, Instance, Look } from "./discovery.js"
import * as Follow from "./follow.js"
import * as Limiter from "./limiter.js"
import * as Patience from "./patience.js"
import * as Permits from "./permits.js"
import * as Sources from "./sources.js"
import * as TimeOrder from "./timeOrder.js"
import * as Window from "./window.js"

export interface Decided {
  readonly from: "first" | "latest"
  /** In milliseconds; undefined: in the order of arrival. */
  readonly lag: number | undefined
  readonly concurrency: number
  /** Milliseconds between two looks. */
  readonly discovery: number
  readonly pace: Follow.Options
  readonly window: Window.Decided
}

/** A task instance to be read from now on. */
interface Attached {
  readonly instance: Instance
  readonly from: Follow.From
}

interface Known {
  /** Its last attempt; undefined: it is being read. */
  ended: number | undefined
  /** Whether all that was read of it was complete. */
  complete: boolean
  failed: boolean
}

const keyOf = ({ target }: Instance): string => JSON.stringify([target.task_id, target.map_index ?? -1])

export const follow = (
  discover: Discover,
  { concurrency, discovery, from, lag, pace, window }: Decided
): Stream.Stream<FanInEvent, LogError, AirflowClient> =>
  Stream.suspend(() => {
    const known = new Map<string, Known>()
    const totals = { lines: 0, gaps: 0 }
    let run: string | null = null

    /** The task instances that have something to read and are not being read. */
    const attach = (look: Look, first: boolean): ReadonlyArray<Attached> => {
      run = look.run
      const found: Array<Attached> = []
      for (const instance of look.instances) {
        if (!instance.ready) continue
        const key = keyOf(instance)
        const before = known.get(key)
        if (before === undefined) {
          known.set(key, { ended: undefined, complete: true, failed: false })
          found.push({ instance, from: first && from === "latest" ? "latest" : 1 })
        } else if (before.ended !== undefined && instance.try_number > before.ended) {
          // Cleared after its end: what follows are further attempts.
          const from = before.ended + 1
          before.ended = undefined
          found.push({ instance, from })
        }
      }
      return found
    }

    const isReading = () => [...known.values()].some(({ ended }) => ended === undefined)

    interface Looking {
      readonly first: boolean
      readonly delay: number
      readonly since: number | undefined
    }
    const attachments = Stream.paginateChunkEffect(
      { first: true, delay: 0, since: undefined } as Looking,
      ({ delay, first, since }) =>
        Effect.zipRight(Cadence.sleep(delay), Limiter.paced(discover)).pipe(
          Effect.map((look) => {
            const found = attach(look, first)
            const next = { first: false, delay: discovery, since: undefined }
            // While something is read, a task can still be cleared.
            const done = look.over && found.length === 0 && !isReading()
            return [Chunk.unsafeFromArray([...found]), done ? Option.none() : Option.some(next)] as const
          }),
          Effect.catchAll((error) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => {
              const start = since ?? now
              if (first || !Patience.mayPass(error) || now - start >= pace.patience) return Effect.fail(error)
              const next = { first, delay: Math.max(discovery, Patience.asked(error)), since: start }
              return Effect.succeed([Chunk.empty<Attached>(), Option.some(next)] as const)
            })
          )
        )
    )

    const turns = Permits.make(concurrency).run
    const inTurn = <Cursor>(source: LogSource<Cursor>): LogSource<Cursor> => ({
      ...source,
      status: turns(source.status),
      next: (cursor, whole) => turns(source.next(cursor, whole))
    })

    const read = ({ from, instance }: Attached): Stream.Stream<FanInEvent, never, AirflowClient> => {
      const place = known.get(keyOf(instance))!
      // The server has answered: it listed the task instance.
      const initial = { ...Follow.waiting(from), answered: true }
      const followed = Sources.use(instance.target, from, (source) =>
        Window.apply(Follow.follow(inTurn(source), initial, pace), window)
      )
      const events: Stream.Stream<FanInEvent, LogError, AirflowClient> = Stream.mapChunks(
        followed,
        (chunk) => {
          for (const event of chunk) {
            if (event._tag !== "Ended") continue
            place.ended = event.try_number
            totals.lines += event.lines
            totals.gaps += event.gaps
            place.complete &&= event.end === "complete"
          }
          return chunk
        }
      )
      return Stream.catchAll(events, (error) => {
        place.failed = true
        place.ended = Infinity
        return Stream.make<[FanInEvent]>({ _tag: "SourceFailed", target: instance.target, error })
      })
    }

    const events = Stream.flatMap(attachments, read, { concurrency: "unbounded", bufferSize: 1 })
    const finished = Stream.suspend(() =>
      Stream.make<[FanInEvent]>({
        _tag: "Finished",
        state: run,
        sources: known.size,
        complete: [...known.values()].filter(({ complete, failed }) => complete && !failed).length,
        failed: [...known.values()].filter(({ failed }) => failed).length,
        ...totals
      })
    )
    return Stream.concat(lag === undefined ? events : TimeOrder.order(events, lag), finished)
  })
