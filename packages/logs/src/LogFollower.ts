/**
 * Follows the log of a task instance while it is written: from before the task has started to the end of its
 * last attempt, each line once and in order, or a `Gap` that says where that could not be proven.
 *
 * @since 0.1.0
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Discovery from "./internal/discovery.js"
import * as FanIn from "./internal/fanIn.js"
import * as internal from "./internal/follow.js"
import * as InternalOptions from "./internal/followOptions.js"
import * as Sources from "./internal/sources.js"
import * as Target from "./internal/target.js"
import * as InternalWindow from "./internal/window.js"
import type { LogCursor } from "./LogCursor.js"
import type { FanInEvent, LogEvent } from "./LogEvent.js"
import type { LogLine, LogTarget } from "./LogLine.js"
import type { LogError } from "./LogSource.js"

/**
 * How to follow.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Pace, Window {
  /**
   * Where to begin: at an attempt (a number from 1, `first`, or `latest`, the one the task instance is at), or
   * at the place a cursor names. The attempts after it follow by themselves. Default `latest`.
   */
  readonly from?: number | "first" | "latest" | LogCursor
}

/**
 * How often to ask, and how long to bear failures. The client's `polling` bounds all followers together.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pace {
  /** The time between two requests while lines come. Default 1 s. */
  readonly active?: Duration.DurationInput
  /** The longest time between two requests while nothing comes; it is reached step by step. Default 10 s. */
  readonly idle?: Duration.DurationInput
  /** The wait before the look that confirms an end. Default 1 s. */
  readonly settle?: Duration.DurationInput
  /**
   * How long requests may fail in ways that can pass (no connection, time-outs, 429, 5xx, a proxy's page)
   * before the stream fails, counted from the first failure after a success. Before the server has answered
   * at all, a failure is final. Default 5 minutes.
   */
  readonly patience?: Duration.DurationInput
  /**
   * What is read once more before the end of an attempt is reported, to see that it is the same log still.
   * `tail`: the last page, if it is not large. It does not see one thing: that the log was exchanged, while it
   * was read, for a longer one whose text happens to go on with a whole line. `whole`: all of it; every byte is
   * fetched twice. Default `tail`.
   */
  readonly verify?: "tail" | "whole"
  /**
   * Some servers (Airflow 3.0.4 to 3.3.0) send an attempt's whole log each time. So many bytes of it, before compression, may be
   * read again in a second, on the average: a longer log is asked for less often, and its lines come later by as
   * much. With the default of 1,000,000 a log of 10 MB is asked for every 10 seconds. It matters to no other server.
   */
  readonly reread?: number
}

/**
 * Which lines to pass on. The others are read and counted, and dropped at once: `index` is always the place in
 * the whole log, and only `tail` keeps lines back, no more than it passes on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Window {
  /** Of the lines that are there when following begins, only the last ones. Default: all. */
  readonly tail?: number
  /** Only records written at or after this time; lines before the first time are dropped. */
  readonly since?: Date | string
  /** Only records of this level or above: `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`; those without one pass. */
  readonly level?: "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL"
  /** Only lines whose text matches. */
  readonly match?: RegExp
}

/**
 * All that happens while the log is followed; the last event is `Ended`, and tells whether anything can be
 * missing. It asks only as fast as it is read. A request that fails for longer than `patience` fails the
 * Stream, with what it failed with last.
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
  const operation = "LogFollower.follow"
  return Either.match(InternalOptions.read(operation, target, options), {
    onLeft: Stream.fail,
    onRight: ({ from, pace, window }) =>
      Sources.use(target, from, (source) =>
        InternalWindow.apply(internal.follow(source, InternalOptions.begin(from), pace), window)
      )
  })
}

/**
 * The lines alone. Whether any can be missing is told only by the last event of {@link follow}.
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
): Stream.Stream<LogLine, LogError, AirflowClient> => onlyLines(follow(target, options))

/**
 * How to follow several task instances as one.
 *
 * @since 0.1.0
 * @category models
 */
export interface FanInOptions extends Pace, Omit<Window, "tail"> {
  /**
   * The attempt to begin with, of the task instances that are past it when following begins. Those that start
   * later are read from their first. Default `latest`.
   */
  readonly from?: "first" | "latest"
  /**
   * `arrival`: events as they come. `timestamp`: lines in the order of their timestamps, as far as they come
   * within `lag` of each other; each is held back that long. Default `arrival`.
   */
  readonly order?: "arrival" | "timestamp"
  /** The longest a line is held back to be put in order (a quarter more at most). Default 3 s. */
  readonly lag?: Duration.DurationInput
  /** How many task instances are asked at a time; the others get their turn in order. Default 8. */
  readonly concurrency?: number
  /** The time between two looks for task instances that were not there before. Default 3 s. */
  readonly discovery?: Duration.DurationInput
}

/**
 * Names a run of a DAG.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunTarget {
  readonly dag_id: string
  readonly dag_run_id: string
}

/**
 * Names a mapped task.
 *
 * @since 0.1.0
 * @category models
 */
export interface MappedTarget extends RunTarget {
  readonly task_id: string
}

/**
 * All instances of a mapped task as one stream: those that are there, and those that appear later. It ends with
 * `Finished` when the task has been expanded and all its instances are over. An instance that cannot be read is
 * reported as `SourceFailed`, and the others go on; only looking for instances fails the Stream.
 *
 * @example
 * import * as LogFollower from "@effect-airflow/logs/LogFollower"
 * import { label } from "@effect-airflow/logs/LogLine"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * const watch = LogFollower.followMapped({ dag_id: "etl", dag_run_id: "r1", task_id: "load" }).pipe(
 *   Stream.runForEach((event) =>
 *     event._tag === "Line" ? Console.log(`${label(event.line)} ${event.line.text}`) : Console.log(event._tag)
 *   )
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const followMapped = (
  task: MappedTarget,
  options: FanInOptions = {}
): Stream.Stream<FanInEvent, LogError, AirflowClient> =>
  fanIn("LogFollower.followMapped", task, Target.taskIds, Discovery.mapped, options)

/**
 * All task instances of a DAG run as one stream, each from when it starts; it ends with `Finished` when the run
 * and all its logs are over. A task instance that is cleared meanwhile is read on. One that cannot be read is
 * reported as `SourceFailed`, and the others go on; only looking for task instances fails the Stream.
 *
 * @example
 * import * as LogFollower from "@effect-airflow/logs/LogFollower"
 * import { label } from "@effect-airflow/logs/LogLine"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * const watch = LogFollower.followRun({ dag_id: "etl", dag_run_id: "r1" }, { level: "WARNING" }).pipe(
 *   Stream.runForEach((event) =>
 *     event._tag === "Line" ? Console.log(`${label(event.line)} ${event.line.text}`) : Console.log(event._tag)
 *   )
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const followRun = (
  run: RunTarget,
  options: FanInOptions = {}
): Stream.Stream<FanInEvent, LogError, AirflowClient> =>
  fanIn("LogFollower.followRun", run, Target.runIds, Discovery.run, options)

const fanIn = <Of>(
  operation: string,
  of: Of,
  ids: ReadonlyArray<string>,
  discover: (of: Of) => Discovery.Discover,
  options: FanInOptions
): Stream.Stream<FanInEvent, LogError, AirflowClient> =>
  Either.match(InternalOptions.readFanIn(operation, of, ids, options), {
    onLeft: Stream.fail,
    onRight: (decided) => FanIn.follow(discover(of), decided)
  })

const onlyLines = <E, R>(events: Stream.Stream<LogEvent, E, R>): Stream.Stream<LogLine, E, R> =>
  Stream.mapChunks(
    events,
    Chunk.filterMap((event) => (event._tag === "Line" ? Option.some(event.line) : Option.none()))
  )
