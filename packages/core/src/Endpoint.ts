/**
 * An operation of Airflow's API as data: what is sent, what comes back, which errors it declares. One small
 * runner serves them all.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { AirflowClient } from "./AirflowClient.js"
import type { ClientError, ErrorByStatus } from "./AirflowError.js"
import type { Decoder } from "./internal/decode.js"
import type { Kind } from "./internal/params.js"
import type { Reader } from "./internal/stream.js"
import type { RetryOptions } from "./Retry.js"

/**
 * Options of one call; they win over the client's.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestOptions {
  /**
   * The longest one attempt may take, its body included; for a {@link StreamOperation} until the answer begins,
   * and then each wait for more of it. Default 30 s.
   */
  readonly timeout?: Duration.DurationInput
  /**
   * The longest the whole call may take, with its retries and their waits; for a {@link StreamOperation} until
   * the answer begins. Default: none.
   */
  readonly deadline?: Duration.DurationInput
  /** How to retry; `false`: not at all. */
  readonly retry?: RetryOptions | false
  /** More headers. They win over the client's and over the credentials'. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The statuses an operation can declare as errors.
 *
 * @since 0.1.0
 * @category models
 */
export type DeclaredStatus = keyof ErrorByStatus

/**
 * An operation as data. `Status` are the statuses it declares as errors.
 *
 * @since 0.1.0
 * @category models
 */
export interface Endpoint<Params, Success, Status extends DeclaredStatus> {
  /** The operation's name: Airflow's operationId in camelCase. */
  readonly id: string
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  /** The path below the base URL, with `{name}` for each of `pathParams`. */
  readonly path: string
  readonly pathParams: Readonly<Record<string, Kind>>
  readonly query?: Readonly<Record<string, Kind>>
  /** The fields of the JSON body. */
  readonly body?: Readonly<Record<string, Kind>>
  /** What is asked for, and must come: API v1 answers its log as text to anything vaguer. */
  readonly accept: "application/json" | "text/plain"
  readonly decode: Decoder<Success>
  readonly errors: ReadonlyArray<Status>
  /** Whether it may be sent twice; with some parameters, or always. */
  readonly idempotent: boolean | ((params: Params) => boolean)
  /** Whether it is sent without the client's credentials. Default false. */
  readonly anonymous?: boolean
  /** Ties the type of the parameters to the data. */
  readonly "~params"?: (params: Params) => void
}

/**
 * What a call can fail with: the declared statuses' errors, and those of any call.
 *
 * @since 0.1.0
 * @category models
 */
export type OperationError<Status extends DeclaredStatus> = ErrorByStatus[Status] | ClientError

/**
 * A function that runs an operation, with the operation's data at hand.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<Params, Success, Status extends DeclaredStatus> {
  (params: Params, options?: RequestOptions): Effect.Effect<Success, OperationError<Status>, AirflowClient>
  readonly endpoint: Endpoint<Params, Success, Status>
}

/**
 * Makes the function from the data.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Params extends object, Success, const Status extends DeclaredStatus>(
  endpoint: Endpoint<Params, Success, Status>
): Operation<Params, Success, Status> =>
  Object.assign(
    (params: Params, options?: RequestOptions) =>
      Effect.flatMap(AirflowClient, (client) => client.execute(endpoint, params, options)),
    { endpoint }
  )

/**
 * An operation whose answer is read as it comes, as data.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamEndpoint<Params, Item, Status extends DeclaredStatus> extends Omit<
  Endpoint<Params, never, Status>,
  "decode"
> {
  /** Makes the items out of the body. */
  readonly read: Reader<Item>
}

/**
 * A function that runs an operation whose answer is read as it comes, no faster than the stream is. It is sent
 * again, like other calls, only until the answer begins; what goes wrong later ends the stream. Leaving the stream
 * ends the request.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamOperation<Params, Item, Status extends DeclaredStatus> {
  (params: Params, options?: RequestOptions): Stream.Stream<Item, OperationError<Status>, AirflowClient>
  readonly endpoint: StreamEndpoint<Params, Item, Status>
}

/**
 * Makes the function from the data.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeStream = <Params extends object, Item, const Status extends DeclaredStatus>(
  endpoint: StreamEndpoint<Params, Item, Status>
): StreamOperation<Params, Item, Status> =>
  Object.assign(
    (params: Params, options?: RequestOptions) =>
      Stream.unwrap(Effect.map(AirflowClient, (client) => client.stream(endpoint, params, options))),
    { endpoint }
  )
