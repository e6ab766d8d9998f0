/**
 * A task instance as API v2 (Airflow 3) answers it. Only what identifies it is always there: older servers
 * know fewer fields, and one that does not match what is written here is left out (see `onWarning`). "Since" is
 * the first Airflow that sends a field; without it: 3.0.
 *
 * Timestamps are texts, e.g. `2024-01-31T08:15:00.123456Z`, because a `Date` would lose the microseconds;
 * `effect/DateTime` reads them. Durations are seconds.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as schema from "../internal/schema.js"
import * as rows from "../internal/v2Rows.js"

/**
 * The states Airflow 3.0 to 3.3 know. `null` is a task instance without a state yet.
 *
 * @since 0.1.0
 * @category models
 */
export type TaskState =
  | "success"
  | "running"
  | "failed"
  | "upstream_failed"
  | "skipped"
  | "up_for_retry"
  | "up_for_reschedule"
  | "queued"
  | "scheduled"
  | "deferred"
  | "removed"
  | "restarting"
  /** Since 3.3. */
  | "awaiting_input"

/**
 * The same as values.
 *
 * @since 0.1.0
 * @category models
 */
export const taskStates: ReadonlyArray<TaskState> = [
  "success",
  "running",
  "failed",
  "upstream_failed",
  "skipped",
  "up_for_retry",
  "up_for_reschedule",
  "queued",
  "scheduled",
  "deferred",
  "removed",
  "restarting",
  "awaiting_input"
]

/**
 * Whether a task instance in this state is over, unless somebody clears it.
 *
 * @example
 * import { isTerminal } from "@effect-airflow/core/v2/TaskInstance"
 *
 * isTerminal("failed") // true
 * isTerminal("awaiting_input") // false
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTerminal = (state: string | null | undefined): boolean =>
  state === "success" ||
  state === "failed" ||
  state === "skipped" ||
  state === "upstream_failed" ||
  state === "removed"

/**
 * What a deferred task instance waits for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Trigger {
  readonly id?: number
  readonly classpath?: string
  /** A Python `repr`, not JSON. */
  readonly kwargs?: string
  readonly created_date?: string
  /** Since 3.2. */
  readonly queue?: string | null
  readonly triggerer_id?: number | null
}

/**
 * The job that looks after a task instance: the scheduler that queued it, or the triggerer that runs its
 * trigger.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job {
  readonly id?: number
  readonly dag_id?: string | null
  readonly state?: string | null
  readonly job_type?: string | null
  readonly start_date?: string | null
  readonly end_date?: string | null
  readonly latest_heartbeat?: string | null
  readonly executor_class?: string | null
  readonly hostname?: string | null
  readonly unixname?: string | null
  /** Since 3.1. */
  readonly dag_display_name?: string | null
}

/**
 * A version of a DAG.
 *
 * @since 0.1.0
 * @category models
 */
export interface DagVersion {
  /** A UUID. */
  readonly id?: string
  /** 1 for the first. */
  readonly version_number?: number
  readonly dag_id?: string
  readonly bundle_name?: string | null
  readonly bundle_version?: string | null
  readonly bundle_url?: string | null
  readonly created_at?: string
  /** Since 3.1. */
  readonly dag_display_name?: string
}

/**
 * What a task instance and each of its attempts have in common.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceBase {
  readonly task_id: string
  readonly dag_id: string
  readonly dag_run_id: string
  /** -1 for a task that is not mapped. */
  readonly map_index: number
  /** The attempt, 1 for the first; 0 before it is scheduled. */
  readonly try_number: number
  readonly task_display_name?: string
  /** Since 3.1. */
  readonly dag_display_name?: string
  /** Null until it starts. */
  readonly start_date?: string | null
  /** Null until it ends. */
  readonly end_date?: string | null
  /** In seconds; while an attempt runs null, or what the one before took. */
  readonly duration?: number | null
  /** Null: no state yet. A server newer than this library may name other states. */
  readonly state?: TaskState | (string & {}) | null
  readonly max_tries?: number
  readonly hostname?: string | null
  readonly unixname?: string | null
  readonly pool?: string
  readonly pool_slots?: number
  readonly queue?: string | null
  readonly priority_weight?: number | null
  readonly operator?: string | null
  /** How the operator names itself, e.g. `@task`. Since 3.1. */
  readonly operator_name?: string | null
  readonly queued_when?: string | null
  readonly scheduled_when?: string | null
  readonly pid?: number | null
  /** Null: the default executor. */
  readonly executor?: string | null
  /** A Python `repr`, e.g. `{}`. */
  readonly executor_config?: string
  readonly dag_version?: DagVersion | null
}

/**
 * One task in one run of a DAG (with a map index: one of the instances of a mapped task).
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstance extends TaskInstanceBase {
  /** A UUID; another one for each attempt. */
  readonly id: string
  /** Null for a run that was triggered without one. */
  readonly logical_date?: string | null
  readonly run_after?: string
  readonly note?: string | null
  readonly rendered_map_index?: string | null
  /** Any JSON. */
  readonly rendered_fields?: { readonly [field: string]: unknown }
  /** Null unless deferred. */
  readonly trigger?: Trigger | null
  readonly triggerer_job?: Job | null
}

/**
 * An attempt of a task instance.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceHistory extends TaskInstanceBase {}

/**
 * The schema of {@link Trigger}.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Trigger: Schema.Schema<Trigger> = schema.of(rows.trigger)

/**
 * The schema of {@link Job}.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Job: Schema.Schema<Job> = schema.of(rows.job)

/**
 * The schema of {@link DagVersion}.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DagVersion: Schema.Schema<DagVersion> = schema.of(rows.dagVersion)

/**
 * The schema of {@link TaskInstance}. The operations decode with it, but leave out an optional field that
 * does not match instead of failing.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TaskInstance: Schema.Schema<TaskInstance> = schema.of(rows.taskInstance)

/**
 * The schema of {@link TaskInstanceHistory}, used as that of a {@link TaskInstance} is.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TaskInstanceHistory: Schema.Schema<TaskInstanceHistory> = schema.of(rows.taskInstanceHistory)

/**
 * A page of task instances.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceCollection {
  readonly task_instances: ReadonlyArray<TaskInstance>
  /** How many match in all pages; with a cursor null or, since 3.3.2, at most `total_entries_limit`. */
  readonly total_entries: number | null
  /** With a cursor: where `total_entries` stops counting. Since 3.3.2. */
  readonly total_entries_limit?: number | null
  /** With a cursor: asks for the next page; null: this is the last. Since 3.2.2. */
  readonly next_cursor?: string | null
  /** With a cursor: asks for the page before; null: this is the first. Since 3.2.2. */
  readonly previous_cursor?: string | null
}

/**
 * All attempts of a task instance.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceHistoryCollection {
  readonly task_instances: ReadonlyArray<TaskInstanceHistory>
  readonly total_entries: number
}
