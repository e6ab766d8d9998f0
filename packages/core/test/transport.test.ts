import * as AirflowClient from "@effect-airflow/core/AirflowClient"
import * as Auth from "@effect-airflow/core/Auth"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Log from "@effect-airflow/core/v2/Log"
import { type Request, sendFailure, type SendFailure, type Transport } from "@effect-airflow/core/Transport"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { row, task } from "./scripted.js"

/** A transport that answers this, and remembers what it was told, and which requests are not over. */
const answering = (body: unknown, failure?: SendFailure) => {
  const sent: Array<Request> = []
  let open = 0
  const text = JSON.stringify(body)
  const transport: Transport = {
    send: (request) =>
      Effect.gen(function* () {
        sent.push(request)
        yield* Effect.acquireRelease(
          Effect.sync(() => void open++),
          () => Effect.sync(() => void open--)
        )
        if (failure !== undefined) return yield* Effect.fail(failure)
        return {
          status: 200,
          header: (name) => (name === "content-type" ? "application/json" : undefined),
          text: Effect.succeed(text),
          bytes: Stream.make(new TextEncoder().encode(text))
        }
      })
  }
  const layer = (options: Partial<AirflowClient.Options> = {}) =>
    Layer.effect(
      AirflowClient.AirflowClient,
      AirflowClient.makeWith({ baseUrl: "http://airflow.test", retry: false, ...options }, transport)
    )
  return { sent, layer, open: () => open }
}

const get = TaskInstances.getTaskInstance

describe("a transport of one's own", () => {
  it.effect("is told all of a request", () =>
    Effect.gen(function* () {
      const { layer, sent } = answering({ task_instances: [], total_entries: 0 })
      yield* Effect.provide(TaskInstances.getTaskInstancesBatch({ dag_ids: ["d"] }), layer())
      assert.deepStrictEqual(sent, [
        {
          method: "POST",
          url: "http://airflow.test/api/v1/dags/~/dagRuns/~/taskInstances/list",
          headers: { accept: "application/json" },
          body: '{"dag_ids":["d"]}'
        }
      ])
    })
  )

  it.effect("is told each header once, of those who set it the last one's", () =>
    Effect.gen(function* () {
      const { layer, sent } = answering(row())
      const auth = Auth.basic("admin", Redacted.make("admin"))
      const headers = { Authorization: "Bearer client", ACCEPT: "text/html", "X-Team": "a" }
      yield* get(task).pipe(Effect.provide(layer({ auth, headers })))
      yield* get(task, { headers: { AUTHORIZATION: "Bearer call", "x-team": "b" } }).pipe(
        Effect.provide(layer({ auth, headers }))
      )
      assert.deepStrictEqual(
        sent.map(({ headers }) => headers),
        [
          { accept: "text/html", authorization: `Basic ${btoa("admin:admin")}`, "x-team": "a" },
          { accept: "text/html", authorization: "Bearer call", "x-team": "b" }
        ]
      )
    })
  )

  it.effect("has no request left once a call is over, however it ends", () =>
    Effect.gen(function* () {
      const good = answering(row())
      yield* Effect.provide(get(task), good.layer())
      const odd = answering({})
      yield* Effect.flip(Effect.provide(get(task), odd.layer()))
      const refused = answering({}, sendFailure(new TypeError("Failed to fetch"), false))
      yield* Effect.flip(Effect.provide(get(task), refused.layer()))
      // The check of a server's own token never ends.
      const unproven = answering(row())
      const auth = Auth.negotiate(() =>
        Effect.succeed({ token: Redacted.make("dG9rZW4="), verify: () => Effect.never })
      )
      yield* Effect.flip(Effect.provide(get(task, { timeout: "1 second" }), unproven.layer({ auth }))).pipe(
        Effect.fork,
        Effect.tap(() => TestClock.adjust("1 second")),
        Effect.flatMap(Fiber.join)
      )
      for (const { open, sent } of [good, odd, refused, unproven]) {
        assert.lengthOf(sent, 1)
        assert.strictEqual(open(), 0)
      }
    })
  )

  it.effect("keeps a request while its answer is read as it comes, and no longer", () =>
    Effect.gen(function* () {
      const { layer, open } = answering({ content: ["a", "b"], continuation_token: null })
      const seen: Array<number> = []
      yield* Log.streamLog({ ...task, try_number: 1 }).pipe(
        Stream.runForEach(() => Effect.sync(() => void seen.push(open()))),
        Effect.provide(layer())
      )
      assert.isAbove(seen.length, 0)
      assert.isTrue(seen.every((count) => count === 1))
      assert.strictEqual(open(), 0)
      const scope = yield* Scope.make()
      yield* Scope.extend(Stream.toPull(Log.streamLog({ ...task, try_number: 1 })), scope).pipe(
        Effect.flatten,
        Effect.provide(layer())
      )
      assert.strictEqual(open(), 1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(open(), 0)
    })
  )

  it.effect("tells why it failed", () =>
    Effect.gen(function* () {
      const refused = Object.assign(new Error("no"), { code: "ECONNREFUSED" })
      for (const [failure, reason] of [
        [sendFailure(refused, false), "Connect"],
        [sendFailure(refused, true), "Dropped"],
        [sendFailure(new TypeError("fetch failed", { cause: { code: "CERT_HAS_EXPIRED" } }), false), "Tls"],
        [sendFailure(new TypeError("Failed to fetch"), false), "Unknown"],
        [sendFailure("odd", false), "Unknown"]
      ] as const) {
        const error = yield* Effect.flip(Effect.provide(get(task), answering({}, failure).layer()))
        assert.deepInclude({ ...error }, { _tag: "TransportError", reason, attempts: 1 })
      }
    })
  )
})
