/**
 * Which Airflow a client talks to: which API it speaks, its version, and what that version knows.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { AirflowClient } from "./AirflowClient.js"
import type {
  CredentialsError,
  Forbidden,
  InvalidInput,
  NotAirflow,
  RateLimited,
  ServerError,
  TimeoutError,
  TransportError,
  Unauthorized
} from "./AirflowError.js"
import * as capabilities from "./internal/capabilities.js"
import * as internal from "./internal/server.js"

/**
 * A server: the API it speaks (`v1`: Airflow 2, `v2`: Airflow 3), and its version, e.g. `2.11.0`. Versions of
 * vendors and before a release have more after the numbers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server {
  readonly api: "v1" | "v2"
  readonly version: string
}

/**
 * How finding out can fail. Airflow itself tells its version to anybody; `Unauthorized` and `Forbidden` come
 * from what stands in front of it.
 *
 * @since 0.1.0
 * @category errors
 */
export type DetectError =
  | Unauthorized
  | Forbidden
  | RateLimited
  | ServerError
  | TransportError
  | TimeoutError
  | InvalidInput
  | CredentialsError
  | NotAirflow

/**
 * The server of this client. It is asked at the first use, once for all who ask meanwhile, with the client's
 * own time-out and retries, and kept for as long as the client; a failure is not kept. After an upgrade the
 * version kept is the old one: see {@link forget}.
 *
 * Source: GET /api/v2/version, and where that is not there, GET /api/v1/version. `NotAirflow`: neither is. (With
 * `Auth.jwt` the login comes first. When its answer is neither a token nor a refusal of the user, the two are asked
 * without credentials: it is a `CredentialsError` only if there is an Airflow.)
 *
 * @example
 * import * as Server from "@effect-airflow/core/Server"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 *
 * const program = Server.detect.pipe(
 *   Effect.flatMap(({ api, version }) => Console.log(`Airflow ${version}, API ${api}`)),
 *   Effect.catchTag("NotAirflow", (error) => Console.error(error.message))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const detect: Effect.Effect<Server, DetectError, AirflowClient> = internal.detect

/**
 * Forgets what was found out, so that the next use asks again: for a client that outlives an upgrade.
 *
 * @since 0.1.0
 * @category operations
 */
export const forget: Effect.Effect<void, never, AirflowClient> = internal.forget

/**
 * Asks the server again, whatever is known of it.
 *
 * @since 0.1.0
 * @category operations
 */
export const detectAgain: Effect.Effect<Server, DetectError, AirflowClient> = /*#__PURE__*/ Effect.zipRight(
  forget,
  detect
)

/**
 * What some servers know and others do not:
 *
 * | capability           | what                                                     | API v1 | API v2 |
 * | -------------------- | -------------------------------------------------------- | ------ | ------ |
 * | `tries`              | the attempts of a task instance as a list                | 2.10   | 3.0    |
 * | `dependencies`       | why a task instance is not started yet                   | 2.10   | 3.0    |
 * | `notes`              | notes on task instances and runs                         | 2.5    | 3.0    |
 * | `executorFilter`     | filtering by executor                                    | 2.10   | 3.0    |
 * | `updatedAtFilter`    | filtering by when a row was last changed                 | 2.6    | 3.0    |
 * | `batchByRun`         | filtering a batch by runs and tasks                      | 2.7.1  | 3.0    |
 * | `batchPaging`        | a batch comes in pages; before, whole                    | 2.10.3 | 3.0    |
 * | `linksOfMapped`      | the extra links of an instance of a mapped task          | 2.10.5 | 3.0    |
 * | `currentTryNumber`   | `try_number` of a v1 row is the attempt in every state   | 2.10   | 3.0    |
 * | `clearMapped`        | clearing one instance of a mapped task                   |        | 3.1.1  |
 * | `orderBy`            | ordering any list of task instances                      |        | 3.0    |
 * | `exclusiveRanges`    | ranges that leave their bound out (`_gt`, `_lt`)         |        | 3.1    |
 * | `patternFilters`     | filtering by patterns of names                           |        | 3.2    |
 * | `cursor`             | walking a list by cursors                                |        | 3.2.2  |
 * | `logRecords`         | logs as records and not as text                          |        | 3.0    |
 * | `bulk`               | changing several task instances in one request           |        | 3.1    |
 * | `deleteTaskInstance` | deleting a task instance                                 |        | 3.1    |
 * | `externalLogUrl`     | where a log is in an outside store of logs               |        | 3.1    |
 * | `waitForRun`         | waiting for a run on the server                          |        | 3.1    |
 *
 * @since 0.1.0
 * @category models
 */
export type Capability = keyof typeof capabilities.table

/**
 * All capabilities, with the first version of each API that has them.
 *
 * @since 0.1.0
 * @category models
 */
export const capabilitySince: Readonly<Record<Capability, { readonly v1?: string; readonly v2?: string }>> =
  capabilities.table

/**
 * Whether this server can do that, by its version. One with a version that cannot be read is taken for a new
 * one.
 *
 * @example
 * import { supports } from "@effect-airflow/core/Server"
 *
 * supports({ api: "v1", version: "2.9.3" }, "tries") // false
 * supports({ api: "v2", version: "3.3.2" }, "cursor") // true
 *
 * @since 0.1.0
 * @category predicates
 */
export const supports = (server: Server, capability: Capability): boolean =>
  capabilities.knows(server, capabilities.table[capability])

/**
 * Whether the server is of this version or a later one. What follows the numbers is not looked at: `3.3.0rc1`
 * is taken for `3.3.0`.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isAtLeast = (server: Server, version: string): boolean =>
  capabilities.isAtLeast(server.version, version)
