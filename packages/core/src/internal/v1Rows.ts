/** The rows that API v1 answers with. What they mean is told where their types are. */
import type { DagRun } from "../v1/DagRuns.js"
import type {
  Job,
  SLAMiss,
  TaskInstance,
  TaskInstanceHistory,
  TaskInstanceReference,
  Trigger
} from "../v1/TaskInstance.js"
import {
  boolean,
  nullOr,
  number,
  numberOrNull,
  object,
  string,
  stringOrNull,
  struct,
  type Struct
} from "./shape.js"

export const slaMiss: Struct<SLAMiss> = struct(
  {},
  {
    task_id: string,
    dag_id: string,
    execution_date: string,
    email_sent: boolean,
    timestamp: string,
    description: stringOrNull,
    notification_sent: boolean
  }
)

export const trigger: Struct<Trigger> = struct(
  {},
  { id: number, classpath: string, kwargs: string, created_date: string, triggerer_id: numberOrNull }
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
    unixname: stringOrNull
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
  start_date: stringOrNull,
  end_date: stringOrNull,
  duration: numberOrNull,
  state: stringOrNull,
  max_tries: number,
  hostname: string,
  unixname: string,
  pool: string,
  pool_slots: number,
  queue: stringOrNull,
  priority_weight: numberOrNull,
  operator: stringOrNull,
  queued_when: stringOrNull,
  pid: numberOrNull,
  executor: stringOrNull,
  executor_config: string
}

export const taskInstance: Struct<TaskInstance> = struct(identity, {
  ...attempt,
  execution_date: string,
  sla_miss: nullOr(slaMiss),
  rendered_map_index: stringOrNull,
  rendered_fields: object,
  trigger: nullOr(trigger),
  triggerer_job: nullOr(job),
  note: stringOrNull
})

export const taskInstanceHistory: Struct<TaskInstanceHistory> = struct(identity, attempt)

const names = { task_id: string, dag_id: string, dag_run_id: string }

export const taskInstanceReference: Struct<TaskInstanceReference> = struct(names, {
  execution_date: string
})

/** What a patch answers: nothing, once it is done. */
export const patched: Struct<Partial<TaskInstanceReference>> = struct(
  {},
  { ...names, execution_date: string }
)

export const dagRun: Struct<DagRun> = struct(
  { dag_id: string, dag_run_id: string },
  {
    state: string,
    execution_date: stringOrNull,
    logical_date: stringOrNull,
    start_date: stringOrNull,
    end_date: stringOrNull,
    run_type: string,
    external_trigger: boolean,
    conf: object,
    note: stringOrNull,
    data_interval_start: stringOrNull,
    data_interval_end: stringOrNull,
    last_scheduling_decision: stringOrNull
  }
)
