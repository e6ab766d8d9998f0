/**
 * A run of a DAG as API v2 (Airflow 3) answers it, and the operations that read and start one. Only what
 * identifies a run is always there: older servers know fewer fields, and one that does not match what is written
 * here is left out (see `onWarning`). Timestamps are texts, as in a `TaskInstance`.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as Endpoint from "../Endpoint.js"
import * as decode from "../internal/decode.js"
import * as kinds from "../internal/params.js"
import * as schema from "../internal/schema.js"
import * as rows from "../internal/v2Rows.js"
import type { DagVersion } from "./TaskInstance.js"
import type { DagRunParams, Timestamp } from "./TaskInstances.js"

/**
 * The states Airflow 3.0 to 3.3 know.
 *
 * @since 0.1.0
 * @category models
 */
export type DagRunState = "queued" | "running" | "success" | "failed"

/**
 * How a run came about: by whom or what it was started.
 *
 * @since 0.1.0
 * @category models
 */
export type DagRunType =
  "backfill" | "scheduled" | "manual" | "asset_triggered" | "operator_triggered" | "asset_materialization"

/**
 * A run of a DAG.
 *
 * @since 0.1.0
 * @category models
 */
export interface DagRun {
  readonly dag_id: string
  readonly dag_run_id: string
  /** A server newer than this library may name other states. */
  readonly state?: DagRunState | (string & {})
  /** Null when it was triggered without one. */
  readonly logical_date?: string | null
  /** When it may start, at the earliest. */
  readonly run_after?: string
  readonly queued_at?: string | null
  /** Null until it leaves `queued`. */
  readonly start_date?: string | null
  /** Null until it ends. */
  readonly end_date?: string | null
  /** In seconds; null until it ends. Since 3.1. */
  readonly duration?: number | null
  /** A server newer than this library may name other types. */
  readonly run_type?: DagRunType | (string & {})
  /** By what it was triggered, e.g. `rest_api`, `ui`, `timetable`. */
  readonly triggered_by?: string | null
  /** Since 3.1. */
  readonly triggering_user_name?: string | null
  /** What it was triggered with: any JSON object; empty or null when that was nothing. */
  readonly conf?: { readonly [key: string]: unknown } | null
  readonly note?: string | null
  readonly data_interval_start?: string | null
  readonly data_interval_end?: string | null
  /** When the scheduler looked at it last; null until it does. */
  readonly last_scheduling_decision?: string | null
  /** The versions of the DAG that its task instances are of. */
  readonly dag_versions?: ReadonlyArray<DagVersion>
  /** Since 3.0.1. */
  readonly bundle_version?: string | null
  /** Since 3.1. */
  readonly dag_display_name?: string
  /** Since 3.2. */
  readonly partition_key?: string | null
  /** Since 3.3. */
  readonly partition_date?: string | null
}

/**
 * The schema of {@link DagRun}. The operations decode with it, but leave out an optional field that does not
 * match instead of failing.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DagRun: Schema.Schema<DagRun> = schema.of(rows.dagRun)

/**
 * Whether a run in this state is over, unless somebody clears it or some of its tasks.
 *
 * @example
 * import { isTerminalRun } from "@effect-airflow/core/v2/DagRuns"
 *
 * isTerminalRun("failed") // true
 * isTerminalRun("queued") // false
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTerminalRun = (state: string | null | undefined): boolean =>
  state === "success" || state === "failed"

/**
 * What a run is started with.
 *
 * @since 0.1.0
 * @category models
 */
export interface TriggerDagRunParams {
  readonly dag_id: string
  /** Default: one the server makes up. With one of your own, it can be told whether a run was started. */
  readonly dag_run_id?: string
  /** Null, the default: none. Two runs of a DAG cannot have the same. */
  readonly logical_date?: Timestamp | null
  /** When it may start, at the earliest. Default: now. */
  readonly run_after?: Timestamp
  /** Given with `data_interval_end`, or not at all. */
  readonly data_interval_start?: Timestamp
  readonly data_interval_end?: Timestamp
  /** Any JSON object; the DAG's tasks see it as its parameters. */
  readonly conf?: { readonly [key: string]: unknown }
  readonly note?: string | null
  /** Since 3.2. */
  readonly partition_key?: string
}

const dagRun = decode.struct(rows.dagRun)

/**
 * One run of a DAG.
 *
 * Source: `get_dag_run`, GET /dags/{dag_id}/dagRuns/{dag_run_id}, since 3.0.
 *
 * @example
 * import * as DagRuns from "@effect-airflow/core/v2/DagRuns"
 * import * as Effect from "effect/Effect"
 *
 * const state = DagRuns.getDagRun({ dag_id: "etl", dag_run_id: "r1" }).pipe(
 *   Effect.map((run) => run.state),
 *   Effect.catchTag("NotFound", () => Effect.succeed("unknown"))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const getDagRun: Endpoint.Operation<DagRunParams, DagRun, 401 | 403 | 404 | 422> = Endpoint.make({
  id: "getDagRun",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}",
  pathParams: { dag_id: kinds.id, dag_run_id: kinds.id },
  accept: "application/json",
  decode: dagRun,
  errors: [401, 403, 404, 422],
  idempotent: true
})

/**
 * Starts a run of a DAG, and gives it as it is then, queued. `Conflict`: there is a run with this `dag_run_id` or
 * `logical_date`. `NotFound`: no such DAG. A DAG that is paused lets its run wait.
 *
 * It is not sent twice, unless the connection was never made: with a `dag_run_id` of your own, what became of a
 * call that failed can be asked with {@link getDagRun}.
 *
 * Source: `trigger_dag_run`, POST /dags/{dag_id}/dagRuns, since 3.0.
 *
 * @example
 * import * as DagRuns from "@effect-airflow/core/v2/DagRuns"
 *
 * const run = DagRuns.triggerDagRun({ dag_id: "etl", dag_run_id: "nightly-7", conf: { day: "2024-01-31" } })
 *
 * @since 0.1.0
 * @category operations
 */
export const triggerDagRun: Endpoint.Operation<
  TriggerDagRunParams,
  DagRun,
  400 | 401 | 403 | 404 | 409 | 422
> = Endpoint.make({
  id: "triggerDagRun",
  method: "POST",
  path: "/api/v2/dags/{dag_id}/dagRuns",
  pathParams: { dag_id: kinds.id },
  body: {
    dag_run_id: kinds.text,
    // Without it the server answers "Field required".
    logical_date: kinds.otherwise(kinds.orNull(kinds.date), null),
    run_after: kinds.date,
    data_interval_start: kinds.date,
    data_interval_end: kinds.date,
    conf: kinds.json,
    note: kinds.orNull(kinds.text),
    partition_key: kinds.text
  },
  accept: "application/json",
  decode: dagRun,
  errors: [400, 401, 403, 404, 409, 422],
  idempotent: false
})
