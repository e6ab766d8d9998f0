/**
 * Waits for a task instance or a DAG run, or tells each state it goes through, without reading a log. A wait
 * that cannot end well ends at once: only what may pass by itself is borne, and only for so long.
 *
 * @since 0.1.0
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { InvalidInput } from "@effect-airflow/core/AirflowError"
import type { DagRun } from "@effect-airflow/core/DagRuns"
import type { TaskInstance } from "@effect-airflow/core/TaskInstance"
import type { TaskInstancesError } from "@effect-airflow/core/TaskInstances"
import type { DagRunParams } from "@effect-airflow/core/v1/TaskInstances"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as Cadence from "./internal/cadence.js"
import * as internal from "./internal/watch.js"
import * as Target from "./internal/target.js"
import * as Subjects from "./internal/watchSubjects.js"
import type { LogTarget } from "./LogLine.js"

/**
 * How often to look, and how long to bear failures.
 *
 * @since 0.1.0
 * @category models
 */
export interface PaceOptions {
  /** The time between two looks after a change. Default 2 s. */
  readonly poll?: Duration.DurationInput
  /**
   * The longest time between two looks, reached step by step while nothing changes. Default 15 s, and never
   * less than `poll`. A tenth more or less is left to chance.
   */
  readonly idle?: Duration.DurationInput
  /**
   * How long failures that may pass by themselves are borne: no connection, no answer in time, 429, 5xx, or an
   * answer that is not Airflow's. A look that succeeds starts it anew; before the first one, a failure is final.
   * Default 5 minutes; with 0 the first failure ends it. A pause the server asks for (`Retry-After`) is kept; one longer than what is left of this
   * ends it at once.
   */
  readonly patience?: Duration.DurationInput
}

/**
 * How to tell states.
 *
 * @since 0.1.0
 * @category models
 */
export interface StatesOptions extends PaceOptions {
  /** Whether a final state is the end. Default true; otherwise it goes on, for somebody may clear the task. */
  readonly untilTerminal?: boolean
}

/**
 * How to wait.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions extends PaceOptions {
  /** The longest it may take; then it fails with a `TimeoutError`. Default: no limit. */
  readonly deadline?: Duration.DurationInput
}

/**
 * A state a task instance was seen in.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskState {
  /** Null: no state yet. */
  readonly state: string | null
  /** The attempt it is at; 0 before the first. */
  readonly try_number: number
  /** When it was seen: milliseconds since 1970, by the clock of this machine. */
  readonly at: number
  /** The whole answer. */
  readonly taskInstance: TaskInstance
}

/**
 * A state a DAG run was seen in.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunState {
  /** Null: the server did not tell. */
  readonly state: string | null
  /** When it was seen: milliseconds since 1970, by the clock of this machine. */
  readonly at: number
  /** The whole answer. */
  readonly dagRun: DagRun
}

/**
 * What watching can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type WatchError = TaskInstancesError<401 | 403 | 404 | 422>

interface Checked {
  readonly pace: internal.Pace
  readonly deadline: number | undefined
  readonly untilTerminal: boolean
}

type Bound = (millis: number) => boolean

const bounds: Readonly<Record<keyof PaceOptions | "deadline", readonly [Bound, string]>> = {
  poll: [(millis) => millis > 0 && millis < Infinity, "must be a duration longer than nothing, with an end"],
  idle: [(millis) => millis > 0 && millis < Infinity, "must be a duration longer than nothing, with an end"],
  patience: [(millis) => millis >= 0, "must be a duration"],
  deadline: [(millis) => millis > 0, "must be a duration longer than nothing"]
}

const check = (
  operation: string,
  of: unknown,
  ids: ReadonlyArray<string>,
  options: StatesOptions & WaitOptions
): Either.Either<Checked, InvalidInput> => {
  const refuse = (field: string, issue: string) =>
    Either.left(new InvalidInput({ operation, method: "", path: "", attempts: 0, field, issue }))
  const wrong = Target.check(of, ids)
  if (wrong !== undefined) return refuse(wrong.field, wrong.issue)
  for (const field of ["poll", "idle", "patience", "deadline"] as const) {
    const input = options[field]
    if (input === undefined) continue
    const decoded = Duration.decodeUnknown(input)
    const [fits, issue] = bounds[field]
    // Effect takes NaN, and less than nothing, for no time at all.
    const isNumber = typeof input !== "number" || input >= 0
    if (!isNumber || decoded._tag === "None" || !fits(Duration.toMillis(decoded.value))) {
      return refuse(field, issue)
    }
  }
  const { deadline, idle = "15 seconds", patience = "5 minutes", poll = "2 seconds" } = options
  const { untilTerminal = true } = options
  if (typeof untilTerminal !== "boolean") return refuse("untilTerminal", "must be a boolean")
  return Either.right({
    pace: { cadence: Cadence.make({ active: poll, idle }), patience: Duration.toMillis(patience) },
    deadline: deadline === undefined ? undefined : Duration.toMillis(deadline),
    untilTerminal
  })
}

/**
 * The state a task instance is in, and then each that differs from the one before, or is of another attempt.
 * After a final one (success, failed, skipped, upstream_failed, removed) it ends. A state that lasts shorter
 * than the time between two looks can go unseen. It looks only as fast as it is read.
 *
 * An instance of a mapped task that is not expanded yet is seen as its placeholder: no state, and a
 * `taskInstance` with the map index -1. If that ends without having been expanded (skipped, upstream_failed),
 * so does this.
 *
 * @example
 * import * as Watch from "@effect-airflow/logs/Watch"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * const print = Watch.states({ dag_id: "etl", dag_run_id: "r1", task_id: "load" }).pipe(
 *   Stream.runForEach(({ state, try_number }) => Console.log(`attempt ${try_number}: ${state}`))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const states = (
  target: LogTarget,
  options: StatesOptions = {}
): Stream.Stream<TaskState, WatchError, AirflowClient> =>
  Either.match(check("Watch.states", target, Target.taskIds, options), {
    onLeft: (error) => Stream.fail(error),
    onRight: ({ pace, untilTerminal }) => internal.changes(Subjects.task(target), pace, untilTerminal)
  })

/**
 * The state a DAG run is in, and then each that differs from the one before. After success or failed it ends.
 *
 * @example
 * import * as Watch from "@effect-airflow/logs/Watch"
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 *
 * const print = Watch.runStates({ dag_id: "etl", dag_run_id: "r1" }, { idle: "1 minute" }).pipe(
 *   Stream.runForEach(({ state }) => Console.log(state))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const runStates = (
  run: DagRunParams,
  options: StatesOptions = {}
): Stream.Stream<RunState, WatchError, AirflowClient> =>
  Either.match(check("Watch.runStates", run, Target.runIds, options), {
    onLeft: (error) => Stream.fail(error),
    onRight: ({ pace, untilTerminal }) => internal.changes(Subjects.run(run), pace, untilTerminal)
  })

/**
 * Waits until a task instance is over, and gives it as it is then: success, failed, skipped, upstream_failed or
 * removed. A task that failed is no failure of the wait, so look at its `state`. For a mapped task see
 * {@link states}.
 *
 * It fails at once when the server says that it will not answer (`Unauthorized`, `Forbidden`, `NotFound`), and
 * after `patience` when the server cannot be reached or used. Its requests are not retried: the next look is
 * the retry. Interrupted, it sends nothing more.
 *
 * @example
 * import * as Watch from "@effect-airflow/logs/Watch"
 * import * as Effect from "effect/Effect"
 *
 * const loaded = Watch.waitFor(
 *   { dag_id: "etl", dag_run_id: "r1", task_id: "load" },
 *   { deadline: "1 hour" }
 * ).pipe(
 *   Effect.map((taskInstance) => taskInstance.state === "success"),
 *   Effect.catchTag("TimeoutError", () => Effect.succeed(false))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const waitFor = (
  target: LogTarget,
  options: WaitOptions = {}
): Effect.Effect<TaskInstance, WatchError, AirflowClient> =>
  Effect.flatMap(check("Watch.waitFor", target, Target.taskIds, options), ({ deadline, pace }) =>
    Effect.map(
      internal.until("Watch.waitFor", Subjects.task(target), pace, deadline),
      ({ taskInstance }) => taskInstance
    )
  )

/**
 * Waits until a DAG run is over, and gives it as it is then: success or failed. A run that failed is no failure
 * of the wait, so look at its `state`. It fails as {@link waitFor} does.
 *
 * @example
 * import * as Watch from "@effect-airflow/logs/Watch"
 * import * as Effect from "effect/Effect"
 *
 * const state = Watch.waitForRun({ dag_id: "etl", dag_run_id: "r1" }, { deadline: "6 hours" }).pipe(
 *   Effect.map((run) => run.state)
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const waitForRun = (
  run: DagRunParams,
  options: WaitOptions = {}
): Effect.Effect<DagRun, WatchError, AirflowClient> =>
  Effect.flatMap(check("Watch.waitForRun", run, Target.runIds, options), ({ deadline, pace }) =>
    Effect.map(internal.until("Watch.waitForRun", Subjects.run(run), pace, deadline), ({ dagRun }) => dagRun)
  )
