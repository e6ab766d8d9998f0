/** How long to wait before the next request. */
import { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

export interface Cadence {
  /** While lines come, in milliseconds. */
  readonly active: number
  /** The longest wait when nothing comes. */
  readonly idle: number
  /** Before the look that confirms the end, or the end of a line. */
  readonly settle: number
}

/** Every look that brings nothing makes the next one wait half as long again. */
const slowing = 1.5

export const make = (options: {
  readonly active?: Duration.DurationInput
  readonly idle?: Duration.DurationInput
  readonly settle?: Duration.DurationInput
}): Cadence => {
  const active = Duration.toMillis(options.active ?? 1000)
  return {
    active,
    idle: Math.max(active, Duration.toMillis(options.idle ?? 10_000)),
    settle: Duration.toMillis(options.settle ?? 1000)
  }
}

/** The wait after `idle` looks in a row that brought nothing. */
export const afterIdle = ({ active, idle: longest }: Cadence, idle: number): number =>
  Math.min(longest, active * slowing ** idle)

/**
 * Waits so long, in the way of the client; gives by how much it was longer, in milliseconds: a page that is offline asks
 * nothing, and is not losing its patience meanwhile.
 */
export const pause = (millis: number): Effect.Effect<number, never, AirflowClient> =>
  millis === 0
    ? Effect.succeed(0)
    : Effect.gen(function* () {
        const { polling } = yield* AirflowClient
        const before = yield* Clock.currentTimeMillis
        yield* polling.pause(Duration.millis(millis))
        return Math.max(0, (yield* Clock.currentTimeMillis) - before - millis)
      })

/** Waits about that long: a tenth more or less, so that many followers do not ask at the same moment. */
export const sleep = (millis: number): Effect.Effect<number, never, AirflowClient> =>
  millis === 0
    ? Effect.succeed(0)
    : Effect.flatMap(Random.nextRange(0.9, 1.1), (factor) => pause(millis * factor))
