/** Which task instances a list of API v2 shows, and in which order. */
import { refuse } from "../answer.js"
import type { Behaviour } from "../behaviour.js"
import { type Instance, statusAt } from "../world.js"
import { problem } from "./answer.js"
import * as Params from "./params.js"
import { type Row, row } from "./rows.js"

export const states = ({ since33 }: Behaviour): ReadonlyArray<string> => [
  "removed",
  "scheduled",
  "queued",
  "running",
  "success",
  "restarting",
  "failed",
  "up_for_retry",
  "up_for_reschedule",
  "upstream_failed",
  "skipped",
  "deferred",
  ...(since33 ? ["awaiting_input"] : [])
]

const dates = ["run_after", "logical_date", "start_date", "end_date", "updated_at"]

const bounds = ({ since31 }: Behaviour): ReadonlyArray<string> =>
  since31 ? ["gte", "gt", "lte", "lt"] : ["gte", "lte"]

export const listQuery = (behaviour: Behaviour): Params.Query => {
  const query: Record<string, Params.Query[string]> = {}
  for (const bound of bounds(behaviour)) {
    for (const name of dates) query[`${name}_${bound}`] = { read: Params.date }
    query[`duration_${bound}`] = { read: Params.float }
  }
  for (const name of ["state", "pool", "queue", "executor"]) {
    query[name] = { read: Params.string, many: true }
  }
  query["version_number"] = { read: Params.integer, many: true }
  query["task_id"] = { read: Params.string }
  query["task_display_name_pattern"] = { read: Params.string }
  query["limit"] = { read: Params.atLeast(0) }
  query["offset"] = { read: Params.atLeast(0) }
  if (behaviour.since31) {
    query["try_number"] = { read: Params.integer, many: true }
    query["map_index"] = { read: Params.integer, many: true }
    query["operator"] = { read: Params.string, many: true }
  }
  if (behaviour.taskGroups) query["task_group_id"] = { read: Params.string }
  query["order_by"] = behaviour.since31 ? { read: Params.string, many: true } : { read: Params.string }
  if (behaviour.since32) {
    for (const name of ["dag_id", "run_id", "pool_name", "queue_name", "operator_name"]) {
      query[`${name}_pattern`] = { read: Params.string }
    }
  }
  if (behaviour.beginnings) {
    query["rendered_map_index_pattern"] = { read: Params.string }
    for (const name of Object.keys(patterns)) {
      query[name.replace("_pattern", "_prefix_pattern")] = { read: Params.string }
    }
  }
  if (behaviour.cursors) query["cursor"] = { read: Params.string }
  return query
}

export const batchFields = (behaviour: Behaviour): Params.Fields => {
  const fields: Record<string, Params.Fields[string]> = {}
  const strings = { read: Params.nullable(Params.list(Params.string)) }
  for (const name of ["dag_ids", "dag_run_ids", "task_ids"]) fields[name] = strings
  fields["state"] = {
    read: Params.nullable(Params.list(Params.nullable(Params.oneOf(states(behaviour)))))
  }
  for (const name of dates.slice(0, -1)) {
    for (const bound of bounds(behaviour)) {
      fields[`${name}_${bound}`] = { read: Params.nullable(Params.zonedDate) }
    }
  }
  for (const bound of bounds(behaviour)) {
    fields[`duration_${bound}`] = { read: Params.nullable(Params.float) }
  }
  for (const name of ["pool", "queue", "executor"]) fields[name] = strings
  fields["page_offset"] = { read: Params.atLeast(0) }
  fields["page_limit"] = { read: Params.atLeast(0) }
  fields["order_by"] = { read: Params.nullable(Params.string) }
  return fields
}

/** The states of a query: `none` is no state. One that is unknown is refused before all else is looked at. */
export const readStates = (query: URLSearchParams, behaviour: Behaviour): void => {
  const valid = states(behaviour)
  for (const state of query.getAll("state")) {
    if (!valid.includes(state) && state !== "none" && state !== "no_status") {
      refuse(problem(422, `Invalid value for state. Valid values are ${valid.join(", ")}`))
    }
  }
}

const lists: Readonly<Record<string, string>> = {
  state: "state",
  pool: "pool",
  queue: "queue",
  executor: "executor",
  try_number: "try_number",
  map_index: "map_index",
  operator: "operator",
  dag_ids: "dag_id",
  dag_run_ids: "dag_run_id",
  task_ids: "task_id"
}

const patterns: Readonly<Record<string, string>> = {
  task_display_name_pattern: "task_display_name",
  dag_id_pattern: "dag_id",
  run_id_pattern: "dag_run_id",
  pool_name_pattern: "pool",
  queue_name_pattern: "queue",
  operator_name_pattern: "operator_name",
  rendered_map_index_pattern: "rendered_map_index"
}

/** SQL's `ILIKE` with what is looked for anywhere; `~` is found in all, and since 3.2 `|` parts alternatives. */
const matches = (pattern: string, value: unknown, { since32 }: Behaviour): boolean =>
  typeof value === "string" &&
  (since32 ? pattern.split("|") : [pattern]).some((part) => {
    if (part === "~") return true
    const source = part
      .replaceAll(/[.*+?^${}()[\]\\|]/g, String.raw`\$&`)
      .replaceAll("%", ".*")
      .replaceAll("_", ".")
    return new RegExp(source, "is").test(value)
  })

/** A beginning, where each character stands for itself. */
const begins = (pattern: string, value: unknown): boolean =>
  typeof value === "string" && pattern.split("|").some((part) => part === "~" || value.startsWith(part))

const range = /^(run_after|logical_date|start_date|end_date|updated_at|duration)_(gte?|lte?)$/

const within = (actual: number, bound: string, value: number): boolean =>
  bound === "gte"
    ? actual >= value
    : bound === "gt"
      ? actual > value
      : bound === "lte"
        ? actual <= value
        : actual < value

/** Whether a task instance passes all filters; a list that is empty filters nothing. */
export const passes = (
  instance: Instance,
  shown: Row,
  values: Params.Values,
  now: number,
  behaviour: Behaviour
): boolean => {
  const { at: updated, duration, ended, started } = statusAt(instance, now)
  const comparable: Readonly<Record<string, number | undefined>> = {
    run_after: instance.run.execution,
    logical_date: instance.run.logical,
    start_date: started,
    end_date: ended,
    updated_at: updated === 0 ? instance.run.execution : updated,
    duration: duration === undefined ? undefined : duration / 1000
  }
  return Object.entries(values).every(([name, value]) => {
    if (value === null || value === undefined) return true
    const bound = range.exec(name)
    if (bound !== null) {
      // A duration of 0 is taken for no bound.
      if (value === 0 && bound[1] === "duration") return true
      const actual = comparable[bound[1]!]
      return actual !== undefined && within(actual, bound[2]!, value as number)
    }
    if (name === "version_number") {
      return (value as ReadonlyArray<unknown>).length === 0 || (value as ReadonlyArray<unknown>).includes(1)
    }
    if (name === "task_id") return shown["task_id"] === value
    const pattern = patterns[name.replace("_prefix_pattern", "_pattern")]
    if (pattern !== undefined) {
      if (name.includes("_prefix_")) return begins(value as string, shown[pattern])
      // Before 3.2 only the first instance of a mapped task is found by its name.
      const named = name !== "task_display_name_pattern" || behaviour.since32 || instance.map_index <= 0
      return named && matches(value as string, shown[pattern], behaviour)
    }
    const field = lists[name]
    if (field === undefined) return true
    const wanted = value as ReadonlyArray<unknown>
    if (wanted.length === 0) return true
    const actual = shown[field]
    if (field === "state" && actual === null) {
      return wanted.some((state) => state === null || state === "none" || state === "no_status")
    }
    return wanted.includes(actual)
  })
}

const orders: ReadonlySet<string> = new Set([
  "id",
  "state",
  "duration",
  "start_date",
  "end_date",
  "map_index",
  "try_number",
  "logical_date",
  "run_after",
  "data_interval_start",
  "data_interval_end",
  "rendered_map_index",
  "operator",
  "run_id"
])

/** By what a list is sorted; the id comes last, so that the order is a total one. */
export interface Order {
  readonly keys: ReadonlyArray<{ readonly field: string; readonly descending: boolean }>
}

export const readOrder = (given: ReadonlyArray<string>, { since31 }: Behaviour): Order => {
  const keys = (given.length === 0 ? ["map_index"] : given).map((text) => {
    const descending = text.startsWith("-")
    const field = descending ? text.slice(1) : text
    if (!orders.has(field) || (field === "operator" && !since31)) {
      refuse(
        problem(400, `Ordering with '${field}' is disallowed or the attribute does not exist on the model`)
      )
    }
    return { field, descending }
  })
  if (keys.some(({ field }) => field === "id")) return { keys }
  return { keys: [...keys, { field: "id", descending: keys[0]?.descending ?? false }] }
}

export interface Listed {
  readonly instance: Instance
  readonly row: Row
  /** What it is sorted by. */
  readonly sort: ReadonlyArray<unknown>
}

/**
 * How two places in a list lie to each other. Before 3.2 nulls come last in every order; after it, where the
 * database puts them, which is first in SQLite.
 */
export const compareBy =
  ({ keys }: Order, { since32 }: Behaviour) =>
  (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): number => {
    for (const [index, { descending }] of keys.entries()) {
      const [left, right] = [a[index] ?? null, b[index] ?? null]
      if (left === right) continue
      if (left === null || right === null) {
        const nullFirst = since32 && !descending
        return (left === null) === nullFirst ? -1 : 1
      }
      const order = (left as string) < (right as string) ? -1 : 1
      return descending ? -order : order
    }
    return 0
  }

/** Times are compared as times, not as texts. */
const sortValue = (field: string, shown: Row): unknown => {
  const value = shown[field] ?? null
  return typeof value === "string" && (field.endsWith("_date") || field === "run_after")
    ? Date.parse(value)
    : value
}

/** The task instances that pass, in order. */
export const select = (
  instances: ReadonlyArray<Instance>,
  values: Params.Values,
  order: Order,
  now: number,
  behaviour: Behaviour
): ReadonlyArray<Listed> => {
  const found: Array<Listed> = []
  for (const instance of instances) {
    const shown = row(instance, now, behaviour)
    if (!passes(instance, shown, values, now, behaviour)) continue
    const sort = order.keys.map(({ field }) => sortValue(field, shown))
    found.push({ instance, row: shown, sort })
  }
  const by = compareBy(order, behaviour)
  return found.sort((a, b) => by(a.sort, b.sort))
}
