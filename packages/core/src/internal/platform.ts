/** The platform's `HttpClient` as a transport: only this file knows what it does. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Effect from "effect/Effect"
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
 * The platform's own span is off, because it would record the whole URL with the log token in its query; the trace is
 * passed on only when asked for, because its headers would force a preflight on a browser.
 */
export const transport = (client: HttpClient.HttpClient, propagate: boolean): Transport => {
  const scoped = client.pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.withScope
  )
  const trace = propagate
    ? Effect.match(Effect.currentSpan, { onFailure: () => ({}), onSuccess: HttpTraceContext.toHeaders })
    : Effect.succeed({})
  return {
    send: ({ body, headers, method, url }) =>
      Effect.flatMap(trace, (traceHeaders) => {
        const request = HttpClientRequest.make(method)(url, { headers: { ...traceHeaders, ...headers } })
        return scoped
          .execute(
            body === undefined ? request : HttpClientRequest.bodyText(request, body, "application/json")
          )
          .pipe(
            Effect.mapBoth({ onFailure: (error) => SendFailure.make(error, false), onSuccess: toResponse })
          )
      })
  }
}
