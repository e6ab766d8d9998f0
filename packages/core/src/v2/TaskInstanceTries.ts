/**
 * The attempts of a task instance, and what it waits for, over API v2 (Airflow 3).
 *
 * @since 0.1.0
 */
import * as Endpoint from "../Endpoint.js"
import * as decode from "../internal/decode.js"
import * as kinds from "../internal/params.js"
import * as v2 from "../internal/v2.js"
import type { TaskInstanceHistory, TaskInstanceHistoryCollection } from "./TaskInstance.js"
import type { MappedTaskParams, TaskParams } from "./TaskInstances.js"

/**
 * Names a task instance, one of a mapped task too.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceParams extends TaskParams {
  /** Which instance of a mapped task. Default -1: of a task that is not mapped. */
  readonly map_index?: number
}

/**
 * Names an attempt of a task instance.
 *
 * @since 0.1.0
 * @category models
 */
export interface TryParams extends TaskInstanceParams {
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

const mapIndex = { map_index: kinds.mapIndex }

/**
 * All attempts of a task instance, in their order, the one that runs included. There are no pages.
 *
 * Source: `get_task_instance_tries`, GET …/taskInstances/{task_id}/tries, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstanceTries: Endpoint.Operation<
  TaskInstanceParams,
  TaskInstanceHistoryCollection,
  401 | 403 | 404 | 422
> = Endpoint.make({
  id: "getTaskInstanceTries",
  method: "GET",
  path: v2.at("/{task_id}/tries"),
  pathParams: v2.task,
  query: mapIndex,
  accept: v2.json,
  decode: v2.attempts,
  errors: [401, 403, 404, 422],
  idempotent: true
})

/**
 * All attempts of an instance of a mapped task.
 *
 * Source: `get_mapped_task_instance_tries`, GET …/taskInstances/{task_id}/{map_index}/tries, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstanceTries: Endpoint.Operation<
  MappedTaskParams,
  TaskInstanceHistoryCollection,
  401 | 403 | 404 | 422
> = Endpoint.make({
  id: "getMappedTaskInstanceTries",
  method: "GET",
  path: v2.at("/{task_id}/{map_index}/tries"),
  pathParams: v2.mapped,
  accept: v2.json,
  decode: v2.attempts,
  errors: [401, 403, 404, 422],
  idempotent: true
})

/**
 * One attempt of a task instance.
 *
 * Source: `get_task_instance_try_details`, GET …/taskInstances/{task_id}/tries/{task_try_number}, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstanceTryDetails: Endpoint.Operation<
  TryParams,
  TaskInstanceHistory,
  401 | 403 | 404 | 422
> = Endpoint.make({
  id: "getTaskInstanceTryDetails",
  method: "GET",
  path: v2.at("/{task_id}/tries/{task_try_number}"),
  pathParams: kinds.and(v2.task, { task_try_number: kinds.count }),
  query: mapIndex,
  accept: v2.json,
  decode: v2.attempt,
  errors: [401, 403, 404, 422],
  idempotent: true
})

/**
 * One attempt of an instance of a mapped task.
 *
 * Source: `get_mapped_task_instance_try_details`, GET
 * …/taskInstances/{task_id}/{map_index}/tries/{task_try_number}, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstanceTryDetails: Endpoint.Operation<
  MappedTryParams,
  TaskInstanceHistory,
  401 | 403 | 404 | 422
> = Endpoint.make({
  id: "getMappedTaskInstanceTryDetails",
  method: "GET",
  path: v2.at("/{task_id}/{map_index}/tries/{task_try_number}"),
  pathParams: kinds.and(v2.mapped, { task_try_number: kinds.count }),
  accept: v2.json,
  decode: v2.attempt,
  errors: [401, 403, 404, 422],
  idempotent: true
})

/**
 * Why a task instance is not yet started. Only one that has no state or is scheduled has such reasons; for any
 * other the list is empty.
 *
 * Source: `get_task_instance_dependencies`, GET …/taskInstances/{task_id}/dependencies, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstanceDependencies: Endpoint.Operation<
  TaskInstanceParams,
  TaskDependencies,
  401 | 403 | 404 | 422
> = Endpoint.make({
  id: "getTaskInstanceDependencies",
  method: "GET",
  path: v2.at("/{task_id}/dependencies"),
  pathParams: v2.task,
  query: mapIndex,
  accept: v2.json,
  decode: decode.dependencies,
  errors: [401, 403, 404, 422],
  idempotent: true
})

/**
 * The same for an instance of a mapped task.
 *
 * Source: `get_task_instance_dependencies_by_map_index`, GET
 * …/taskInstances/{task_id}/{map_index}/dependencies, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstanceDependenciesByMapIndex: Endpoint.Operation<
  MappedTaskParams,
  TaskDependencies,
  401 | 403 | 404 | 422
> = Endpoint.make({
  id: "getTaskInstanceDependenciesByMapIndex",
  method: "GET",
  path: v2.at("/{task_id}/{map_index}/dependencies"),
  pathParams: v2.mapped,
  accept: v2.json,
  decode: decode.dependencies,
  errors: [401, 403, 404, 422],
  idempotent: true
})
