/** The rows of both APIs as one type. */
import type * as DagRuns from "../DagRuns.js"
import type { Server } from "../Server.js"
import type * as Neutral from "../TaskInstance.js"
import type * as V1Runs from "../v1/DagRuns.js"
import type * as V1Log from "../v1/Log.js"
import type * as V1 from "../v1/TaskInstance.js"
import type * as V2Runs from "../v2/DagRuns.js"
import type * as V2Log from "../v2/Log.js"
import type * as V2 from "../v2/TaskInstance.js"
import { isAtLeast, table } from "./capabilities.js"
import { readToken } from "./logToken.js"

/** States in which a task instance does not run, between two parts of an attempt or before its next one. */
const waiting = new Set(["scheduled", "queued", "deferred", "up_for_reschedule"])

/** Before 2.10 the number goes up when a task instance begins to run, and down again when it is deferred. */
const attempt = (server: Server, state: string | null | undefined, shown: number): number =>
  server.api === "v1" && waiting.has(state ?? "") && !isAtLeast(server.version, table.currentTryNumber.v1)
    ? shown + 1
    : shown

const attemptOf = (server: Server, row: V1.TaskInstanceBase | V2.TaskInstanceBase) => ({
  dag_id: row.dag_id,
  dag_run_id: row.dag_run_id,
  task_id: row.task_id,
  map_index: row.map_index,
  try_number: attempt(server, row.state, row.try_number),
  max_tries: row.max_tries ?? null,
  state: row.state ?? null,
  start_date: row.start_date ?? null,
  end_date: row.end_date ?? null,
  duration: row.duration ?? null,
  task_display_name: row.task_display_name ?? row.task_id,
  operator: row.operator ?? null,
  // Airflow writes an empty one before the task runs.
  hostname: row.hostname === undefined || row.hostname === "" ? null : row.hostname,
  unixname: row.unixname ?? null,
  pid: row.pid ?? null,
  pool: row.pool ?? null,
  pool_slots: row.pool_slots ?? null,
  queue: row.queue ?? null,
  priority_weight: row.priority_weight ?? null,
  executor: row.executor ?? null,
  queued_when: row.queued_when ?? null
})

const common = (server: Server, row: V1.TaskInstance | V2.TaskInstance) => ({
  ...attemptOf(server, row),
  rendered_map_index: row.rendered_map_index ?? null,
  note: row.note ?? null
})

export const fromV1 = (server: Server, row: V1.TaskInstance): Neutral.TaskInstance => ({
  ...common(server, row),
  api: "v1",
  logical_date: row.execution_date ?? null,
  raw: row
})

export const fromV2 = (server: Server, row: V2.TaskInstance): Neutral.TaskInstance => ({
  ...common(server, row),
  api: "v2",
  logical_date: row.logical_date ?? null,
  raw: row
})

export const pageFromV1 = (server: Server, page: V1.TaskInstanceCollection): Neutral.TaskInstancePage => ({
  api: "v1",
  task_instances: page.task_instances.map((row) => fromV1(server, row)),
  total_entries: page.total_entries,
  next_cursor: null,
  raw: page
})

export const pageFromV2 = (server: Server, page: V2.TaskInstanceCollection): Neutral.TaskInstancePage => ({
  api: "v2",
  task_instances: page.task_instances.map((row) => fromV2(server, row)),
  total_entries: page.total_entries,
  next_cursor: page.next_cursor ?? null,
  raw: page
})

export const tryFromV1 = (server: Server, row: V1.TaskInstanceHistory): Neutral.TaskInstanceTry => ({
  ...attemptOf(server, row),
  api: "v1",
  raw: row
})

export const tryFromV2 = (server: Server, row: V2.TaskInstanceHistory): Neutral.TaskInstanceTry => ({
  ...attemptOf(server, row),
  api: "v2",
  raw: row
})

export const logFromV1 = (page: V1Log.LogPage): Neutral.LogPage => ({
  api: "v1",
  text: page.content.map(({ text }) => text).join(""),
  records: null,
  continuation_token: page.continuation_token,
  ended: readToken(page.continuation_token)?.end_of_log === true,
  raw: page
})

/** The message of a record, and what the exceptions say that it tells of. */
const said = ({ error_detail, event }: V2Log.LogRecord): string =>
  [
    event,
    ...(Array.isArray(error_detail) ? (error_detail as ReadonlyArray<unknown>) : []).flatMap((raised) => {
      const { exc_type, exc_value } = (raised ?? {}) as Record<string, unknown>
      return typeof exc_type === "string" ? [`${exc_type}: ${String(exc_value ?? "")}`] : []
    })
  ].join("\n")

export const logFromV2 = (page: V2Log.LogPage): Neutral.LogPage => ({
  api: "v2",
  text: page.content.map((record) => `${said(record)}\n`).join(""),
  records: page.content,
  continuation_token: page.continuation_token,
  ended: page.continuation_token === null,
  raw: page
})

const run = (row: V1Runs.DagRun | V2Runs.DagRun) => ({
  dag_id: row.dag_id,
  dag_run_id: row.dag_run_id,
  state: row.state ?? null,
  start_date: row.start_date ?? null,
  end_date: row.end_date ?? null,
  data_interval_start: row.data_interval_start ?? null,
  data_interval_end: row.data_interval_end ?? null,
  run_type: row.run_type ?? null,
  conf: row.conf ?? {},
  note: row.note ?? null
})

export const runFromV1 = (row: V1Runs.DagRun): DagRuns.DagRun => ({
  ...run(row),
  api: "v1",
  logical_date: row.logical_date ?? row.execution_date ?? null,
  raw: row
})

export const runFromV2 = (row: V2Runs.DagRun): DagRuns.DagRun => ({
  ...run(row),
  api: "v2",
  logical_date: row.logical_date ?? null,
  raw: row
})
