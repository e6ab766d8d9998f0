import * as Auth from "@effect-airflow/core/Auth"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { adapters } from "./adapters.js"
import { calls } from "./hostileCalls.js"
import { cases } from "./hostileCases.js"
import { answer, listen } from "./rawServer.js"

/** Waits, for a moment at most, until something is so. */
const eventually = async (what: () => boolean): Promise<boolean> => {
  for (let look = 0; look < 100 && !what(); look++) await new Promise((resolve) => setTimeout(resolve, 10))
  return what()
}

for (const { layer, name, ownConnections } of adapters) {
  describe(`a hostile world, ${name}`, () => {
    for (const { call, fetched, name: what, options, outcome: usual, requests, serve } of cases) {
      const outcome = ownConnections ? usual : (fetched ?? usual)
      it(what, async () => {
        const server = await listen((socket, request) =>
          serve[Math.min(server.requests.length, serve.length) - 1]!(socket, request)
        )
        try {
          const result = await calls[call]({ timeout: "5 seconds", retry: false, ...options }).pipe(
            Effect.provide(layer({ baseUrl: `http://127.0.0.1:${server.port}` })),
            Effect.match({ onFailure: (error) => error as object, onSuccess: () => ({ _tag: "Success" }) }),
            Effect.runPromise
          )
          assert.deepInclude(
            Object.fromEntries(
              Object.keys(outcome).map((field) => [field, (result as Record<string, unknown>)[field]])
            ),
            outcome
          )
          if (requests !== undefined) assert.strictEqual(server.requests.length, requests)
          assert.isTrue(await eventually(() => server.busy() === 0), "an exchange is left open")
          if (ownConnections)
            assert.isTrue(await eventually(() => server.open() === 0), "a connection is left open")
        } finally {
          await server.close()
        }
      })
    }

    const task = { dag_id: "d", dag_run_id: "r", task_id: "t" }

    it("a refused connection", async () => {
      const server = await listen(() => undefined)
      await server.close()
      const error = await TaskInstances.getTaskInstance(task, { retry: false }).pipe(
        Effect.provide(layer({ baseUrl: `http://127.0.0.1:${server.port}` })),
        Effect.flip,
        Effect.runPromise
      )
      assert.deepInclude(error, { _tag: "TransportError", reason: "Connect", code: "ECONNREFUSED" })
    })

    it("a host that is not there", async () => {
      const error = await TaskInstances.getTaskInstance(task, { retry: false, timeout: "5 seconds" }).pipe(
        Effect.provide(layer({ baseUrl: "http://airflow.invalid" })),
        Effect.flip,
        Effect.runPromise
      )
      assert.deepInclude(error, { _tag: "TransportError", reason: "Connect" })
    })

    it("compression is asked for, and nothing that cannot be undone", async () => {
      const server = await listen(answer("404 NOT FOUND", []))
      try {
        await TaskInstances.getTaskInstance(task).pipe(
          Effect.provide(layer({ baseUrl: `http://127.0.0.1:${server.port}` })),
          Effect.flip,
          Effect.runPromise
        )
        const asked = /^accept-encoding: (.*)\r$/im.exec(server.requests[0]!)?.[1]
        if (ownConnections) assert.strictEqual(asked, "gzip")
        else assert.include(asked, "gzip")
      } finally {
        await server.close()
      }
    })

    it("credentials do not follow a redirect", async () => {
      const other = await listen(answer("200 OK", ["Content-Type: application/json"], "{}"))
      const server = await listen(answer("302 FOUND", [`Location: http://127.0.0.1:${other.port}/`]))
      try {
        const error = await TaskInstances.getTaskInstance(task).pipe(
          Effect.provide(
            layer({
              baseUrl: `http://127.0.0.1:${server.port}`,
              auth: Auth.bearer(Redacted.make("s3cret-token"))
            })
          ),
          Effect.flip,
          Effect.runPromise
        )
        assert.strictEqual(error._tag, "UnexpectedStatus")
        assert.include(server.requests[0], "s3cret-token")
        assert.deepStrictEqual(other.requests, [])
      } finally {
        await server.close()
        await other.close()
      }
    })
  })
}
