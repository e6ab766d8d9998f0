/** Which lines are passed on. */
import type { InvalidInput } from "@effect-airflow/core/AirflowError"
import * as Chunk from "effect/Chunk"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { LogEvent } from "../LogEvent.js"
import type { Window } from "../LogFollower.js"
import type { LogLine } from "../LogLine.js"
import type { FollowEvent } from "./follow.js"

const levels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

export interface Decided {
  readonly tail: number | undefined
  /** In milliseconds since 1970. */
  readonly since: number | undefined
  /** The place in `levels`. */
  readonly level: number | undefined
  readonly match: RegExp | undefined
}

export const read = (
  refuse: (field: string, issue: string) => InvalidInput,
  { level, match, since, tail }: Window
): Either.Either<Decided, InvalidInput> => {
  if (tail !== undefined && !(Number.isSafeInteger(tail) && tail >= 0)) {
    return Either.left(refuse("tail", "must be a whole number of 0 or more"))
  }
  const time = since === undefined ? undefined : since instanceof Date ? since.getTime() : Date.parse(since)
  if (time !== undefined && Number.isNaN(time)) return Either.left(refuse("since", "must be a point in time"))
  const least = level === undefined ? undefined : levels.indexOf(level)
  if (least === -1) return Either.left(refuse("level", `must be one of ${levels.join(", ")}`))
  if (match !== undefined && !(match instanceof RegExp)) {
    return Either.left(refuse("match", "must be a regular expression"))
  }
  // A sticky or global expression remembers where it was.
  const stateless =
    match === undefined ? undefined : new RegExp(match.source, match.flags.replace(/[gy]/g, ""))
  return Either.right({ tail, since: time, level: least, match: stateless })
}

/** Decides for whole records: the further lines of a message go with its first. */
const recordFilter = ({ level, since }: Decided): ((line: LogLine) => boolean) => {
  let passes = since === undefined
  return (line) => {
    if (
      line.continued === true ||
      line.record !== line.index ||
      (line.timestamp === undefined && line.index > 0)
    ) {
      return passes
    }
    const early = since !== undefined && !(Date.parse(line.timestamp ?? "") >= since)
    const own = line.level === undefined ? -1 : levels.indexOf(line.level)
    passes = !early && (level === undefined || own === -1 || own >= level)
    return passes
  }
}

/** Keeps events back, of the lines only the last ones, until what follows is new. */
const tailFilter = (tail: number) => {
  let held: Array<LogEvent> | undefined = []
  let lines = 0
  const dropFirstLine = () => {
    const first = held!.findIndex(({ _tag }) => _tag === "Line")
    if (first !== -1) held!.splice(first, 1)
    lines--
  }
  return (event: FollowEvent, pass: (event: LogEvent) => void): void => {
    if (held === undefined) {
      if (event._tag !== "CaughtUp") pass(event)
      return
    }
    if (event._tag === "CaughtUp") {
      held.forEach(pass)
      held = undefined
      return
    }
    held.push(event)
    if (event._tag === "Line" && ++lines > tail) dropFirstLine()
  }
}

export const apply = <E, R>(
  events: Stream.Stream<FollowEvent, E, R>,
  window: Decided
): Stream.Stream<LogEvent, E, R> =>
  Stream.suspend(() => {
    const keepsRecord = recordFilter(window)
    const { match, tail } = window
    const keeps = (line: LogLine): boolean =>
      keepsRecord(line) && (match === undefined || match.test(line.text))
    const release =
      tail === undefined
        ? (event: FollowEvent, pass: (event: LogEvent) => void) => {
            if (event._tag !== "CaughtUp") pass(event)
          }
        : tailFilter(tail)
    return Stream.mapChunks(events, (chunk) => {
      const passed: Array<LogEvent> = []
      for (const event of chunk) {
        if (event._tag !== "Line" || keeps(event.line)) release(event, (each) => passed.push(each))
      }
      return Chunk.unsafeFromArray(passed)
    })
  })
