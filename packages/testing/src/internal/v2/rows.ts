/** A task instance, and its attempts before, as rows of API v2. */
import type { Behaviour } from "../behaviour.js"
import * as Ids from "../ids.js"
import * as Tasks from "../tasks.js"
import { zulu } from "../time.js"
import * as Timeline from "../timeline.js"
import { type Instance, statusAt } from "../world.js"

export type Row = Readonly<Record<string, unknown>>

const at = (millis: number | undefined): string | null => (millis === undefined ? null : zulu(millis))

export const idOf = (instance: Instance, now: number): string =>
  Ids.ofInstance(instance, Timeline.renewed(instance.timeline.changes, now))

export const dagVersion = (dag_id: string, { since31 }: Behaviour): Row => ({
  id: Ids.ofDagVersion(dag_id),
  version_number: 1,
  dag_id,
  bundle_name: "dags-folder",
  bundle_version: null,
  created_at: zulu(Date.UTC(2024, 0, 1)),
  ...(since31 ? { dag_display_name: dag_id } : {}),
  bundle_url: null
})

const renderedFields = { templates_dict: null, op_args: [], op_kwargs: {} }

/** What is in the row of a task instance as in that of one of its attempts. */
const common = (instance: Instance, status: Timeline.Change, behaviour: Behaviour): Row => {
  const { map_index, run, task } = instance
  const { duration, ended, max_tries, queued, started, state, try_number } = status
  const { dag_id } = run.dag
  const ran = started !== undefined && task.run !== undefined && try_number > 0
  return {
    task_id: task.task_id,
    dag_id,
    dag_run_id: run.dag_run_id,
    map_index,
    start_date: at(started),
    end_date: at(ended),
    duration: duration === undefined ? null : duration / 1000,
    state,
    try_number,
    max_tries,
    task_display_name: task.task_id,
    ...(behaviour.since31 ? { dag_display_name: dag_id } : {}),
    hostname: ran ? "fake" : "",
    unixname: "root",
    pool: "default_pool",
    pool_slots: 1,
    queue: "default",
    // Its own, and that of each task that waits for it.
    priority_weight: 1 + Tasks.after(run.dag, task.task_id).size,
    operator: task.operator,
    ...(behaviour.since31
      ? { operator_name: task.operator === "_PythonDecoratedOperator" ? "@task" : task.operator }
      : {}),
    queued_when: at(queued),
    scheduled_when: at(status.scheduled),
    pid: ran ? 4242 : null,
    executor: null,
    executor_config: "{}"
  }
}

const trigger = (status: Timeline.Change, { since32 }: Behaviour): Row | null =>
  status.trigger === undefined
    ? null
    : {
        id: 1,
        classpath: "airflow.providers.standard.triggers.temporal.DateTimeTrigger",
        kwargs: "{}",
        created_date: zulu(status.at),
        ...(since32 ? { queue: null } : {}),
        triggerer_id: 2
      }

const triggererJob = (instance: Instance, status: Timeline.Change, now: number, behaviour: Behaviour) =>
  status.trigger === undefined
    ? null
    : {
        id: 2,
        dag_id: null,
        state: "running",
        job_type: "TriggererJob",
        start_date: zulu(instance.run.execution),
        end_date: null,
        latest_heartbeat: zulu(now),
        executor_class: null,
        hostname: "fake",
        unixname: "root",
        ...(behaviour.since31 ? { dag_display_name: null } : {})
      }

/** A task instance at a time. Before 3.3 its rendered fields are not in a row of a list. */
export const row = (
  instance: Instance,
  now: number,
  behaviour: Behaviour,
  place: "alone" | "listed" = "listed"
): Row => {
  const { map_index, note, run, task } = instance
  const status = statusAt(instance, now)
  const { task_id, dag_id, dag_run_id, start_date, ...rest } = common(instance, status, behaviour)
  const ran = status.started !== undefined && task.run !== undefined && status.try_number > 0
  return {
    id: idOf(instance, now),
    task_id,
    dag_id,
    dag_run_id,
    map_index,
    logical_date: at(run.logical),
    run_after: zulu(run.execution),
    start_date,
    ...rest,
    note,
    // The name is made when the task has run.
    rendered_map_index: ran && status.ended !== undefined ? (task.mapped?.[map_index] ?? null) : null,
    rendered_fields: ran && (place === "alone" || behaviour.since33) ? renderedFields : {},
    trigger: trigger(status, behaviour),
    triggerer_job: triggererJob(instance, status, now, behaviour),
    dag_version: dagVersion(run.dag.dag_id, behaviour),
    ...task.fields
  }
}

/** An attempt, as it is or was. */
export const attemptRow = (instance: Instance, status: Timeline.Change, behaviour: Behaviour): Row => ({
  ...common(instance, status, behaviour),
  dag_version: dagVersion(instance.run.dag.dag_id, behaviour)
})
