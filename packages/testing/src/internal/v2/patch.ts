/** The views of API v2 that change or remove one task instance. */
import { type Answer, refuse } from "../answer.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import * as Tasks from "../tasks.js"
import { type Instance, statusAt } from "../world.js"
import { databaseProblem, type Fault, json, problem } from "./answer.js"
import { again, rows } from "./changed.js"
import * as Params from "./params.js"
import { type Ids, instanceAt, missing, unknownDag } from "./taskInstances.js"

const newStates: ReadonlyArray<string> = ["success", "failed", "skipped"]

const newState = (input: unknown, loc: ReadonlyArray<string | number>, faults: Array<Fault>): unknown => {
  const text = typeof input === "string" ? input.toLowerCase() : undefined
  if (text !== undefined && newStates.includes(text)) return text
  const msg =
    input === null
      ? "Value error, 'new_state' should not be empty"
      : `Value error, '${String(input)}' is not one of ['success', 'failed', 'skipped']`
  faults.push({ type: "value_error", loc, msg, input, ctx: { error: {} } })
  return undefined
}

export const query = (): Params.Query => ({
  map_index: { read: Params.integer },
  update_mask: { read: Params.string, many: true }
})

export const fields = (): Params.Fields => ({
  new_state: { read: newState },
  note: { read: Params.nullable(Params.shortString(1000)) },
  include_upstream: { read: Params.boolean },
  include_downstream: { read: Params.boolean },
  include_future: { read: Params.boolean },
  include_past: { read: Params.boolean }
})

/** Since 3.3 an empty note is none. */
export const noteOf = (note: string | null, { since33 }: Behaviour): string | null =>
  note === "" && since33 ? null : note

/** The instances that a change is about: one, or without an index all of the task. */
const patched = (backend: Backend, ids: Ids, map_index: number | undefined): ReadonlyArray<Instance> => {
  const { behaviour, now, world } = backend
  const { dag_id, dag_run_id, task_id } = ids
  const dag = world.dags.get(dag_id)
  if (dag === undefined) return refuse(unknownDag(dag_id, behaviour))
  if (!dag.tasks.some((task) => task.task_id === task_id)) {
    return refuse(
      problem(404, `Task '${task_id}' not found in ${behaviour.since33 ? "Dag" : "DAG"} '${dag_id}'`)
    )
  }
  const all = world.find(dag_id, dag_run_id, task_id, now())
  const index = map_index ?? (behaviour.since31 ? undefined : -1)
  const found = index === undefined ? all : all.filter((instance) => instance.map_index === index)
  if (found.length > 0) return found
  return refuse(
    behaviour.since31
      ? problem(404, [
          `The Task Instance with dag_id: \`${dag_id}\`, run_id: \`${dag_run_id}\`, task_id: \`${task_id}\` and map_index: \`${map_index ?? "None"}\` was not found`
        ])
      : problem(404, `Task Instance not found for dag_id=${dag_id}, run_id=${dag_run_id}, task_id=${task_id}`)
  )
}

/** The same task instances, and those of the tasks before and after in the run. */
const withOthers = (
  { now, world }: Backend,
  instances: ReadonlyArray<Instance>,
  { include_downstream, include_upstream }: Params.Values
): ReadonlyArray<Instance> => {
  const [first] = instances
  if (first === undefined || (include_downstream !== true && include_upstream !== true)) return instances
  const { run, task } = first
  const tasks = Tasks.chosen(run.dag, [task.task_id], {
    upstream: include_upstream === true,
    downstream: include_downstream === true
  })
  const others = [...tasks]
    .filter((id) => id !== task.task_id)
    .flatMap((id) => world.find(run.dag.dag_id, run.dag_run_id, id, now()))
  return [...instances, ...others]
}

export const patch = (
  backend: Backend,
  ids: Ids,
  map_index: number | undefined,
  asked: { readonly query: Params.Values; readonly body: Params.Values },
  dryRun: boolean
): Answer => {
  const { behaviour, now, world } = backend
  const instances = patched(backend, ids, map_index)
  const mask = asked.query["update_mask"] as ReadonlyArray<string> | undefined
  if (behaviour.since33 && mask?.some((name) => !Object.hasOwn(fields(), name)) === true) {
    return databaseProblem(500, "Database error")
  }
  const body: Params.Values = Object.fromEntries(
    Object.entries(asked.body).filter(([name]) => mask === undefined || mask.includes(name))
  )
  const state = body["new_state"] as string | undefined
  const changed =
    state === undefined
      ? []
      : withOthers(backend, instances, asked.body).filter(
          (instance) => statusAt(instance, now()).state !== state
        )
  if (dryRun) {
    const all = state === undefined && (behaviour.since31 || body["note"] !== undefined)
    return rows(backend, all ? instances : changed)
  }
  if (state !== undefined && changed.length === 0) {
    return problem(409, `Task id ${ids.task_id} is already in ${state} state`)
  }
  for (const instance of changed) world.setState(instance, state!, now())
  const note = body["note"] as string | null | undefined
  // Null takes a note away only where the mask names it.
  if (note !== undefined && (note !== null || mask !== undefined)) {
    for (const instance of again(backend, instances)) world.setNote(instance, noteOf(note, behaviour))
  }
  return rows(backend, again(backend, instances))
}

export const remove = (backend: Backend, ids: Ids, map_index: number): Answer => {
  const instance = instanceAt(backend, ids, map_index)
  if (instance === undefined) return missing(ids, map_index)
  backend.world.remove(instance, backend.now())
  return json(null)
}
