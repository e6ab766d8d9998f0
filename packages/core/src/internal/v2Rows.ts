/** The rows that API v2 answers with. What they mean is told where their types are. */
import type { DagRun } from "../v2/DagRuns.js"
import type {
  DagVersion,
  Job,
  TaskInstance,
  TaskInstanceCollection,
  TaskInstanceHistory,
  Trigger
} from "../v2/TaskInstance.js"
import type { BulkOutcome } from "../v2/TaskInstanceActions.js"
import {
  array,
  nullOr,
  number,
  numberOrNull,
  object,
  string,
  stringOrNull,
  struct,
  type Struct
} from "./shape.js"

export const trigger: Struct<Trigger> = struct(
  {},
  {
    id: number,
    classpath: string,
    kwargs: string,
    created_date: string,
    queue: stringOrNull,
    triggerer_id: numberOrNull
  }
)

export const job: Struct<Job> = struct(
  {},
  {
    id: number,
    dag_id: stringOrNull,
    state: stringOrNull,
    job_type: stringOrNull,
    start_date: stringOrNull,
    end_date: stringOrNull,
    latest_heartbeat: stringOrNull,
    executor_class: stringOrNull,
    hostname: stringOrNull,
    unixname: stringOrNull,
    dag_display_name: stringOrNull
  }
)

export const dagVersion: Struct<DagVersion> = struct(
  {},
  {
    id: string,
    version_number: number,
    dag_id: string,
    bundle_name: stringOrNull,
    bundle_version: stringOrNull,
    bundle_url: stringOrNull,
    created_at: string,
    dag_display_name: string
  }
)

const identity = {
  task_id: string,
  dag_id: string,
  dag_run_id: string,
  map_index: number,
  try_number: number
}

const attempt = {
  task_display_name: string,
  dag_display_name: string,
  start_date: stringOrNull,
  end_date: stringOrNull,
  duration: numberOrNull,
  state: stringOrNull,
  max_tries: number,
  hostname: stringOrNull,
  unixname: stringOrNull,
  pool: string,
  pool_slots: number,
  queue: stringOrNull,
  priority_weight: numberOrNull,
  operator: stringOrNull,
  operator_name: stringOrNull,
  queued_when: stringOrNull,
  scheduled_when: stringOrNull,
  pid: numberOrNull,
  executor: stringOrNull,
  executor_config: string,
  dag_version: nullOr(dagVersion)
}

export const taskInstance: Struct<TaskInstance> = struct(
  { ...identity, id: string },
  {
    ...attempt,
    logical_date: stringOrNull,
    run_after: string,
    note: stringOrNull,
    rendered_map_index: stringOrNull,
    rendered_fields: object,
    trigger: nullOr(trigger),
    triggerer_job: nullOr(job)
  }
)

export const taskInstanceHistory: Struct<TaskInstanceHistory> = struct(identity, attempt)

/** What stands beside the rows of a page. */
export const besideTaskInstances: Struct<Omit<TaskInstanceCollection, "task_instances">> = struct(
  { total_entries: numberOrNull },
  { total_entries_limit: numberOrNull, next_cursor: stringOrNull, previous_cursor: stringOrNull }
)

export const bulkOutcome: Struct<BulkOutcome> = struct(
  {
    success: array(string),
    errors: array(struct({ error: string }, { status_code: number }))
  },
  {}
)

export const dagRun: Struct<DagRun> = struct(
  { dag_id: string, dag_run_id: string },
  {
    state: string,
    logical_date: stringOrNull,
    run_after: string,
    queued_at: stringOrNull,
    start_date: stringOrNull,
    end_date: stringOrNull,
    duration: numberOrNull,
    run_type: string,
    triggered_by: stringOrNull,
    triggering_user_name: stringOrNull,
    conf: nullOr(object),
    note: stringOrNull,
    data_interval_start: stringOrNull,
    data_interval_end: stringOrNull,
    last_scheduling_decision: stringOrNull,
    dag_versions: array(dagVersion),
    bundle_version: stringOrNull,
    dag_display_name: string,
    partition_key: stringOrNull,
    partition_date: stringOrNull
  }
)
