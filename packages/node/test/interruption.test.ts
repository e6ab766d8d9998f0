import * as Auth from "@effect-airflow/core/Auth"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { streamLog } from "@effect-airflow/core/v2/Log"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { gzipSync } from "node:zlib"
import { adapters } from "./adapters.js"
import { promptly } from "./promptly.js"
import { answer, listen, raw, type Serve } from "./rawServer.js"

const task = { dag_id: "d", dag_run_id: "r", task_id: "t" }

const streamed = Stream.runDrain(streamLog({ ...task, try_number: 1 }))

/** The head of an answer that is longer than what comes of it. */
const begun = (...headers: ReadonlyArray<string>) =>
  Buffer.from(
    ["HTTP/1.1 200 OK", "Content-Type: application/json", "Content-Length: 5000", ...headers, "", ""].join(
      "\r\n"
    )
  )

const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Interrupts what runs; it must take effect at once. */
const interruptPromptly = (fiber: Fiber.RuntimeFiber<unknown, unknown>) =>
  promptly(() => Effect.runPromise(Fiber.interrupt(fiber)))

for (const { layer, name } of adapters) {
  // Once more where the code was cold: what cannot be interrupted fails always.
  describe(`interruption, ${name}`, { retry: 2 }, () => {
    const interrupted =
      (serve: Serve, effect: Effect.Effect<unknown, unknown, AirflowClient>, expected: number) =>
      async () => {
        const server = await listen(serve)
        try {
          const auth = Auth.none
          const fiber = Effect.runFork(
            Effect.provide(effect, layer({ baseUrl: `http://127.0.0.1:${server.port}`, auth }))
          )
          for (let look = 0; look < 200 && server.requests.length < expected; look++) await wait(10)
          await wait(30)
          assert.strictEqual(server.requests.length, expected)
          await interruptPromptly(fiber)
          await wait(400)
          assert.strictEqual(server.requests.length, expected, "something was sent after the interruption")
          assert.strictEqual(server.busy(), 0, "an exchange was left open")
        } finally {
          await server.close()
        }
      }

    it(
      "a request",
      interrupted(() => undefined, TaskInstances.getTaskInstance(task), 1)
    )

    it(
      "a body",
      interrupted(
        raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{", "leave"),
        TaskInstances.getTaskInstance(task),
        1
      )
    )

    it(
      "an error body",
      interrupted(
        raw(
          "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n<",
          "leave"
        ),
        TaskInstances.getTaskInstance(task),
        1
      )
    )

    it(
      "a back-off",
      interrupted(
        answer("503 Service Unavailable", ["Retry-After: 0.3"], ""),
        TaskInstances.getTaskInstance(task, { retry: { base: 0 } }),
        1
      )
    )

    it(
      "a compressed body",
      interrupted(
        raw(
          Buffer.concat([begun("Content-Encoding: gzip"), gzipSync("{".repeat(1000)).subarray(0, -8)]),
          "leave"
        ),
        TaskInstances.getTaskInstance(task),
        1
      )
    )

    it(
      "a stream that waits for its answer",
      interrupted(() => undefined, streamed, 1)
    )

    it(
      "a stream that waits for more",
      interrupted(
        raw(Buffer.concat([begun(), Buffer.from('{"content":[{"event":"a"},')]), "leave"),
        streamed,
        1
      )
    )

    it(
      "a compressed stream that waits for more",
      interrupted(
        raw(
          Buffer.concat([
            begun("Content-Encoding: gzip"),
            gzipSync('{"content":[{"event":"a"},').subarray(0, -8)
          ]),
          "leave"
        ),
        streamed,
        1
      )
    )

    it(
      "a stream whose reader is at work",
      interrupted(
        raw(Buffer.concat([begun(), Buffer.from('{"content":[{"event":"a"},')]), "leave"),
        Stream.runForEach(streamLog({ ...task, try_number: 1 }), () => Effect.never),
        1
      )
    )

    it(
      "a login",
      interrupted(
        () => undefined,
        Effect.provide(
          TaskInstances.getTaskInstance(task),
          // Its own client, inside the one of the test.
          Layer.unwrapEffect(
            Effect.map(AirflowClient, ({ baseUrl }) =>
              layer({ baseUrl, auth: Auth.jwt({ username: "u", password: Redacted.make("p") }) })
            )
          )
        ),
        1
      )
    )

    it("a wait for credentials", async () => {
      let ended = false
      const server = await listen(() => undefined)
      try {
        const auth = Auth.provider(
          Effect.onInterrupt(Effect.as(Effect.never, { authorization: Redacted.make("x") }), () =>
            Effect.sync(() => (ended = true))
          )
        )
        const fiber = Effect.runFork(
          Effect.provide(
            TaskInstances.getTaskInstance(task),
            layer({ baseUrl: `http://127.0.0.1:${server.port}`, auth })
          )
        )
        await wait(30)
        await interruptPromptly(fiber)
        assert.isTrue(ended)
        assert.strictEqual(server.requests.length, 0)
      } finally {
        await server.close()
      }
    })

    it("the wait between two polls of a log", async () => {
      await using fake = await FakeAirflow.start({
        runs: [{ dag_id: "sleeper", dag_run_id: "r", ago: 10_000 }]
      })
      const auth = Auth.basic("admin", Redacted.make("admin"))
      const seen = { lines: 0 }
      const fiber = Effect.runFork(
        LogFollower.lines(
          { dag_id: "sleeper", dag_run_id: "r", task_id: "sleep" },
          { active: "300 millis" }
        ).pipe(
          Stream.runForEach(() => Effect.sync(() => seen.lines++)),
          Effect.provide(layer({ baseUrl: fake.baseUrl, auth }))
        )
      )
      for (let look = 0; look < 200 && seen.lines === 0; look++) await wait(10)
      await wait(30)
      const before = fake.requests.length
      await interruptPromptly(fiber)
      await wait(700)
      assert.strictEqual(fake.requests.length, before)
    })
  })
}
