import * as Auth from "@effect-airflow/core/Auth"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { json, row, scripted, status, task } from "./scripted.js"

const get = TaskInstances.getTaskInstance(task)

const headersOf = (auth: Auth.Auth) =>
  Effect.gen(function* () {
    const server = scripted(() => json(row()))
    yield* Effect.provide(get, server.layer({ auth }))
    return server.arrivals[0]!.headers
  })

/** Accepts one token only; a provider gives the next one each time. */
const rotating = (options: { readonly takes?: string } = {}) => {
  let valid = "token-1"
  let acquired = 0
  const server = scripted(({ headers }) =>
    headers["authorization"] === `Bearer ${valid}` ? json(row()) : status(401)
  )
  const auth = Auth.provider(
    Effect.suspend(() => {
      const token = `token-${++acquired}`
      return Effect.as(
        options.takes === undefined ? Effect.void : Effect.sleep(options.takes as "1 second"),
        {
          authorization: Redacted.make(`Bearer ${token}`)
        }
      )
    })
  )
  return {
    server,
    auth,
    acquired: () => acquired,
    expire: () => (valid = "token-2"),
    revoke: () => (valid = "none")
  }
}

describe("Auth", () => {
  it.effect("Basic is UTF-8", () =>
    Effect.gen(function* () {
      const { authorization } = yield* headersOf(Auth.basic("jürgen", Redacted.make("pä:ss ✓")))
      const [scheme, encoded] = authorization!.split(" ")
      assert.strictEqual(scheme, "Basic")
      assert.strictEqual(Buffer.from(encoded!, "base64").toString("utf8"), "jürgen:pä:ss ✓")
    })
  )

  it.effect("bearer, a header of one's own, and none", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* headersOf(Auth.bearer(Redacted.make("abc")))).authorization, "Bearer abc")
      assert.strictEqual((yield* headersOf(Auth.header("X-Api-Key", Redacted.make("k"))))["x-api-key"], "k")
      assert.notProperty(yield* headersOf(Auth.none), "authorization")
    })
  )

  it.effect("a provider runs once, and its credentials are kept", () =>
    Effect.gen(function* () {
      const { acquired, auth, server } = rotating()
      yield* Effect.provide(Effect.all([get, get, get], { concurrency: 3 }), server.layer({ auth }))
      assert.strictEqual(acquired(), 1)
      assert.strictEqual(server.arrivals.length, 3)
    })
  )

  it.effect("fifty 401s at once make one refresh", () =>
    Effect.gen(function* () {
      const { acquired, auth, expire, server } = rotating({ takes: "1 second" })
      const work = Effect.gen(function* () {
        yield* get
        expire()
        yield* Effect.all(
          Array.from({ length: 50 }, () => get),
          { concurrency: "unbounded" }
        )
      })
      const fiber = yield* Effect.fork(Effect.provide(work, server.layer({ auth })))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(acquired(), 2)
      assert.strictEqual(server.arrivals.length, 1 + 50 + 50)
    })
  )

  it.effect("a second 401 is the answer", () =>
    Effect.gen(function* () {
      const { acquired, auth, revoke, server } = rotating()
      revoke()
      const error = yield* Effect.flip(Effect.provide(get, server.layer({ auth })))
      assert.deepInclude(error, { _tag: "Unauthorized", attempts: 2 })
      assert.strictEqual(acquired(), 2)
    })
  )

  it.effect("static credentials are not tried twice", () =>
    Effect.gen(function* () {
      const server = scripted(() => status(401))
      const error = yield* Effect.flip(
        Effect.provide(get, server.layer({ auth: Auth.bearer(Redacted.make("x")) }))
      )
      assert.deepInclude(error, { _tag: "Unauthorized", attempts: 1 })
    })
  )

  it.effect(
    "a provider that fails is a CredentialsError, nothing is sent, and the next call asks it again",
    () =>
      Effect.gen(function* () {
        let runs = 0
        const auth = Auth.provider(
          Effect.suspend(() =>
            ++runs === 1
              ? Effect.fail(new Error("the vault is sealed"))
              : Effect.succeed({ authorization: Redacted.make("Bearer t") })
          )
        )
        const server = scripted(() => json(row()))
        yield* Effect.provide(
          Effect.gen(function* () {
            const error = yield* Effect.flip(get)
            assert.deepInclude(error, { _tag: "CredentialsError", issue: "the vault is sealed", attempts: 0 })
            assert.strictEqual(server.arrivals.length, 0)
            yield* get
            assert.strictEqual(server.arrivals.length, 1)
          }),
          server.layer({ auth })
        )
      })
  )

  it.effect("one caller's interruption is not another's; with the last one the provider ends", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const auth = Auth.provider(
        Effect.onInterrupt(
          Effect.as(Effect.sleep("10 seconds"), { authorization: Redacted.make("Bearer t") }),
          () => Effect.sync(() => interrupted++)
        )
      )
      const server = scripted(() => json(row()))
      const work = Effect.gen(function* () {
        const first = yield* Effect.fork(get)
        const second = yield* Effect.fork(get)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(first)
        assert.strictEqual(interrupted, 0)
        yield* TestClock.adjust("10 seconds")
        assert.isTrue(Either.isRight(yield* Effect.either(Fiber.join(second))))
      })
      yield* Effect.provide(work, server.layer({ auth }))
      const alone = Effect.gen(function* () {
        const only = yield* Effect.fork(get)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(only)
      })
      yield* Effect.provide(alone, server.layer({ auth }))
      assert.strictEqual(interrupted, 1)
    })
  )

  it.effect("a provider that hangs is bounded by the attempt's time-out", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(row()))
      const call = Effect.provide(
        get,
        server.layer({ auth: Auth.provider(Effect.never), timeout: "1 second", retry: false })
      )
      const fiber = yield* Effect.fork(Effect.flip(call))
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TimeoutError", attempts: 0 })
    })
  )
})
