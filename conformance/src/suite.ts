/** A case, and what cases share. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type * as Effect from "effect/Effect"
import type { Target } from "./target.js"

/** Who asks. `stranger` sends no credentials, `impostor` wrong ones. */
export type Who = "admin" | "viewer" | "nobody" | "stranger" | "impostor"

export interface Case {
  readonly name: string
  readonly who: Who
  readonly run: (target: Target) => Effect.Effect<void, unknown, AirflowClient>
}

/** A case of one group of cases. */
export const group =
  (area: string) =>
  (name: string, run: Case["run"], who: Who = "admin"): Case => ({ name: `${area}: ${name}`, who, run })

/** A run id with the characters that Airflow's own ids have and URLs treat with care. */
export const oddRunId = "manual__2024-01-01T00:00:00.000001+00:00"

/** The runs that all cases read from; made before the first case. */
export const runs: ReadonlyArray<readonly [dag_id: string, dag_run_id: string]> = [
  ["quick", "c1"],
  ["quick", oddRunId],
  ["mapped", "c1"],
  ["wide", "c1"],
  ["text", "c1"],
  ["failing", "c1"],
  ["skips", "c1"],
  ["links", "c1"],
  ["größe", "c1"]
]
