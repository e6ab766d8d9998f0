/**
 * Sends requests with `fetch`. It is smaller than the platform's client, which would be an eighth of what a page that follows
 * a log has to load.
 */
import { type Response, sendFailure, type Transport } from "@effect-airflow/core/Transport"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export interface Settings {
  readonly credentials: "omit" | "same-origin" | "include"
  /** Default: the global one, as it is at the time of a request. */
  readonly fetch: typeof globalThis.fetch | undefined
}

const incoming = (response: globalThis.Response): Response => ({
  status: response.status,
  header: (name) => response.headers.get(name) ?? undefined,
  text: Effect.tryPromise({ try: () => response.text(), catch: (error) => sendFailure(error, true) }),
  bytes: Stream.suspend(() => {
    const { body } = response
    // An answer like 304 has none, and some that stand in for `fetch` never have one.
    return body
      ? Stream.fromReadableStream({ evaluate: () => body, onError: (error) => sendFailure(error, true) })
      : Stream.empty
  })
})

export const make = ({ credentials, fetch }: Settings): Transport => ({
  send: ({ body, headers, method, url }) =>
    Effect.gen(function* () {
      const controller = new AbortController()
      yield* Effect.addFinalizer(() => Effect.sync(() => controller.abort()))
      const response = yield* Effect.tryPromise({
        try: () =>
          (fetch ?? globalThis.fetch)(url, {
            method,
            headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
            ...(body === undefined ? {} : { body }),
            credentials,
            redirect: "manual",
            cache: "no-store",
            signal: controller.signal
          }),
        catch: (error) => sendFailure(error, false)
      })
      return incoming(response)
    })
})
