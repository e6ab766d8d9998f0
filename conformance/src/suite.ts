/** A case, and what cases share. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type * as Effect from "effect/Effect"
import type { Api, Target } from "./target.js"

/**
 * Who asks. `stranger` sends no credentials, `impostor` wrong ones; `nobody`, who may do nothing, is on Airflow 2
 * alone.
 */
export type Who = "admin" | "viewer" | "nobody" | "stranger" | "impostor"

/** On which servers a case holds, and how it is run. Without anything: on all, beside others, for the admin. */
export interface Terms {
  readonly who?: Who
  /** On servers that speak this API alone. */
  readonly api?: Api
  /** From this version on, e.g. `2.10.5`. */
  readonly since?: string
  /** On versions before this one. */
  readonly before?: string
  /** Why it holds on no others; said of those it is left out on. */
  readonly why?: string
  /** It does to the server what others do not bear: it is run when no other is. */
  readonly alone?: boolean
  /** Cases of a lane have something in common: they are run one after another, in their order. */
  readonly lane?: string
}

export interface Case extends Terms {
  readonly name: string
  readonly who: Who
  readonly run: (target: Target) => Effect.Effect<void, unknown, AirflowClient>
}

/** A case of one group of cases, which have terms in common. */
export const group =
  (area: string, common: Terms = {}) =>
  (name: string, run: Case["run"], own: Who | Terms = {}): Case => ({
    who: "admin",
    ...common,
    ...(typeof own === "string" ? { who: own } : own),
    name: `${area}: ${name}`,
    run
  })

const numbers = (version: string): ReadonlyArray<number> => version.split(".").map(Number)

/** Whether a version is this one or a later one. */
export const isSince = (version: string, first: string): boolean => {
  const [one, other] = [numbers(version), numbers(first)]
  for (const index of [0, 1, 2]) {
    const [a = 0, b = 0] = [one[index], other[index]]
    if (a !== b) return a > b
  }
  return true
}

/** Whether a server is of this version or a later one. */
export const since = ({ version }: Target, first: string): boolean => isSince(version, first)

/** How a server refuses who proves nothing: it depends on the FAB provider that an Airflow was released with. */
export const unauthenticated = (target: Target): "Unauthorized" | "Forbidden" =>
  byVersion(
    target,
    ["2.0", "Unauthorized"],
    ["2.9", "Forbidden"],
    ["2.10", "Unauthorized"],
    ["2.11.1", "Forbidden"],
    ["3.0", "Unauthorized"]
  )

/** What differs between versions, for the expectations of a case: the last of those that have begun. */
export const byVersion = <A>(
  { version }: Target,
  ...values: ReadonlyArray<readonly [since: string, value: A]>
): A => {
  const found = values.filter(([first]) => isSince(version, first)).at(-1)
  if (found === undefined) throw new Error(`nothing is said of Airflow ${version}`)
  return found[1]
}

/** Why a case does not hold on a server; undefined: it does. */
export const leftOut = (
  { api, before, since, who, why }: Case,
  server: Pick<Target, "api" | "version">
): string | undefined => {
  const because = why === undefined ? "" : `: ${why}`
  if (api !== undefined && api !== server.api) return `on API ${api} only${because}`
  if (who === "nobody" && server.api === "v2") return "its users may all read"
  if (since !== undefined && !isSince(server.version, since)) return `from ${since} on${because}`
  if (before !== undefined && isSince(server.version, before)) return `before ${before} only${because}`
  return undefined
}

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
