/**
 * Changing task instances over API v1 (Airflow 2.x): states, notes, clearing. **Nothing but a note is changed
 * unless `dry_run` is false**, which is also the server's default since 2.7. What is sent to change something is
 * not sent twice, unless the connection was never made; a dry run and a note are tried again like a read.
 *
 * @since 0.1.0
 */
import * as Endpoint from "../Endpoint.js"
import * as decode from "../internal/decode.js"
import * as kinds from "../internal/params.js"
import * as v1 from "../internal/v1.js"
import * as rows from "../internal/v1Rows.js"
import type { TaskInstance, TaskInstanceReference, TaskInstanceReferenceCollection } from "./TaskInstance.js"
import type { MappedTaskParams, TaskParams, Timestamp } from "./TaskInstances.js"

/**
 * The states a task instance can be set to. `skipped`: since 2.7.
 *
 * @since 0.1.0
 * @category models
 */
export type NewState = "success" | "failed" | "skipped"

/**
 * Which other task instances are meant, too.
 *
 * @since 0.1.0
 * @category models
 */
export interface Relatives {
  /** Default false, as all of these. */
  readonly include_upstream?: boolean
  readonly include_downstream?: boolean
  /** The same task in later runs. */
  readonly include_future?: boolean
  /** The same task in earlier runs. */
  readonly include_past?: boolean
}

/**
 * A change of a state.
 *
 * @since 0.1.0
 * @category models
 */
export interface Change {
  readonly new_state: NewState
  /** Only looks whether there is such a task instance. **Default true.** */
  readonly dry_run?: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PatchTaskInstanceParams extends TaskParams, Change {}

/**
 * @since 0.1.0
 * @category models
 */
export interface PatchMappedTaskInstanceParams extends MappedTaskParams, Change {}

/**
 * @since 0.1.0
 * @category models
 */
export interface SetTaskInstanceNoteParams extends TaskParams {
  /** 1000 characters at most. */
  readonly note: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SetMappedTaskInstanceNoteParams extends MappedTaskParams {
  /** 1000 characters at most. */
  readonly note: string
}

/**
 * Which task instances of a DAG are cleared, and how. API v1 cannot clear one instance of a mapped task.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClearTaskInstancesParams extends Relatives {
  readonly dag_id: string
  /** Only looks which would be cleared. **Default true.** */
  readonly dry_run?: boolean
  /** The run. Default: all that `start_date` and `end_date` leave. */
  readonly dag_run_id?: string
  /** Runs of this logical date or later. Not with `dag_run_id`. */
  readonly start_date?: Timestamp
  /** Runs of this logical date or earlier. Not with `dag_run_id`. */
  readonly end_date?: Timestamp
  /** Default: all. */
  readonly task_ids?: ReadonlyArray<string>
  /** Only those that failed. **Default true.** */
  readonly only_failed?: boolean
  /** Only those that run. Default false. Not with `only_failed`, which then must be false. */
  readonly only_running?: boolean
  /** Also those in subdags, and those that external task markers name. Default false. */
  readonly include_subdags?: boolean
  /** Also the task of the DAG that this one is a subdag of. Default false. */
  readonly include_parentdag?: boolean
  /** Lets the runs begin again. Default false. */
  readonly reset_dag_runs?: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SetTaskInstancesStateParams extends Relatives {
  readonly dag_id: string
  readonly task_id: string
  readonly new_state: NewState
  /** The run: this, or `execution_date`, must be given. An instance of a mapped task cannot be named by it. */
  readonly dag_run_id?: string
  readonly execution_date?: Timestamp
  /** Only looks which would be set. **Default true.** */
  readonly dry_run?: boolean
}

const newState = kinds.needed(kinds.choice(["success", "failed", "skipped"]))

const onlyLooks = (params: { readonly dry_run?: boolean }): boolean => params.dry_run !== false

const patch = { new_state: newState, dry_run: kinds.flag }

/** What a patch answers: see {@link patchTaskInstance}. */
const patched = decode.struct(rows.patched)

const references: decode.Decoder<TaskInstanceReferenceCollection> = decode.list(
  "task_instances",
  decode.struct(rows.taskInstanceReference),
  decode.nothing
)

/**
 * Sets the state of a task instance. A dry run answers with its names; **once it is really set, the server
 * answers with an empty object** (a fault of all 2.x).
 *
 * Source: `patch_task_instance`, PATCH …/taskInstances/{task_id}, since 2.5. (2.5 and 2.6 change the state also
 * when `dry_run` is not given.)
 *
 * @example
 * import * as TaskInstanceActions from "@effect-airflow/core/v1/TaskInstanceActions"
 *
 * const failed = TaskInstanceActions.patchTaskInstance({
 *   dag_id: "etl",
 *   dag_run_id: "r1",
 *   task_id: "load",
 *   new_state: "failed",
 *   dry_run: false
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const patchTaskInstance: Endpoint.Operation<
  PatchTaskInstanceParams,
  Partial<TaskInstanceReference>,
  400 | 401 | 403 | 404
> = Endpoint.make({
  id: "patchTaskInstance",
  method: "PATCH",
  path: v1.at("/{task_id}"),
  pathParams: v1.task,
  body: patch,
  accept: v1.json,
  decode: patched,
  errors: [400, 401, 403, 404],
  idempotent: onlyLooks
})

/**
 * The same for an instance of a mapped task.
 *
 * Source: `patch_mapped_task_instance`, PATCH …/taskInstances/{task_id}/{map_index}, since 2.5.
 *
 * @since 0.1.0
 * @category operations
 */
export const patchMappedTaskInstance: Endpoint.Operation<
  PatchMappedTaskInstanceParams,
  Partial<TaskInstanceReference>,
  400 | 401 | 403 | 404
> = Endpoint.make({
  id: "patchMappedTaskInstance",
  method: "PATCH",
  path: v1.at("/{task_id}/{map_index}"),
  pathParams: v1.mapped,
  body: patch,
  accept: v1.json,
  decode: patched,
  errors: [400, 401, 403, 404],
  idempotent: onlyLooks
})

const noteBody = { note: kinds.needed(kinds.text) }

/**
 * Sets the note of a task instance.
 *
 * Source: `set_task_instance_note`, PATCH …/taskInstances/{task_id}/setNote, since 2.5.
 *
 * @since 0.1.0
 * @category operations
 */
export const setTaskInstanceNote: Endpoint.Operation<
  SetTaskInstanceNoteParams,
  TaskInstance,
  400 | 401 | 403 | 404
> = Endpoint.make({
  id: "setTaskInstanceNote",
  method: "PATCH",
  path: v1.at("/{task_id}/setNote"),
  pathParams: v1.task,
  body: noteBody,
  accept: v1.json,
  decode: v1.taskInstance,
  errors: [400, 401, 403, 404],
  idempotent: true
})

/**
 * Sets the note of an instance of a mapped task.
 *
 * Source: `set_mapped_task_instance_note`, PATCH …/taskInstances/{task_id}/{map_index}/setNote, since 2.5.
 *
 * @since 0.1.0
 * @category operations
 */
export const setMappedTaskInstanceNote: Endpoint.Operation<
  SetMappedTaskInstanceNoteParams,
  TaskInstance,
  400 | 401 | 403 | 404
> = Endpoint.make({
  id: "setMappedTaskInstanceNote",
  method: "PATCH",
  path: v1.at("/{task_id}/{map_index}/setNote"),
  pathParams: v1.mapped,
  body: noteBody,
  accept: v1.json,
  decode: v1.taskInstance,
  errors: [400, 401, 403, 404],
  idempotent: true
})

const relatives = {
  include_upstream: kinds.flag,
  include_downstream: kinds.flag,
  include_future: kinds.flag,
  include_past: kinds.flag
}

/**
 * Clears task instances, so that they run again, and names them; or, **unless `dry_run` is false, only names
 * those it would clear**.
 *
 * Source: `post_clear_task_instances`, POST /dags/{dag_id}/clearTaskInstances, since 2.0; with `dag_run_id` and
 * the `include_` of other tasks and runs since 2.4.
 *
 * @example
 * import * as TaskInstanceActions from "@effect-airflow/core/v1/TaskInstanceActions"
 *
 * const cleared = TaskInstanceActions.clearTaskInstances({
 *   dag_id: "etl",
 *   dag_run_id: "r1",
 *   task_ids: ["load"],
 *   reset_dag_runs: true,
 *   dry_run: false
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const clearTaskInstances: Endpoint.Operation<
  ClearTaskInstancesParams,
  TaskInstanceReferenceCollection,
  400 | 401 | 403 | 404
> = Endpoint.make({
  id: "clearTaskInstances",
  method: "POST",
  path: "/api/v1/dags/{dag_id}/clearTaskInstances",
  pathParams: { dag_id: kinds.id },
  body: kinds.and(relatives, {
    dry_run: kinds.flag,
    dag_run_id: kinds.text,
    start_date: kinds.date,
    end_date: kinds.date,
    task_ids: kinds.texts,
    only_failed: kinds.flag,
    only_running: kinds.flag,
    include_subdags: kinds.flag,
    include_parentdag: kinds.flag,
    reset_dag_runs: kinds.flag
  }),
  accept: v1.json,
  decode: references,
  errors: [400, 401, 403, 404],
  idempotent: onlyLooks
})

const runOrDate = "dag_run_id or execution_date"

/** The server wants all of them. */
const off = kinds.otherwise(kinds.flag, false)

/**
 * Sets the state of a task instance, if wanted with its relatives, and names those that are set; or, **unless
 * `dry_run` is false, only names those it would set**.
 *
 * Source: `post_set_task_instances_state`, POST /dags/{dag_id}/updateTaskInstancesState, since 2.0; with
 * `dag_run_id` since 2.3.
 *
 * @since 0.1.0
 * @category operations
 */
export const setTaskInstancesState: Endpoint.Operation<
  SetTaskInstancesStateParams,
  TaskInstanceReferenceCollection,
  400 | 401 | 403 | 404
> = Endpoint.make({
  id: "setTaskInstancesState",
  method: "POST",
  path: "/api/v1/dags/{dag_id}/updateTaskInstancesState",
  pathParams: { dag_id: kinds.id },
  body: {
    include_upstream: off,
    include_downstream: off,
    include_future: off,
    include_past: off,
    dry_run: kinds.flag,
    task_id: kinds.needed(kinds.text),
    new_state: newState,
    dag_run_id: kinds.needed(kinds.text, runOrDate),
    execution_date: kinds.needed(kinds.date, runOrDate)
  },
  accept: v1.json,
  decode: references,
  errors: [400, 401, 403, 404],
  idempotent: onlyLooks
})
