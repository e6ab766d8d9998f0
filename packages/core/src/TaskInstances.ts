/**
 * Task instances on any Airflow: the operations find out which API the server speaks (see `Server`), and give one
 * type of task instance. A parameter or an operation that the server's version does not know ends in
 * `Unsupported`, before anything is sent. "Since" names the first version of each API that knows it, `2.10, 3.0`;
 * without it, all do. What only one of the APIs knows is in `v1/…` and `v2/…`, and in `raw`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { AirflowClient } from "./AirflowClient.js"
import type { Unsupported } from "./AirflowError.js"
import type { DeclaredStatus, OperationError, RequestOptions } from "./Endpoint.js"
import { table } from "./internal/capabilities.js"
import * as facade from "./internal/facade.js"
import * as actions from "./internal/facadeActions.js"
import * as lists from "./internal/facadeLists.js"
import * as rules from "./internal/facadeParams.js"
import * as rows from "./internal/facadeRows.js"
import type { DetectError } from "./Server.js"
import type {
  ClearedTaskInstance,
  LogPage,
  TaskInstance,
  TaskInstancePage,
  TaskInstanceTry
} from "./TaskInstance.js"
import * as V1 from "./v1/TaskInstances.js"
import * as V1Tries from "./v1/TaskInstanceTries.js"
import type { ClearTaskInstancesParams, NewState } from "./v2/TaskInstanceActions.js"
import * as V2 from "./v2/TaskInstances.js"
import * as V2Tries from "./v2/TaskInstanceTries.js"

/**
 * What these operations can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type TaskInstancesError<Status extends DeclaredStatus> =
  OperationError<Status> | DetectError | Unsupported

/**
 * Names a task instance.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceParams extends V1.TaskParams {
  /** Which instance of a mapped task, from 0. Default: -1, a task that is not mapped. */
  readonly map_index?: number
}

/**
 * Narrows a list by ranges of time, and of the duration in seconds. Each bound is included (`_gte`, `_lte`), or is
 * not (`_gt`, `_lt`: since 3.1). `run_after`: since 3.0. Airflow 3 takes a duration of 0 for no bound.
 *
 * @since 0.1.0
 * @category models
 */
export interface RangeFilters extends V2.RangeFilters {}

/**
 * Narrows a list to any of some values. `executor`: since 2.10, 3.0; the state `awaiting_input`: since 3.3.
 *
 * @since 0.1.0
 * @category models
 */
export interface NameFilters extends V2.NameFilters {}

/**
 * The filters, the order and the page of a list. `updated_at`: since 2.6, 3.0. All that is not in Airflow 2 is as
 * in `v2/TaskInstances`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListParams extends V2.GetTaskInstancesParams {}

/**
 * As for a list. Airflow 2 orders by one of `map_index`, `state`, and since 2.10 `duration`, `start_date`,
 * `end_date`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListMappedParams extends V2.GetMappedTaskInstancesParams {}

/**
 * Task instances of any DAGs and runs.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchParams extends RangeFilters, NameFilters {
  readonly dag_ids?: ReadonlyArray<string>
  /** Since 2.7.1, 3.0. */
  readonly dag_run_ids?: ReadonlyArray<string>
  /** Since 2.7.1, 3.0. */
  readonly task_ids?: ReadonlyArray<string>
  /** Since 3.0. */
  readonly order_by?: NonNullable<V2.GetTaskInstancesBatchParams["order_by"]>
  /** Rows in a page. Default 100. Since 2.10.3, 3.0; before, all rows come. */
  readonly limit?: number
  /** Rows to skip. Default 0. Since 2.10.3, 3.0. */
  readonly offset?: number
}

const getOperation = { id: "TaskInstances.get", rules: rules.instance }

/**
 * One task instance; of a mapped task, the one with this map index. `NotFound`: also for a mapped task without
 * its map index.
 *
 * @example
 * import * as TaskInstances from "@effect-airflow/core/TaskInstances"
 * import * as Effect from "effect/Effect"
 *
 * const state = TaskInstances.get({ dag_id: "etl", dag_run_id: "r1", task_id: "load" }).pipe(
 *   Effect.map((taskInstance) => taskInstance.state),
 *   Effect.catchTag("NotFound", () => Effect.succeed("unknown"))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const get = (
  params: TaskInstanceParams,
  options?: RequestOptions
): Effect.Effect<TaskInstance, TaskInstancesError<401 | 403 | 404 | 422>, AirflowClient> =>
  facade.dispatch(
    getOperation,
    params,
    ({ map_index, ...task }: TaskInstanceParams, server) =>
      Effect.map(
        map_index === undefined
          ? V1.getTaskInstance(task, options)
          : V1.getMappedTaskInstance({ ...task, map_index }, options),
        (row) => rows.fromV1(server, row)
      ),
    ({ map_index, ...task }: TaskInstanceParams, server) =>
      Effect.map(
        map_index === undefined
          ? V2.getTaskInstance(task, options)
          : V2.getMappedTaskInstance({ ...task, map_index }, options),
        (row) => rows.fromV2(server, row)
      )
  )

const listing = {
  id: "TaskInstances.list",
  rules: rules.list,
  v1: V1.getTaskInstances,
  v2: V2.getTaskInstances
}

/**
 * A page of the task instances of a run, or with `~` of all runs or all DAGs. An unknown DAG or run is an empty
 * list on Airflow 2, and `NotFound` on Airflow 3. {@link listAll} walks all pages.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = (
  params: ListParams,
  options?: RequestOptions
): Effect.Effect<TaskInstancePage, TaskInstancesError<400 | 401 | 403 | 404 | 422>, AirflowClient> =>
  lists.page(listing, params, options)

/**
 * All rows of {@link list}, each once, page by page as they are needed: `Pagination.items` over the server's API,
 * by cursor where there is one (since 3.2.2).
 *
 * A walk by offset can lose rows: on Airflow 2, which has no order, and on 3.0.6 to 3.2.1, where requests that come
 * at the same time can get each other's `order_by`. It is made again when rows are missing, three times in all, and
 * then `onWarning` hears of an `IncompleteWalk`.
 *
 * @example
 * import * as TaskInstances from "@effect-airflow/core/TaskInstances"
 * import * as Stream from "effect/Stream"
 *
 * const failed = TaskInstances.listAll({ dag_id: "etl", dag_run_id: "~", state: ["failed"] }).pipe(
 *   Stream.map(({ dag_run_id, logical_date, task_id }) => `${dag_run_id} (${logical_date}): ${task_id}`)
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const listAll = (
  params: ListParams,
  options?: RequestOptions
): Stream.Stream<TaskInstance, TaskInstancesError<400 | 401 | 403 | 404 | 422>, AirflowClient> =>
  lists.all(listing, params, options)

const mappedListing = {
  id: "TaskInstances.listMapped",
  rules: rules.listMapped,
  v1: V1.getMappedTaskInstances,
  v2: V2.getMappedTaskInstances
}

/**
 * A page of the instances of a mapped task, by default in the order of their map index. A task that is not mapped
 * is `NotFound`. {@link listMappedAll} walks all pages.
 *
 * @since 0.1.0
 * @category operations
 */
export const listMapped = (
  params: ListMappedParams,
  options?: RequestOptions
): Effect.Effect<TaskInstancePage, TaskInstancesError<400 | 401 | 403 | 404 | 422>, AirflowClient> =>
  lists.page(mappedListing, params, options)

/**
 * All rows of {@link listMapped}, as {@link listAll} gives them.
 *
 * @since 0.1.0
 * @category operations
 */
export const listMappedAll = (
  params: ListMappedParams,
  options?: RequestOptions
): Stream.Stream<TaskInstance, TaskInstancesError<400 | 401 | 403 | 404 | 422>, AirflowClient> =>
  lists.all(mappedListing, params, options)

const batchListing = {
  id: "TaskInstances.batch",
  rules: rules.batch,
  v1: V1.getTaskInstancesBatch,
  v2: V2.getTaskInstancesBatch
}

/**
 * A page of the task instances of any DAGs and runs, by lists of their ids; `{}` asks for all the user may see.
 * It is a read. {@link batchAll} walks all pages.
 *
 * @since 0.1.0
 * @category operations
 */
export const batch = (
  params: BatchParams,
  options?: RequestOptions
): Effect.Effect<TaskInstancePage, TaskInstancesError<400 | 401 | 403 | 404 | 422>, AirflowClient> =>
  lists.page(batchListing, params, options)

/**
 * All rows of {@link batch}, as {@link listAll} gives them. Leave `limit` out where servers before 2.10.3 are
 * asked too: it is `Unsupported` there, and all rows come in one page anyhow.
 *
 * @since 0.1.0
 * @category operations
 */
export const batchAll = (
  params: BatchParams,
  options?: RequestOptions
): Stream.Stream<TaskInstance, TaskInstancesError<400 | 401 | 403 | 404 | 422>, AirflowClient> =>
  lists.all(batchListing, params, options)

/**
 * The links an operator offers, by name. Relative ones are relative to the web server's root; null where the link
 * is not known yet.
 *
 * @since 0.1.0
 * @category models
 */
export type ExtraLinks = Readonly<Record<string, string | null>>

/**
 * @since 0.1.0
 * @category models
 */
export interface LinksParams extends V1.TaskParams {
  /** Which instance of a mapped task. Default: -1, a task that is not mapped. Since 2.10.5, 3.0. */
  readonly map_index?: number
  /** The links of an earlier attempt. Since 3.2.2. */
  readonly try_number?: number
}

const linksOperation = { id: "TaskInstances.links", rules: rules.links }

/**
 * The extra links of a task instance.
 *
 * @since 0.1.0
 * @category operations
 */
export const links = (
  params: LinksParams,
  options?: RequestOptions
): Effect.Effect<ExtraLinks, TaskInstancesError<401 | 403 | 404 | 422>, AirflowClient> =>
  facade.dispatch(
    linksOperation,
    params,
    (given: V1.GetExtraLinksParams) => V1.getExtraLinks(given, options),
    (given: V2.GetExtraLinksParams) => V2.getExtraLinks(given, options)
  )

/**
 * @since 0.1.0
 * @category models
 */
export interface LogParams extends TaskInstanceParams {
  /** The attempt, 1 for the first. */
  readonly try_number: number
  /** The `continuation_token` of the page before. */
  readonly token?: string
  /** Asks for everything at once, where a log handler would not send it so. Default false. */
  readonly full_content?: boolean
}

const logOperation = { id: "TaskInstances.log", rules: rules.log }

/**
 * A page of an attempt's log: with `token` what came after the page that gave it, without it everything so far.
 * To read a log while it is written, use `@effect-airflow/logs`: servers from 3.0.4 to 3.1 answer a token with the
 * whole log again, and those from 3.2.0 to 3.3.0 fail at it. An attempt that never ran is a text that says so on
 * Airflow 2, and `NotFound` on Airflow 3.
 *
 * @since 0.1.0
 * @category operations
 */
export const log = (
  params: LogParams,
  options?: RequestOptions
): Effect.Effect<LogPage, TaskInstancesError<400 | 401 | 403 | 404 | 422>, AirflowClient> =>
  facade.dispatch(
    logOperation,
    params,
    (given: V1.GetLogParams) => Effect.map(V1.getLog(given, options), rows.logFromV1),
    (given: V2.GetLogParams) => Effect.map(V2.getLog(given, options), rows.logFromV2)
  )

const triesOperation = { id: "TaskInstances.tries", since: table.tries, rules: rules.instance }

/**
 * All attempts of a task instance, in their order, the one it is at included. An unknown one is an empty list on
 * Airflow 2, and `NotFound` on Airflow 3. Since 2.10, 3.0. (2.10.0 to 2.10.2 give one twice while it waits for a
 * retry.)
 *
 * @since 0.1.0
 * @category operations
 */
export const tries = (
  params: TaskInstanceParams,
  options?: RequestOptions
): Effect.Effect<ReadonlyArray<TaskInstanceTry>, TaskInstancesError<401 | 403 | 404 | 422>, AirflowClient> =>
  facade.dispatch(
    triesOperation,
    params,
    ({ map_index, ...task }: TaskInstanceParams, server) =>
      Effect.map(
        map_index === undefined
          ? V1Tries.getTaskInstanceTries(task, options)
          : V1Tries.getMappedTaskInstanceTries({ ...task, map_index }, options),
        (found) => found.task_instances.map((row) => rows.tryFromV1(server, row))
      ),
    ({ map_index, ...task }: TaskInstanceParams, server) =>
      Effect.map(
        map_index === undefined
          ? V2Tries.getTaskInstanceTries(task, options)
          : V2Tries.getMappedTaskInstanceTries({ ...task, map_index }, options),
        (found) => found.task_instances.map((row) => rows.tryFromV2(server, row))
      )
  )

/**
 * A reason why a task instance is not yet started.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskDependency extends V2Tries.TaskDependency {}

const dependenciesOperation = {
  id: "TaskInstances.dependencies",
  since: table.dependencies,
  rules: rules.instance
}

/**
 * Why a task instance is not yet started. Only one that has no state or is scheduled has such reasons; for any
 * other the list is empty. Since 2.10, 3.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const dependencies = (
  params: TaskInstanceParams,
  options?: RequestOptions
): Effect.Effect<
  ReadonlyArray<TaskDependency>,
  TaskInstancesError<400 | 401 | 403 | 404 | 422>,
  AirflowClient
> =>
  Effect.map(
    facade.dispatch(
      dependenciesOperation,
      params,
      ({ map_index, ...task }: TaskInstanceParams) =>
        map_index === undefined
          ? V1Tries.getTaskInstanceDependencies(task, options)
          : V1Tries.getMappedTaskInstanceDependencies({ ...task, map_index }, options),
      ({ map_index, ...task }: TaskInstanceParams) =>
        map_index === undefined
          ? V2Tries.getTaskInstanceDependencies(task, options)
          : V2Tries.getTaskInstanceDependenciesByMapIndex({ ...task, map_index }, options)
    ),
    (found) => found.dependencies
  )

/**
 * @since 0.1.0
 * @category models
 */
export interface SetNoteParams extends TaskInstanceParams {
  /** 1000 characters at most. */
  readonly note: string
}

/**
 * Sets the note of a task instance, and gives it. Since 2.5, 3.0. (3.0.0 answers in another form, which is a
 * `DecodeError`.)
 *
 * @since 0.1.0
 * @category operations
 */
export const setNote = (
  params: SetNoteParams,
  options?: RequestOptions
): Effect.Effect<TaskInstance, TaskInstancesError<400 | 401 | 403 | 404 | 409 | 422>, AirflowClient> =>
  actions.setNote(params, options)

/**
 * @since 0.1.0
 * @category models
 */
export interface SetStateParams extends TaskInstanceParams {
  /** `skipped`: since 2.7, 3.0. */
  readonly new_state: NewState
}

/**
 * Sets the state of one task instance, and gives it. One that is in this state already is given as it is, so this
 * is sent again like a read. (3.0.0 answers in another form, which is a `DecodeError`.)
 *
 * @since 0.1.0
 * @category operations
 */
export const setState = (
  params: SetStateParams,
  options?: RequestOptions
): Effect.Effect<TaskInstance, TaskInstancesError<400 | 401 | 403 | 404 | 409 | 422>, AirflowClient> =>
  actions.setState(params, options)

/**
 * Which task instances of a DAG are cleared, and how. One instance of a mapped task (`[task_id, map_index]`):
 * since 3.1.1; `dag_run_id` and relatives: since 2.4, 3.0. Earlier and later runs go by their logical dates: on
 * Airflow 3 a run that is named must have one, and 3.0 takes them without a `dag_run_id` only (`BadRequest`). **Only
 * looks, unless `dry_run` is false.**
 *
 * @since 0.1.0
 * @category models
 */
export interface ClearParams extends ClearTaskInstancesParams {}

/**
 * Clears task instances, so that they run again, and names them; or, **unless `dry_run` is false, only names those
 * it would clear**. Their runs begin again too (`reset_dag_runs`), on any server, unless that is false.
 *
 * @example
 * import * as TaskInstances from "@effect-airflow/core/TaskInstances"
 *
 * const cleared = TaskInstances.clear({
 *   dag_id: "etl",
 *   dag_run_id: "r1",
 *   task_ids: ["load"],
 *   only_failed: false,
 *   dry_run: false
 * })
 *
 * @since 0.1.0
 * @category operations
 */
export const clear = (
  params: ClearParams,
  options?: RequestOptions
): Effect.Effect<
  ReadonlyArray<ClearedTaskInstance>,
  TaskInstancesError<400 | 401 | 403 | 404 | 409 | 422>,
  AirflowClient
> => actions.clear(params, options)
