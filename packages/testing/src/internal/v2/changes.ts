/** The views of API v2 that change task instances: clear, patch, bulk, delete. */
import type { ArrivedRequest } from "../../Fault.js"
import { type Answer, refuse } from "../answer.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import * as Tasks from "../tasks.js"
import { type Instance, statusAt } from "../world.js"
import { crash, databaseProblem, type Fault, invalid, json, problem } from "./answer.js"
import * as Params from "./params.js"
import { row } from "./rows.js"
import { collection, type Ids, instanceAt, missing, unknownDag } from "./taskInstances.js"

const rows = ({ behaviour, now }: Backend, instances: ReadonlyArray<Instance>): Answer =>
  collection(
    "task_instances",
    instances.map((instance) => row(instance, now(), behaviour, "alone")),
    instances.length,
    behaviour
  )

/** The instances as they are now, after something was done to them. */
const again = ({ now, world }: Backend, instances: ReadonlyArray<Instance>): ReadonlyArray<Instance> =>
  instances.flatMap(({ map_index, run, task }) =>
    world
      .find(run.dag.dag_id, run.dag_run_id, task.task_id, now())
      .filter((instance) => instance.map_index === map_index)
  )

// Clearing

const chosen = (input: unknown, loc: ReadonlyArray<string | number>, faults: Array<Fault>): unknown =>
  Array.isArray(input) ? input : Params.string(input, loc, faults)

export const clearFields = ({ since31, since32, since33 }: Behaviour): Params.Fields => ({
  dry_run: { read: Params.boolean },
  start_date: { read: Params.nullable(Params.zonedDate) },
  end_date: { read: Params.nullable(Params.zonedDate) },
  only_failed: { read: Params.boolean },
  only_running: { read: Params.boolean },
  reset_dag_runs: { read: Params.boolean },
  task_ids: { read: Params.nullable(Params.list(chosen)) },
  dag_run_id: { read: Params.nullable(Params.string) },
  include_upstream: { read: Params.boolean },
  include_downstream: { read: Params.boolean },
  include_future: { read: Params.boolean },
  include_past: { read: Params.boolean },
  ...(since31 ? { run_on_latest_version: { read: Params.boolean } } : {}),
  ...(since32 ? { prevent_running_task: { read: Params.boolean } } : {}),
  ...(since33 ? { note: { read: Params.nullable(Params.shortString(1000)) } } : {})
})

/** What contradicts itself; before 3.3 that crashed. */
const contradiction = (body: Params.Values): string | undefined => {
  const { dag_run_id, end_date, only_failed = true, only_running = false, start_date, task_ids } = body
  if (only_failed === true && only_running === true) {
    return "only_failed and only_running both are set to True"
  }
  const given = (value: unknown) => value !== undefined && value !== null
  if (given(start_date) && given(end_date) && (end_date as number) < (start_date as number)) {
    return "end_date is sooner than start_date"
  }
  if (given(dag_run_id)) {
    if (given(start_date) && given(end_date)) {
      return "Exactly one of dag_run_id or (start_date and end_date) must be provided"
    }
    if (given(start_date)) return "Exactly one of dag_run_id or start_date must be provided"
    if (given(end_date)) return "Exactly one of dag_run_id or end_date must be provided"
  }
  return Array.isArray(task_ids) && task_ids.length === 0
    ? "task_ids list should have at least 1 element."
    : undefined
}

const checkClear = (body: Params.Values, input: unknown, { since33 }: Behaviour): void => {
  const said = contradiction(body)
  if (said === undefined) return
  refuse(
    since33
      ? invalid([
          { type: "value_error", loc: ["body"], msg: `Value error, ${said}`, input, ctx: { error: {} } }
        ])
      : crash()
  )
}

export const clear = (backend: Backend, dag_id: string, body: Params.Values, input: unknown): Answer => {
  const { behaviour, world } = backend
  const now = backend.now()
  checkClear(body, input, behaviour)
  const dag = world.dags.get(dag_id)
  if (dag === undefined) return unknownDag(dag_id, behaviour)
  const { dry_run = true, only_failed = true, only_running = false, reset_dag_runs = true } = body
  const dag_run_id = (body["dag_run_id"] as string | null | undefined) ?? undefined
  const run = dag_run_id === undefined ? undefined : world.run(dag_id, dag_run_id)
  if (dag_run_id !== undefined && run === undefined) {
    return problem(404, `Dag Run id ${dag_run_id} not found in dag ${dag_id}`)
  }
  const others = body["include_past"] === true || body["include_future"] === true
  if (others && run !== undefined && run.logical === undefined) {
    return problem(
      400,
      behaviour.since31
        ? "Cannot use include_past or include_future with no logical_date(e.g. manually or asset-triggered)."
        : "Cannot use include_past or include_future when dag_run_id is provided because logical_date is not applicable."
    )
  }
  const named = body["task_ids"] as ReadonlyArray<string | readonly [string, number]> | null | undefined
  const ids = named?.map((one) => (typeof one === "string" ? one : one[0]))
  const tasks = Tasks.chosen(dag, ids, {
    upstream: body["include_upstream"] === true,
    downstream: body["include_downstream"] === true
  })
  /** A task that is only named with an index stands for that instance. */
  const ofIndex = ({ map_index, task }: Instance): boolean =>
    named === undefined ||
    named === null ||
    !named.some((one) => typeof one !== "string" && one[0] === task.task_id) ||
    named.some((one) => typeof one !== "string" && one[0] === task.task_id && one[1] === map_index)
  const from = (body["start_date"] as number | null | undefined) ?? undefined
  const to = (body["end_date"] as number | null | undefined) ?? undefined
  const found = world.instances(now).filter((instance) => {
    const { state } = statusAt(instance, now)
    const { execution, logical } = instance.run
    return (
      instance.run.dag === dag &&
      (run === undefined || instance.run === run) &&
      tasks.has(instance.task.task_id) &&
      ofIndex(instance) &&
      (from === undefined || (logical ?? execution) >= from) &&
      (to === undefined || (logical ?? execution) <= to) &&
      (only_failed !== true || state === "failed" || state === "upstream_failed") &&
      (only_running !== true || state === "running")
    )
  })
  if (dry_run !== false) return rows(backend, found)
  if (body["prevent_running_task"] === true) {
    const running = found.find((instance) => statusAt(instance, now).state === "running")
    if (running !== undefined) {
      return problem(409, `Task instance is running: ${running.task.task_id}. Stopping clear operation.`)
    }
  }
  world.clear(found, now, reset_dag_runs === true)
  const note = body["note"] as string | null | undefined
  if (note !== undefined && note !== null) {
    for (const instance of again(backend, found)) world.setNote(instance, note)
  }
  return rows(backend, again(backend, found))
}

// Patching

export const newStates: ReadonlyArray<string> = ["success", "failed", "skipped"]

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

export const patchQuery = (): Params.Query => ({
  map_index: { read: Params.integer },
  update_mask: { read: Params.string, many: true }
})

export const patchFields = (): Params.Fields => ({
  new_state: { read: newState },
  note: { read: Params.nullable(Params.shortString(1000)) },
  include_upstream: { read: Params.boolean },
  include_downstream: { read: Params.boolean },
  include_future: { read: Params.boolean },
  include_past: { read: Params.boolean }
})

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
  if (behaviour.since33 && mask?.some((name) => !Object.hasOwn(patchFields(), name)) === true) {
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
  if (note !== undefined) {
    for (const instance of again(backend, instances)) world.setNote(instance, note)
  }
  return rows(backend, again(backend, instances))
}

export const remove = (backend: Backend, ids: Ids, map_index: number): Answer => {
  const instance = instanceAt(backend, ids, map_index)
  if (instance === undefined) return missing(ids, map_index)
  backend.world.remove(instance, backend.now())
  return json(null)
}

// Many at once

interface Outcome {
  readonly success: Array<string>
  readonly errors: Array<{ readonly error: string; readonly status_code: number }>
}

type Entity = Readonly<Record<string, unknown>>

const keyOf = ({ map_index, run, task }: Instance): string =>
  `${run.dag.dag_id}.${run.dag_run_id}.${task.task_id}[${map_index}]`

/** In whose words an entity is missed: 3.1 knows the ids of the path only. */
const missed = (ids: Ids, map_index: number | undefined, action: string, behaviour: Behaviour): string => {
  const { dag_id, dag_run_id, task_id } = ids
  if (map_index !== undefined && (behaviour.since32 || action === "delete")) {
    return `The task instances with these identifiers: [{'dag_id': '${dag_id}', 'dag_run_id': '${dag_run_id}', 'task_id': '${task_id}', 'map_index': ${map_index}}] were not found`
  }
  if (behaviour.since32) {
    return `No task instances found for dag_id: ${dag_id}, run_id: ${dag_run_id}, task_id: ${task_id}`
  }
  return action === "delete"
    ? `No task instances found for task_id: ${task_id}`
    : `The Task Instance with dag_id: \`${dag_id}\`, run_id: \`${dag_run_id}\`, task_id: \`${task_id}\` and map_index: \`None\` was not found`
}

interface Change {
  readonly action: "update" | "delete"
  readonly path: Ids
  /** Whether what is not there is passed over. */
  readonly skip: boolean
  readonly outcome: Outcome
}

/** False: nothing more is done, as 3.1 does after the first that is not there. */
const apply = (backend: Backend, change: Change, entity: Entity | string): boolean => {
  const { action, outcome, path, skip } = change
  const { behaviour, now, world } = backend
  const given: Entity = typeof entity === "string" ? { task_id: entity } : entity
  const ids: Ids = {
    dag_id: path.dag_id === "~" ? String(given["dag_id"]) : path.dag_id,
    dag_run_id: path.dag_run_id === "~" ? String(given["dag_run_id"]) : path.dag_run_id,
    task_id: String(given["task_id"])
  }
  const map_index = (given["map_index"] as number | null | undefined) ?? undefined
  const found = world
    .find(ids.dag_id, ids.dag_run_id, ids.task_id, now())
    .filter((instance) => map_index === undefined || instance.map_index === map_index)
  if (found.length === 0) {
    if (skip) return true
    outcome.errors.push({ error: missed(ids, map_index, action, behaviour), status_code: 404 })
    return behaviour.since32
  }
  // 3.2 changes nothing where only the path says which DAG and run are meant, and does not tell.
  if (action === "update" && behaviour.since32 && !behaviour.since33 && given["dag_id"] === undefined)
    return true
  for (const instance of found) {
    if (action === "delete") world.remove(instance, now())
    else {
      const state = given["new_state"] as string | undefined
      if (state !== undefined) world.setState(instance, state, now())
      if ("note" in given) {
        for (const one of again(backend, [instance])) world.setNote(one, given["note"] as string | null)
      }
    }
    const short =
      map_index === undefined && instance.map_index < 0
        ? ids.task_id
        : `${ids.task_id}[${instance.map_index}]`
    outcome.success.push(behaviour.since32 ? keyOf(instance) : short)
  }
  return true
}

const entityFields = ({ since32 }: Behaviour): Params.Fields => ({
  ...patchFields(),
  task_id: { read: Params.string, required: true },
  map_index: { read: Params.nullable(Params.integer) },
  ...(since32 ? { dag_id: { read: Params.string }, dag_run_id: { read: Params.string } } : {})
})

type Action = Readonly<Record<string, unknown>>

/** What is wrong with the entities of an action. */
const checkEntities = (action: Action, index: number, behaviour: Behaviour, faults: Array<Fault>): void => {
  const name = String(action["action"])
  const loc = ["body", "actions", index, name, "entities"]
  const { entities } = action
  if (!Array.isArray(entities)) {
    faults.push({ type: "missing", loc, msg: "Field required", input: action })
    return
  }
  for (const [place, entity] of entities.entries()) {
    if (typeof entity === "object" && entity !== null) {
      Params.readFields(entity as Entity, entityFields(behaviour), [...loc, place], faults)
    }
  }
}

const actionNames = ["create", "update", "delete"] as const

/** Changes many task instances; what goes wrong with one is told in the answer. */
export const bulk = (
  backend: Backend,
  dag_id: string,
  dag_run_id: string,
  { body, headers }: ArrivedRequest
): Answer => {
  const faults: Array<Fault> = []
  const values = Params.readBody(
    headers["content-type"],
    body,
    { actions: { read: Params.list(Params.object), required: true } },
    faults
  )
  Params.refuseFaults(faults)
  const actions = values["actions"] as ReadonlyArray<Action>
  // A kind of action that it does not know makes it crash.
  if (actions.some(({ action }) => !actionNames.some((name) => name === action))) return crash()
  for (const [index, action] of actions.entries()) checkEntities(action, index, backend.behaviour, faults)
  Params.refuseFaults(faults)
  const outcomes: Partial<Record<(typeof actionNames)[number], Outcome>> = {}
  for (const { action, action_on_non_existence, entities } of actions) {
    const name = action as (typeof actionNames)[number]
    const outcome = (outcomes[name] ??= { success: [], errors: [] })
    if (name === "create") {
      outcome.errors.push({ error: "Task instances bulk create is not supported", status_code: 405 })
      continue
    }
    const skip = action_on_non_existence === "skip"
    const change: Change = { action: name, path: { dag_id, dag_run_id, task_id: "" }, skip, outcome }
    for (const entity of entities as ReadonlyArray<Entity | string>) {
      if (!apply(backend, change, entity)) break
    }
  }
  return json({
    create: outcomes.create ?? null,
    update: outcomes.update ?? null,
    delete: outcomes.delete ?? null
  })
}
