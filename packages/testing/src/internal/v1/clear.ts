/** The view of API v1 that clears task instances. */
import type { Answer } from "../answer.js"
import type { Backend } from "../backend.js"
import * as Tasks from "../tasks.js"
import { type Instance, statusAt } from "../world.js"
import { json, problem, refuse } from "./answer.js"
import type { Values } from "./params.js"
import { type Kinds, reference } from "./taskInstances.js"

export const clearBody: Kinds = {
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

/** Clears task instances of a DAG. A running one is named in the answer and goes on all the same. */
export const clear = ({ world, ...backend }: Backend, dag_id: string, body: Values): Answer => {
  const now = backend.now()
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
  const tasks = Tasks.chosen(dag, body["task_ids"] as ReadonlyArray<string> | undefined, {
    upstream: body["include_upstream"] === true,
    downstream: body["include_downstream"] === true
  })
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
    task_instances: found.map(reference)
  })
}
