/**
 * The time of a fake Airflow. What its tasks have written and which state they are in is computed from it at
 * each request, so a test never waits: it moves the clock.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/**
 * Tells the time, in milliseconds since 1970.
 *
 * @since 0.1.0
 * @category models
 */
export interface FakeClock {
  readonly now: () => number
}

/**
 * A clock that stands still until it is moved.
 *
 * @since 0.1.0
 * @category models
 */
export interface ManualClock extends FakeClock {
  /** Moves the clock on by some milliseconds. */
  readonly advance: (millis: number) => void
}

/**
 * The machine's clock; with `speed` 10, a task of ten seconds takes one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const real = (options: { readonly speed?: number } = {}): FakeClock => {
  const { speed = 1 } = options
  const start = Date.now()
  return { now: () => start + (Date.now() - start) * speed }
}

/**
 * A clock that stands still until it is moved.
 *
 * @example
 * import * as FakeClock from "@effect-airflow/testing/FakeClock"
 *
 * const clock = FakeClock.manual()
 * clock.advance(60_000)
 *
 * @since 0.1.0
 * @category constructors
 */
export const manual = (start: number = Date.UTC(2024, 0, 1)): ManualClock => {
  let now = start
  return {
    now: () => now,
    advance: (millis) => {
      now += millis
    }
  }
}

/**
 * Effect's clock of the running fiber: with `TestClock`, tasks write as the test adjusts the time.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromEffect: Effect.Effect<FakeClock> = Effect.clockWith((clock: Clock.Clock) =>
  Effect.succeed({ now: () => clock.unsafeCurrentTimeMillis() })
)
