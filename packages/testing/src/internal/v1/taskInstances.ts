/** The task-instance views of API v1, but for the log. */
import type { Dag } from "../../Scenario.js"
import { iso } from "../time.js"
import { type Instance, statusAt, type World } from "../world.js"
import { type Answer, crash, json, problem, refuse } from "./answer.js"
import { type Kind, taskStates, type Values } from "./params.js"

const at = (millis: number | undefined): string | null => (millis === undefined ? null : iso(millis))

/** A task instance at a time, as a row. */
export const row = (instance: Instance, now: number): Record<string, unknown> => {
  const { map_index, run, task } = instance
  const { duration, ended, max_tries, queued, started, state, trigger, try_number } = statusAt(instance, now)
  const ran = started !== undefined && task.run !== undefined && try_number > 0
  return {
    dag_id: run.dag.dag_id,
    dag_run_id: run.dag_run_id,
    duration: duration === undefined ? null : duration / 1000,
    end_date: at(ended),
    execution_date: iso(run.execution),
    executor: null,
    executor_config: "{}",
    hostname: ran ? "fake" : "",
    map_index,
    max_tries,
    note: null,
    operator: task.operator,
    pid: ran ? 4242 : null,
    pool: "default_pool",
    pool_slots: 1,
    priority_weight: 1,
    queue: "default",
    queued_when: at(queued),
    rendered_fields: ran ? { op_args: [], op_kwargs: {}, templates_dict: null } : {},
    // The name is made when the task has run.
    rendered_map_index: ran && ended !== undefined ? (task.mapped?.[map_index] ?? null) : null,
    sla_miss: null,
    start_date: at(started),
    state,
    task_display_name: task.task_id,
    task_id: task.task_id,
    trigger:
      trigger === undefined
        ? null
        : {
            classpath: "airflow.triggers.temporal.DateTimeTrigger",
            created_date: iso(started ?? now),
            id: 1,
            kwargs: "{}",
            triggerer_id: 1
          },
    triggerer_job:
      trigger === undefined
        ? null
        : {
            dag_id: null,
            end_date: null,
            executor_class: null,
            hostname: "fake",
            id: 2,
            job_type: "TriggererJob",
            latest_heartbeat: iso(now),
            start_date: iso(run.execution),
            state: "running",
            unixname: "root"
          },
    try_number,
    unixname: "root",
    ...task.fields
  }
}

const ranges: Readonly<Record<string, Kind>> = {
  execution_date_gte: "date",
  execution_date_lte: "date",
  start_date_gte: "date",
  start_date_lte: "date",
  end_date_gte: "date",
  end_date_lte: "date",
  duration_gte: "number",
  duration_lte: "number"
}

const names: Readonly<Record<string, Kind>> = { pool: "strings", queue: "strings", executor: "strings" }

export const listQuery: Readonly<Record<string, Kind>> = {
  ...ranges,
  ...names,
  updated_at_gte: "date",
  updated_at_lte: "date",
  state: "strings",
  limit: "integer",
  offset: "natural"
}

export const batchBody: Readonly<Record<string, Kind>> = {
  ...ranges,
  ...names,
  state: "states",
  dag_ids: "strings",
  dag_run_ids: "strings",
  task_ids: "strings",
  page_offset: "natural",
  page_limit: "positive"
}

const range = /^(execution_date|start_date|end_date|updated_at|duration)_(gte|lte)$/

/** Whether a row passes all filters; a list that is empty filters nothing, as in Airflow. */
const passes = (instance: Instance, values: Values, now: number): boolean => {
  const shown = row(instance, now)
  const { at: updated, ended, started } = statusAt(instance, now)
  const comparable: Readonly<Record<string, number | undefined>> = {
    execution_date: instance.run.execution,
    start_date: started,
    end_date: ended,
    updated_at: updated === 0 ? instance.run.execution : updated,
    duration: (shown["duration"] as number | null) ?? undefined
  }
  const lists: Readonly<Record<string, string>> = {
    state: "state",
    pool: "pool",
    queue: "queue",
    executor: "executor",
    dag_ids: "dag_id",
    dag_run_ids: "dag_run_id",
    task_ids: "task_id"
  }
  return Object.entries(values).every(([name, value]) => {
    const bound = range.exec(name)
    if (bound !== null) {
      const actual = comparable[bound[1]!]
      return (
        actual !== undefined &&
        (bound[2] === "gte" ? actual >= (value as number) : actual <= (value as number))
      )
    }
    const field = lists[name]
    if (field === undefined || (value as ReadonlyArray<unknown>).length === 0) return true
    return (value as ReadonlyArray<unknown>).includes(shown[field] ?? (field === "state" ? null : undefined))
  })
}

const page = (instances: ReadonlyArray<Instance>, offset: number, limit: number, now: number): Answer =>
  json({
    // SQLite takes a negative limit for none.
    task_instances: instances
      .slice(offset, limit < 0 ? undefined : offset + limit)
      .map((instance) => row(instance, now)),
    total_entries: instances.length
  })

/** A GET's list of states: `none` is no state, and one that is unknown crashes the view. */
const readStates = (values: Values): Values => {
  const states = values["state"] as ReadonlyArray<string> | undefined
  if (states === undefined) return values
  if (states.some((state) => !taskStates.includes(state))) refuse(crash())
  return { ...values, state: states.map((state) => (state === "none" ? null : state)) }
}

export const list = (
  world: World,
  dag_id: string,
  dag_run_id: string,
  query: Values,
  now: number
): Answer => {
  const values = readStates(query)
  const { limit = 100, offset = 0, ...filters } = values as Record<string, number>
  const found = world
    .instances(now)
    .filter(
      (instance) =>
        (dag_id === "~" || instance.run.dag.dag_id === dag_id) &&
        (dag_run_id === "~" || instance.run.dag_run_id === dag_run_id) &&
        passes(instance, filters, now)
    )
  return page(found, offset, limit, now)
}

export const batch = (world: World, body: Values, now: number): Answer => {
  const { page_limit = 100, page_offset = 0, ...filters } = body as Record<string, number>
  const states = filters["state"] as unknown as ReadonlyArray<string | null> | undefined
  const wanted =
    states === undefined
      ? filters
      : { ...filters, state: states.map((state) => (state === "none" ? null : state)) }
  return page(
    world.instances(now).filter((instance) => passes(instance, wanted, now)),
    page_offset,
    page_limit,
    now
  )
}

const orders: ReadonlySet<string> = new Set(["state", "duration", "start_date", "end_date"])

export const listMapped = (
  world: World,
  dag_id: string,
  dag_run_id: string,
  task_id: string,
  query: Values,
  now: number
): Answer => {
  const mapped = world.find(dag_id, dag_run_id, task_id, now).filter(({ map_index }) => map_index >= 0)
  if (mapped.length === 0) {
    const dag = world.dags.get(dag_id)
    if (dag === undefined) return problem(404, null, `DAG ${dag_id} not found`)
    const task = dag.tasks.find((task) => task.task_id === task_id)
    if (task === undefined) return problem(404, null, `Task id ${task_id} not found`)
    if (task.mapped === undefined) return problem(404, null, `Task id ${task_id} is not mapped`)
  }
  const { limit = 100, offset = 0, order_by, ...filters } = readStates(query) as Record<string, number>
  const found = mapped.filter((instance) => passes(instance, filters, now))
  if (order_by !== undefined) {
    const order = String(order_by)
    const descending = order.startsWith("-")
    const field = descending ? order.slice(1) : order
    if (!orders.has(field) && order !== "-map_index") {
      return problem(400, `Ordering with '${field}' is not supported`)
    }
    const value = (instance: Instance) => row(instance, now)[field] ?? ""
    found.sort((a, b) => {
      const [left, right] = [value(a), value(b)] as [string, string]
      const order = left < right ? -1 : left > right ? 1 : 0
      return (descending ? -order : order) || a.map_index - b.map_index
    })
  }
  return page(found, offset, limit, now)
}

export const clearBody: Readonly<Record<string, Kind>> = {
  dry_run: "boolean",
  task_ids: "someStrings",
  start_date: "string",
  end_date: "string",
  only_failed: "boolean",
  only_running: "boolean",
  include_subdags: "boolean",
  include_parentdag: "boolean",
  reset_dag_runs: "boolean",
  dag_run_id: "nullableString",
  include_upstream: "boolean",
  include_downstream: "boolean",
  include_future: "boolean",
  include_past: "boolean"
}

const time = (body: Values, name: string): number | undefined => {
  const text = body[name] as string | undefined
  if (text === undefined) return undefined
  const millis = Date.parse(text)
  return Number.isNaN(millis) ? refuse(problem(400, `{'${name}': ['Not a valid datetime.']}`)) : millis
}

const badForm = (message: string): never => refuse(problem(400, `{'_schema': ['${message}']}`))

/** The tasks of these names, and those before and after them that are asked for. */
const chosenTasks = (dag: Dag, body: Values): ReadonlySet<string> => {
  const named = body["task_ids"] as ReadonlyArray<string> | undefined
  const chosen = new Set(
    dag.tasks.map(({ task_id }) => task_id).filter((id) => named === undefined || named.includes(id))
  )
  const grow = (next: (id: string) => ReadonlyArray<string>) => {
    const seen = new Set<string>()
    const visit = (id: string): void => {
      if (seen.has(id)) return
      seen.add(id)
      for (const other of next(id)) visit(other)
    }
    for (const id of chosen) visit(id)
    return seen
  }
  const upstream = (id: string) => dag.tasks.find(({ task_id }) => task_id === id)?.upstream ?? []
  const downstream = (id: string) =>
    dag.tasks.filter((task) => task.upstream.includes(id)).map(({ task_id }) => task_id)
  const [before, after] = [grow(upstream), grow(downstream)]
  return new Set([
    ...chosen,
    ...(body["include_upstream"] === true ? before : []),
    ...(body["include_downstream"] === true ? after : [])
  ])
}

/** Clears task instances of a DAG. A running one is named in the answer and goes on all the same. */
export const clear = (world: World, dag_id: string, body: Values, now: number): Answer => {
  const { dry_run = true, only_failed = true, only_running = false, reset_dag_runs = false } = body
  const [from, to] = [time(body, "start_date"), time(body, "end_date")]
  const dag_run_id = (body["dag_run_id"] as string | null | undefined) ?? undefined
  if (only_failed === true && only_running === true) {
    badForm("only_failed and only_running both are set to True")
  }
  if (from !== undefined && to !== undefined && from > to) badForm("end_date is sooner than start_date")
  for (const [name, value] of [
    ["(start_date and end_date)", from === undefined ? undefined : to],
    ["start_date", from],
    ["end_date", to]
  ] as const) {
    if (value !== undefined && dag_run_id !== undefined) {
      badForm(`Exactly one of dag_run_id or ${name} must be provided`)
    }
  }
  const dag = world.dags.get(dag_id)
  if (dag === undefined) return problem(404, null, `Dag id ${dag_id} not found`)
  const run = dag_run_id === undefined ? undefined : world.run(dag_id, dag_run_id)
  if (dag_run_id !== undefined && run === undefined) {
    return problem(404, null, `Dag Run id ${dag_run_id} not found in dag ${dag_id}`)
  }
  const first = body["include_past"] === true ? undefined : (run?.execution ?? from)
  const last = body["include_future"] === true ? undefined : (run?.execution ?? to)
  const tasks = chosenTasks(dag, body)
  const wanted = (instance: Instance): boolean => {
    const { execution } = instance.run
    const state = statusAt(instance, now).state
    return (
      instance.run.dag === dag &&
      tasks.has(instance.task.task_id) &&
      (first === undefined || execution >= first) &&
      (last === undefined || execution <= last) &&
      (only_failed !== true || state === "failed" || state === "upstream_failed") &&
      (only_running !== true || state === "running")
    )
  }
  const found = world.instances(now).filter(wanted)
  if (dry_run === false) {
    const idle = found.filter((instance) => statusAt(instance, now).state !== "running")
    world.clear(idle, now, reset_dag_runs === true)
  }
  return json({
    task_instances: found.map(({ run, task }) => ({
      dag_id,
      dag_run_id: run.dag_run_id,
      execution_date: iso(run.execution),
      task_id: task.task_id
    }))
  })
}

export const get = (
  world: World,
  dag_id: string,
  dag_run_id: string,
  task_id: string,
  now: number
): Answer => {
  const found = world.find(dag_id, dag_run_id, task_id, now)
  const [only] = found
  if (only === undefined) return problem(404, null, "Task instance not found")
  return only.map_index >= 0
    ? problem(404, "Task instance is mapped, add the map_index value to the URL", "Task instance not found")
    : json(row(only, now))
}

export const getMapped = (
  world: World,
  dag_id: string,
  dag_run_id: string,
  task_id: string,
  map_index: number,
  now: number
): Answer => {
  const found = world
    .find(dag_id, dag_run_id, task_id, now)
    .find((instance) => instance.map_index === map_index)
  return found === undefined ? problem(404, null, "Task instance not found") : json(row(found, now))
}

export const links = (
  world: World,
  dag_id: string,
  dag_run_id: string,
  task_id: string,
  query: Values,
  now: number
): Answer => {
  const dag = world.dags.get(dag_id)
  if (dag === undefined) return problem(404, `DAG with ID = "${dag_id}" not found`, "DAG not found")
  const task = dag.tasks.find((task) => task.task_id === task_id)
  if (task === undefined) return problem(404, `Task with ID = "${task_id}" not found`, "Task not found")
  const map_index = (query["map_index"] as number | undefined) ?? -1
  const instance = world
    .find(dag_id, dag_run_id, task_id, now)
    .find((instance) => instance.map_index === map_index)
  if (instance === undefined) {
    return problem(404, `DAG Run with ID = "${dag_run_id}" not found`, "DAG Run not found")
  }
  const { state } = statusAt(instance, now)
  // A link that leads to another run is known once that run is there.
  return json(
    state === "success" ? task.links({ dag_run_id, execution_date: iso(instance.timeline.end.at) }) : {}
  )
}
