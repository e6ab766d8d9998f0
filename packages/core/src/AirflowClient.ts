/**
 * The service that runs operations: it knows where the server is, who asks, how long to wait and how often
 * to try. The adapters (`@effect-airflow/node`, `@effect-airflow/browser`) build it with an HTTP layer.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { InvalidInput } from "./AirflowError.js"
import type { Auth } from "./Auth.js"
import type { DeclaredStatus, Endpoint, OperationError, RequestOptions, StreamEndpoint } from "./Endpoint.js"
import * as internal from "./internal/client.js"
import * as platform from "./internal/platform.js"
import type { RetryOptions } from "./Retry.js"
import type { Transport } from "./Transport.js"

/**
 * Something a caller may want to know, though the call succeeded.
 *
 * @since 0.1.0
 * @category models
 */
export type Warning =
  | {
      /** A field of an answer was not what Airflow documents, and was left out. */
      readonly _tag: "FieldSkipped"
      readonly operation: string
      /** Where, e.g. `.task_instances[3].duration`. */
      readonly field: string
      /** What was expected there. */
      readonly expected: string
    }
  | {
      /** A walk over all pages ended with fewer rows than the server counted. */
      readonly _tag: "IncompleteWalk"
      readonly operation: string
      readonly received: number
      readonly total: number
    }

/**
 * How fast all followers and waits of one client may ask the server, together. Single calls are not held back.
 *
 * @since 0.1.0
 * @category models
 */
export interface Polling {
  /** Requests in a second. Default 20. */
  readonly perSecond: number
  /** Requests under way at a time. Default 8. */
  readonly concurrent: number
  /**
   * How one waits between two looks. Default `Effect.sleep`; an adapter may know better: a page that nobody sees can wait
   * longer, and need not when it is seen again.
   */
  readonly pause: (duration: Duration.Duration) => Effect.Effect<void>
}

/**
 * How to reach and use one Airflow.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Where the web server is, e.g. `https://airflow.example.com`, with the prefix it is served under, if any.
   * A trailing `/api/v1` or `/api/v2` is taken off. No credentials, query or fragment.
   */
  readonly baseUrl: string | URL
  /** Who asks. Default: nobody. */
  readonly auth?: Auth
  /** How to retry; `false`: not at all. Default: see `Retry.defaultPolicy`. */
  readonly retry?: RetryOptions | false
  /** The budget all calls share for retries; `false`: none. Default: `Retry.makeBudget()`. */
  readonly retryBudget?: { readonly capacity?: number; readonly cost?: number } | false
  /** The longest one attempt may take. Default 30 s. */
  readonly timeout?: Duration.DurationInput
  /** The longest a call may take, retries included. Default: none. */
  readonly deadline?: Duration.DurationInput
  /** How fast what runs for long (following logs, waiting) may ask. */
  readonly polling?: Partial<Polling>
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** What to do with warnings. Default: a log line at level Debug. */
  readonly onWarning?: (warning: Warning) => Effect.Effect<void>
  /** Whether the current trace is passed on in headers (`traceparent`, `b3`). Default false. */
  readonly tracePropagation?: boolean
}

/**
 * What the service offers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The base URL in use, without a trailing slash or API prefix. */
  readonly baseUrl: string
  /** What long-running readers of this client are held to. */
  readonly polling: Polling
  /** Runs an operation. */
  readonly execute: <Params extends object, Success, Status extends DeclaredStatus>(
    endpoint: Endpoint<Params, Success, Status>,
    params: Params,
    options?: RequestOptions
  ) => Effect.Effect<Success, OperationError<Status>>
  /** Runs an operation whose answer is read as it comes. */
  readonly stream: <Params extends object, Item, Status extends DeclaredStatus>(
    endpoint: StreamEndpoint<Params, Item, Status>,
    params: Params,
    options?: RequestOptions
  ) => Stream.Stream<Item, OperationError<Status>>
  /** Passes a warning to whoever asked for them. */
  readonly warn: (warning: Warning) => Effect.Effect<void>
}

/**
 * The service's tag.
 *
 * @since 0.1.0
 * @category tags
 */
export class AirflowClient extends Context.Tag("@effect-airflow/core/AirflowClient")<
  AirflowClient,
  Service
>() {}

/**
 * Makes the service over a transport. Fails with `InvalidInput` that names the option when one is wrong. There is no
 * `tracePropagation`: a transport knows by itself which trace headers it sends.
 *
 * @example
 * import * as AirflowClient from "@effect-airflow/core/AirflowClient"
 * import type { Transport } from "@effect-airflow/core/Transport"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * declare const inner: Transport
 *
 * const told: Transport = {
 *   send: (request) => Effect.zipRight(Effect.logDebug(`${request.method} ${request.url}`), inner.send(request))
 * }
 * const Live = Layer.effect(
 *   AirflowClient.AirflowClient,
 *   AirflowClient.makeWith({ baseUrl: "http://localhost:8080" }, told)
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeWith: (
  options: Omit<Options, "tracePropagation">,
  transport: Transport
) => Effect.Effect<Service, InvalidInput> = internal.make

/**
 * Makes the service over an HTTP client. Fails with `InvalidInput` that names the option when one is wrong.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, InvalidInput, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (client) =>
    makeWith(options, platform.transport(client, options.tracePropagation === true))
  )

/**
 * The service as a layer over an HTTP client.
 *
 * @example
 * import * as AirflowClient from "@effect-airflow/core/AirflowClient"
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 *
 * const Live = AirflowClient.layer({ baseUrl: "http://localhost:8080" }).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<AirflowClient, InvalidInput, HttpClient.HttpClient> =>
  Layer.effect(AirflowClient, make(options))
