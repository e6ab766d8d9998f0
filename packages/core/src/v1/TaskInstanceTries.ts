/**
 * The attempts of a task instance, and what it waits for, over API v1 (Airflow 2.x, since 2.10: before it, these
 * are `NotFound`).
 *
 * @since 0.1.0
 */
import * as Endpoint from "../Endpoint.js"
import * as decode from "../internal/decode.js"
import * as kinds from "../internal/params.js"
import * as v1 from "../internal/v1.js"
import * as rows from "../internal/v1Rows.js"
import type { TaskInstanceHistory, TaskInstanceHistoryCollection } from "./TaskInstance.js"
import type { MappedTaskParams, TaskParams } from "./TaskInstances.js"

/**
 * Names an attempt of a task instance.
 *
 * @since 0.1.0
 * @category models
 */
export interface TryParams extends TaskParams {
  /** The attempt, from 1. */
  readonly task_try_number: number
}

/**
 * Names an attempt of an instance of a mapped task.
 *
 * @since 0.1.0
 * @category models
 */
export interface MappedTryParams extends MappedTaskParams {
  /** The attempt, from 1. */
  readonly task_try_number: number
}

/**
 * A reason why a task instance is not yet started.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskDependency {
  /** What kind of condition is not met. */
  readonly name: string
  readonly reason: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TaskDependencies {
  readonly dependencies: ReadonlyArray<TaskDependency>
}

const attempt = decode.struct(rows.taskInstanceHistory)
const attempts: decode.Decoder<TaskInstanceHistoryCollection> = decode.collection("task_instances", attempt)

/**
 * All attempts of a task instance, the one that runs included. There are no pages, and what is unknown is an
 * empty list. (Airflow's own specification documents another form, which no server sends.)
 *
 * Source: `get_task_instance_tries`, GET …/taskInstances/{task_id}/tries, since 2.10.
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstanceTries: Endpoint.Operation<
  TaskParams,
  TaskInstanceHistoryCollection,
  401 | 403 | 404
> = Endpoint.make({
  id: "getTaskInstanceTries",
  method: "GET",
  path: v1.at("/{task_id}/tries"),
  pathParams: v1.task,
  accept: v1.json,
  decode: attempts,
  errors: [401, 403, 404],
  idempotent: true
})

/**
 * All attempts of an instance of a mapped task.
 *
 * Source: `get_mapped_task_instance_tries`, GET …/taskInstances/{task_id}/{map_index}/tries, since 2.10.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstanceTries: Endpoint.Operation<
  MappedTaskParams,
  TaskInstanceHistoryCollection,
  401 | 403 | 404
> = Endpoint.make({
  id: "getMappedTaskInstanceTries",
  method: "GET",
  path: v1.at("/{task_id}/{map_index}/tries"),
  pathParams: v1.mapped,
  accept: v1.json,
  decode: attempts,
  errors: [401, 403, 404],
  idempotent: true
})

/**
 * One attempt of a task instance.
 *
 * Source: `get_task_instance_try_details`, GET …/taskInstances/{task_id}/tries/{task_try_number}, since 2.10.
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstanceTryDetails: Endpoint.Operation<TryParams, TaskInstanceHistory, 401 | 403 | 404> =
  Endpoint.make({
    id: "getTaskInstanceTryDetails",
    method: "GET",
    path: v1.at("/{task_id}/tries/{task_try_number}"),
    pathParams: kinds.and(v1.task, { task_try_number: kinds.count }),
    accept: v1.json,
    decode: attempt,
    errors: [401, 403, 404],
    idempotent: true
  })

/**
 * One attempt of an instance of a mapped task.
 *
 * Source: `get_mapped_task_instance_try_details`, GET
 * …/taskInstances/{task_id}/{map_index}/tries/{task_try_number}, since 2.10.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstanceTryDetails: Endpoint.Operation<
  MappedTryParams,
  TaskInstanceHistory,
  401 | 403 | 404
> = Endpoint.make({
  id: "getMappedTaskInstanceTryDetails",
  method: "GET",
  path: v1.at("/{task_id}/{map_index}/tries/{task_try_number}"),
  pathParams: kinds.and(v1.mapped, { task_try_number: kinds.count }),
  accept: v1.json,
  decode: attempt,
  errors: [401, 403, 404],
  idempotent: true
})

/**
 * Why a task instance is not yet started. Only one that has no state or is scheduled has such reasons; for any
 * other the list is empty.
 *
 * Source: `get_task_instance_dependencies`, GET …/taskInstances/{task_id}/dependencies, since 2.10.
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstanceDependencies: Endpoint.Operation<
  TaskParams,
  TaskDependencies,
  400 | 401 | 403 | 404
> = Endpoint.make({
  id: "getTaskInstanceDependencies",
  method: "GET",
  path: v1.at("/{task_id}/dependencies"),
  pathParams: v1.task,
  accept: v1.json,
  decode: decode.dependencies,
  errors: [400, 401, 403, 404],
  idempotent: true
})

/**
 * The same for an instance of a mapped task.
 *
 * Source: `get_mapped_task_instance_dependencies`, GET …/taskInstances/{task_id}/{map_index}/dependencies, since
 * 2.10.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstanceDependencies: Endpoint.Operation<
  MappedTaskParams,
  TaskDependencies,
  400 | 401 | 403 | 404
> = Endpoint.make({
  id: "getMappedTaskInstanceDependencies",
  method: "GET",
  path: v1.at("/{task_id}/{map_index}/dependencies"),
  pathParams: v1.mapped,
  accept: v1.json,
  decode: decode.dependencies,
  errors: [400, 401, 403, 404],
  idempotent: true
})
