/** The views of DAGs and runs that tests and demos need, in API v2: list, trigger, look. */
import type { Answer } from "../answer.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import { iso, zulu } from "../time.js"
import { type Run, runAt } from "../world.js"
import { databaseProblem, json, problem } from "./answer.js"
import * as Params from "./params.js"
import { dagVersion, type Row } from "./rows.js"
import { collection, unknownDag } from "./taskInstances.js"

const dagRow = (dag_id: string, now: number, { since31, since32, since33 }: Behaviour): Row => ({
  dag_id,
  dag_display_name: dag_id,
  is_paused: false,
  is_stale: false,
  last_parsed_time: zulu(now),
  ...(since31 ? { last_parse_duration: 0.1 } : {}),
  last_expired: null,
  bundle_name: "dags-folder",
  bundle_version: null,
  relative_fileloc: `${dag_id}.py`,
  fileloc: `/opt/airflow/dags/${dag_id}.py`,
  description: null,
  timetable_summary: null,
  timetable_description: "Never, external triggers only",
  ...(since32 ? { timetable_partitioned: false } : {}),
  ...(since33 ? { timetable_periodic: false } : {}),
  tags: [],
  max_active_tasks: 16,
  max_active_runs: 16,
  max_consecutive_failed_dag_runs: 0,
  has_task_concurrency_limits: false,
  has_import_errors: false,
  next_dagrun_logical_date: null,
  next_dagrun_data_interval_start: null,
  next_dagrun_data_interval_end: null,
  next_dagrun_run_after: null,
  ...(since32 ? { allowed_run_types: null } : {}),
  owners: ["airflow"],
  ...(since33 ? { is_backfillable: false } : {}),
  file_token: "fake"
})

const show = (run: Run, now: number, behaviour: Behaviour): Row => {
  const { ended, started, state } = runAt(run, now)
  const { dag_id } = run.dag
  const { since31, since32, since33 } = behaviour
  const logical = run.logical === undefined ? null : zulu(run.logical)
  return {
    dag_run_id: run.dag_run_id,
    dag_id,
    logical_date: logical,
    queued_at: zulu(run.episodes.at(-1)!.queued),
    start_date: started === undefined ? null : zulu(started),
    end_date: ended === undefined ? null : zulu(ended),
    ...(since31
      ? { duration: started === undefined || ended === undefined ? null : (ended - started) / 1000 }
      : {}),
    data_interval_start: logical,
    data_interval_end: logical,
    run_after: zulu(run.execution),
    last_scheduling_decision: state === "queued" ? null : zulu(ended ?? now),
    run_type: "manual",
    state,
    triggered_by: "rest_api",
    ...(since31 ? { triggering_user_name: "admin" } : {}),
    conf: run.conf,
    note: run.note,
    dag_versions: [dagVersion(dag_id, behaviour)],
    bundle_version: null,
    ...(since31 ? { dag_display_name: dag_id } : {}),
    ...(since32 ? { partition_key: null } : {}),
    ...(since33 ? { partition_date: null } : {})
  }
}

const page: Params.Query = {
  limit: { read: Params.atLeast(0) },
  offset: { read: Params.atLeast(0) },
  order_by: { read: Params.string }
}

export const dagsQuery = page
export const runsQuery = page

const cut = <A>(all: ReadonlyArray<A>, values: Params.Values, behaviour: Behaviour): ReadonlyArray<A> => {
  const offset = (values["offset"] as number | undefined) ?? 0
  const limit = Math.min((values["limit"] as number | undefined) ?? 50, behaviour.maximumLimit)
  return all.slice(offset, offset + limit)
}

export const listDags = ({ behaviour, now, world }: Backend, values: Params.Values): Answer => {
  const ids = [...world.dags.keys()].sort()
  return json({
    dags: cut(ids, values, behaviour).map((dag_id) => dagRow(dag_id, now(), behaviour)),
    total_entries: ids.length
  })
}

export const getDag = ({ behaviour, now, world }: Backend, dag_id: string): Answer =>
  world.dags.has(dag_id)
    ? json(dagRow(dag_id, now(), behaviour))
    : unknownDag(dag_id, behaviour, `Dag with id ${dag_id} was not found`)

export const list = ({ behaviour, now, world }: Backend, dag_id: string, values: Params.Values): Answer => {
  if (dag_id !== "~" && !world.dags.has(dag_id)) return unknownDag(dag_id, behaviour)
  const runs = world
    .allRuns()
    .filter(({ dag, execution }) => execution <= now() && (dag_id === "~" || dag.dag_id === dag_id))
  if (String(values["order_by"] ?? "").startsWith("-")) runs.reverse()
  return collection(
    "dag_runs",
    cut(runs, values, behaviour).map((run) => show(run, now(), behaviour)),
    runs.length,
    behaviour
  )
}

export const get = ({ behaviour, now, world }: Backend, dag_id: string, dag_run_id: string): Answer => {
  const run = world.run(dag_id, dag_run_id)
  return run === undefined
    ? problem(404, `The DagRun with dag_id: \`${dag_id}\` and run_id: \`${dag_run_id}\` was not found`)
    : json(show(run, now(), behaviour))
}

export const triggerFields: Params.Fields = {
  dag_run_id: { read: Params.nullable(Params.string) },
  data_interval_start: { read: Params.nullable(Params.zonedDate) },
  data_interval_end: { read: Params.nullable(Params.zonedDate) },
  logical_date: { read: Params.nullable(Params.zonedDate), required: true },
  run_after: { read: Params.nullable(Params.zonedDate) },
  conf: { read: Params.nullable(Params.object) },
  note: { read: Params.nullable(Params.string) }
}

const allowedId = /^[A-Za-z0-9_.~:+-]+$/

const insertion = {
  statement: "INSERT INTO dag_run (dag_id, queued_at, logical_date, run_id) VALUES (?, ?, ?, ?)",
  orig_error: "UNIQUE constraint failed: dag_run.dag_id, dag_run.run_id"
}

export const trigger = (backend: Backend, dag_id: string, values: Params.Values): Answer => {
  const { behaviour, world } = backend
  const now = backend.now()
  const dag = world.dags.get(dag_id)
  if (dag === undefined) {
    return problem(404, `${behaviour.since33 ? "Dag" : "DAG"} with dag_id: '${dag_id}' not found`)
  }
  const dag_run_id =
    (values["dag_run_id"] as string | null | undefined) ??
    `manual__${iso(now)}${behaviour.since31 ? "" : "_fake0000"}`
  if (!allowedId.test(dag_run_id)) {
    return problem(
      400,
      `The run_id provided '${dag_run_id}' does not match regex pattern '^[A-Za-z0-9_.~:+-]+$' or '^(?:manual|scheduled|asset_triggered)__(?:\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\+00:00)$'`
    )
  }
  const logical = (values["logical_date"] as number | null | undefined) ?? undefined
  const taken = world
    .allRuns()
    .some(
      (run) =>
        run.dag === dag &&
        (run.dag_run_id === dag_run_id || (logical !== undefined && run.logical === logical))
    )
  if (taken) {
    return databaseProblem(409, "Unique constraint violation", behaviour.since32 ? undefined : insertion)
  }
  const run = world.trigger(dag, dag_run_id, (values["conf"] as Run["conf"] | null) ?? {}, now, {
    logical,
    note: (values["note"] as string | null | undefined) ?? null
  })
  return json(show(run, now, behaviour))
}
