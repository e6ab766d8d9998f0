/**
 * Sends requests with `fetch`. It is smaller than the platform's client, which would be an eighth of what a page that follows
 * a log has to load.
 */
import { type Response, sendFailure, type Transport } from "@effect-airflow/core/Transport"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

export interface Settings {
  readonly credentials: "omit" | "same-origin" | "include"
  /** Default: the global one, as it is at the time of a request. */
  readonly fetch: typeof globalThis.fetch | undefined
}

const incoming = (response: globalThis.Response, abort: Effect.Effect<void>): Response => ({
  status: response.status,
  header: (name) => response.headers.get(name) ?? undefined,
  text: Effect.onInterrupt(
    Effect.tryPromise({ try: () => response.text(), catch: (error) => sendFailure(error, true) }),
    () => abort
  ),
  // An answer like 304 has none.
  bytes: Stream.suspend(() =>
    response.body === null
      ? Stream.empty
      : Stream.fromReadableStream({
          evaluate: () => response.body!,
          onError: (error) => sendFailure(error, true)
        })
  )
})

export const make = ({ credentials, fetch }: Settings): Transport => ({
  send: ({ body, headers, method, url }, scope) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const controller = new AbortController()
        const abort = Effect.sync(() => controller.abort())
        if (scope !== undefined) yield* Scope.addFinalizer(scope, abort)
        const answer = Effect.tryPromise({
          try: () =>
            (fetch ?? globalThis.fetch)(url, {
              method,
              headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
              ...(body === undefined ? {} : { body }),
              credentials,
              redirect: "manual",
              cache: "no-store",
              signal: controller.signal
            }),
          catch: (error) => sendFailure(error, false)
        })
        return incoming(yield* Effect.onInterrupt(restore(answer), () => abort), abort)
      })
    )
})
