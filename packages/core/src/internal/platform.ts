/** The only file of this package that knows @effect/platform: its client as a transport. */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Response, Transport } from "../Transport.js"
import * as SendFailure from "./sendFailure.js"

const toResponse = (response: HttpClientResponse.HttpClientResponse): Response => ({
  status: response.status,
  header: (name) => response.headers[name],
  text: Effect.mapError(response.text, (error) => SendFailure.make(error, true)),
  bytes: response.stream.pipe(
    // `fetch` gives no stream at all for an answer like 304.
    Stream.catchAll((error) =>
      error.reason === "EmptyBody" ? Stream.empty : Stream.fail(SendFailure.make(error, true))
    )
  )
})

/**
 * A client whose answers end with the scope, read or not; a request that is given up for another ends at once.
 */
const scoped = (client: HttpClient.HttpClient, scope: Scope.Scope): HttpClient.HttpClient => {
  const inScope = HttpClient.withScope(client)
  return HttpClient.makeWith<never, never, HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (own) =>
          Effect.onError(restore(Scope.extend(inScope.execute(request), own)), (cause) =>
            Scope.close(own, Exit.failCause(cause))
          )
        )
      )
    ),
    Effect.succeed
  )
}

/**
 * The platform's own span is off, because it would record the whole URL with the log token in its query; the trace is
 * passed on only when asked for, because its headers would force a preflight on a browser.
 */
export const transport = (client: HttpClient.HttpClient, propagate: boolean): Transport => {
  const plain = client.pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.withTracerDisabledWhen(() => true)
  )
  const trace = propagate
    ? Effect.match(Effect.currentSpan, { onFailure: () => ({}), onSuccess: HttpTraceContext.toHeaders })
    : Effect.succeed({})
  return {
    send: ({ body, headers, method, url }, scope) =>
      Effect.flatMap(trace, (traceHeaders) => {
        const request = HttpClientRequest.make(method)(url, { headers: { ...traceHeaders, ...headers } })
        return (scope === undefined ? plain : scoped(plain, scope))
          .execute(
            body === undefined ? request : HttpClientRequest.bodyText(request, body, "application/json")
          )
          .pipe(
            Effect.mapBoth({ onFailure: (error) => SendFailure.make(error, false), onSuccess: toResponse })
          )
      })
  }
}
