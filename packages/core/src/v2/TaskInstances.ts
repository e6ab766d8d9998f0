/**
 * Reading task instances over API v2 (Airflow 3): one, lists, links, logs. "Since" beside a parameter is the
 * first Airflow that knows it; without it: 3.0. **An older one does not refuse what it does not know in a query:
 * it ignores it**, so that a filter narrows nothing. In a body it refuses it (`UnprocessableContent`).
 *
 * What changes task instances is in `v2/TaskInstanceActions`, what tells of their attempts in
 * `v2/TaskInstanceTries`, and logs as they come in `v2/Log`.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Endpoint from "../Endpoint.js"
import * as decode from "../internal/decode.js"
import * as kinds from "../internal/params.js"
import * as v2 from "../internal/v2.js"
import * as Pagination from "../Pagination.js"
import type { LogPage } from "./Log.js"
import type { TaskInstance, TaskInstanceCollection, TaskState } from "./TaskInstance.js"

/**
 * A point in time as a parameter: an RFC 3339 text with its offset, a `Date`, or a `DateTime`.
 *
 * @since 0.1.0
 * @category models
 */
export type Timestamp = string | Date | DateTime.DateTime

/**
 * Names a run of a DAG. `~` stands for all DAGs or all runs, in {@link getTaskInstances} only. (Since 3.2 a run
 * must not be named without its DAG.)
 *
 * @since 0.1.0
 * @category models
 */
export interface DagRunParams {
  readonly dag_id: string
  readonly dag_run_id: string
}

/**
 * Names a task in a run of a DAG.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskParams extends DagRunParams {
  readonly task_id: string
}

/**
 * Names one instance of a task.
 *
 * @since 0.1.0
 * @category models
 */
export interface MappedTaskParams extends TaskParams {
  /** Which instance of a mapped task, from 0; -1 for a task that is not mapped. */
  readonly map_index: number
}

/**
 * The bounds of a field: from (`_gte`), after (`_gt`, since 3.1), to (`_lte`), before (`_lt`, since 3.1).
 *
 * @since 0.1.0
 * @category models
 */
export type Bounds<Field extends string, Value> = {
  readonly [Name in `${Field}_${"gte" | "gt" | "lte" | "lt"}`]?: Value
}

/**
 * Narrows a list by ranges of time, and of the duration in seconds. **A duration of 0 is no bound**: servers take it
 * for none.
 *
 * @since 0.1.0
 * @category models
 */
export interface RangeFilters
  extends
    Bounds<"run_after" | "logical_date" | "start_date" | "end_date", Timestamp>,
    Bounds<"duration", number> {}

/**
 * Narrows a list to any of some values.
 *
 * @since 0.1.0
 * @category models
 */
export interface NameFilters {
  /** `null` asks for those without a state. `awaiting_input`: since 3.3. */
  readonly state?: ReadonlyArray<TaskState | null>
  readonly pool?: ReadonlyArray<string>
  readonly queue?: ReadonlyArray<string>
  readonly executor?: ReadonlyArray<string>
}

/**
 * What a list can be ordered by. `operator`: since 3.1; before, `BadRequest`.
 *
 * @since 0.1.0
 * @category models
 */
export type OrderKey =
  | "id"
  | "state"
  | "duration"
  | "start_date"
  | "end_date"
  | "map_index"
  | "try_number"
  | "logical_date"
  | "run_after"
  | "data_interval_start"
  | "data_interval_end"
  | "rendered_map_index"
  | "operator"

/**
 * An order: ascending, or with `-` descending.
 *
 * @since 0.1.0
 * @category models
 */
export type OrderBy = OrderKey | `-${OrderKey}`

/**
 * The filters, the order and the page of a GET list.
 *
 * A `…_pattern` is found anywhere, small or capital, with `%` for any text and `_` for any character; it is slow
 * where there are many rows. A `…_prefix_pattern` is a beginning, in the same letters, and quick. In both, `|`
 * separates alternatives.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListFilters extends RangeFilters, Bounds<"updated_at", Timestamp>, NameFilters {
  /** Versions of the DAG. */
  readonly version_number?: ReadonlyArray<number>
  /** Since 3.1. */
  readonly try_number?: ReadonlyArray<number>
  /** Classes of operators, e.g. `EmptyOperator`. Since 3.1. */
  readonly operator?: ReadonlyArray<string>
  /** Since 3.1. */
  readonly map_index?: ReadonlyArray<number>
  /** Since 3.2. */
  readonly pool_name_pattern?: string
  /** Since 3.2.2. */
  readonly pool_name_prefix_pattern?: string
  /** Since 3.2. */
  readonly queue_name_pattern?: string
  /** Since 3.2.2. */
  readonly queue_name_prefix_pattern?: string
  /** Since 3.2. */
  readonly operator_name_pattern?: string
  /** Since 3.2.2. */
  readonly operator_name_prefix_pattern?: string
  /** Since 3.2.2. */
  readonly rendered_map_index_pattern?: string
  /** Since 3.2.2. */
  readonly rendered_map_index_prefix_pattern?: string
  /**
   * Default: by map index, and where that is the same by id. Several: since 3.1; before, the last one counts.
   *
   * **Servers from 3.0.6 to 3.2.1 can mix this up between requests that come at the same time**: one is answered in
   * the order that another asked for, also one that asks for none. A walk by offset then can lose rows;
   * `Pagination.items` sees that some are missing, walks again, and at last warns.
   */
  readonly order_by?: OrderBy | ReadonlyArray<OrderBy>
  /** Rows in a page; the server's default is 50. Since 3.1.7 it sends no more than 100, unless configured. */
  readonly limit?: number
  /** Rows to skip. Default 0. */
  readonly offset?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetTaskInstancesParams extends DagRunParams, ListFilters {
  readonly task_id?: string
  /** Of one DAG: with `~` for the DAG it is a `ServerError`. Since 3.1.6. */
  readonly task_group_id?: string
  readonly task_display_name_pattern?: string
  /** Since 3.2.2. */
  readonly task_display_name_prefix_pattern?: string
  /** Since 3.2. */
  readonly dag_id_pattern?: string
  /** Since 3.2.2. */
  readonly dag_id_prefix_pattern?: string
  /** Since 3.2. */
  readonly run_id_pattern?: string
  /** Since 3.2.2. */
  readonly run_id_prefix_pattern?: string
  /**
   * The `next_cursor` or `previous_cursor` of a page; empty for the first page. The order must stay what it was,
   * and `offset` is ignored. `Pagination.items` does this by itself. Since 3.2.2.
   */
  readonly cursor?: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetMappedTaskInstancesParams extends TaskParams, ListFilters {}

/**
 * What the batch list can be ordered by.
 *
 * @since 0.1.0
 * @category models
 */
export type BatchOrderKey = Extract<
  OrderKey,
  "id" | "state" | "duration" | "start_date" | "end_date" | "map_index"
>

/**
 * @since 0.1.0
 * @category models
 */
export interface GetTaskInstancesBatchParams extends RangeFilters, NameFilters {
  readonly dag_ids?: ReadonlyArray<string>
  readonly dag_run_ids?: ReadonlyArray<string>
  readonly task_ids?: ReadonlyArray<string>
  /** Default: by id. */
  readonly order_by?: BatchOrderKey | `-${BatchOrderKey}`
  /** Rows to skip. Default 0. */
  readonly page_offset?: number
  /** Rows in a page. Default 100. */
  readonly page_limit?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetExtraLinksParams extends TaskParams {
  /** Which instance of a mapped task. Default -1. */
  readonly map_index?: number
  /** The attempt. Default: the last. Since 3.2.2. */
  readonly try_number?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetLogParams extends TaskParams {
  /** The attempt, from 1. Since 3.0.2 also 0, for a task that did not run: one record says why. */
  readonly try_number: number
  /** Which instance of a mapped task; for such a task it must be given. Default -1. */
  readonly map_index?: number
  /**
   * The `continuation_token` of the page before. Servers from 3.0.4 to 3.1 answer it with the whole log, and
   * those from 3.2.0 to 3.3.0 with a 500.
   */
  readonly token?: string
  /** Asks for everything at once. Only some log handlers make a difference. Default false. */
  readonly full_content?: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetExternalLogUrlParams extends TaskParams {
  /** The attempt, from 1. */
  readonly try_number: number
  /** Which instance of a mapped task. Default -1. */
  readonly map_index?: number
}

/**
 * The links an operator offers, by name. Relative ones are relative to the web server's root; null where the
 * link is not known yet.
 *
 * @since 0.1.0
 * @category models
 */
export type ExtraLinks = Readonly<Record<string, string | null>>

/**
 * One task instance. For a mapped task: `NotFound`, use {@link getMappedTaskInstance}.
 *
 * Source: `get_task_instance`, GET …/taskInstances/{task_id}, since 3.0.
 *
 * @example
 * import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
 * import * as Effect from "effect/Effect"
 *
 * const state = TaskInstances.getTaskInstance({ dag_id: "etl", dag_run_id: "r1", task_id: "load" }).pipe(
 *   Effect.map((taskInstance) => taskInstance.state),
 *   Effect.catchTag("NotFound", () => Effect.succeed("unknown"))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstance: Endpoint.Operation<TaskParams, TaskInstance, 401 | 403 | 404 | 422> =
  Endpoint.make({
    id: "getTaskInstance",
    method: "GET",
    path: v2.at("/{task_id}"),
    pathParams: v2.task,
    accept: v2.json,
    decode: v2.taskInstance,
    errors: [401, 403, 404, 422],
    idempotent: true
  })

/**
 * One instance of a mapped task; with the map index -1 also one of a task that is not mapped.
 *
 * Source: `get_mapped_task_instance`, GET …/taskInstances/{task_id}/{map_index}, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstance: Endpoint.Operation<
  MappedTaskParams,
  TaskInstance,
  401 | 403 | 404 | 422
> = Endpoint.make({
  id: "getMappedTaskInstance",
  method: "GET",
  path: v2.at("/{task_id}/{map_index}"),
  pathParams: v2.mapped,
  accept: v2.json,
  decode: v2.taskInstance,
  errors: [401, 403, 404, 422],
  idempotent: true
})

/**
 * A page of the task instances of a run, or with `~` of all runs or all DAGs. An unknown DAG or run is
 * `NotFound`; a wrong order is `BadRequest`, other wrong parameters are `UnprocessableContent`.
 * `Pagination.items` walks all pages, by cursor where the server gives one.
 *
 * Source: `get_task_instances`, GET …/taskInstances, since 3.0.
 *
 * @example
 * import * as Pagination from "@effect-airflow/core/Pagination"
 * import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
 *
 * const failed = Pagination.items(TaskInstances.getTaskInstances, {
 *   dag_id: "etl",
 *   dag_run_id: "~",
 *   state: ["failed"],
 *   order_by: "-start_date"
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstances: Pagination.ListOperation<
  GetTaskInstancesParams,
  TaskInstanceCollection,
  TaskInstance,
  400 | 401 | 403 | 404 | 422
> = Pagination.list(
  Endpoint.make({
    id: "getTaskInstances",
    method: "GET",
    path: v2.at(),
    pathParams: v2.run,
    query: v2.runFilters,
    accept: v2.json,
    decode: v2.taskInstances,
    errors: [400, 401, 403, 404, 422],
    idempotent: true
  }),
  v2.byCursor<GetTaskInstancesParams>()
)

/**
 * A page of the instances of a mapped task, by default in the order of their map index. A task that is not
 * mapped is `NotFound`.
 *
 * Source: `get_mapped_task_instances`, GET …/taskInstances/{task_id}/listMapped, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstances: Pagination.ListOperation<
  GetMappedTaskInstancesParams,
  TaskInstanceCollection,
  TaskInstance,
  400 | 401 | 403 | 404 | 422
> = Pagination.list(
  Endpoint.make({
    id: "getMappedTaskInstances",
    method: "GET",
    path: v2.at("/{task_id}/listMapped"),
    pathParams: v2.task,
    query: v2.filters,
    accept: v2.json,
    decode: v2.taskInstances,
    errors: [400, 401, 403, 404, 422],
    idempotent: true
  }),
  v2.byOffset<GetMappedTaskInstancesParams>()
)

/**
 * A page of the task instances of any DAGs and runs, by lists of their ids. It is a read, though a POST. `{}`
 * asks for all the user may see; `~` is not special here.
 *
 * Source: `get_task_instances_batch`, POST /dags/~/dagRuns/~/taskInstances/list, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstancesBatch: Pagination.ListOperation<
  GetTaskInstancesBatchParams,
  TaskInstanceCollection,
  TaskInstance,
  400 | 401 | 403 | 404 | 422
> = Pagination.list(
  Endpoint.make({
    id: "getTaskInstancesBatch",
    method: "POST",
    path: "/api/v2/dags/~/dagRuns/~/taskInstances/list",
    pathParams: {},
    body: kinds.and(v2.ranges, v2.names, {
      dag_ids: kinds.texts,
      dag_run_ids: kinds.texts,
      task_ids: kinds.texts,
      order_by: kinds.text,
      page_offset: kinds.count,
      page_limit: kinds.count
    }),
    accept: v2.json,
    decode: v2.taskInstances,
    errors: [400, 401, 403, 404, 422],
    idempotent: true
  }),
  {
    rows: (page) => page.task_instances,
    total: (page) => page.total_entries,
    key: v2.rowKey,
    offset: (params) => params.page_offset ?? 0,
    withOffset: (params, page_offset) => ({ ...params, page_offset })
  }
)

/**
 * The extra links of a task instance.
 *
 * Source: `get_extra_links`, GET …/taskInstances/{task_id}/links, since 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getExtraLinks: Endpoint.Operation<GetExtraLinksParams, ExtraLinks, 401 | 403 | 404 | 422> =
  Endpoint.make({
    id: "getExtraLinks",
    method: "GET",
    path: v2.at("/{task_id}/links"),
    pathParams: v2.task,
    query: { map_index: kinds.mapIndex, try_number: kinds.count },
    accept: v2.json,
    decode: decode.texts("extra_links"),
    errors: [401, 403, 404, 422],
    idempotent: true
  })

/**
 * A page of an attempt's log: with `token` what came after the page that gave it, without it everything so
 * far. To read a log while it is written, use `@effect-airflow/logs`; for one that is too long for memory,
 * `streamLog` in `v2/Log`. A log that is lost is an answer too: the reason stands in its first records.
 *
 * Source: `get_log`, GET …/taskInstances/{task_id}/logs/{try_number} as JSON, since 3.0. `BadRequest`: the token
 * was signed with another secret key, or the log handler cannot read. `NotFound`: also for an attempt that is
 * not there yet.
 *
 * @since 0.1.0
 * @category operations
 */
export const getLog: Endpoint.Operation<GetLogParams, LogPage, 400 | 401 | 403 | 404 | 422> = Endpoint.make({
  id: "getLog",
  method: "GET",
  path: v2.at("/{task_id}/logs/{try_number}"),
  pathParams: kinds.and(v2.task, { try_number: kinds.count }),
  query: { map_index: kinds.mapIndex, token: kinds.text, full_content: kinds.flag },
  accept: v2.json,
  decode: v2.logPage,
  errors: [400, 401, 403, 404, 422],
  idempotent: true
})

/**
 * Where an attempt's log can be seen outside Airflow. `BadRequest`: the log handler knows no such place.
 *
 * Source: `get_external_log_url`, GET …/taskInstances/{task_id}/externalLogUrl/{try_number}, since 3.1.
 *
 * @since 0.1.0
 * @category operations
 */
export const getExternalLogUrl: Endpoint.Operation<
  GetExternalLogUrlParams,
  { readonly url: string },
  400 | 401 | 403 | 404 | 422
> = Endpoint.make({
  id: "getExternalLogUrl",
  method: "GET",
  path: v2.at("/{task_id}/externalLogUrl/{try_number}"),
  pathParams: kinds.and(v2.task, { try_number: kinds.positive }),
  query: { map_index: kinds.mapIndex },
  accept: v2.json,
  decode: v2.url,
  errors: [400, 401, 403, 404, 422],
  idempotent: true
})
