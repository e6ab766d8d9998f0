/** Checks the options of a follower, and completes them. */
import { InvalidInput } from "@effect-airflow/core/AirflowError"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import type { FanInOptions, Options, Pace } from "../LogFollower.js"
import type { LogTarget } from "../LogLine.js"
import * as Cadence from "./cadence.js"
import * as Cursor from "./cursor.js"
import type * as Emitter from "./emitter.js"
import type * as FanIn from "./fanIn.js"
import * as Follow from "./follow.js"
import * as Target from "./target.js"
import * as Window from "./window.js"

export interface Decided {
  readonly from: NonNullable<Options["from"]>
  readonly pace: Follow.Options
  readonly window: Window.Decided
}

/** In milliseconds. */
const duration = (
  refuse: (field: string, issue: string) => InvalidInput,
  field: string,
  input: Duration.DurationInput | undefined,
  otherwise: number
): Either.Either<number, InvalidInput> => {
  if (input === undefined) return Either.right(otherwise)
  const decoded = Duration.decodeUnknown(input)
  const millis = decoded._tag === "Some" ? Duration.toMillis(decoded.value) : 0
  return millis > 0
    ? Either.right(millis)
    : Either.left(refuse(field, "must be a duration longer than nothing"))
}

const pace = (
  refuse: (field: string, issue: string) => InvalidInput,
  options: Pace
): Either.Either<Follow.Options, InvalidInput> =>
  Either.gen(function* () {
    const active = yield* duration(refuse, "active", options.active, 1000)
    const idle = yield* duration(refuse, "idle", options.idle, 10_000)
    const settle = yield* duration(refuse, "settle", options.settle, 1000)
    const patience = yield* duration(refuse, "patience", options.patience, 300_000)
    const { reread = 1_000_000, verify = "tail" } = options
    if (verify !== "tail" && verify !== "whole") {
      return yield* Either.left(refuse("verify", "must be tail or whole"))
    }
    if (!(typeof reread === "number" && reread > 0)) {
      return yield* Either.left(refuse("reread", "must be a number above 0"))
    }
    return { cadence: Cadence.make({ active, idle, settle }), patience, reread: reread / 1000, verify }
  })

export const refusal =
  (operation: string) =>
  (field: string, issue: string): InvalidInput =>
    new InvalidInput({ operation, method: "", path: "", attempts: 0, field, issue })

export const read = (
  operation: string,
  target: LogTarget,
  options: Options
): Either.Either<Decided, InvalidInput> =>
  Either.gen(function* () {
    const refuse = refusal(operation)
    const { from = "latest" } = options
    const wrong = Target.check(target, Target.taskIds)
    if (wrong !== undefined) return yield* Either.left(refuse(wrong.field, wrong.issue))
    const issue = checkFrom(target, from)
    if (issue !== undefined) return yield* Either.left(refuse("from", issue))
    return { from, pace: yield* pace(refuse, options), window: yield* Window.read(refuse, options) }
  })

export const readFanIn = (
  operation: string,
  target: unknown,
  ids: ReadonlyArray<string>,
  options: FanInOptions
): Either.Either<FanIn.Decided, InvalidInput> =>
  Either.gen(function* () {
    const refuse = refusal(operation)
    const wrong = Target.check(target, ids)
    if (wrong !== undefined) return yield* Either.left(refuse(wrong.field, wrong.issue))
    const { concurrency = 8, from = "latest", order = "arrival" } = options
    if (from !== "first" && from !== "latest") {
      return yield* Either.left(refuse("from", "must be first or latest"))
    }
    if (order !== "arrival" && order !== "timestamp") {
      return yield* Either.left(refuse("order", "must be arrival or timestamp"))
    }
    if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) {
      return yield* Either.left(refuse("concurrency", "must be a whole number of 1 or more"))
    }
    const lag = yield* duration(refuse, "lag", options.lag, 3000)
    return {
      from,
      lag: order === "timestamp" ? lag : undefined,
      concurrency,
      discovery: yield* duration(refuse, "discovery", options.discovery, 3000),
      pace: yield* pace(refuse, options),
      window: yield* Window.read(refuse, options)
    }
  })

const checkFrom = (target: LogTarget, from: NonNullable<Options["from"]>): string | undefined => {
  if (from === "first" || from === "latest") return undefined
  if (typeof from === "number" && Number.isSafeInteger(from) && from > 0) return undefined
  if (!Cursor.isCursor(from)) return "must be a whole number of 1 or more, first, latest or a cursor"
  const of = from.target
  return of.dag_id !== target.dag_id ||
    of.dag_run_id !== target.dag_run_id ||
    of.task_id !== target.task_id ||
    of.map_index !== target.map_index
    ? "is a cursor of another task instance"
    : undefined
}

/** Where a follower begins that was told where. */
export const begin = <SourceCursor>(from: Decided["from"]): Follow.State<SourceCursor> => {
  if (!Cursor.isCursor(from)) return Follow.waiting(from === "first" ? 1 : from)
  const { flawed, gaps, lines, place } = Cursor.dataOf(from)
  const totals: Emitter.Totals = { lines, gaps, flawed }
  if (place.phase === "waiting") return Follow.waiting(place.from, totals)
  const { anchor, ...rest } = place
  // The source was chosen by the cursor, which was checked when it was read from JSON.
  return Follow.reading({ ...rest, anchor: { ...anchor, cursor: anchor.source as SourceCursor } }, totals)
}
