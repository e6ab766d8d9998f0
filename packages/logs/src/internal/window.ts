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

type Pass = (event: LogEvent) => void

/** Passes all on: lines that are not kept are none. */
const all = (event: FollowEvent, kept: boolean, pass: Pass): void => {
  if (kept && event._tag !== "CaughtUp") pass(event)
}

/** Keeps events back, of the lines only the last ones, until what follows is new. */
const tailFilter = (tail: number) => {
  let held: Array<LogEvent> = []
  let lines = 0
  let state: "before" | "pending" | "after" = "before"
  const hold = (event: LogEvent) => {
    held.push(event)
    if (event._tag !== "Line" || ++lines <= tail) return
    held.splice(
      held.findIndex(({ _tag }) => _tag === "Line"),
      1
    )
    lines--
  }
  const release = (pass: Pass) => {
    state = "after"
    held.forEach(pass)
    held = []
  }
  return (event: FollowEvent, kept: boolean, pass: Pass): void => {
    if (state === "after") return all(event, kept, pass)
    if (event._tag === "CaughtUp") {
      if (event.pending) state = "pending"
      else release(pass)
      return
    }
    // It comes next, unless there is trouble, or the end.
    const waits = event._tag === "Line" || event._tag === "StateChanged" || event._tag === "SourceNotice"
    if (state === "pending" && !waits) {
      release(pass)
      return pass(event)
    }
    if (kept) hold(event)
    // The line that was there, too, though its end had not come.
    if (state === "pending" && event._tag === "Line") release(pass)
  }
}

export const apply = <E, R>(
  events: Stream.Stream<FollowEvent, E, R>,
  window: Decided
): Stream.Stream<LogEvent, E, R> =>
  Stream.suspend(() => {
    const keepsRecord = recordFilter(window)
    const { match, tail } = window
    const keeps = (event: FollowEvent): boolean =>
      event._tag !== "Line" ||
      (keepsRecord(event.line) && (match === undefined || match.test(event.line.text)))
    const release = tail === undefined ? all : tailFilter(tail)
    return Stream.mapChunks(events, (chunk) => {
      const passed: Array<LogEvent> = []
      for (const event of chunk) release(event, keeps(event), (each) => passed.push(each))
      return Chunk.unsafeFromArray(passed)
    })
  })
