/** What is measured, and how big it may be. */

export interface Entry {
  readonly name: string
  readonly code: string
  /** What the program has anyway. */
  readonly external: ReadonlyArray<string>
  /** Bytes at most, compressed. Undefined: told, not judged. */
  readonly limit: number | undefined
}

const effect = ["effect", "effect/*", "@effect/platform/*"]

export const entries: ReadonlyArray<Entry> = [
  {
    name: "core, one operation",
    code: `export { getTaskInstance } from "@effect-airflow/core/v1/TaskInstances"
export * as AirflowClient from "@effect-airflow/core/AirflowClient"`,
    external: effect,
    limit: 4096
  },
  {
    name: "core, all operations, pagination, retry, auth",
    code: `export * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
export * as AirflowClient from "@effect-airflow/core/AirflowClient"
export * as Auth from "@effect-airflow/core/Auth"
export * as Pagination from "@effect-airflow/core/Pagination"
export * as Retry from "@effect-airflow/core/Retry"`,
    external: effect,
    limit: 8192
  },
  {
    name: "logs, without core",
    code: `export * as LogFollower from "@effect-airflow/logs/LogFollower"
export * as AsyncIterable from "@effect-airflow/logs/AsyncIterable"`,
    external: [...effect, "@effect-airflow/core/*"],
    // Room for what the follower is going to learn. May be raised, on purpose and for a reason.
    limit: 16_384
  },
  {
    name: "a browser's whole bundle, Effect included: browser and logs",
    code: `export * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
export * as LogFollower from "@effect-airflow/logs/LogFollower"`,
    external: [],
    limit: undefined
  }
]
