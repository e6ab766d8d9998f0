/**
 * A clock for Effect that jumps: when nothing happens any more but waiting, it goes on to the moment the first
 * of those who wait is waiting for. A day takes as long as what happens in it.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

interface Sleeper {
  readonly at: number
  readonly order: number
  readonly wake: () => void
}

export interface SimulatedClock extends Clock.Clock {
  readonly now: () => number
  /** Tells the clock that something is under way that it cannot see, until the function given is called. */
  readonly busy: () => () => void
  /** Runs at a moment, before those who wait for a later one. */
  readonly at: (time: number, run: () => void) => void
  /** How often it jumped. */
  readonly jumps: () => number
}

/** What settles in promises alone is over after so many turns of the event loop. */
const quietTurns = 5
/** What is under way for longer than so many turns does not end by itself. */
const stuckTurns = 60

export const make = (start: number): SimulatedClock => {
  let now = start
  let order = 0
  let jumps = 0
  let activity = 0
  let busy = 0
  let running = false
  const sleepers: Array<Sleeper> = []

  const add = (at: number, wake: () => void): Sleeper => {
    const sleeper = { at, order: order++, wake }
    const before = sleepers.findIndex((other) => other.at > at)
    if (before === -1) sleepers.push(sleeper)
    else sleepers.splice(before, 0, sleeper)
    activity++
    run()
    return sleeper
  }
  const run = () => {
    if (running) return
    running = true
    let seen = activity
    let turns = 0
    const turn = () => {
      if (seen !== activity) {
        seen = activity
        turns = 0
      }
      if (++turns < (busy > 0 ? stuckTurns : quietTurns)) {
        setImmediate(turn)
        return
      }
      const first = sleepers.shift()
      if (first === undefined) {
        running = false
        return
      }
      now = Math.max(now, first.at)
      jumps++
      activity++
      first.wake()
      setImmediate(turn)
    }
    setImmediate(turn)
  }

  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    now: () => now,
    jumps: () => jumps,
    busy: () => {
      busy++
      activity++
      return () => {
        busy--
        activity++
      }
    },
    at: (time, run) => void add(time, run),
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.floor(now * 1e6)),
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.floor(now * 1e6))),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const sleeper = add(now + Duration.toMillis(duration), () => resume(Effect.void))
        return Effect.sync(() => {
          const at = sleepers.indexOf(sleeper)
          if (at !== -1) sleepers.splice(at, 1)
        })
      })
  }
}
