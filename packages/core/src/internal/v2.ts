/** What the operations of API v2 have in common: their parameters' kinds, their decoders, and their paging. */
import * as Either from "effect/Either"
import type { Paging } from "../Pagination.js"
import type { LogPage } from "../v2/Log.js"
import {
  type TaskInstance,
  type TaskInstanceCollection,
  type TaskInstanceHistory,
  type TaskInstanceHistoryCollection,
  taskStates
} from "../v2/TaskInstance.js"
import * as decode from "./decode.js"
import { toRecord } from "./logRecords.js"
import * as kinds from "./params.js"
import * as Shape from "./shape.js"
import * as rows from "./v2Rows.js"

export const json = "application/json"

/** A path below the task instances of a run. */
export const at = (rest = ""): string => `/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances${rest}`

export const run = { dag_id: kinds.id, dag_run_id: kinds.id }
export const task = { dag_id: kinds.id, dag_run_id: kinds.id, task_id: kinds.id }
export const mapped = {
  dag_id: kinds.id,
  dag_run_id: kinds.id,
  task_id: kinds.id,
  map_index: kinds.mapIndex
}

const bounds = ["gte", "gt", "lte", "lt"]

/** The bounds of each field: `start_date_gte` and so on. */
const between = (kind: kinds.Kind, ...fields: ReadonlyArray<string>): kinds.Kinds =>
  Object.fromEntries(fields.flatMap((field) => bounds.map((bound) => [`${field}_${bound}`, kind])))

export const ranges: kinds.Kinds = kinds.and(
  between(kinds.date, "run_after", "logical_date", "start_date", "end_date"),
  between(kinds.number, "duration")
)

export const names: kinds.Kinds = {
  state: kinds.oneOf(taskStates),
  pool: kinds.texts,
  queue: kinds.texts,
  executor: kinds.texts
}

const patterns = (...fields: ReadonlyArray<string>): kinds.Kinds =>
  Object.fromEntries(
    fields.flatMap((field) => [
      [`${field}_pattern`, kinds.text],
      [`${field}_prefix_pattern`, kinds.text]
    ])
  )

/** The query of both GET lists. */
export const filters: kinds.Kinds = kinds.and(
  ranges,
  between(kinds.date, "updated_at"),
  names,
  patterns("pool_name", "queue_name", "operator_name", "rendered_map_index"),
  {
    version_number: kinds.integers,
    try_number: kinds.integers,
    operator: kinds.texts,
    map_index: kinds.integers,
    order_by: kinds.textOrTexts,
    limit: kinds.count,
    offset: kinds.count
  }
)

/** What the list of a run knows beyond {@link filters}. */
export const runFilters: kinds.Kinds = kinds.and(filters, patterns("task_display_name", "dag_id", "run_id"), {
  task_id: kinds.text,
  task_group_id: kinds.text,
  cursor: kinds.text
})

export const taskInstance: decode.Decoder<TaskInstance> = decode.struct(rows.taskInstance)

export const attempt: decode.Decoder<TaskInstanceHistory> = decode.struct(rows.taskInstanceHistory)

export const taskInstances: decode.Decoder<TaskInstanceCollection> = decode.list(
  "task_instances",
  taskInstance,
  decode.struct(rows.besideTaskInstances)
)

export const logPage: decode.Decoder<LogPage> = decode.list(
  "content",
  (item) => Either.right(toRecord(item)),
  (body) => {
    const { continuation_token = null } = body as Record<string, unknown>
    return continuation_token === null || typeof continuation_token === "string"
      ? Either.right({ continuation_token })
      : Either.left(".continuation_token: expected a string or null")
  }
)

export const attempts: decode.Decoder<TaskInstanceHistoryCollection> = decode.collection(
  "task_instances",
  attempt
)

export const url: decode.Decoder<{ readonly url: string }> = decode.struct(
  Shape.struct({ url: Shape.string }, {})
)

/** A retry gives a task instance another `id`: it is still the same. */
export const rowKey = (row: TaskInstance): string =>
  JSON.stringify([row.dag_id, row.dag_run_id, row.task_id, row.map_index])

/** Ordered by these, Airflow 3.3.2 answers 500 to a cursor. */
const withoutCursor = /^-?data_interval/

type Pages<Params> = Paging<Params, TaskInstanceCollection, TaskInstance>

export const byOffset = <Params extends { readonly offset?: number }>(): Pages<Params> => ({
  rows: (page) => page.task_instances,
  total: (page) => page.total_entries,
  key: rowKey,
  offset: (params) => params.offset ?? 0,
  withOffset: (params, offset) => ({ ...params, offset })
})

export const byCursor = <
  Params extends {
    readonly cursor?: string
    readonly offset?: number
    readonly order_by?: string | ReadonlyArray<string>
  }
>(): Pages<Params> => ({
  ...byOffset<Params>(),
  cursors: {
    first: ({ cursor, offset, order_by = [] }) =>
      cursor ??
      (offset !== undefined || [order_by].flat().some((key) => withoutCursor.test(key)) ? undefined : ""),
    next: (page) => page.next_cursor,
    with: ({ offset: _, ...params }, cursor) => ({ ...params, cursor }) as unknown as Params
  }
})
