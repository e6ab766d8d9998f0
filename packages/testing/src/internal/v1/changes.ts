/** The views of API v1 around a task instance: its attempts, why it waits, its note, its state. */
import type { Answer } from "../answer.js"
import type { Backend } from "../backend.js"
import { unmet } from "../dependencies.js"
import * as History from "../history.js"
import * as Tasks from "../tasks.js"
import { iso } from "../time.js"
import { type Instance, statusAt } from "../world.js"
import { crash, json, problem, refuse } from "./answer.js"
import type { Kind, Values } from "./params.js"
import * as TaskInstances from "./taskInstances.js"

export interface Ids {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  /** -1 for one that is not mapped. */
  readonly map_index: number
}

const find = (
  { now, world }: Backend,
  { dag_id, dag_run_id, map_index, task_id }: Ids
): Instance | undefined =>
  world.find(dag_id, dag_run_id, task_id, now()).find((instance) => instance.map_index === map_index)

const text = ({ dag_id, dag_run_id, task_id }: Ids): string =>
  `Task Instance not found for dag_id=${dag_id}, run_id=${dag_run_id}, task_id=${task_id}`

/** No 404 for what is not there. */
export const tries = (backend: Backend, ids: Ids): Answer => {
  const { behaviour, now } = backend
  const instance = find(backend, ids)
  const attempts = instance === undefined ? [] : History.attempts(instance, now())
  return json({
    task_instances: attempts.map((status) => TaskInstances.attemptRow(instance!, status, behaviour)),
    total_entries: attempts.length
  })
}

export const tryDetails = (backend: Backend, ids: Ids, try_number: number): Answer => {
  const instance = find(backend, ids)
  const attempt = instance === undefined ? undefined : History.attempt(instance, try_number, backend.now())
  return instance === undefined || attempt === undefined
    ? problem(
        404,
        `${text(ids)}, map_index=${ids.map_index}, try_number=${try_number}.`,
        "Task instance not found"
      )
    : json(TaskInstances.attemptRow(instance, attempt, backend.behaviour))
}

export const dependencies = (backend: Backend, ids: Ids): Answer => {
  const instance = find(backend, ids)
  return instance === undefined
    ? problem(404, null, text(ids))
    : json({ dependencies: unmet(instance, backend.now()) })
}

export const noteBody: Readonly<Record<string, Kind>> = { note: "string" }

export const setNote = (backend: Backend, ids: Ids, body: Values): Answer => {
  const { behaviour, now, world } = backend
  const note = body["note"] as string | undefined
  if (note === undefined) return problem(400, "'note' is a required property")
  if (note.length > 1000) return problem(400, "{'note': ['Longer than maximum length 1000.']}")
  const instance = find(backend, ids)
  if (instance === undefined) return problem(404, null, text(ids))
  world.setNote(instance, note)
  return json(TaskInstances.row(find(backend, ids)!, now(), behaviour))
}

export const patchBody: Readonly<Record<string, Kind>> = { dry_run: "boolean", new_state: "newState" }

/** With `dry_run` it says what would be changed, and without it, nothing. */
export const patch = (backend: Backend, ids: Ids, body: Values): Answer => {
  const { now, world } = backend
  const { dag_id, dag_run_id, task_id } = ids
  const state = body["new_state"] as string | undefined
  if (state === undefined) return problem(400, "{'new_state': ['Missing data for required field.']}")
  const dag = world.dags.get(dag_id)
  if (dag === undefined) return problem(404, `DAG '${dag_id}' not found`, "DAG not found")
  if (!dag.tasks.some((task) => task.task_id === task_id)) {
    return problem(404, `Task '${task_id}' not found in DAG '${dag_id}'`, "Task not found")
  }
  const instance = find(backend, ids)
  if (instance === undefined) {
    return problem(404, `Task instance not found for task '${task_id}' on DAG run with ID '${dag_run_id}'`)
  }
  if (body["dry_run"] !== false) return json(TaskInstances.reference(instance))
  if (statusAt(instance, now()).state !== state) world.setState(instance, state, now())
  return json({})
}

export const stateBody: Readonly<Record<string, Kind>> = {
  dry_run: "boolean",
  task_id: "string",
  execution_date: "date",
  dag_run_id: "string",
  include_upstream: "boolean",
  include_downstream: "boolean",
  include_future: "boolean",
  include_past: "boolean",
  new_state: "newState"
}

const required = [
  "task_id",
  "include_upstream",
  "include_downstream",
  "include_future",
  "include_past",
  "new_state"
]

/** The runs that a change of states is about, in the order of their dates. */
const runsOf = (instance: Instance, { world }: Backend, body: Values) =>
  world
    .allRuns()
    .filter(
      ({ dag, execution }) =>
        dag === instance.run.dag &&
        (execution === instance.run.execution ||
          (body["include_future"] === true && execution > instance.run.execution) ||
          (body["include_past"] === true && execution < instance.run.execution))
    )

/** Sets the state of a task, and of those around it that are asked for. */
export const setStates = (backend: Backend, dag_id: string, body: Values): Answer => {
  const { now, world } = backend
  const missing = required.filter((name) => body[name] === undefined)
  if (missing.length > 0) {
    const said = missing.map((name) => `'${name}': ['Missing data for required field.']`)
    return problem(400, `{${said.join(", ")}}`)
  }
  const { dag_run_id, execution_date, new_state, task_id } = body as Readonly<Record<string, string>>
  if ((dag_run_id === undefined) === (execution_date === undefined)) {
    return problem(400, "{'_schema': ['Exactly one of execution_date or dag_run_id must be provided']}")
  }
  const dag = world.dags.get(dag_id)
  if (dag === undefined) return problem(404, null, `Dag ID ${dag_id} not found`)
  if (!dag.tasks.some((task) => task.task_id === task_id)) {
    return problem(404, null, `Task ID ${task_id!} not found`)
  }
  const run = world
    .allRuns()
    .find(
      (run) =>
        run.dag === dag &&
        (dag_run_id === undefined ? run.execution === Number(execution_date) : run.dag_run_id === dag_run_id)
    )
  const ids = { dag_id, dag_run_id: run?.dag_run_id ?? "", task_id: task_id!, map_index: -1 }
  const instance = run === undefined ? undefined : find(backend, ids)
  if (instance === undefined) {
    const where =
      dag_run_id === undefined
        ? `execution_date ${iso(Number(execution_date)).replace("T", " ")}`
        : `DAG run with ID '${dag_run_id}'`
    return refuse(problem(404, `Task instance not found for task '${task_id!}' on ${where}`))
  }
  if (body["dry_run"] === undefined && !backend.behaviour.dryByDefault) return crash()
  const tasks = Tasks.chosen(dag, [task_id!], {
    upstream: body["include_upstream"] === true,
    downstream: body["include_downstream"] === true
  })
  const changed = runsOf(instance, backend, body)
    .flatMap(({ dag_run_id }) => [...tasks].flatMap((id) => world.find(dag_id, dag_run_id, id, now())))
    .filter((one) => statusAt(one, now()).state !== new_state)
  if (body["dry_run"] === false) {
    for (const one of changed) world.setState(one, new_state!, now())
  }
  return json({ task_instances: changed.map(TaskInstances.reference) })
}
