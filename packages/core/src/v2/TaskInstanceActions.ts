/**
 * Changing task instances over API v2 (Airflow 3): states, notes, clearing, deleting. What is sent to change
 * something is not sent twice, unless the connection was never made: a state that is already set would be a
 * `Conflict`. What only looks (a dry run), or sets a note alone, is tried again like a read.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Endpoint from "../Endpoint.js"
import * as decode from "../internal/decode.js"
import * as kinds from "../internal/params.js"
import * as v2 from "../internal/v2.js"
import * as rows from "../internal/v2Rows.js"
import type { TaskInstanceCollection } from "./TaskInstance.js"
import type { DagRunParams, MappedTaskParams, TaskParams, Timestamp } from "./TaskInstances.js"

/**
 * The states a task instance can be set to.
 *
 * @since 0.1.0
 * @category models
 */
export type NewState = "success" | "failed" | "skipped"

/**
 * Which other task instances are set to the same state, or cleared. Earlier and later runs are those of an earlier or
 * later logical date: with a `dag_run_id` that run must have one, and to clear on 3.0 there must be no `dag_run_id`
 * at all; otherwise `BadRequest`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Relatives {
  /** Default false, as all of these. */
  readonly include_upstream?: boolean
  readonly include_downstream?: boolean
  /** The same task in later runs. Takes the place of `end_date`. */
  readonly include_future?: boolean
  /** The same task in earlier runs. Takes the place of `start_date`. */
  readonly include_past?: boolean
}

/**
 * What changes: the state, the note, or both. One of them must be given.
 *
 * Servers take a note away only where an `update_mask` names it. So with a note that is null and no mask, one is
 * sent that names what is given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Change extends Relatives {
  readonly new_state?: NewState
  /** 1000 characters at most; null takes it away. */
  readonly note?: string | null
}

/**
 * What counts of a {@link Change}; the rest is ignored. Default: all that is given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Masked {
  readonly update_mask?: ReadonlyArray<"new_state" | "note">
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PatchTaskInstanceParams extends TaskParams, Change, Masked {
  /** Which instance of a mapped task. Without it: all of them; on 3.0 that is `NotFound`. */
  readonly map_index?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PatchTaskInstanceByMapIndexParams extends MappedTaskParams, Change, Masked {}

/**
 * @since 0.1.0
 * @category models
 */
export interface PatchTaskGroupInstancesDryRunParams extends DagRunParams, Change {
  readonly group_id: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PatchTaskGroupInstancesParams extends PatchTaskGroupInstancesDryRunParams, Masked {}

/**
 * @since 0.1.0
 * @category models
 */
export interface DeleteTaskInstanceParams extends TaskParams {
  /** Which instance of a mapped task. Default -1: the one of a task that is not mapped. */
  readonly map_index?: number
}

/**
 * Names what a bulk action is about.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkEntity {
  readonly task_id: string
  /** Which instance of a mapped task. Without it: all of them. */
  readonly map_index?: number
  /** Where the call names `~`. Since 3.2. */
  readonly dag_id?: string
  /** Where the call names `~`. Since 3.2. */
  readonly dag_run_id?: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface BulkUpdate {
  readonly action: "update"
  /** A note that is null: since 3.3 it is left as it is, with a mask too; an empty text takes it away there. */
  readonly entities: ReadonlyArray<BulkEntity & Change>
  /** What counts of each change. Default: all that is given. Since 3.2. */
  readonly update_mask?: ReadonlyArray<"new_state" | "note">
  /** Default: `fail`. */
  readonly action_on_non_existence?: "fail" | "skip"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface BulkDelete {
  readonly action: "delete"
  /** A text is a `task_id`, with all its instances. */
  readonly entities: ReadonlyArray<string | BulkEntity>
  /** Default: `fail`. */
  readonly action_on_non_existence?: "fail" | "skip"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface BulkTaskInstancesParams extends DagRunParams {
  /** Done one after the other. */
  readonly actions: ReadonlyArray<BulkUpdate | BulkDelete>
}

/**
 * What became of the actions of a kind.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkOutcome {
  /** What was changed: `dag.run.task[map_index]`. */
  readonly success: ReadonlyArray<string>
  /** What failed; an action stops at its first failure. */
  readonly errors: ReadonlyArray<{ readonly error: string; readonly status_code?: number }>
}

/**
 * What became of the actions: null where there were none of that kind.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkResponse {
  readonly create: BulkOutcome | null
  readonly update: BulkOutcome | null
  readonly delete: BulkOutcome | null
}

/**
 * Which task instances of a DAG are cleared, and how.
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
  /**
   * Tasks, each with all its instances, or `[task_id, map_index]` for one of them. Default: all. On 3.0 a list of
   * both kinds clears **all** instances of the tasks it names.
   */
  readonly task_ids?: ReadonlyArray<string | readonly [task_id: string, map_index: number]>
  /** Only those that failed. **Default true.** */
  readonly only_failed?: boolean
  /** Only those that run. Default false. Not with `only_failed`, which then must be false. */
  readonly only_running?: boolean
  /** Lets the runs begin again. Default true. */
  readonly reset_dag_runs?: boolean
  /** Runs them with the newest version of the DAG. Default false; since 3.3: what the DAG says. Since 3.1. */
  readonly run_on_latest_version?: boolean
  /** `Conflict` when one of them runs. Default false: it is stopped and begins again. Since 3.2. */
  readonly prevent_running_task?: boolean
  /** A note on all of them. Since 3.3. */
  readonly note?: string
}

const relatives = {
  include_upstream: kinds.flag,
  include_downstream: kinds.flag,
  include_future: kinds.flag,
  include_past: kinds.flag
}

const eitherOr = "new_state or note"

const change = kinds.and(relatives, {
  new_state: kinds.needed(kinds.choice(["success", "failed", "skipped"]), eitherOr),
  note: kinds.needed(kinds.orNull(kinds.text), eitherOr)
})

const onlyNote = (params: Change): boolean => params.new_state === undefined

const mask = {
  // Without a mask, servers pass over a note that is null.
  update_mask: kinds.following(kinds.texts, ({ new_state, note }) =>
    note !== null ? undefined : new_state === undefined ? ["note"] : ["new_state", "note"]
  )
}
const indexAndMask = kinds.and(mask, { map_index: kinds.mapIndex })

/**
 * Sets the state of a task instance, its note, or both, and gives those of the task. `Conflict`: it is in this
 * state already. `BadRequest`: earlier or later runs are meant, and the run has no logical date.
 *
 * Source: `patch_task_instance`, PATCH …/taskInstances/{task_id}, since 3.0. (3.0.0 answers in another form, which
 * is a `DecodeError`.)
 *
 * @example
 * import * as TaskInstanceActions from "@effect-airflow/core/v2/TaskInstanceActions"
 *
 * const skipped = TaskInstanceActions.patchTaskInstance({
 *   dag_id: "etl",
 *   dag_run_id: "r1",
 *   task_id: "load",
 *   new_state: "skipped",
 *   note: "the source is gone"
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const patchTaskInstance: Endpoint.Operation<
  PatchTaskInstanceParams,
  TaskInstanceCollection,
  400 | 401 | 403 | 404 | 409 | 422
> = Endpoint.make({
  id: "patchTaskInstance",
  method: "PATCH",
  path: v2.at("/{task_id}"),
  pathParams: v2.task,
  query: indexAndMask,
  body: change,
  accept: v2.json,
  decode: v2.taskInstances,
  errors: [400, 401, 403, 404, 409, 422],
  idempotent: onlyNote
})

/**
 * The same for an instance of a mapped task.
 *
 * Source: `patch_task_instance_by_map_index`, PATCH …/taskInstances/{task_id}/{map_index}, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const patchTaskInstanceByMapIndex: Endpoint.Operation<
  PatchTaskInstanceByMapIndexParams,
  TaskInstanceCollection,
  400 | 401 | 403 | 404 | 409 | 422
> = Endpoint.make({
  id: "patchTaskInstanceByMapIndex",
  method: "PATCH",
  path: v2.at("/{task_id}/{map_index}"),
  pathParams: v2.mapped,
  query: mask,
  body: change,
  accept: v2.json,
  decode: v2.taskInstances,
  errors: [400, 401, 403, 404, 409, 422],
  idempotent: onlyNote
})

/**
 * Which task instances {@link patchTaskInstance} would set to another state, as they are now; with a note alone,
 * those of the task. Nothing is changed.
 *
 * Source: `patch_task_instance_dry_run`, PATCH …/taskInstances/{task_id}/dry_run, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const patchTaskInstanceDryRun: Endpoint.Operation<
  PatchTaskInstanceParams,
  TaskInstanceCollection,
  400 | 401 | 403 | 404 | 422
> = Endpoint.make({
  id: "patchTaskInstanceDryRun",
  method: "PATCH",
  path: v2.at("/{task_id}/dry_run"),
  pathParams: v2.task,
  query: indexAndMask,
  body: change,
  accept: v2.json,
  decode: v2.taskInstances,
  errors: [400, 401, 403, 404, 422],
  idempotent: true
})

/**
 * The same for an instance of a mapped task.
 *
 * Source: `patch_task_instance_dry_run_by_map_index`, PATCH …/taskInstances/{task_id}/{map_index}/dry_run, since
 * 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const patchTaskInstanceDryRunByMapIndex: Endpoint.Operation<
  PatchTaskInstanceByMapIndexParams,
  TaskInstanceCollection,
  400 | 401 | 403 | 404 | 422
> = Endpoint.make({
  id: "patchTaskInstanceDryRunByMapIndex",
  method: "PATCH",
  path: v2.at("/{task_id}/{map_index}/dry_run"),
  pathParams: v2.mapped,
  query: mask,
  body: change,
  accept: v2.json,
  decode: v2.taskInstances,
  errors: [400, 401, 403, 404, 422],
  idempotent: true
})

const groupPath = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskGroupInstances/{group_id}"
const groupParams = kinds.and(v2.run, { group_id: kinds.id })

/**
 * Sets the state of all task instances of a task group, their note, or both.
 *
 * Source: `patch_task_group_instances`, PATCH …/taskGroupInstances/{group_id}, since 3.3.
 *
 * @since 0.1.0
 * @category operations
 */
export const patchTaskGroupInstances: Endpoint.Operation<
  PatchTaskGroupInstancesParams,
  TaskInstanceCollection,
  400 | 401 | 403 | 404 | 409 | 422
> = Endpoint.make({
  id: "patchTaskGroupInstances",
  method: "PATCH",
  path: groupPath,
  pathParams: groupParams,
  query: mask,
  body: change,
  accept: v2.json,
  decode: v2.taskInstances,
  errors: [400, 401, 403, 404, 409, 422],
  idempotent: onlyNote
})

/**
 * Which task instances {@link patchTaskGroupInstances} would set to another state. Nothing is changed.
 *
 * Source: `patch_task_group_instances_dry_run`, PATCH …/taskGroupInstances/{group_id}/dry_run, since 3.3.
 *
 * @since 0.1.0
 * @category operations
 */
export const patchTaskGroupInstancesDryRun: Endpoint.Operation<
  PatchTaskGroupInstancesDryRunParams,
  TaskInstanceCollection,
  400 | 401 | 403 | 404 | 422
> = Endpoint.make({
  id: "patchTaskGroupInstancesDryRun",
  method: "PATCH",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskGroupInstances/{group_id}/dry_run",
  pathParams: groupParams,
  body: change,
  accept: v2.json,
  decode: v2.taskInstances,
  errors: [400, 401, 403, 404, 422],
  idempotent: true
})

const entity = {
  task_id: kinds.needed(kinds.text),
  map_index: kinds.mapIndex,
  dag_id: kinds.text,
  dag_run_id: kinds.text
}

const action = (name: string, item: kinds.Kind, more: kinds.Kinds = {}): kinds.Kind =>
  kinds.object({
    ...more,
    action: kinds.needed(kinds.choice([name])),
    entities: kinds.needed(kinds.list(item)),
    action_on_non_existence: kinds.choice(["fail", "skip"])
  })

const bulkBody = {
  actions: kinds.needed(
    kinds.list(
      kinds.tagged("action", {
        update: action("update", kinds.object(kinds.and(entity, change)), { update_mask: kinds.texts }),
        delete: action("delete", kinds.textOr(kinds.object(entity)))
      })
    )
  )
}

const outcome = decode.struct(rows.bulkOutcome)

/**
 * Sets states and notes of many task instances, or deletes them, in one request. What fails, by itself, is no
 * error of the call: it is in the answer. (3.2.1 updates only entities that name their `dag_id` and `dag_run_id`,
 * and no single instance of a mapped task; of others it neither says that they succeeded nor that they failed.)
 *
 * Source: `bulk_task_instances`, PATCH …/taskInstances, since 3.1; `~` for the DAG and the run since 3.2.
 *
 * @example
 * import * as TaskInstanceActions from "@effect-airflow/core/v2/TaskInstanceActions"
 *
 * const outcome = TaskInstanceActions.bulkTaskInstances({
 *   dag_id: "etl",
 *   dag_run_id: "r1",
 *   actions: [
 *     { action: "update", entities: [{ task_id: "load", map_index: 3, new_state: "success" }] },
 *     { action: "delete", entities: ["old"], action_on_non_existence: "skip" }
 *   ]
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const bulkTaskInstances: Endpoint.Operation<BulkTaskInstancesParams, BulkResponse, 401 | 403 | 422> =
  Endpoint.make({
    id: "bulkTaskInstances",
    method: "PATCH",
    path: v2.at(),
    pathParams: v2.run,
    body: bulkBody,
    accept: v2.json,
    decode: decode.nullables<BulkOutcome, "create" | "update" | "delete">(
      ["create", "update", "delete"],
      outcome
    ),
    errors: [401, 403, 422],
    idempotent: false
  })

/**
 * Deletes a task instance. The scheduler makes a new one if the run still goes on.
 *
 * Source: `delete_task_instance`, DELETE …/taskInstances/{task_id}, since 3.1.
 *
 * @since 0.1.0
 * @category operations
 */
export const deleteTaskInstance: Endpoint.Operation<DeleteTaskInstanceParams, void, 401 | 403 | 404 | 422> =
  Endpoint.make({
    id: "deleteTaskInstance",
    method: "DELETE",
    path: v2.at("/{task_id}"),
    pathParams: v2.task,
    query: { map_index: kinds.mapIndex },
    accept: v2.json,
    decode: () => Either.void,
    errors: [401, 403, 404, 422],
    idempotent: false
  })

/**
 * Clears task instances, so that they run again, and gives them; or, **unless `dry_run` is false, only gives
 * those it would clear**. `NotFound`: no such DAG or run; an unknown task is an empty list. `BadRequest`: earlier
 * or later runs are meant, and the run has no logical date (on 3.0: and a run is named).
 *
 * Source: `post_clear_task_instances`, POST /dags/{dag_id}/clearTaskInstances, since 3.0.
 *
 * @example
 * import * as TaskInstanceActions from "@effect-airflow/core/v2/TaskInstanceActions"
 *
 * const cleared = TaskInstanceActions.clearTaskInstances({
 *   dag_id: "etl",
 *   dag_run_id: "r1",
 *   task_ids: ["load", ["split", 3]],
 *   only_failed: false,
 *   dry_run: false
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const clearTaskInstances: Endpoint.Operation<
  ClearTaskInstancesParams,
  TaskInstanceCollection,
  400 | 401 | 403 | 404 | 409 | 422
> = Endpoint.make({
  id: "clearTaskInstances",
  method: "POST",
  path: "/api/v2/dags/{dag_id}/clearTaskInstances",
  pathParams: { dag_id: kinds.id },
  body: kinds.and(relatives, {
    dry_run: kinds.flag,
    dag_run_id: kinds.text,
    start_date: kinds.date,
    end_date: kinds.date,
    task_ids: kinds.list(kinds.textOr(kinds.pair(kinds.text, kinds.mapIndex))),
    only_failed: kinds.flag,
    only_running: kinds.flag,
    reset_dag_runs: kinds.flag,
    run_on_latest_version: kinds.flag,
    prevent_running_task: kinds.flag,
    note: kinds.text
  }),
  accept: v2.json,
  decode: v2.taskInstances,
  errors: [400, 401, 403, 404, 409, 422],
  idempotent: (params: ClearTaskInstancesParams) => params.dry_run !== false
})
