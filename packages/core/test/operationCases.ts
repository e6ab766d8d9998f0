/** Every operation beyond the first of API v1: what is sent for some parameters, and what it declares. */
import * as DagRuns1 from "@effect-airflow/core/v1/DagRuns"
import * as Actions1 from "@effect-airflow/core/v1/TaskInstanceActions"
import * as Tries1 from "@effect-airflow/core/v1/TaskInstanceTries"
import * as DagRuns2 from "@effect-airflow/core/v2/DagRuns"
import * as Actions2 from "@effect-airflow/core/v2/TaskInstanceActions"
import * as Tries2 from "@effect-airflow/core/v2/TaskInstanceTries"
import * as TaskInstances2 from "@effect-airflow/core/v2/TaskInstances"
import type * as Effect from "effect/Effect"
import { row } from "./scripted.js"

export interface OperationCase {
  readonly name: string
  readonly run: (
    params: never,
    options?: never
  ) => Effect.Effect<unknown, { readonly _tag: string; readonly message: string }, never>
  readonly params: Record<string, unknown>
  readonly method: string
  /** Below the base URL, with the query. */
  readonly path: string
  readonly body?: unknown
  readonly answer: unknown
  readonly errors: ReadonlyArray<number>
  /** Whether it may be sent twice. */
  readonly again: boolean
}

const task = { dag_id: "d", dag_run_id: "r", task_id: "t" }
const mapped = { ...task, map_index: 2 }
const run = { dag_id: "d", dag_run_id: "r" }

export const row2 = (more: Record<string, unknown> = {}) => row({ id: "01a20b30", ...more })
export const page2 = (...rows: ReadonlyArray<unknown>) => ({
  task_instances: rows,
  total_entries: rows.length,
  total_entries_limit: null,
  next_cursor: null,
  previous_cursor: null
})

const history = { task_instances: [row()], total_entries: 1 }
const dependencies = { dependencies: [{ name: "Trigger Rule", reason: "one is missing" }] }
const bulk = { create: null, update: { success: ["d.r.t[-1]"], errors: [] }, delete: null }
const reference = { task_id: "t", dag_id: "d", dag_run_id: "r", execution_date: "2024-01-01T00:00:00+00:00" }

const at1 = "/api/v1/dags/d/dagRuns/r/taskInstances"
const at2 = "/api/v2/dags/d/dagRuns/r/taskInstances"
const group2 = "/api/v2/dags/d/dagRuns/r/taskGroupInstances/g"

const read1 = [401, 403, 404]
const change1 = [400, 401, 403, 404]
const read2 = [401, 403, 404, 422]
const list2 = [400, 401, 403, 404, 422]
const change2 = [400, 401, 403, 404, 409, 422]

const define = (api: "v1" | "v2", module: Readonly<Record<string, unknown>>, name: string) =>
  ({ name: `${api} ${name}`, run: module[name] as OperationCase["run"] }) as const

const get = { method: "GET", again: true }
const patch = { method: "PATCH", again: true }

export const cases: ReadonlyArray<OperationCase> = [
  {
    ...define("v2", TaskInstances2, "getTaskInstance"),
    ...get,
    params: task,
    path: `${at2}/t`,
    answer: row2(),
    errors: read2
  },
  {
    ...define("v2", TaskInstances2, "getMappedTaskInstance"),
    ...get,
    params: { ...task, map_index: -1 },
    path: `${at2}/t/-1`,
    answer: row2(),
    errors: read2
  },
  {
    ...define("v2", TaskInstances2, "getTaskInstances"),
    ...get,
    params: {
      ...run,
      dag_id: "~",
      task_id: "a b",
      state: ["awaiting_input", null],
      pool: ["a,b", "c+d"],
      map_index: [-1, 3],
      try_number: [1],
      version_number: [2],
      order_by: ["-start_date", "id"],
      duration_gt: 0.5,
      run_after_lt: "2024-01-01T00:00:00.123456+02:00",
      updated_at_gte: new Date(0),
      dag_id_prefix_pattern: "d|e",
      rendered_map_index_pattern: "%x",
      limit: 0,
      cursor: ""
    },
    path:
      "/api/v2/dags/~/dagRuns/r/taskInstances?task_id=a+b&state=awaiting_input&state=none&pool=a%2Cb&pool=c%2Bd" +
      "&map_index=-1&map_index=3&try_number=1&version_number=2&order_by=-start_date&order_by=id&duration_gt=0.5" +
      "&run_after_lt=2024-01-01T00%3A00%3A00.123456%2B02%3A00&updated_at_gte=1970-01-01T00%3A00%3A00.000Z" +
      "&dag_id_prefix_pattern=d%7Ce&rendered_map_index_pattern=%25x&limit=0&cursor=",
    answer: page2(row2()),
    errors: list2
  },
  {
    ...define("v2", TaskInstances2, "getMappedTaskInstances"),
    ...get,
    params: { ...task, order_by: "-map_index", offset: 3, operator: ["X"], updated_at_lt: new Date(0) },
    path: `${at2}/t/listMapped?order_by=-map_index&offset=3&operator=X&updated_at_lt=1970-01-01T00%3A00%3A00.000Z`,
    answer: page2(row2()),
    errors: list2
  },
  {
    ...define("v2", TaskInstances2, "getTaskInstancesBatch"),
    method: "POST",
    again: true,
    params: {
      dag_ids: ["d"],
      state: ["failed", null],
      logical_date_gt: new Date(0),
      duration_lt: 2,
      page_limit: 0
    },
    path: "/api/v2/dags/~/dagRuns/~/taskInstances/list",
    body: {
      dag_ids: ["d"],
      state: ["failed", null],
      logical_date_gt: "1970-01-01T00:00:00.000Z",
      duration_lt: 2,
      page_limit: 0
    },
    answer: page2(row2()),
    errors: list2
  },
  {
    ...define("v2", TaskInstances2, "getExtraLinks"),
    ...get,
    params: { ...task, map_index: -1, try_number: 2 },
    path: `${at2}/t/links?map_index=-1&try_number=2`,
    answer: { extra_links: { a: "/x", b: null }, total_entries: 2 },
    errors: read2
  },
  {
    ...define("v2", TaskInstances2, "getLog"),
    ...get,
    params: { ...task, try_number: 0, map_index: 2, token: "a.b", full_content: true },
    path: `${at2}/t/logs/0?map_index=2&token=a.b&full_content=true`,
    answer: { content: [{ event: "e", timestamp: null, x: 1 }, "text"], continuation_token: null },
    errors: list2
  },
  {
    ...define("v2", TaskInstances2, "getExternalLogUrl"),
    ...get,
    params: { ...task, try_number: 1 },
    path: `${at2}/t/externalLogUrl/1`,
    answer: { url: "https://logs.test/1" },
    errors: list2
  },
  {
    ...define("v2", Tries2, "getTaskInstanceTries"),
    ...get,
    params: mapped,
    path: `${at2}/t/tries?map_index=2`,
    answer: history,
    errors: read2
  },
  {
    ...define("v2", Tries2, "getMappedTaskInstanceTries"),
    ...get,
    params: mapped,
    path: `${at2}/t/2/tries`,
    answer: history,
    errors: read2
  },
  {
    ...define("v2", Tries2, "getTaskInstanceTryDetails"),
    ...get,
    params: { ...task, task_try_number: 1 },
    path: `${at2}/t/tries/1`,
    answer: row(),
    errors: read2
  },
  {
    ...define("v2", Tries2, "getMappedTaskInstanceTryDetails"),
    ...get,
    params: { ...mapped, task_try_number: 1 },
    path: `${at2}/t/2/tries/1`,
    answer: row(),
    errors: read2
  },
  {
    ...define("v2", Tries2, "getTaskInstanceDependencies"),
    ...get,
    params: mapped,
    path: `${at2}/t/dependencies?map_index=2`,
    answer: dependencies,
    errors: read2
  },
  {
    ...define("v2", Tries2, "getTaskInstanceDependenciesByMapIndex"),
    ...get,
    params: mapped,
    path: `${at2}/t/2/dependencies`,
    answer: dependencies,
    errors: read2
  },
  {
    ...define("v2", Actions2, "patchTaskInstance"),
    ...patch,
    again: false,
    params: {
      ...mapped,
      new_state: "failed",
      note: null,
      include_past: true,
      update_mask: ["new_state", "note"]
    },
    path: `${at2}/t?map_index=2&update_mask=new_state&update_mask=note`,
    body: { new_state: "failed", note: null, include_past: true },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskInstance"),
    name: "v2 patchTaskInstance, only a note",
    ...patch,
    params: { ...task, note: "" },
    path: `${at2}/t`,
    body: { note: "" },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskInstance"),
    name: "v2 patchTaskInstance, a note is taken away",
    ...patch,
    params: { ...mapped, note: null },
    path: `${at2}/t?map_index=2&update_mask=note`,
    body: { note: null },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskInstance"),
    name: "v2 patchTaskInstance, a note is taken away with a state",
    ...patch,
    again: false,
    params: { ...task, note: null, new_state: "failed", include_upstream: true },
    path: `${at2}/t?update_mask=new_state&update_mask=note`,
    body: { note: null, new_state: "failed", include_upstream: true },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskInstance"),
    name: "v2 patchTaskInstance, a mask of the caller's",
    ...patch,
    again: false,
    params: { ...task, note: null, new_state: "failed", update_mask: ["new_state"] },
    path: `${at2}/t?update_mask=new_state`,
    body: { note: null, new_state: "failed" },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskInstanceByMapIndex"),
    name: "v2 patchTaskInstanceByMapIndex, a note is taken away",
    ...patch,
    params: { ...mapped, note: null },
    path: `${at2}/t/2?update_mask=note`,
    body: { note: null },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskGroupInstances"),
    name: "v2 patchTaskGroupInstances, the notes are taken away",
    ...patch,
    params: { ...run, group_id: "g", note: null },
    path: `${group2}?update_mask=note`,
    body: { note: null },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskInstanceByMapIndex"),
    ...patch,
    again: false,
    params: { ...mapped, new_state: "skipped" },
    path: `${at2}/t/2`,
    body: { new_state: "skipped" },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskInstanceDryRun"),
    ...patch,
    params: { ...task, new_state: "success", include_future: false },
    path: `${at2}/t/dry_run`,
    body: { new_state: "success", include_future: false },
    answer: page2(),
    errors: list2
  },
  {
    ...define("v2", Actions2, "patchTaskInstanceDryRunByMapIndex"),
    ...patch,
    params: { ...mapped, new_state: "success" },
    path: `${at2}/t/2/dry_run`,
    body: { new_state: "success" },
    answer: page2(row2()),
    errors: list2
  },
  {
    ...define("v2", Actions2, "patchTaskGroupInstances"),
    ...patch,
    again: false,
    params: { ...run, group_id: "g", new_state: "failed", update_mask: ["new_state"] },
    path: `${group2}?update_mask=new_state`,
    body: { new_state: "failed" },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "patchTaskGroupInstancesDryRun"),
    ...patch,
    params: { ...run, group_id: "g", note: "n" },
    path: `${group2}/dry_run`,
    body: { note: "n" },
    answer: page2(row2()),
    errors: list2
  },
  {
    ...define("v2", Actions2, "bulkTaskInstances"),
    ...patch,
    again: false,
    params: {
      ...run,
      actions: [
        { action: "update", entities: [{ task_id: "t", map_index: -1, note: null }], update_mask: ["note"] },
        { action: "delete", entities: ["t", { task_id: "u", dag_id: "e" }], action_on_non_existence: "skip" }
      ]
    },
    path: at2,
    body: {
      actions: [
        { action: "update", entities: [{ task_id: "t", map_index: -1, note: null }], update_mask: ["note"] },
        { action: "delete", entities: ["t", { task_id: "u", dag_id: "e" }], action_on_non_existence: "skip" }
      ]
    },
    answer: bulk,
    errors: [401, 403, 422]
  },
  {
    ...define("v2", Actions2, "deleteTaskInstance"),
    method: "DELETE",
    again: false,
    params: mapped,
    path: `${at2}/t?map_index=2`,
    answer: null,
    errors: read2
  },
  {
    ...define("v2", Actions2, "clearTaskInstances"),
    method: "POST",
    again: true,
    params: { dag_id: "d", dag_run_id: "r", task_ids: ["a", ["b", 3]], start_date: new Date(0) },
    path: "/api/v2/dags/d/clearTaskInstances",
    body: { dag_run_id: "r", task_ids: ["a", ["b", 3]], start_date: "1970-01-01T00:00:00.000Z" },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", Actions2, "clearTaskInstances"),
    name: "v2 clearTaskInstances, really",
    method: "POST",
    again: false,
    params: { dag_id: "d", dry_run: false, only_failed: false, prevent_running_task: true, note: "n" },
    path: "/api/v2/dags/d/clearTaskInstances",
    body: { dry_run: false, only_failed: false, prevent_running_task: true, note: "n" },
    answer: page2(row2()),
    errors: change2
  },
  {
    ...define("v2", DagRuns2, "getDagRun"),
    ...get,
    params: run,
    path: "/api/v2/dags/d/dagRuns/r",
    answer: run,
    errors: read2
  },
  {
    ...define("v2", DagRuns2, "triggerDagRun"),
    method: "POST",
    again: false,
    params: { ...run, conf: { a: [1, null] }, note: null, run_after: new Date(0) },
    path: "/api/v2/dags/d/dagRuns",
    body: {
      dag_run_id: "r",
      conf: { a: [1, null] },
      note: null,
      run_after: "1970-01-01T00:00:00.000Z",
      logical_date: null
    },
    answer: run,
    errors: change2
  },
  {
    ...define("v2", DagRuns2, "triggerDagRun"),
    name: "v2 triggerDagRun with a date",
    method: "POST",
    again: false,
    params: { dag_id: "d", logical_date: "2024-01-01T00:00:00Z" },
    path: "/api/v2/dags/d/dagRuns",
    body: { logical_date: "2024-01-01T00:00:00Z" },
    answer: run,
    errors: change2
  },
  {
    ...define("v1", Tries1, "getTaskInstanceTries"),
    ...get,
    params: task,
    path: `${at1}/t/tries`,
    answer: history,
    errors: read1
  },
  {
    ...define("v1", Tries1, "getMappedTaskInstanceTries"),
    ...get,
    params: mapped,
    path: `${at1}/t/2/tries`,
    answer: history,
    errors: read1
  },
  {
    ...define("v1", Tries1, "getTaskInstanceTryDetails"),
    ...get,
    params: { ...task, task_try_number: 1 },
    path: `${at1}/t/tries/1`,
    answer: row(),
    errors: read1
  },
  {
    ...define("v1", Tries1, "getMappedTaskInstanceTryDetails"),
    ...get,
    params: { ...mapped, task_try_number: 1 },
    path: `${at1}/t/2/tries/1`,
    answer: row(),
    errors: read1
  },
  {
    ...define("v1", Tries1, "getTaskInstanceDependencies"),
    ...get,
    params: task,
    path: `${at1}/t/dependencies`,
    answer: dependencies,
    errors: change1
  },
  {
    ...define("v1", Tries1, "getMappedTaskInstanceDependencies"),
    ...get,
    params: mapped,
    path: `${at1}/t/2/dependencies`,
    answer: dependencies,
    errors: change1
  },
  {
    ...define("v1", Actions1, "patchTaskInstance"),
    ...patch,
    params: { ...task, new_state: "failed" },
    path: `${at1}/t`,
    body: { new_state: "failed" },
    answer: reference,
    errors: change1
  },
  {
    ...define("v1", Actions1, "patchMappedTaskInstance"),
    ...patch,
    again: false,
    params: { ...mapped, new_state: "failed", dry_run: false },
    path: `${at1}/t/2`,
    body: { new_state: "failed", dry_run: false },
    answer: {},
    errors: change1
  },
  {
    ...define("v1", Actions1, "setTaskInstanceNote"),
    ...patch,
    params: { ...task, note: "" },
    path: `${at1}/t/setNote`,
    body: { note: "" },
    answer: row(),
    errors: change1
  },
  {
    ...define("v1", Actions1, "setMappedTaskInstanceNote"),
    ...patch,
    params: { ...mapped, note: "n" },
    path: `${at1}/t/2/setNote`,
    body: { note: "n" },
    answer: row(),
    errors: change1
  },
  {
    ...define("v1", Actions1, "clearTaskInstances"),
    method: "POST",
    again: true,
    params: { ...run, task_ids: ["t"], include_subdags: true, end_date: new Date(0) },
    path: "/api/v1/dags/d/clearTaskInstances",
    body: { dag_run_id: "r", task_ids: ["t"], include_subdags: true, end_date: "1970-01-01T00:00:00.000Z" },
    answer: { task_instances: [reference] },
    errors: change1
  },
  {
    ...define("v1", Actions1, "setTaskInstancesState"),
    method: "POST",
    again: false,
    params: { ...task, new_state: "success", include_past: true, dry_run: false },
    path: "/api/v1/dags/d/updateTaskInstancesState",
    body: {
      dag_run_id: "r",
      task_id: "t",
      new_state: "success",
      include_past: true,
      dry_run: false,
      include_upstream: false,
      include_downstream: false,
      include_future: false
    },
    answer: { task_instances: [reference] },
    errors: change1
  },
  {
    ...define("v1", DagRuns1, "triggerDagRun"),
    method: "POST",
    again: false,
    params: { ...run, conf: {}, logical_date: new Date(0) },
    path: "/api/v1/dags/d/dagRuns",
    body: { dag_run_id: "r", conf: {}, logical_date: "1970-01-01T00:00:00.000Z" },
    answer: run,
    errors: [400, 401, 403, 404, 409]
  }
]
