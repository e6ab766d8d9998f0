/** The views of DAGs and runs that tests and demos need: list, trigger, look. */
import { iso } from "../time.js"
import { type Run, runAt, type World } from "../world.js"
import { type Answer, json, problem } from "./answer.js"
import type { Kind, Values } from "./params.js"

const show = (run: Run, now: number): Record<string, unknown> => {
  const { ended, started, state } = runAt(run, now)
  return {
    conf: run.conf,
    dag_id: run.dag.dag_id,
    dag_run_id: run.dag_run_id,
    data_interval_end: iso(run.execution),
    data_interval_start: iso(run.execution),
    end_date: ended === undefined ? null : iso(ended),
    execution_date: iso(run.execution),
    external_trigger: true,
    last_scheduling_decision: state === "queued" ? null : iso(ended ?? now),
    logical_date: iso(run.execution),
    note: null,
    run_type: "manual",
    start_date: started === undefined ? null : iso(started),
    state
  }
}

export const triggerBody: Readonly<Record<string, Kind>> = { dag_run_id: "string", conf: "object" }

export const list = (world: World): Answer =>
  json({
    dags: [...world.dags.keys()].sort().map((dag_id) => ({ dag_id, is_active: true, is_paused: false })),
    total_entries: world.dags.size
  })

export const trigger = (world: World, dag_id: string, body: Values, now: number): Answer => {
  const dag = world.dags.get(dag_id)
  if (dag === undefined) return problem(404, `DAG with dag_id: '${dag_id}' not found`, "DAG not found")
  const dag_run_id = (body["dag_run_id"] as string | undefined) ?? `manual__${iso(now)}`
  if (world.run(dag_id, dag_run_id) !== undefined) {
    return problem(409, `DAGRun with DAG ID: '${dag_id}' and DAGRun ID: '${dag_run_id}' already exists`)
  }
  return json(show(world.trigger(dag, dag_run_id, (body["conf"] as Run["conf"] | undefined) ?? {}, now), now))
}

export const get = (world: World, dag_id: string, dag_run_id: string, now: number): Answer => {
  const run = world.run(dag_id, dag_run_id)
  return run === undefined
    ? problem(
        404,
        `DAGRun with DAG ID: '${dag_id}' and DagRun ID: '${dag_run_id}' not found`,
        "DAGRun not found"
      )
    : json(show(run, now))
}
