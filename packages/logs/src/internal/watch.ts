/** Looks at something again and again until it is over: when to look, and what a failure means. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { type AirflowError, TimeoutError } from "@effect-airflow/core/AirflowError"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as Cadence from "./cadence.js"
import * as Patience from "./patience.js"

/** What is looked at. */
export interface Subject<A, E extends AirflowError> {
  /** Looks once; `seen` is what the last look showed. */
  readonly look: (seen: A | undefined) => Effect.Effect<A, E, AirflowClient>
  readonly isSame: (before: A, now: A) => boolean
  readonly isOver: (a: A) => boolean
}

/** How often to look; times in milliseconds. */
export interface Pace {
  readonly cadence: Cadence.Cadence
  /** How long failures in a row are borne. */
  readonly patience: number
}

interface State<A> {
  readonly seen: A | undefined
  /** Whether the look before showed something new. */
  readonly changed: boolean
  /** Looks in a row that showed nothing new, those that failed among them. */
  readonly quiet: number
  /** When the first of the failures in a row was met. */
  readonly failingSince: number | undefined
  /** How long to wait before the next look. */
  readonly delay: number
}

const start: State<never> = {
  seen: undefined,
  changed: false,
  quiet: 0,
  failingSince: undefined,
  delay: 0
}

/** One look, after its wait. `last` is when to look for the last time, if that is known. */
const step =
  <A, E extends AirflowError>(subject: Subject<A, E>, { cadence, patience }: Pace, last?: number) =>
  ({ delay, failingSince, quiet, seen }: State<A>): Effect.Effect<State<A>, E, AirflowClient> =>
    Effect.gen(function* () {
      const longer = yield* Cadence.pause(delay)
      const result = yield* Effect.either(subject.look(seen))
      const now = yield* Clock.currentTimeMillis
      const jitter = yield* Random.nextRange(0.9, 1.1)
      const wait = (quiet: number): number => {
        const wait = Cadence.afterIdle(cadence, quiet) * jitter
        return last !== undefined && now < last ? Math.min(wait, last - now) : wait
      }
      if (result._tag === "Right") {
        const changed = seen === undefined || !subject.isSame(seen, result.right)
        const next = changed ? 0 : quiet + 1
        return { seen: result.right, changed, quiet: next, failingSince: undefined, delay: wait(next) }
      }
      const error = result.left
      const since = failingSince === undefined ? now : failingSince + longer
      const left = since + patience - now
      const asked = "retryAfter" in error && error.retryAfter !== undefined ? error.retryAfter : 0
      // Before anything was seen, a failure is more likely a wrong setting than a passing trouble.
      if (seen === undefined || !Patience.mayPass(error) || left <= 0 || asked > left)
        return yield* Effect.fail(error)
      return {
        seen,
        changed: false,
        quiet: quiet + 1,
        failingSince: since,
        delay: Math.max(asked, Math.min(left, wait(quiet)))
      }
    })

const isOver = <A, E extends AirflowError>(subject: Subject<A, E>, { seen }: State<A>): boolean =>
  seen !== undefined && subject.isOver(seen)

/** What the first look shows, and then what differs from the look before. */
export const changes = <A, E extends AirflowError>(
  subject: Subject<A, E>,
  pace: Pace,
  untilOver: boolean
): Stream.Stream<A, E, AirflowClient> =>
  Stream.paginateChunkEffect(start as State<A>, (state) =>
    Effect.map(
      step(subject, pace)(state),
      (next) =>
        [
          next.changed ? Chunk.of(next.seen!) : Chunk.empty<A>(),
          untilOver && isOver(subject, next) ? Option.none<State<A>>() : Option.some(next)
        ] as const
    )
  )

/** The last look is taken that long before the deadline, or a quarter of it. */
const lastLook = 1000

/** What the first look shows that finds it over. */
export const until = <A, E extends AirflowError>(
  operation: string,
  subject: Subject<A, E>,
  pace: Pace,
  deadline: number | undefined
): Effect.Effect<A, E | TimeoutError, AirflowClient> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    let looks = 0
    const counted: Subject<A, E> = {
      ...subject,
      look: (seen) => Effect.suspend(() => (looks++, subject.look(seen)))
    }
    const last = deadline === undefined ? undefined : now + deadline - Math.min(lastLook, deadline / 4)
    const over = Effect.iterate(start as State<A>, {
      while: (state) => !isOver(subject, state),
      body: step(counted, pace, last)
    }).pipe(Effect.map(({ seen }) => seen!))
    return deadline === undefined
      ? over
      : Effect.timeoutFail(over, {
          duration: deadline,
          onTimeout: () =>
            new TimeoutError({
              operation,
              method: "GET",
              path: "",
              attempts: looks,
              limit: "deadline",
              millis: deadline
            })
        })
  })
