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

/** The operations, as they are added to a program that has a client: what grows with the API. */
const operation = `export { getTaskInstance } from "@effect-airflow/core/v1/TaskInstances"
export { AirflowClient } from "@effect-airflow/core/AirflowClient"`
const operations = `export * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
export { AirflowClient } from "@effect-airflow/core/AirflowClient"
export * as Auth from "@effect-airflow/core/Auth"
export * as Pagination from "@effect-airflow/core/Pagination"`
/** What runs them: checks, credentials, time-outs, retries, decoding, errors that explain themselves. */
const client = `export * as Client from "@effect-airflow/core/AirflowClient"
export * as Retry from "@effect-airflow/core/Retry"`

export const entries: ReadonlyArray<Entry> = [
  { name: "core, one operation, without the client", code: operation, external: effect, limit: 4096 },
  {
    name: "core, all operations, pagination, auth, without the client",
    code: operations,
    external: effect,
    limit: 8192
  },
  // The same bounds were meant to hold with the client, and do not: it may not grow further.
  {
    name: "core, one operation and the client",
    code: `${operation}\n${client}`,
    external: effect,
    limit: 8600
  },
  {
    name: "core, all of it and the client",
    code: `${operations}\n${client}`,
    external: effect,
    limit: 10_000
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
