/**
 * Reading task instances over API v1 (Airflow 2.x; this library is tested from 2.7 on). "Since" beside a
 * parameter is the first Airflow that knows it: an older one answers 400 (`BadRequest`) to it, so it is sent
 * only when given.
 *
 * What changes task instances is in `v1/TaskInstanceActions`, and what tells of their attempts in
 * `v1/TaskInstanceTries`.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Endpoint from "../Endpoint.js"
import * as decode from "../internal/decode.js"
import * as kinds from "../internal/params.js"
import * as pythonRepr from "../internal/pythonRepr.js"
import { at, json, mapped, run, task, taskInstance } from "../internal/v1.js"
import * as Pagination from "../Pagination.js"
import type { LogPage } from "./Log.js"
import { type TaskInstance, type TaskInstanceCollection, type TaskState, taskStates } from "./TaskInstance.js"

/**
 * A point in time as a parameter: an RFC 3339 text with its offset, a `Date`, or a `DateTime`.
 *
 * @since 0.1.0
 * @category models
 */
export type Timestamp = string | Date | DateTime.DateTime

/**
 * Names a run of a DAG. `~` stands for all DAGs or all runs, in {@link getTaskInstances} only.
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
 * Names one instance of a mapped task.
 *
 * @since 0.1.0
 * @category models
 */
export interface MappedTaskParams extends TaskParams {
  /** Which instance, from 0. */
  readonly map_index: number
}

/**
 * Narrows a list by ranges; each bound is included.
 *
 * @since 0.1.0
 * @category models
 */
export interface RangeFilters {
  readonly execution_date_gte?: Timestamp
  readonly execution_date_lte?: Timestamp
  readonly start_date_gte?: Timestamp
  readonly start_date_lte?: Timestamp
  readonly end_date_gte?: Timestamp
  readonly end_date_lte?: Timestamp
  /** In seconds. */
  readonly duration_gte?: number
  /** In seconds. */
  readonly duration_lte?: number
}

/**
 * Narrows a list to any of some values. Names with a comma cannot be asked for here, because the server
 * splits at it; {@link getTaskInstancesBatch} can.
 *
 * @since 0.1.0
 * @category models
 */
export interface NameFilters {
  /** `null` asks for those without a state. */
  readonly state?: ReadonlyArray<TaskState | null>
  readonly pool?: ReadonlyArray<string>
  readonly queue?: ReadonlyArray<string>
  /** Since 2.10. */
  readonly executor?: ReadonlyArray<string>
}

/**
 * The filters and the page of a GET list.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListFilters extends RangeFilters, NameFilters {
  readonly updated_at_gte?: Timestamp
  readonly updated_at_lte?: Timestamp
  /** Rows in a page; the server's default is 100. */
  readonly limit?: number
  /** Rows to skip. Default 0. */
  readonly offset?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetTaskInstancesParams extends DagRunParams, ListFilters {}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetMappedTaskInstancesParams extends TaskParams, ListFilters {
  /** The default is by map index, ascending. Those by duration and date: since 2.10. */
  readonly order_by?:
    | "state"
    | "-state"
    | "-map_index"
    | "duration"
    | "-duration"
    | "start_date"
    | "-start_date"
    | "end_date"
    | "-end_date"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetTaskInstancesBatchParams extends RangeFilters, NameFilters {
  readonly dag_ids?: ReadonlyArray<string>
  /** Since 2.7.1. */
  readonly dag_run_ids?: ReadonlyArray<string>
  /** Since 2.7.1. */
  readonly task_ids?: ReadonlyArray<string>
  /** Rows to skip. Default 0. Before 2.10.3 the server takes it and ignores it. */
  readonly page_offset?: number
  /** Rows in a page, 1 or more. Default 100 since 2.10.3; before, all rows come whatever is asked. */
  readonly page_limit?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetExtraLinksParams extends TaskParams {
  /** Which instance of a mapped task. Since 2.10.5; before, the links of a mapped task are a 500. */
  readonly map_index?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetLogTextParams extends TaskParams {
  /** The attempt, 1 for the first. */
  readonly task_try_number: number
  /** Which instance of a mapped task; for such a task it must be given. */
  readonly map_index?: number
  /** Asks for everything at once. Only the Stackdriver log handler makes a difference. Default false. */
  readonly full_content?: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetLogParams extends GetLogTextParams {
  /** The `continuation_token` of the page before. */
  readonly token?: string
}

/**
 * The links an operator offers, by name. Relative ones are relative to the web server's root; null where the
 * link is not known yet.
 *
 * @since 0.1.0
 * @category models
 */
export type ExtraLinks = Readonly<Record<string, string | null>>

const ranges = {
  execution_date_gte: kinds.date,
  execution_date_lte: kinds.date,
  start_date_gte: kinds.date,
  start_date_lte: kinds.date,
  end_date_gte: kinds.date,
  end_date_lte: kinds.date,
  duration_gte: kinds.number,
  duration_lte: kinds.number
}

const states = kinds.oneOf(taskStates)

const filters = kinds.and(ranges, {
  updated_at_gte: kinds.date,
  updated_at_lte: kinds.date,
  state: states,
  pool: kinds.names,
  queue: kinds.names,
  executor: kinds.names,
  limit: kinds.count,
  offset: kinds.count
})

const taskInstances: decode.Decoder<TaskInstanceCollection> = decode.collection(
  "task_instances",
  taskInstance
)

const rowKey = (row: TaskInstance): string =>
  JSON.stringify([row.dag_id, row.dag_run_id, row.task_id, row.map_index])

const byOffset = <Params extends { readonly offset?: number }>(): Pagination.Paging<
  Params,
  TaskInstanceCollection,
  TaskInstance
> => ({
  rows: (page) => page.task_instances,
  total: (page) => page.total_entries,
  key: rowKey,
  offset: (params) => params.offset ?? 0,
  withOffset: (params, offset) => ({ ...params, offset })
})

/**
 * One task instance. For a mapped task: `NotFound`, use {@link getMappedTaskInstance}.
 *
 * Source: `get_task_instance`, GET …/taskInstances/{task_id}, since 2.0.
 *
 * @example
 * import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
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
export const getTaskInstance: Endpoint.Operation<TaskParams, TaskInstance, 401 | 403 | 404> = Endpoint.make({
  id: "getTaskInstance",
  method: "GET",
  path: at("/{task_id}"),
  pathParams: task,
  accept: json,
  decode: taskInstance,
  errors: [401, 403, 404],
  idempotent: true
})

/**
 * One instance of a mapped task.
 *
 * Source: `get_mapped_task_instance`, GET …/taskInstances/{task_id}/{map_index}, since 2.3.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstance: Endpoint.Operation<MappedTaskParams, TaskInstance, 401 | 403 | 404> =
  Endpoint.make({
    id: "getMappedTaskInstance",
    method: "GET",
    path: at("/{task_id}/{map_index}"),
    pathParams: mapped,
    accept: json,
    decode: taskInstance,
    errors: [401, 403, 404],
    idempotent: true
  })

/**
 * A page of the task instances of a run, or with `~` of all runs or all DAGs. The server gives them no order;
 * an unknown DAG or run is an empty list. `Pagination.items` walks all pages.
 *
 * Source: `get_task_instances`, GET …/taskInstances, since 2.0.
 *
 * @example
 * import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
 *
 * const failed = TaskInstances.getTaskInstances({ dag_id: "etl", dag_run_id: "~", state: ["failed"] })
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstances: Pagination.ListOperation<
  GetTaskInstancesParams,
  TaskInstanceCollection,
  TaskInstance,
  400 | 401 | 403
> = Pagination.list(
  Endpoint.make({
    id: "getTaskInstances",
    method: "GET",
    path: at(),
    pathParams: run,
    query: filters,
    accept: json,
    decode: taskInstances,
    errors: [400, 401, 403],
    idempotent: true
  }),
  byOffset<GetTaskInstancesParams>()
)

/**
 * A page of the instances of a mapped task, by default in the order of their map index. A task that is not
 * mapped is `NotFound`.
 *
 * Source: `get_mapped_task_instances`, GET …/taskInstances/{task_id}/listMapped, since 2.3.
 *
 * @since 0.1.0
 * @category operations
 */
export const getMappedTaskInstances: Pagination.ListOperation<
  GetMappedTaskInstancesParams,
  TaskInstanceCollection,
  TaskInstance,
  400 | 401 | 403 | 404
> = Pagination.list(
  Endpoint.make({
    id: "getMappedTaskInstances",
    method: "GET",
    path: at("/{task_id}/listMapped"),
    pathParams: task,
    query: kinds.and(filters, { order_by: kinds.text }),
    accept: json,
    decode: taskInstances,
    errors: [400, 401, 403, 404],
    idempotent: true
  }),
  byOffset<GetMappedTaskInstancesParams>()
)

/**
 * A page of the task instances of any DAGs and runs, by lists of their ids. It is a read, though a POST. `{}`
 * asks for all the user may see; `~` is not special here.
 *
 * Source: `get_task_instances_batch`, POST /dags/~/dagRuns/~/taskInstances/list, since 2.0.
 *
 * @example
 * import * as Pagination from "@effect-airflow/core/Pagination"
 * import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
 *
 * const waiting = Pagination.items(TaskInstances.getTaskInstancesBatch, {
 *   dag_ids: ["etl", "report"],
 *   state: ["queued", null]
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const getTaskInstancesBatch: Pagination.ListOperation<
  GetTaskInstancesBatchParams,
  TaskInstanceCollection,
  TaskInstance,
  400 | 401 | 403 | 404
> = Pagination.list(
  Endpoint.make({
    id: "getTaskInstancesBatch",
    method: "POST",
    path: "/api/v1/dags/~/dagRuns/~/taskInstances/list",
    pathParams: {},
    body: kinds.and(ranges, {
      dag_ids: kinds.texts,
      dag_run_ids: kinds.texts,
      task_ids: kinds.texts,
      state: states,
      pool: kinds.texts,
      queue: kinds.texts,
      executor: kinds.texts,
      page_offset: kinds.count,
      page_limit: kinds.positive
    }),
    accept: json,
    decode: taskInstances,
    errors: [400, 401, 403, 404],
    idempotent: true
  }),
  {
    rows: (page) => page.task_instances,
    total: (page) => page.total_entries,
    key: rowKey,
    offset: (params) => params.page_offset ?? 0,
    withOffset: (params, page_offset) => ({ ...params, page_offset })
  }
)

/**
 * The extra links of a task instance. (Airflow's own specification documents another form, which no 2.x
 * server sends.)
 *
 * Source: `get_extra_links`, GET …/taskInstances/{task_id}/links, since 2.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getExtraLinks: Endpoint.Operation<GetExtraLinksParams, ExtraLinks, 401 | 403 | 404> =
  Endpoint.make({
    id: "getExtraLinks",
    method: "GET",
    path: at("/{task_id}/links"),
    pathParams: task,
    query: { map_index: kinds.count },
    accept: json,
    decode: decode.texts(),
    errors: [401, 403, 404],
    idempotent: true
  })

const logPath = at("/{task_id}/logs/{task_try_number}")
const logPathParams = kinds.and(task, { task_try_number: kinds.count })

/**
 * A page of an attempt's log: with `token` what came after the page that gave it, without it everything so
 * far. To read a log while it is written, use `@effect-airflow/logs`. An attempt that never ran, and a log
 * that is lost, are answers too: the reason stands in the text, in lines that begin with `***`.
 *
 * Source: `get_log`, GET …/taskInstances/{task_id}/logs/{task_try_number} as JSON, since 2.0. `BadRequest`:
 * the token was signed with another secret key, or the log handler cannot read.
 *
 * @since 0.1.0
 * @category operations
 */
export const getLog: Endpoint.Operation<GetLogParams, LogPage, 400 | 401 | 403 | 404> = Endpoint.make({
  id: "getLog",
  method: "GET",
  path: logPath,
  pathParams: logPathParams,
  query: { full_content: kinds.flag, map_index: kinds.count, token: kinds.text },
  accept: json,
  decode: (body) => {
    const { content, continuation_token } = (body ?? {}) as Record<string, unknown>
    if (typeof content !== "string") return Either.left(".content: expected a string")
    if (typeof continuation_token !== "string") return Either.left(".continuation_token: expected a string")
    const parts = pythonRepr.parse(content)
    return parts === undefined
      ? Either.left(".content: expected the repr of a list of tuples")
      : Either.right({ content: parts, continuation_token })
  },
  errors: [400, 401, 403, 404],
  idempotent: true
})

/**
 * The whole log of an attempt so far as plain text, each host's part after a line with its name. It knows no
 * token.
 *
 * Source: `get_log`, GET …/taskInstances/{task_id}/logs/{task_try_number} as text/plain, since 2.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const getLogText: Endpoint.Operation<GetLogTextParams, string, 400 | 401 | 403 | 404> = Endpoint.make({
  id: "getLogText",
  method: "GET",
  path: logPath,
  pathParams: logPathParams,
  query: { full_content: kinds.flag, map_index: kinds.count },
  accept: "text/plain",
  decode: (body) => Either.right(body as string),
  errors: [400, 401, 403, 404],
  idempotent: true
})
