/**
 * A task instance on any Airflow, and what comes with it: what both APIs know, in one type, with the server's own
 * row at hand as `raw`. "Since" names the first version of each API, `2.10, 3.0`; without it, all know it.
 * Timestamps are texts, durations are seconds; null is also what a server left out.
 *
 * @since 0.1.0
 */
import type * as V1Log from "./v1/Log.js"
import type * as V1 from "./v1/TaskInstance.js"
import type * as V2Log from "./v2/Log.js"
import * as V2 from "./v2/TaskInstance.js"

/**
 * The states any Airflow knows. `awaiting_input`: since 3.3.
 *
 * @since 0.1.0
 * @category models
 */
export type TaskState = V2.TaskState

/**
 * Whether a task instance in this state is over, unless somebody clears it.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTerminal = (state: string | null | undefined): boolean => V2.isTerminal(state)

/**
 * What both APIs know of a task instance.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskInstanceBase {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  /** -1 for a task that is not mapped. */
  readonly map_index: number
  /**
   * The attempt it is at, 1 for the first; 0 before it is scheduled. Before 2.10 servers say one less while it is
   * scheduled, queued, deferred or up for reschedule; that is put right here, and `raw` holds what they say.
   */
  readonly try_number: number
  readonly max_tries: number | null
  /** Null: no state yet. A server newer than this library may name other states. */
  readonly state: TaskState | (string & {}) | null
  /** The older name is `execution_date`. Null on Airflow 3 for a run that was triggered without one. */
  readonly logical_date: string | null
  /** Null until it starts. */
  readonly start_date: string | null
  /** Null until it ends. */
  readonly end_date: string | null
  /** Null until it ends. */
  readonly duration: number | null
  /** The `task_id`, unless the DAG gives another name. */
  readonly task_display_name: string
  /** What an instance of a mapped task is called. Since 2.9, 3.0. */
  readonly rendered_map_index: string | null
  readonly operator: string | null
  /** Where it runs or ran; null until it does. */
  readonly hostname: string | null
  readonly unixname: string | null
  readonly pid: number | null
  readonly pool: string | null
  readonly pool_slots: number | null
  readonly queue: string | null
  readonly priority_weight: number | null
  /** Null: the default executor. Since 2.10, 3.0. */
  readonly executor: string | null
  readonly queued_when: string | null
  readonly note: string | null
}

/**
 * One task in one run of a DAG, with the server's own row at hand.
 *
 * @since 0.1.0
 * @category models
 */
export type TaskInstance = TaskInstanceBase &
  (
    | { readonly api: "v1"; readonly raw: V1.TaskInstance }
    | {
        readonly api: "v2"
        readonly raw: V2.TaskInstance
      }
  )

/**
 * A page of task instances, with the server's own page at hand.
 *
 * @since 0.1.0
 * @category models
 */
export type TaskInstancePage = {
  readonly task_instances: ReadonlyArray<TaskInstance>
  /** How many match in all pages; null or too low with a `cursor`. */
  readonly total_entries: number | null
  /** With a `cursor`: asks for the next page; null: this is the last. */
  readonly next_cursor: string | null
} & (
  | { readonly api: "v1"; readonly raw: V1.TaskInstanceCollection }
  | { readonly api: "v2"; readonly raw: V2.TaskInstanceCollection }
)

/**
 * An attempt of a task instance. `logical_date`, `note` and `rendered_map_index` are the task instance's.
 *
 * @since 0.1.0
 * @category models
 */
export type TaskInstanceTry = Omit<TaskInstanceBase, "logical_date" | "note" | "rendered_map_index"> &
  (
    | { readonly api: "v1"; readonly raw: V1.TaskInstanceHistory }
    | { readonly api: "v2"; readonly raw: V2.TaskInstanceHistory }
  )

/**
 * A task instance that was cleared, or would be.
 *
 * @since 0.1.0
 * @category models
 */
export type ClearedTaskInstance = {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  /** Null: Airflow 2 does not tell. */
  readonly map_index: number | null
} & (
  | { readonly api: "v1"; readonly raw: V1.TaskInstanceReference }
  | { readonly api: "v2"; readonly raw: V2.TaskInstance }
)

/**
 * A page of a log, with the server's own page at hand.
 *
 * @since 0.1.0
 * @category models
 */
export type LogPage = {
  /**
   * The text of this page; that of the whole log is that of its pages, one after the other. On Airflow 2 it is cut
   * anywhere, also inside a line. On Airflow 3 each record is its message, and what the exceptions say that it
   * tells of, on lines of their own; all else is in `records`.
   */
  readonly text: string
  /** The records; null on Airflow 2, which has none. */
  readonly records: ReadonlyArray<V2Log.LogRecord> | null
  /** Asks for what comes after this page; null when the server has none to give. */
  readonly continuation_token: string | null
  /**
   * Whether the server expects no more. It says so too of an attempt that has not started, and of one that waits
   * for a retry.
   */
  readonly ended: boolean
} & (
  { readonly api: "v1"; readonly raw: V1Log.LogPage } | { readonly api: "v2"; readonly raw: V2Log.LogPage }
)
