/**
 * Follows the log of a task instance while it is written: from before the task has started to the end of its
 * last attempt, each line once and in order.
 *
 * @since 0.1.0
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { InvalidInput } from "@effect-airflow/core/AirflowError"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Cadence from "./internal/cadence.js"
import * as internal from "./internal/follow.js"
import type { LogEvent } from "./LogEvent.js"
import type { LogLine, LogTarget } from "./LogLine.js"
import { type LogError, v1 } from "./LogSource.js"

/**
 * How to follow.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * The attempt to begin with: a number from 1, `first`, or `latest`, the one the task instance is at. Those
   * after it follow by themselves. Default `latest`.
   */
  readonly from?: number | "first" | "latest"
  /** The time between two requests while lines come. Default 2 s. */
  readonly active?: Duration.DurationInput
  /** The longest time between two requests while nothing comes; it is reached step by step. Default 10 s. */
  readonly idle?: Duration.DurationInput
  /** The wait before the look that confirms an end. Default 1 s. */
  readonly settle?: Duration.DurationInput
}

const refuse = (field: string, issue: string): Stream.Stream<never, InvalidInput> =>
  Stream.fail(
    new InvalidInput({ operation: "LogFollower.follow", method: "", path: "", attempts: 0, field, issue })
  )

/**
 * All that happens while the log is followed; the last event is `Ended`, and tells whether anything can be
 * missing. It asks only as fast as it is read. A request that fails after its own retries fails the Stream.
 *
 * @example
 * import * as LogFollower from "@effect-airflow/logs/LogFollower"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * const watch = LogFollower.follow({ dag_id: "etl", dag_run_id: "r1", task_id: "load" }).pipe(
 *   Stream.runForEach((event) =>
 *     event._tag === "Line"
 *       ? Console.log(event.line.text)
 *       : event._tag === "Ended"
 *         ? Console.log(`${event.state}, log ${event.end}`)
 *         : Console.log(event._tag)
 *   )
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const follow = (
  target: LogTarget,
  options: Options = {}
): Stream.Stream<LogEvent, LogError, AirflowClient> => {
  const { from = "latest" } = options
  if (from !== "first" && from !== "latest" && !(Number.isSafeInteger(from) && from > 0)) {
    return refuse("from", "must be a whole number of 1 or more, first or latest")
  }
  for (const field of ["active", "idle", "settle"] as const) {
    const input = options[field]
    const decoded = input === undefined ? undefined : Duration.decodeUnknown(input)
    if (decoded !== undefined && (decoded._tag === "None" || !Duration.greaterThan(decoded.value, 0))) {
      return refuse(field, "must be a duration longer than nothing")
    }
  }
  return internal.follow(v1(target), from === "first" ? 1 : from, Cadence.make(options))
}

/**
 * The lines alone.
 *
 * @example
 * import * as LogFollower from "@effect-airflow/logs/LogFollower"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * const print = LogFollower.lines({ dag_id: "etl", dag_run_id: "r1", task_id: "load" }).pipe(
 *   Stream.runForEach((line) => Console.log(line.text))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const lines = (
  target: LogTarget,
  options: Options = {}
): Stream.Stream<LogLine, LogError, AirflowClient> =>
  Stream.mapChunks(
    follow(target, options),
    Chunk.filterMap((event) => (event._tag === "Line" ? Option.some(event.line) : Option.none()))
  )
