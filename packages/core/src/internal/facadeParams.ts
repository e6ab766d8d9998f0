/** What each parameter is called at each API, and since which version it is known there. */
import { table } from "./capabilities.js"
import type { Place, Places, Rule, Rules } from "./facade.js"

const since = (version: string, as?: string): Place => ({
  since: version,
  ...(as === undefined ? {} : { as })
})

const v1 = /*#__PURE__*/ since("2.0")
const v2 = /*#__PURE__*/ since("3.0")
export const both: Places = { v1, v2 }

const onlyV2 = (version: string): Places => ({ v2: since(version) })

/** -1 says the same as nothing. */
const mapIndex =
  (places: Places): Rule =>
  (value) =>
    value !== -1 ? places : { v1: { since: "2.0", omit: true }, v2: { since: "3.0", omit: true } }

export const run: Rules = { dag_id: both, dag_run_id: both }
export const task: Rules = { ...run, task_id: both }
export const instance: Rules = /*#__PURE__*/ (() => ({ ...task, map_index: mapIndex(both) }))()

/** The bounds of a field: those that leave the bound itself out came later. */
const bounds = (field: string, places: Places, nameInV1 = field): Rules => {
  const inclusive = (bound: string): Places =>
    places.v1 === undefined ? places : { ...places, v1: { ...places.v1, as: `${nameInV1}_${bound}` } }
  return {
    [`${field}_gte`]: inclusive("gte"),
    [`${field}_lte`]: inclusive("lte"),
    [`${field}_gt`]: onlyV2("3.1"),
    [`${field}_lt`]: onlyV2("3.1")
  }
}

const ranges = (): Rules => ({
  ...bounds("logical_date", both, "execution_date"),
  ...bounds("run_after", { v2 }),
  ...bounds("start_date", both),
  ...bounds("end_date", both),
  ...bounds("duration", both)
})

const names = (): Rules => ({
  state: (value) => (Array.isArray(value) && value.includes("awaiting_input") ? onlyV2("3.3") : both),
  pool: both,
  queue: both,
  executor: { v1: since(table.executorFilter.v1), v2 }
})

const filters = (): Rules => ({
  ...ranges(),
  ...bounds("updated_at", { v1: since(table.updatedAtFilter.v1), v2 }),
  ...names(),
  version_number: { v2 },
  try_number: onlyV2("3.1"),
  operator: onlyV2("3.1"),
  map_index: onlyV2("3.1"),
  pool_name_pattern: onlyV2("3.2"),
  pool_name_prefix_pattern: onlyV2("3.2.2"),
  queue_name_pattern: onlyV2("3.2"),
  queue_name_prefix_pattern: onlyV2("3.2.2"),
  operator_name_pattern: onlyV2("3.2"),
  operator_name_prefix_pattern: onlyV2("3.2.2"),
  rendered_map_index_pattern: onlyV2("3.2.2"),
  rendered_map_index_prefix_pattern: onlyV2("3.2.2"),
  limit: both,
  offset: both
})

/** Several keys, or one that came as late. */
const newOrder = (value: unknown): boolean =>
  (Array.isArray(value) && value.length > 1) || /^-?operator$/.test(String(value))

/** One key in an array is the key itself. */
const oneKey = (value: unknown): unknown => (Array.isArray(value) && value.length === 1 ? value[0] : value)

export const list: Rules = /*#__PURE__*/ (() => ({
  ...run,
  ...filters(),
  task_id: { v2 },
  task_group_id: onlyV2("3.1.6"),
  task_display_name_pattern: { v2 },
  task_display_name_prefix_pattern: onlyV2("3.2.2"),
  dag_id_pattern: onlyV2("3.2"),
  dag_id_prefix_pattern: onlyV2("3.2.2"),
  run_id_pattern: onlyV2("3.2"),
  run_id_prefix_pattern: onlyV2("3.2.2"),
  order_by: (value) => (newOrder(value) ? onlyV2("3.1") : { v2 }),
  cursor: onlyV2(table.cursor.v2)
}))()

const mappedKeys: Readonly<Record<string, Place>> = {
  // The order of API v1 without a key; it refuses the key itself.
  map_index: { since: "2.3", omit: true },
  "-map_index": { since: "2.3" },
  state: { since: "2.3" },
  "-state": { since: "2.3" },
  duration: { since: "2.10" },
  "-duration": { since: "2.10" },
  start_date: { since: "2.10" },
  "-start_date": { since: "2.10" },
  end_date: { since: "2.10" },
  "-end_date": { since: "2.10" }
}

export const listMapped: Rules = /*#__PURE__*/ (() => ({
  ...task,
  ...filters(),
  order_by: (value: unknown): Places => {
    if (newOrder(value)) return onlyV2("3.1")
    const key = oneKey(value)
    const place = typeof key === "string" && Object.hasOwn(mappedKeys, key) ? mappedKeys[key] : undefined
    return place === undefined ? { v2 } : { v1: { ...place, value: key }, v2 }
  }
}))()

export const batch: Rules = /*#__PURE__*/ (() => ({
  ...ranges(),
  ...names(),
  dag_ids: both,
  dag_run_ids: { v1: since(table.batchByRun.v1), v2 },
  task_ids: { v1: since(table.batchByRun.v1), v2 },
  order_by: { v2 },
  // Before, API v1 takes them and ignores them.
  limit: { v1: since(table.batchPaging.v1, "page_limit"), v2: since("3.0", "page_limit") },
  offset: { v1: since(table.batchPaging.v1, "page_offset"), v2: since("3.0", "page_offset") }
}))()

export const links: Rules = /*#__PURE__*/ (() => ({
  ...task,
  map_index: mapIndex({ v1: since(table.linksOfMapped.v1), v2 }),
  try_number: onlyV2("3.2.2")
}))()

export const log: Rules = /*#__PURE__*/ (() => ({
  ...instance,
  try_number: { v1: since("2.0", "task_try_number"), v2 },
  token: both,
  full_content: both
}))()

export const note: Rules = /*#__PURE__*/ (() => ({ ...instance, note: both }))()

export const state: Rules = /*#__PURE__*/ (() => ({
  ...instance,
  new_state: (value: unknown): Places => (value === "skipped" ? { v1: since("2.7"), v2 } : both)
}))()

export const clear: Rules = /*#__PURE__*/ (() => ({
  dag_id: both,
  dag_run_id: { v1: since("2.4"), v2 },
  dry_run: both,
  task_ids: (value: unknown): Places =>
    Array.isArray(value) && value.some((item) => Array.isArray(item)) ? onlyV2(table.clearMapped.v2) : both,
  start_date: both,
  end_date: both,
  only_failed: both,
  only_running: both,
  reset_dag_runs: both,
  include_upstream: { v1: since("2.4"), v2 },
  include_downstream: { v1: since("2.4"), v2 },
  include_future: { v1: since("2.4"), v2 },
  include_past: { v1: since("2.4"), v2 },
  run_on_latest_version: onlyV2("3.1"),
  prevent_running_task: onlyV2("3.2"),
  note: onlyV2("3.3")
}))()

export const trigger: Rules = /*#__PURE__*/ (() => ({
  dag_id: both,
  dag_run_id: both,
  conf: both,
  logical_date: both,
  note: { v1: since(table.notes.v1), v2 }
}))()
