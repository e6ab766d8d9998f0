/**
 * A task instance as API v1 (Airflow 2.x) answers it. Only what identifies it is always there: older servers
 * know fewer fields, and one that does not match what is written here is left out (see `onWarning`).
 *
 * Timestamps are texts, e.g. `2024-01-31T08:15:00.123456+00:00`, because a `Date` would lose the
 * microseconds; `effect/DateTime` reads them. Durations are seconds.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as schema from "../internal/schema.js"
import * as rows from "../internal/v1Rows.js"

/**
 * The states Airflow 2.7 to 2.11 know. `null` is a task instance without a state yet.
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
  "restarting"
]

/**
 * Whether a task instance in this state is over, unless somebody clears it.
 *
 * @example
 * import { isTerminal } from "@effect-airflow/core/v1/TaskInstance"
 *
 * isTerminal("failed") // true
 * isTerminal("up_for_retry") // false
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
 * A missed service level agreement.
 *
 * @since 0.1.0
 * @category models
 */
export interface SLAMiss {
  readonly task_id?: string
  readonly dag_id?: string
  readonly execution_date?: string
  readonly email_sent?: boolean
  readonly timestamp?: string
  readonly description?: string | null
  readonly notification_sent?: boolean
}

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
  readonly triggerer_id?: number | null
}

/**
 * The triggerer that runs the trigger.
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
  /**
   * The attempt, 1 for the first. Before Airflow 2.10, a task instance that is queued, deferred or up for
   * reschedule shows the attempt before its own.
   */
  readonly try_number: number
  /** Since 2.9. */
  readonly task_display_name?: string
  /** Null until it starts. */
  readonly start_date?: string | null
  /** Null until it ends. */
  readonly end_date?: string | null
  /** In seconds; null until it ends. */
  readonly duration?: number | null
  /** Null: no state yet. A server newer than this library may name other states. */
  readonly state?: TaskState | (string & {}) | null
  readonly max_tries?: number
  /** Empty until it runs. */
  readonly hostname?: string
  readonly unixname?: string
  readonly pool?: string
  readonly pool_slots?: number
  readonly queue?: string | null
  readonly priority_weight?: number | null
  readonly operator?: string | null
  readonly queued_when?: string | null
  readonly pid?: number | null
  /** Null: the default executor. Since 2.10. */
  readonly executor?: string | null
  /** A Python `repr`, e.g. `{}`. */
  readonly executor_config?: string
}

/**
 * One task in one run of a DAG (with a map index: one of the instances of a mapped task).
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstance extends TaskInstanceBase {
  readonly execution_date?: string
  readonly sla_miss?: SLAMiss | null
  /** Since 2.9. */
  readonly rendered_map_index?: string | null
  /** Any JSON. */
  readonly rendered_fields?: { readonly [field: string]: unknown }
  /** Null unless deferred. */
  readonly trigger?: Trigger | null
  /** Null unless deferred. */
  readonly triggerer_job?: Job | null
  readonly note?: string | null
}

/**
 * An attempt of a task instance. Since 2.10.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceHistory extends TaskInstanceBase {}

/**
 * The schema of {@link SLAMiss}.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SLAMiss: Schema.Schema<SLAMiss> = schema.of(rows.slaMiss)

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
  /** How many match in all pages. */
  readonly total_entries: number
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

/**
 * Names a task instance. (Not with its map index: API v1 does not send it here.)
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceReference {
  readonly task_id: string
  readonly dag_id: string
  readonly dag_run_id: string
  readonly execution_date?: string
}

/**
 * The schema of {@link TaskInstanceReference}.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TaskInstanceReference: Schema.Schema<TaskInstanceReference> = schema.of(
  rows.taskInstanceReference
)

/**
 * Names some task instances.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceReferenceCollection {
  readonly task_instances: ReadonlyArray<TaskInstanceReference>
}
