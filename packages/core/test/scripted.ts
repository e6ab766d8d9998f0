/** A transport that answers as a script says, and remembers what arrived and when. */
import * as AirflowClient from "@effect-airflow/core/AirflowClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export interface Arrival {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Effect's time. */
  readonly at: number
}

/** An answer; or a system error's code; or what `fetch` says without a reason; or nothing, ever. */
export type Reply = Response | { readonly code: string } | TypeError | "never"

export interface Scripted {
  readonly arrivals: Array<Arrival>
  readonly layer: (
    options?: Partial<AirflowClient.Options>
  ) => Layer.Layer<AirflowClient.AirflowClient, never>
  readonly transport: Layer.Layer<HttpClient.HttpClient>
}

export const scripted = (reply: (arrival: Arrival, index: number) => Reply): Scripted => {
  const arrivals: Array<Arrival> = []
  const transport = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.gen(function* () {
        const at = yield* Clock.currentTimeMillis
        const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
        const arrival = { method: request.method, url, headers: { ...request.headers }, body, at }
        arrivals.push(arrival)
        const answer = reply(arrival, arrivals.length - 1)
        if (answer === "never") return yield* Effect.never
        if (answer instanceof Response) return HttpClientResponse.fromWeb(request, answer)
        return yield* new HttpClientError.RequestError({
          request,
          reason: "Transport",
          cause:
            answer instanceof TypeError
              ? answer
              : Object.assign(new Error(`system error ${answer.code}`), { code: answer.code })
        })
      })
    )
  )
  return {
    arrivals,
    transport,
    layer: (options = {}) =>
      AirflowClient.layer({ baseUrl: "http://airflow.test", ...options }).pipe(
        Layer.provide(transport),
        Layer.orDie
      )
  }
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": status < 300 ? "application/json" : "application/problem+json", ...headers }
  })

export const status = (code: number, headers: Record<string, string> = {}): Response =>
  new Response(`<html>${code}</html>`, { status: code, headers: { "content-type": "text/html", ...headers } })

export const row = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  task_id: "t",
  dag_id: "d",
  dag_run_id: "r",
  map_index: -1,
  try_number: 1,
  state: "success",
  ...more
})

export const task = { dag_id: "d", dag_run_id: "r", task_id: "t" }
