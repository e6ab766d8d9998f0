/**
 * Runs of DAGs on any Airflow: the operations find out which API the server speaks (see `Server`), and give one
 * type of run. What only one of the APIs knows is in `v1/DagRuns` and `v2/DagRuns`, and in `raw`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { AirflowClient } from "./AirflowClient.js"
import type { Unsupported } from "./AirflowError.js"
import type { OperationError, RequestOptions } from "./Endpoint.js"
import * as facade from "./internal/facade.js"
import * as rules from "./internal/facadeParams.js"
import * as rows from "./internal/facadeRows.js"
import { id } from "./internal/params.js"
import type { DetectError } from "./Server.js"
import * as V1 from "./v1/DagRuns.js"
import type { DagRunParams, Timestamp } from "./v1/TaskInstances.js"
import * as V2 from "./v2/DagRuns.js"

/**
 * What both APIs know of a run. Timestamps are texts; null is also what a server left out.
 *
 * @since 0.1.0
 * @category models
 */
export interface DagRunBase {
  readonly dag_id: string
  readonly dag_run_id: string
  /** `queued`, `running`, `success`, `failed`; a newer server may name others. */
  readonly state: V1.DagRunState | V2.DagRunState | (string & {}) | null
  /** Null on Airflow 3 for a run that was triggered without one. */
  readonly logical_date: string | null
  /** Null until it leaves `queued`. */
  readonly start_date: string | null
  /** Null until it ends. */
  readonly end_date: string | null
  readonly data_interval_start: string | null
  readonly data_interval_end: string | null
  /** How it came about; a newer server may name others. */
  readonly run_type: V1.DagRunType | V2.DagRunType | (string & {}) | null
  /** What it was triggered with; empty when that was nothing. */
  readonly conf: { readonly [key: string]: unknown }
  readonly note: string | null
}

/**
 * A run of a DAG, with the server's own row at hand.
 *
 * @since 0.1.0
 * @category models
 */
export type DagRun = DagRunBase &
  (
    | { readonly api: "v1"; readonly raw: V1.DagRun }
    | {
        readonly api: "v2"
        readonly raw: V2.DagRun
      }
  )

/**
 * What a run is triggered with.
 *
 * @since 0.1.0
 * @category models
 */
export interface TriggerParams {
  readonly dag_id: string
  /** A name of your own, the same whenever this run is asked for again. */
  readonly dag_run_id: string
  /** Any JSON object; the DAG's tasks see it as its parameters. */
  readonly conf?: { readonly [key: string]: unknown }
  /** Default: on Airflow 2 now, on Airflow 3 none. Two runs of a DAG cannot have the same. */
  readonly logical_date?: Timestamp
  readonly note?: string
}

const getOperation: facade.Operation = { id: "DagRuns.get", rules: rules.run }

/**
 * One run of a DAG.
 *
 * Source: GET /dags/{dag_id}/dagRuns/{dag_run_id}, since 2.0.
 *
 * @since 0.1.0
 * @category operations
 */
export const get = (
  params: DagRunParams,
  options?: RequestOptions
): Effect.Effect<DagRun, OperationError<401 | 403 | 404 | 422> | DetectError | Unsupported, AirflowClient> =>
  facade.dispatch(
    getOperation,
    params,
    (given: DagRunParams) => Effect.map(V1.getDagRun(given, options), rows.runFromV1),
    (given: DagRunParams) => Effect.map(V2.getDagRun(given, options), rows.runFromV2)
  )

const triggerOperation: facade.Operation = { id: "DagRuns.trigger", rules: rules.trigger }

/**
 * Starts a run of a DAG, or finds it started: a run of this DAG with this `dag_run_id` is there once, however
 * often this is called. So it is sent again like a read, also when no answer came.
 *
 * A run that was there before is given as it is: its state may be any, and what it was started with, also `conf`,
 * may differ from what was asked for. `Conflict`: another run has this `logical_date`. `NotFound`: no such DAG. A
 * DAG that is paused lets its run wait.
 *
 * Source: POST /dags/{dag_id}/dagRuns, since 2.0; after a 409, GET /dags/{dag_id}/dagRuns/{dag_run_id}.
 *
 * @example
 * import * as DagRuns from "@effect-airflow/core/DagRuns"
 *
 * const run = DagRuns.trigger({ dag_id: "etl", dag_run_id: "nightly-7", conf: { day: "2024-01-31" } })
 *
 * @since 0.1.0
 * @category operations
 */
export const trigger = (
  params: TriggerParams,
  options?: RequestOptions
): Effect.Effect<
  DagRun,
  OperationError<400 | 401 | 403 | 404 | 409 | 422> | DetectError | Unsupported,
  AirflowClient
> => {
  const issue = id.check((params as TriggerParams | null)?.dag_run_id)
  if (issue !== undefined) return Effect.fail(facade.invalid(triggerOperation, "dag_run_id", issue))
  const find = (conflict: OperationError<409>) =>
    Effect.catchTag(get({ dag_id: params.dag_id, dag_run_id: params.dag_run_id }, options), "NotFound", () =>
      // It is the logical date that is taken, by another run.
      Effect.fail(conflict)
    )
  return Effect.catchTag(
    Effect.flatMap(AirflowClient, (client) =>
      facade.dispatch(
        triggerOperation,
        params,
        (given: V1.TriggerDagRunParams) =>
          Effect.map(
            client.execute({ ...V1.triggerDagRun.endpoint, idempotent: true }, given, options),
            rows.runFromV1
          ),
        (given: V2.TriggerDagRunParams) =>
          Effect.map(
            client.execute({ ...V2.triggerDagRun.endpoint, idempotent: true }, given, options),
            rows.runFromV2
          )
      )
    ),
    "Conflict",
    find
  )
}

/**
 * Whether a run in this state is over, unless somebody clears it or some of its tasks.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isTerminalRun = (state: string | null | undefined): boolean => V2.isTerminalRun(state)
