/**
 * Everything that works on any Airflow, by one import. Which API the server speaks is found out at the first use.
 *
 * @example
 * import * as Airflow from "@effect-airflow/core/Airflow"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const run = { dag_id: "etl", dag_run_id: "nightly-7" }
 *   yield* Airflow.triggerDagRun({ ...run, conf: { day: "2024-01-31" } })
 *   const task = { ...run, task_id: "load" }
 *   const { state } = yield* Airflow.taskInstances.get(task)
 *   const attempts = (yield* Airflow.supports("tries")) ? yield* Airflow.taskInstances.tries(task) : []
 *   return { state, attempts }
 * })
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { AirflowClient } from "./AirflowClient.js"
import * as Server from "./Server.js"

/**
 * Task instances.
 *
 * @since 0.1.0
 * @category operations
 */
export * as taskInstances from "./TaskInstances.js"

/**
 * Runs of DAGs.
 *
 * @since 0.1.0
 * @category operations
 */
export * as dagRuns from "./DagRuns.js"

/**
 * The server: its API, its version, and what it knows.
 *
 * @since 0.1.0
 * @category operations
 */
export * as server from "./Server.js"

export {
  /**
   * Starts a run of a DAG, or finds it started; safe to send again.
   *
   * @since 0.1.0
   * @category operations
   */
  trigger as triggerDagRun
} from "./DagRuns.js"

/**
 * Whether this client's server can do that.
 *
 * @since 0.1.0
 * @category operations
 */
export const supports = (
  capability: Server.Capability
): Effect.Effect<boolean, Server.DetectError, AirflowClient> =>
  Effect.map(Server.detect, (server) => Server.supports(server, capability))
