/** The view of API v2 that clears task instances. */
import { type Answer, refuse } from "../answer.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import * as Tasks from "../tasks.js"
import { type Instance, statusAt } from "../world.js"
import { crash, type Fault, invalid, problem } from "./answer.js"
import { again, rows } from "./changed.js"
import * as Params from "./params.js"
import { unknownDag } from "./taskInstances.js"

const chosen = (input: unknown, loc: ReadonlyArray<string | number>, faults: Array<Fault>): unknown =>
  Array.isArray(input) ? input : Params.string(input, loc, faults)

export const fields = ({ since31, since32, since33 }: Behaviour): Params.Fields => ({
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
  const whole = (named ?? []).filter((one) => typeof one === "string")
  const single = (named ?? []).filter((one) => typeof one !== "string")
  /** A task that is only named with an index stands for that instance. */
  const ofIndex = ({ map_index, task }: Instance): boolean =>
    whole.includes(task.task_id) ||
    (whole.length > 0 && !behaviour.clearsInstances) ||
    !single.some(([id]) => id === task.task_id) ||
    single.some(([id, index]) => id === task.task_id && index === map_index)
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
