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
const having = `export { AirflowClient } from "@effect-airflow/core/AirflowClient"`
const operation = (name: string, module: string): string =>
  `${having}
export { ${name} } from "@effect-airflow/core/${module}"`
const taskInstances = `${having}
${["v1", "v2"]
  .flatMap((api) =>
    ["TaskInstance", "TaskInstances", "TaskInstanceTries", "TaskInstanceActions"].map(
      (module) => `export * as ${api}${module} from "@effect-airflow/core/${api}/${module}"`
    )
  )
  .join("\n")}`
/** What goes with them: logs as they come, runs, pages, ways to prove who one is. */
const more = ["v1/Log", "v1/DagRuns", "v2/Log", "v2/DagRuns", "Auth", "Pagination"]
  .map((module) => `export * as ${module.replace("/", "")} from "@effect-airflow/core/${module}"`)
  .join("\n")
/** What runs them: checks, credentials, time-outs, retries, decoding, errors that explain themselves. */
const client = `export * as Client from "@effect-airflow/core/AirflowClient"
export * as Retry from "@effect-airflow/core/Retry"`

/** One operation of each kind. */
const singles: ReadonlyArray<readonly [name: string, module: string]> = [
  ["getTaskInstance", "v1/TaskInstances"],
  ["getTaskInstance", "v2/TaskInstances"],
  ["getTaskInstances", "v2/TaskInstances"],
  ["bulkTaskInstances", "v2/TaskInstanceActions"],
  ["streamLog", "v2/Log"]
]

export const entries: ReadonlyArray<Entry> = [
  ...singles.map(([name, module]) => ({
    name: `core, ${module.slice(0, 2)} ${name}, without the client`,
    code: operation(name, module),
    external: effect,
    limit: 4096
  })),
  {
    name: "core, all task-instance operations of v1 and v2, without the client",
    code: taskInstances,
    external: effect,
    limit: 8192
  },
  {
    name: "core, one operation and the client",
    code: `${operation("getTaskInstance", "v1/TaskInstances")}\n${client}`,
    external: effect,
    // Rows are read without Schema: that is some of these bytes, and fourteen thousand less in who uses them.
    limit: 9216
  },
  {
    name: "core, all task-instance operations of v1 and v2, and the client",
    code: `${taskInstances}\n${client}`,
    external: effect,
    limit: 14_336
  },
  {
    name: "core, v1 and v2 with logs, runs, pagination, auth and the client",
    code: `${taskInstances}\n${more}\n${client}`,
    external: effect,
    limit: 20_480
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
    name: "a page's adapter and follower, Effect included",
    code: `export { layer } from "@effect-airflow/browser/BrowserAirflow"
export { follow } from "@effect-airflow/logs/LogFollower"`,
    external: [],
    limit: 90_000
  },
  {
    name: "the same for a page that has Effect already",
    code: `export { layer } from "@effect-airflow/browser/BrowserAirflow"
export { follow } from "@effect-airflow/logs/LogFollower"`,
    external: effect,
    limit: undefined
  },
  {
    name: "the plain page: all of promise",
    code: `export { layer } from "@effect-airflow/browser/BrowserAirflow"
export { connect } from "@effect-airflow/promise"`,
    external: [],
    limit: undefined
  },
  {
    name: "Effect's part of it: streams",
    code: `import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
export { isAirflowError } from "@effect-airflow/core/AirflowError"
export const run = Effect.runPromise(
  Stream.runDrain(Stream.paginateChunkEffect(1, () => Effect.fail("end")))
)`,
    external: [],
    limit: undefined
  }
]
