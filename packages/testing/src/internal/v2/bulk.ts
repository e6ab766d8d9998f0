/** The view of API v2 that changes many task instances at once. */
import type { ArrivedRequest } from "../../Fault.js"
import type { Answer } from "../answer.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import type { Instance } from "../world.js"
import { crash, type Fault, json } from "./answer.js"
import { again } from "./changed.js"
import * as Params from "./params.js"
import * as Patch from "./patch.js"
import type { Ids } from "./taskInstances.js"

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
      const note = given["note"] as string | null | undefined
      // Since 3.3 null leaves a note as it is, as it does in a single change.
      if (note !== undefined && (note !== null || !behaviour.since33)) {
        for (const one of again(backend, [instance])) world.setNote(one, Patch.noteOf(note, behaviour))
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
  ...Patch.fields(),
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
