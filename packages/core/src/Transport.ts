/**
 * What sends requests for a client. `AirflowClient.layer` takes the platform's `HttpClient` and makes one of it;
 * an adapter that has something smaller at hand, as a browser has its `fetch`, gives its own to
 * `AirflowClient.makeWith`.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as internal from "./internal/sendFailure.js"

/**
 * A request, complete.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly url: string
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON, if there is any; its content type is not among the headers. */
  readonly body: string | undefined
}

/**
 * An answer whose body is still to come. It is read in one of two ways, once, and while its scope is open.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly status: number
  /** A header by its name in lower case. */
  readonly header: (name: string) => string | undefined
  /** All of the body, as UTF-8. */
  readonly text: Effect.Effect<string, SendFailure>
  /** The body as it comes. Leaving it before its end ends the request. */
  readonly bytes: Stream.Stream<Uint8Array, SendFailure>
}

/**
 * Why a request or the reading of its answer came to nothing.
 *
 * @since 0.1.0
 * @category errors
 */
export interface SendFailure {
  readonly _tag: "SendFailure"
  /**
   * `Connect`: there was no connection, so nothing was sent, and any call may be sent again. `Tls`: the two could not agree,
   * or one does not trust the other; it is not tried again. `Dropped`: the connection ended. `Unknown`: a browser does
   * not tell, or the code is not known.
   */
  readonly reason: "Connect" | "Tls" | "Dropped" | "Unknown"
  /** The system's code, e.g. `ECONNREFUSED`. */
  readonly code?: string
  /** In the system's words. The client takes credentials out before it passes them on. */
  readonly description?: string
}

/**
 * What sends requests.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transport {
  /**
   * Sends a request, once, and waits for the head of its answer. No redirect is followed. The request ends, and its connection
   * is free, when this is interrupted, and at the latest when the scope is closed, whether the answer was read or not.
   */
  readonly send: (request: Request) => Effect.Effect<Response, SendFailure, Scope.Scope>
}

/**
 * The failure that a thrown error tells of; `started`: the answer had begun.
 *
 * @since 0.1.0
 * @category constructors
 */
export const sendFailure: (error: unknown, started: boolean) => SendFailure = internal.make
