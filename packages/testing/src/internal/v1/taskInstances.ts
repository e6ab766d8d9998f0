/** The task-instance views of API v1, but for the log. */
import { iso } from "../time.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import * as Tasks from "../tasks.js"
import type { Change } from "../timeline.js"
import { type Instance, statusAt } from "../world.js"
import { type Answer, crash, json, problem, refuse } from "./answer.js"
import { type Kind, taskStates, type Values } from "./params.js"

/** What stands for a task instance in the answer to a change. */
export const reference = ({ run, task }: Instance): Record<string, unknown> => ({
  dag_id: run.dag.dag_id,
  dag_run_id: run.dag_run_id,
  execution_date: iso(run.execution),
  task_id: task.task_id
})

const at = (millis: number | undefined): string | null => (millis === undefined ? null : iso(millis))

const waiting = ["scheduled", "queued", "deferred", "up_for_reschedule"]

/** Before 2.10 an attempt counts from when it runs, and what is deferred shows the number of the one before. */
const attemptShown = (
  { task }: Instance,
  { state, try_number }: Change,
  { attemptBefore }: Behaviour
): number => {
  if (!attemptBefore) return try_number
  return task.run === undefined ? 0 : waiting.includes(state ?? "") ? try_number - 1 : try_number
}

/** What is in the row of a task instance as in that of one of its attempts. */
const common = (instance: Instance, status: Change, behaviour: Behaviour): Record<string, unknown> => {
  const { map_index, run, task } = instance
  const { duration, ended, max_tries, queued, started, state, try_number } = status
  const ran = started !== undefined && task.run !== undefined && try_number > 0
  return {
    dag_id: run.dag.dag_id,
    dag_run_id: run.dag_run_id,
    duration: duration === undefined ? null : duration / 1000,
    end_date: at(ended),
    ...(behaviour.history ? { executor: null } : {}),
    executor_config: "{}",
    hostname: ran ? "fake" : "",
    map_index,
    max_tries,
    operator: task.operator,
    pid: ran ? 4242 : null,
    pool: "default_pool",
    pool_slots: 1,
    // Its own, and that of each task that waits for it.
    priority_weight: 1 + Tasks.after(run.dag, task.task_id).size,
    queue: "default",
    queued_when: at(queued),
    start_date: at(started),
    state,
    ...(behaviour.displayNames ? { task_display_name: task.task_id } : {}),
    task_id: task.task_id,
    try_number: attemptShown(instance, status, behaviour),
    unixname: "root"
  }
}

/** An attempt, as it is or was. */
export const attemptRow = common

/** A task instance at a time, as a row. */
export const row = (instance: Instance, now: number, behaviour: Behaviour): Record<string, unknown> => {
  const { map_index, note, run, task } = instance
  const status = statusAt(instance, now)
  const { ended, started, trigger, try_number } = status
  const ran = started !== undefined && task.run !== undefined && try_number > 0
  return {
    ...common(instance, status, behaviour),
    execution_date: iso(run.execution),
    note,
    rendered_fields: ran ? { op_args: [], op_kwargs: {}, templates_dict: null } : {},
    // The name is made when the task has run.
    ...(behaviour.displayNames
      ? { rendered_map_index: ran && ended !== undefined ? (task.mapped?.[map_index] ?? null) : null }
      : {}),
    sla_miss: null,
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
    ...task.fields
  }
}

export type Kinds = Readonly<Record<string, Kind>>

const ranges: Kinds = {
  execution_date_gte: "date",
  execution_date_lte: "date",
  start_date_gte: "date",
  start_date_lte: "date",
  end_date_gte: "date",
  end_date_lte: "date",
  duration_gte: "number",
  duration_lte: "number"
}

const names = ({ history }: Behaviour): Kinds => ({
  pool: "strings",
  queue: "strings",
  ...(history ? { executor: "strings" } : {})
})

export const listQuery = (behaviour: Behaviour): Kinds => ({
  ...ranges,
  ...names(behaviour),
  updated_at_gte: "date",
  updated_at_lte: "date",
  state: "strings",
  limit: "integer",
  offset: "natural"
})

export const batchBody = (behaviour: Behaviour): Kinds => ({
  ...ranges,
  ...names(behaviour),
  state: "states",
  dag_ids: "strings",
  ...(behaviour.batchByIds ? { dag_run_ids: "strings", task_ids: "strings" } : {}),
  page_offset: "natural",
  page_limit: "positive"
})

const range = /^(execution_date|start_date|end_date|updated_at|duration)_(gte|lte)$/

/** Whether a row passes all filters; a list that is empty filters nothing, as in Airflow. */
const passes = (instance: Instance, values: Values, now: number, behaviour: Behaviour): boolean => {
  const shown = row(instance, now, behaviour)
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

const page = (
  instances: ReadonlyArray<Instance>,
  offset: number,
  limit: number,
  { behaviour, now }: Backend
): Answer =>
  json({
    // SQLite takes a negative limit for none.
    task_instances: instances
      .slice(offset, limit < 0 ? undefined : offset + limit)
      .map((instance) => row(instance, now(), behaviour)),
    total_entries: instances.length
  })

/** A GET's list of states: `none` is no state, and one that is unknown crashes the view. */
const readStates = (values: Values): Values => {
  const states = values["state"] as ReadonlyArray<string> | undefined
  if (states === undefined) return values
  if (states.some((state) => !taskStates.includes(state))) refuse(crash())
  return { ...values, state: states.map((state) => (state === "none" ? null : state)) }
}

export const list = (backend: Backend, dag_id: string, dag_run_id: string, query: Values): Answer => {
  const { behaviour, now, world } = backend
  const values = readStates(query)
  const { limit = 100, offset = 0, ...filters } = values as Record<string, number>
  const found = world
    .instances(now())
    .filter(
      (instance) =>
        (dag_id === "~" || instance.run.dag.dag_id === dag_id) &&
        (dag_run_id === "~" || instance.run.dag_run_id === dag_run_id) &&
        passes(instance, filters, now(), behaviour)
    )
  return page(found, offset, limit, backend)
}

/** Before 2.10.3 a page is everything. */
export const batch = (backend: Backend, body: Values): Answer => {
  const { behaviour, now, world } = backend
  const { page_limit = 100, page_offset = 0, ...filters } = body as Record<string, number>
  const states = filters["state"] as unknown as ReadonlyArray<string | null> | undefined
  const wanted =
    states === undefined
      ? filters
      : { ...filters, state: states.map((state) => (state === "none" ? null : state)) }
  const found = world.instances(now()).filter((instance) => passes(instance, wanted, now(), behaviour))
  return behaviour.batchPages
    ? page(found, page_offset, page_limit, backend)
    : page(found, 0, Number.POSITIVE_INFINITY, backend)
}

const orders = ({ history }: Behaviour): ReadonlyArray<string> =>
  history ? ["state", "duration", "start_date", "end_date"] : ["state"]

export const listMapped = (
  backend: Backend,
  dag_id: string,
  dag_run_id: string,
  task_id: string,
  query: Values
): Answer => {
  const { behaviour, world } = backend
  const now = backend.now()
  const mapped = world.find(dag_id, dag_run_id, task_id, now).filter(({ map_index }) => map_index >= 0)
  if (mapped.length === 0) {
    const dag = world.dags.get(dag_id)
    if (dag === undefined) return problem(404, null, `DAG ${dag_id} not found`)
    const task = dag.tasks.find((task) => task.task_id === task_id)
    if (task === undefined) {
      return behaviour.stumblesOverTasks ? crash() : problem(404, null, `Task id ${task_id} not found`)
    }
    if (task.mapped === undefined) return problem(404, null, `Task id ${task_id} is not mapped`)
  }
  const { limit = 100, offset = 0, order_by, ...filters } = readStates(query) as Record<string, number>
  const found = mapped.filter((instance) => passes(instance, filters, now, behaviour))
  if (order_by !== undefined) {
    const order = String(order_by)
    const descending = order.startsWith("-")
    const field = descending ? order.slice(1) : order
    if (!orders(behaviour).includes(field) && order !== "-map_index") {
      return problem(400, `Ordering with '${field}' is not supported`)
    }
    const value = (instance: Instance) => row(instance, now, behaviour)[field] ?? ""
    found.sort((a, b) => {
      const [left, right] = [value(a), value(b)] as [string, string]
      const order = left < right ? -1 : left > right ? 1 : 0
      return (descending ? -order : order) || a.map_index - b.map_index
    })
  }
  return page(found, offset, limit, backend)
}

export const get = (
  { behaviour, world, ...backend }: Backend,
  dag_id: string,
  dag_run_id: string,
  task_id: string
): Answer => {
  const now = backend.now()
  const found = world.find(dag_id, dag_run_id, task_id, now)
  const [only] = found
  if (only === undefined) return problem(404, null, "Task instance not found")
  return only.map_index >= 0
    ? problem(404, "Task instance is mapped, add the map_index value to the URL", "Task instance not found")
    : json(row(only, now, behaviour))
}

export const getMapped = (
  { behaviour, world, ...backend }: Backend,
  dag_id: string,
  dag_run_id: string,
  task_id: string,
  map_index: number
): Answer => {
  const now = backend.now()
  const found = world
    .find(dag_id, dag_run_id, task_id, now)
    .find((instance) => instance.map_index === map_index)
  return found === undefined
    ? problem(404, null, "Task instance not found")
    : json(row(found, now, behaviour))
}

export const links = (
  { behaviour, world, ...backend }: Backend,
  dag_id: string,
  dag_run_id: string,
  task_id: string,
  query: Values
): Answer => {
  const now = backend.now()
  const dag = world.dags.get(dag_id)
  if (dag === undefined) return problem(404, `DAG with ID = "${dag_id}" not found`, "DAG not found")
  const task = dag.tasks.find((task) => task.task_id === task_id)
  if (task === undefined) return problem(404, `Task with ID = "${task_id}" not found`, "Task not found")
  const map_index = (query["map_index"] as number | undefined) ?? -1
  const all = world.find(dag_id, dag_run_id, task_id, now)
  const instance = behaviour.mappedLinks ? all.find((instance) => instance.map_index === map_index) : all[0]
  if (instance === undefined) {
    return problem(404, `DAG Run with ID = "${dag_run_id}" not found`, "DAG Run not found")
  }
  const { state } = statusAt(instance, now)
  // A link that leads to another run is known once that run is there.
  return json(
    state === "success"
      ? task.links({ dag_run_id, execution_date: iso(instance.timeline.end.at), version: behaviour.version })
      : {}
  )
}
