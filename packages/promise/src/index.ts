/**
 * Airflow's API and logs as promises and async iterables, for programs that do not use Effect. The layer
 * passed to {@link connect} comes from `@effect-airflow/node` or `@effect-airflow/browser`.
 *
 * @since 0.1.0
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { LogPage } from "@effect-airflow/core/v1/Log"
import type { TaskInstance, TaskInstanceCollection } from "@effect-airflow/core/v1/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogLine, LogTarget } from "@effect-airflow/logs/LogLine"
import type * as Layer from "effect/Layer"
import { type Call, call, type ListCall, listCall } from "./internal/call.js"
import * as Session from "./internal/session.js"

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

/**
 * The task-instance operations of API v1 (Airflow 2.x).
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstancesV1 {
  /** One task instance. For a mapped task: `NotFound`. */
  readonly getTaskInstance: Call<TaskInstances.TaskParams, TaskInstance>
  /** One instance of a mapped task. */
  readonly getMappedTaskInstance: Call<TaskInstances.MappedTaskParams, TaskInstance>
  /** The task instances of a run, or with `~` of all runs or DAGs. */
  readonly getTaskInstances: ListCall<
    TaskInstances.GetTaskInstancesParams,
    TaskInstanceCollection,
    TaskInstance
  >
  /** The instances of a mapped task. */
  readonly getMappedTaskInstances: ListCall<
    TaskInstances.GetMappedTaskInstancesParams,
    TaskInstanceCollection,
    TaskInstance
  >
  /** The task instances of any DAGs and runs, by lists of their ids. */
  readonly getTaskInstancesBatch: ListCall<
    TaskInstances.GetTaskInstancesBatchParams,
    TaskInstanceCollection,
    TaskInstance
  >
  /** The extra links of a task instance. */
  readonly getExtraLinks: Call<TaskInstances.GetExtraLinksParams, TaskInstances.ExtraLinks>
  /** A page of an attempt's log. */
  readonly getLog: Call<TaskInstances.GetLogParams, LogPage>
  /** The whole log of an attempt so far, as text. */
  readonly getLogText: Call<TaskInstances.GetLogTextParams, string>
}

/**
 * How to follow, with a signal that ends it.
 *
 * @since 0.1.0
 * @category models
 */
export interface FollowOptions extends LogFollower.Options {
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
}

/**
 * A connection to one Airflow.
 *
 * @since 0.1.0
 * @category models
 */
export interface Airflow extends AsyncDisposable {
  readonly v1: { readonly taskInstances: TaskInstancesV1 }
  readonly logs: Logs
  /** Ends what is under way (it rejects with an `AbortError`) and closes the connections. */
  readonly close: () => Promise<void>
}

/**
 * Builds a layer and gives its operations as functions. Rejects with the layer's own error when a setting is
 * wrong; nothing is sent to the server yet.
 *
 * @example
 * import { connect } from "@effect-airflow/promise"
 * import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
 *
 * await using airflow = await connect(NodeAirflow.layer({ baseUrl: "http://localhost:8080" }))
 * const task = { dag_id: "etl", dag_run_id: "r1", task_id: "load" }
 * for await (const line of airflow.logs.lines(task)) {
 *   console.log(line.text)
 * }
 *
 * @since 0.1.0
 * @category constructors
 */
export const connect = async <E>(layer: Layer.Layer<AirflowClient, E>): Promise<Airflow> => {
  const session = await Session.open(layer)
  const close = () => session.close()
  return {
    v1: {
      taskInstances: {
        getTaskInstance: call(session, TaskInstances.getTaskInstance),
        getMappedTaskInstance: call(session, TaskInstances.getMappedTaskInstance),
        getTaskInstances: listCall(session, TaskInstances.getTaskInstances),
        getMappedTaskInstances: listCall(session, TaskInstances.getMappedTaskInstances),
        getTaskInstancesBatch: listCall(session, TaskInstances.getTaskInstancesBatch),
        getExtraLinks: call(session, TaskInstances.getExtraLinks),
        getLog: call(session, TaskInstances.getLog),
        getLogText: call(session, TaskInstances.getLogText)
      }
    },
    logs: {
      follow: (target, { signal, ...options } = {}) =>
        session.iterate(LogFollower.follow(target, options), signal),
      lines: (target, { signal, ...options } = {}) =>
        session.iterate(LogFollower.lines(target, options), signal)
    },
    close,
    [Symbol.asyncDispose]: close
  }
}
