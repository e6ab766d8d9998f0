/**
 * Puts events of several sources in the order of their timestamps. An event is held back for the lag, and goes
 * on together with all that are earlier: lines that arrive within the lag of each other come out in order.
 */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FanInEvent } from "../LogEvent.js"

interface Held {
  readonly event: FanInEvent
  /** In milliseconds; of an event without one that of the line before it of the same source. */
  readonly time: number
  readonly arrived: number
}

const sourceOf = (event: FanInEvent): string =>
  event._tag === "Finished" ? "" : `${event.target.task_id}[${event.target.map_index ?? -1}]`

export const order = <E, R>(
  events: Stream.Stream<FanInEvent, E, R>,
  lag: number
): Stream.Stream<FanInEvent, E, R> =>
  Stream.suspend(() => {
    let held: Array<Held> = []
    const last = new Map<string, number>()

    const hold = (event: FanInEvent, arrived: number) => {
      const source = sourceOf(event)
      const own =
        event._tag === "Line" && event.line.timestamp !== undefined ? Date.parse(event.line.timestamp) : NaN
      // Within a source the order of the server stays.
      const before = last.get(source) ?? -Infinity
      const time = Number.isNaN(own) ? before : Math.max(own, before)
      last.set(source, time)
      held.push({ event, time, arrived })
    }
    const release = (until: number): Chunk.Chunk<FanInEvent> => {
      const latest = held.reduce(
        (max, { arrived, time }) => (arrived <= until && time > max ? time : max),
        -Infinity
      )
      // The sort is stable: what has the same time stays in the order of its arrival.
      const due = held
        .filter(({ arrived, time }) => time <= latest || arrived <= until)
        .sort((a, b) => a.time - b.time)
      held = held.filter(({ arrived, time }) => !(time <= latest || arrived <= until))
      return Chunk.unsafeFromArray(due.map(({ event }) => event))
    }

    const ticks = Stream.map(Stream.repeatEffect(Effect.sleep(lag / 4)), () => undefined)
    const timed = Stream.merge(events, ticks, { haltStrategy: "left" }).pipe(
      Stream.mapChunksEffect((chunk) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          for (const event of chunk) if (event !== undefined) hold(event, now)
          return release(now - lag)
        })
      )
    )
    const rest = Stream.suspend(() => Stream.fromChunk(release(Infinity)))
    return Stream.concat(
      Stream.catchAllCause(timed, (cause) => Stream.concat(rest, Stream.failCause(cause))),
      rest
    )
  })
