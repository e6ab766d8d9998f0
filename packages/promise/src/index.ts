/**
 * Airflow's API and logs as promises and async iterables, for programs that do not use Effect. The layer
 * passed to {@link connect} comes from `@effect-airflow/node` or `@effect-airflow/browser`.
 *
 * @since 0.1.0
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Auth from "@effect-airflow/core/Auth"
import type { DagRun } from "@effect-airflow/core/DagRuns"
import type { Server } from "@effect-airflow/core/Server"
import * as ServerModule from "@effect-airflow/core/Server"
import type { TaskInstance } from "@effect-airflow/core/TaskInstance"
import type { DagRunParams } from "@effect-airflow/core/v1/TaskInstances"
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import type { FanInEvent, LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogLine, LogTarget } from "@effect-airflow/logs/LogLine"
import * as Watch from "@effect-airflow/logs/Watch"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { withCursor } from "./internal/from.js"
import { type DagRuns, dagRuns, type TaskInstances, taskInstances } from "./internal/neutral.js"
import * as Session from "./internal/session.js"
import { type V1, v1 } from "./internal/v1.js"

export type {
  /**
   * One operation: rejections are the typed errors of `@effect-airflow/core/AirflowError` themselves.
   *
   * @since 0.1.0
   * @category models
   */
  Call,
  /**
   * Options of one call: those of `@effect-airflow/core/Endpoint`, and a signal. An abort rejects with an
   * error named `AbortError`.
   *
   * @since 0.1.0
   * @category models
   */
  CallOptions,
  /**
   * An operation that lists: one page by calling it, all of them by `pages`, all rows by `items`.
   *
   * @since 0.1.0
   * @category models
   */
  ListCall
} from "./internal/call.js"

export type {
  /**
   * A run of a DAG.
   *
   * @since 0.1.0
   * @category models
   */
  DagRun
} from "@effect-airflow/core/DagRuns"

export type {
  /**
   * A task instance.
   *
   * @since 0.1.0
   * @category models
   */
  TaskInstance
} from "@effect-airflow/core/TaskInstance"

export type {
  /**
   * The runs of DAGs, on any Airflow.
   *
   * @since 0.1.0
   * @category models
   */
  DagRuns,
  /**
   * Task instances, on any Airflow.
   *
   * @since 0.1.0
   * @category models
   */
  TaskInstances
} from "./internal/neutral.js"

export type {
  /**
   * The operations of API v1 (Airflow 2) alone.
   *
   * @since 0.1.0
   * @category models
   */
  V1
} from "./internal/v1.js"

export type {
  /**
   * A place in a log, to go on from.
   *
   * @since 0.1.0
   * @category models
   */
  LogCursor,
  /**
   * The same as JSON: what {@link cursorJson} gives, and `from` takes.
   *
   * @since 0.1.0
   * @category models
   */
  LogCursorJson
} from "@effect-airflow/logs/LogCursor"

export type {
  /**
   * What happens while several task instances are followed as one.
   *
   * @since 0.1.0
   * @category models
   */
  FanInEvent,
  /**
   * What happens while a task instance is followed.
   *
   * @since 0.1.0
   * @category models
   */
  LogEvent
} from "@effect-airflow/logs/LogEvent"

export type {
  /**
   * A line of a log, in its place.
   *
   * @since 0.1.0
   * @category models
   */
  LogLine,
  /**
   * Names the task instance whose log is read.
   *
   * @since 0.1.0
   * @category models
   */
  LogTarget
} from "@effect-airflow/logs/LogLine"

export type {
  /**
   * A state a DAG run was seen in.
   *
   * @since 0.1.0
   * @category models
   */
  RunState,
  /**
   * A state a task instance was seen in.
   *
   * @since 0.1.0
   * @category models
   */
  TaskState
} from "@effect-airflow/logs/Watch"

/**
 * The error classes, for `instanceof`; a look at an error's `_tag` does as well.
 *
 * @since 0.1.0
 * @category errors
 */
export * as AirflowError from "@effect-airflow/core/AirflowError"

export {
  /**
   * Whether a value is one of the errors that promises reject with.
   *
   * @since 0.1.0
   * @category guards
   */
  isAirflowError
} from "@effect-airflow/core/AirflowError"

export {
  /**
   * The title of the group that a line begins; undefined for any other line.
   *
   * @since 0.1.0
   * @category utils
   */
  groupTitle,
  /**
   * Names a task instance in one text, e.g. for a prefix: `load`, `load[3]`.
   *
   * @since 0.1.0
   * @category utils
   */
  label
} from "@effect-airflow/logs/LogLine"

/**
 * Makes the text of a log harmless where it is shown: `SafeText.strip(line.text)`.
 *
 * @since 0.1.0
 * @category utils
 */
export * as SafeText from "@effect-airflow/logs/SafeText"

/**
 * HTTP Basic, for the `auth` of an adapter. Airflow 2.x takes it where `[api] auth_backends` names a basic_auth
 * backend.
 *
 * @example
 * import { basic, connect } from "@effect-airflow/promise"
 * import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
 *
 * const auth = basic("admin", "s3cret")
 * const airflow = await connect(NodeAirflow.layer({ baseUrl: "http://localhost:8080", auth }))
 *
 * @since 0.1.0
 * @category credentials
 */
export const basic = (username: string, password: string): Auth.Auth =>
  Auth.basic(username, Redacted.make(password))

/**
 * A bearer token that does not change, for the `auth` of an adapter.
 *
 * @example
 * import { bearer, connect } from "@effect-airflow/promise"
 * import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
 *
 * const auth = bearer(process.env["ASTRO_API_TOKEN"] ?? "")
 * const airflow = await connect(NodeAirflow.layer({ baseUrl: "https://airflow.example.com", auth }))
 *
 * @since 0.1.0
 * @category credentials
 */
export const bearer = (token: string): Auth.Auth => Auth.bearer(Redacted.make(token))

/**
 * A user name and a password of Airflow 3, for the `auth` of an adapter: a token is asked for with them, and renewed before
 * it expires.
 *
 * @example
 * import { connect, jwt } from "@effect-airflow/promise"
 * import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
 *
 * const auth = jwt("admin", "s3cret")
 * const airflow = await connect(NodeAirflow.layer({ baseUrl: "http://localhost:8080", auth }))
 *
 * @since 0.1.0
 * @category credentials
 */
export const jwt = (username: string, password: string): Auth.Auth =>
  Auth.jwt({ username, password: Redacted.make(password) })

/**
 * How to follow, with a signal that ends it.
 *
 * @since 0.1.0
 * @category models
 */
export interface FollowOptions extends Omit<LogFollower.Options, "from"> {
  /**
   * Where to begin: at an attempt (a number from 1, `first`, or `latest`, the one the task instance is at), or
   * at the place a cursor names: one of an event, or what {@link cursorJson} made of it. Default `latest`.
   */
  readonly from?: LogFollower.Options["from"] | LogCursor.LogCursorJson
  readonly signal?: AbortSignal
}

/**
 * How to follow several task instances as one, with a signal that ends it.
 *
 * @since 0.1.0
 * @category models
 */
export interface FanInOptions extends LogFollower.FanInOptions {
  readonly signal?: AbortSignal
}

/**
 * Logs while they are written.
 *
 * @since 0.1.0
 * @category models
 */
export interface Logs {
  /** All that happens, from before the task starts to the end of its last attempt; see `LogFollower.follow`. */
  readonly follow: (
    target: LogTarget,
    options?: FollowOptions
  ) => AsyncIterableIterator<LogEvent, undefined, undefined>
  /** The lines alone. */
  readonly lines: (
    target: LogTarget,
    options?: FollowOptions
  ) => AsyncIterableIterator<LogLine, undefined, undefined>
  /** All instances of a mapped task, also those that appear later; see `LogFollower.followMapped`. */
  readonly followMapped: (
    task: LogFollower.MappedTarget,
    options?: FanInOptions
  ) => AsyncIterableIterator<FanInEvent, undefined, undefined>
  /** All task instances of a DAG run, each from when it starts; see `LogFollower.followRun`. */
  readonly followRun: (
    run: LogFollower.RunTarget,
    options?: FanInOptions
  ) => AsyncIterableIterator<FanInEvent, undefined, undefined>
}

/**
 * How to tell states, with a signal that ends it.
 *
 * @since 0.1.0
 * @category models
 */
export interface StatesOptions extends Watch.StatesOptions {
  readonly signal?: AbortSignal
}

/**
 * How to wait, with a signal that ends it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions extends Watch.WaitOptions {
  readonly signal?: AbortSignal
}

/**
 * States without logs. They end by themselves when the task instance or the run is over; see the module `Watch`
 * of `@effect-airflow/logs`.
 *
 * @since 0.1.0
 * @category models
 */
export interface States {
  /** The state a task instance is in, and then each that differs from the one before. */
  readonly states: (
    target: LogTarget,
    options?: StatesOptions
  ) => AsyncIterableIterator<Watch.TaskState, undefined, undefined>
  /** The state a DAG run is in, and then each that differs from the one before. */
  readonly runStates: (
    run: DagRunParams,
    options?: StatesOptions
  ) => AsyncIterableIterator<Watch.RunState, undefined, undefined>
  /** Waits until a task instance is over, however it ends: look at its `state`. */
  readonly waitFor: (target: LogTarget, options?: WaitOptions) => Promise<TaskInstance>
  /** Waits until a DAG run is over, however it ends: look at its `state`. */
  readonly waitForRun: (run: DagRunParams, options?: WaitOptions) => Promise<DagRun>
}

/**
 * A connection to one Airflow.
 *
 * @since 0.1.0
 * @category models
 */
export interface Airflow extends AsyncDisposable {
  /** Which Airflow it is; asked once, and with the first call that needs to know. */
  readonly server: (options?: { readonly signal?: AbortSignal }) => Promise<Server>
  readonly taskInstances: TaskInstances
  readonly dagRuns: DagRuns
  /** The operations of API v1 (Airflow 2) as they are. */
  readonly v1: V1
  readonly logs: Logs
  readonly watch: States
  /** Ends what is under way (it rejects with an `AbortError`) and closes the connections. */
  readonly close: () => Promise<void>
}

/**
 * Builds a layer and gives its operations as functions. Rejects with the layer's own error when a setting is
 * wrong; nothing is sent to the server yet.
 *
 * @example
 * import { connect, SafeText } from "@effect-airflow/promise"
 * import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
 *
 * await using airflow = await connect(NodeAirflow.layer({ baseUrl: "http://localhost:8080" }))
 * const task = { dag_id: "etl", dag_run_id: "r1", task_id: "load" }
 * for await (const line of airflow.logs.lines(task)) {
 *   console.log(SafeText.strip(line.text))
 * }
 * const run = await airflow.watch.waitForRun({ dag_id: "etl", dag_run_id: "r1" }, { deadline: "1 hour" })
 * console.log(run.state)
 *
 * @since 0.1.0
 * @category constructors
 */
export const connect = async <E>(layer: Layer.Layer<AirflowClient, E>): Promise<Airflow> => {
  const session = await Session.open(layer)
  const close = () => session.close()
  return {
    server: ({ signal } = {}) => session.run(ServerModule.detect, signal),
    taskInstances: taskInstances(session),
    dagRuns: dagRuns(session),
    v1: v1(session),
    logs: {
      follow: (target, { from, signal, ...options } = {}) =>
        session.iterate(
          withCursor(from, (from) => LogFollower.follow(target, { ...options, ...from })),
          signal
        ),
      lines: (target, { from, signal, ...options } = {}) =>
        session.iterate(
          withCursor(from, (from) => LogFollower.lines(target, { ...options, ...from })),
          signal
        ),
      followMapped: (task, { signal, ...options } = {}) =>
        session.iterate(LogFollower.followMapped(task, options), signal),
      followRun: (run, { signal, ...options } = {}) =>
        session.iterate(LogFollower.followRun(run, options), signal)
    },
    watch: {
      states: (target, { signal, ...options } = {}) => session.iterate(Watch.states(target, options), signal),
      runStates: (run, { signal, ...options } = {}) => session.iterate(Watch.runStates(run, options), signal),
      waitFor: (target, { signal, ...options } = {}) => session.run(Watch.waitFor(target, options), signal),
      waitForRun: (run, { signal, ...options } = {}) => session.run(Watch.waitForRun(run, options), signal)
    },
    close,
    [Symbol.asyncDispose]: close
  }
}

/**
 * The place after an event as JSON, one or two kilobytes: keep it, and give it to `from`, in another process too,
 * to go on there without repeating a line or losing one. It can hold a piece of the log (a line whose end had
 * not come), so keep it where you would keep the log. Make one now and then rather than after each line: it is
 * worked out from all lines that came together with its own.
 *
 * @example
 * import { type Airflow, cursorJson } from "@effect-airflow/promise"
 *
 * declare const airflow: Airflow
 * declare const load: () => string | undefined
 * declare const save: (json: string) => void
 *
 * const task = { dag_id: "etl", dag_run_id: "r1", task_id: "load" }
 * const saved = load()
 * const from = saved === undefined ? "first" : JSON.parse(saved)
 * let savedAt = 0
 * for await (const event of airflow.logs.follow(task, { from })) {
 *   if (event._tag === "Line") console.log(event.line.text)
 *   if (event._tag === "Ended" || Date.now() - savedAt > 1000) {
 *     save(JSON.stringify(cursorJson(event)))
 *     savedAt = Date.now()
 *   }
 * }
 *
 * @since 0.1.0
 * @category conversions
 */
export const cursorJson = (event: LogEvent): LogCursor.LogCursorJson => LogCursor.toJson(event.cursor)
