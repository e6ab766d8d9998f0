import * as Auth from "@effect-airflow/core/Auth"
import { triggerDagRun } from "@effect-airflow/core/v1/DagRuns"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { type Arrival, json, type Reply, row, scripted, status, task } from "./scripted.js"

const get = TaskInstances.getTaskInstance(task)

/** Tokens that each are good once; `verify` sees what came back. */
const source = (verify?: Auth.Negotiation["verify"]) => {
  let made = 0
  const hosts: Array<string> = []
  const auth = Auth.negotiate(({ host }) =>
    Effect.sync(() => {
      hosts.push(host)
      return { token: Redacted.make(`token+${++made}=`), ...(verify === undefined ? {} : { verify }) }
    })
  )
  return { auth, hosts, made: () => made }
}

const sent = (arrivals: ReadonlyArray<Arrival>) => arrivals.map(({ headers }) => headers["authorization"])

class Failure extends Error {
  readonly reason = "Sealed"
}

describe("Auth.negotiate", () => {
  it.effect("a token for each request, and the host of the base URL", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(row()))
      const { auth, hosts } = source()
      const all = Effect.all([get, get, get], { concurrency: 3 })
      yield* Effect.provide(all, server.layer({ auth, baseUrl: "https://Airflow.Example.com:8080/af" }))
      assert.sameMembers(
        sent(server.arrivals),
        [1, 2, 3].map((n) => `Negotiate token+${n}=`)
      )
      assert.deepStrictEqual(hosts, Array(3).fill("airflow.example.com"))
    })
  )

  it.effect("another token for each attempt of a call", () =>
    Effect.gen(function* () {
      const replies: ReadonlyArray<Reply> = [status(503), { code: "ECONNRESET" }, json(row())]
      const server = scripted((_, index) => replies[index]!)
      const { auth } = source()
      const fiber = yield* Effect.fork(Effect.provide(get, server.layer({ auth })))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        sent(server.arrivals),
        [1, 2, 3].map((n) => `Negotiate token+${n}=`)
      )
    })
  )

  for (const [what, reply, tag] of [
    ["401", () => status(401), "Unauthorized"],
    ["401 with a challenge", () => status(401, { "www-authenticate": "Negotiate" }), "Unauthorized"],
    ["403", () => json({ detail: "Invalid JWT token" }, 403), "Forbidden"]
  ] as const) {
    it.effect(`a ${what} is the answer: nothing is sent again`, () =>
      Effect.gen(function* () {
        const server = scripted(reply)
        const { auth, made } = source()
        const error = yield* Effect.flip(Effect.provide(get, server.layer({ auth })))
        assert.deepInclude(error, { _tag: tag, attempts: 1 })
        assert.strictEqual(made(), 1)
      })
    )
  }

  it.effect("a source that fails: its message and its reason, and nothing is sent", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(row()))
      const auth = Auth.negotiate(() => Effect.fail(new Failure("the vault is sealed")))
      const error = yield* Effect.flip(Effect.provide(get, server.layer({ auth })))
      assert.deepInclude(error, {
        _tag: "CredentialsError",
        issue: "the vault is sealed",
        reason: "Sealed",
        attempts: 0
      })
      assert.lengthOf(server.arrivals, 0)
    })
  )

  it.effect("a source that hangs is bounded by the attempt's time-out, and interrupted", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(row()))
      let [started, ended] = [0, 0]
      const auth = Auth.negotiate(() =>
        Effect.sync(() => started++).pipe(
          Effect.zipRight(Effect.never),
          Effect.onInterrupt(() => Effect.sync(() => ended++))
        )
      )
      const call = Effect.provide(get, server.layer({ auth, timeout: "2 seconds", retry: false }))
      const fiber = yield* Effect.fork(Effect.flip(call))
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TimeoutError", limit: "attempt" })
      assert.deepStrictEqual([started, ended], [1, 1])
      assert.lengthOf(server.arrivals, 0)
    })
  )

  it.effect("an interruption reaches the source", () =>
    Effect.gen(function* () {
      let ended = 0
      const auth = Auth.negotiate(() => Effect.onInterrupt(Effect.never, () => Effect.sync(() => ended++)))
      const fiber = yield* Effect.fork(Effect.provide(get, scripted(() => json(row())).layer({ auth })))
      yield* Effect.yieldNow()
      yield* Effect.yieldNow()
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.strictEqual(ended, 1)
    })
  )

  describe("the server's token", () => {
    const answered = (reply: Reply) =>
      Effect.gen(function* () {
        const seen: Array<string | undefined> = []
        const { auth } = source((token) =>
          Effect.suspend(() => {
            seen.push(token)
            return token === "Z29vZA==" ? Effect.void : Effect.fail(new Error("the server is another one"))
          })
        )
        const exit = yield* Effect.exit(
          Effect.provide(get, scripted(() => reply).layer({ auth, retry: false }))
        )
        return { exit, seen }
      })

    for (const header of [
      "Negotiate Z29vZA==",
      "negotiate Z29vZA==",
      'Basic realm="a, b", Negotiate Z29vZA==',
      "NEGOTIATE   Z29vZA==, Basic"
    ]) {
      it.effect(`is found in ${header}`, () =>
        Effect.gen(function* () {
          const { exit, seen } = yield* answered(json(row(), 200, { "www-authenticate": header }))
          assert.deepStrictEqual(seen, ["Z29vZA=="])
          assert.isTrue(Exit.isSuccess(exit))
        })
      )
    }

    for (const [what, header] of [
      ["a wrong one", { "www-authenticate": "Negotiate d3Jvbmc=" }],
      ["none", {}],
      ["another scheme's", { "www-authenticate": "XNegotiate Z29vZA==" }]
    ] as ReadonlyArray<readonly [string, Record<string, string>]>) {
      it.effect(`${what} with a success: what refuses it decides`, () =>
        Effect.gen(function* () {
          const { exit, seen } = yield* answered(json(row(), 200, header))
          assert.lengthOf(seen, 1)
          const error = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : undefined
          assert.deepInclude(error, { _tag: "Some" })
          assert.deepInclude((error as { readonly value: object }).value, {
            _tag: "CredentialsError",
            issue: "the server is another one",
            attempts: 1
          })
        })
      )
    }

    it.effect("is looked at with an error if it is there, and not missed there", () =>
      Effect.gen(function* () {
        const without = yield* answered(json({ title: "no" }, 404))
        assert.deepStrictEqual(without.seen, [])
        assert.include(String(without.exit), "NotFound")
        const wrong = yield* answered(json({}, 404, { "www-authenticate": "Negotiate d3Jvbmc=" }))
        assert.deepStrictEqual(wrong.seen, ["d3Jvbmc="])
        assert.include(String(wrong.exit), "CredentialsError")
      })
    )

    it.effect("a call that was answered by another server is not sent again", () =>
      Effect.gen(function* () {
        const server = scripted(() => json({ dag_run_id: "r" }))
        const { auth } = source(() => Effect.fail(new Error("the server is another one")))
        const call = triggerDagRun({ dag_id: "d", dag_run_id: "r" })
        const error = yield* Effect.flip(Effect.provide(call, server.layer({ auth })))
        assert.deepInclude(error, { _tag: "CredentialsError", attempts: 1 })
        assert.lengthOf(server.arrivals, 1)
      })
    )
  })
})
