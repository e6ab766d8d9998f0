import * as Endpoint from "@effect-airflow/core/Endpoint"
import * as Retry from "@effect-airflow/core/Retry"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as TestClock from "effect/TestClock"
import { json, type Reply, row, scripted, status, task } from "./scripted.js"

/** Runs a call in the time it needs, and gives its outcome. */
const settle = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.either(call))
    yield* TestClock.adjust("10 minutes")
    return yield* Fiber.join(fiber)
  })

/** Answers by a list; the last one serves all that follow. */
const replies = (...list: ReadonlyArray<() => Reply>) =>
  scripted((_, index) => list[Math.min(index, list.length - 1)]!())

const ok = () => json(row())
const get = (options?: Endpoint.RequestOptions) => TaskInstances.getTaskInstance(task, options)

describe("Retry", () => {
  for (const [header, expected] of [
    ["2", [0, 2000, 4000]],
    ["0.5", [0, 500, 1000]],
    ["Thu, 01 Jan 1970 00:00:05 GMT", [0, 5000]],
    ["99999999", [0, 30_000, 60_000]],
    ["Fri, 31 Dec 2199 23:59:59 GMT", [0, 30_000, 60_000]]
  ] as const) {
    it.effect(`503, 503, 200 with Retry-After: ${header}`, () =>
      Effect.gen(function* () {
        const server = replies(
          () => status(503, { "retry-after": header }),
          () => status(503, { "retry-after": header }),
          ok
        )
        // No jitter: the server's word alone decides.
        const outcome = yield* settle(Effect.provide(get({ retry: { base: 0 } }), server.layer()))
        assert.isTrue(Either.isRight(outcome))
        const at = server.arrivals.map((arrival) => arrival.at)
        assert.strictEqual(at.length, 3)
        assert.deepStrictEqual(at.slice(0, expected.length), [...expected])
      })
    )
  }

  for (const header of ["-5", "soon", "", "NaN", "1e9999"]) {
    it.effect(`a Retry-After that is none (${header}) leaves our own back-off`, () =>
      Effect.gen(function* () {
        const server = replies(() => status(429, { "retry-after": header }), ok)
        yield* settle(Effect.provide(get(), server.layer()))
        assert.strictEqual(server.arrivals.length, 2)
        assert.isAtMost(server.arrivals[1]!.at, 250)
      })
    )
  }

  it.effect("the error says how often it was sent, and the Retry-After in milliseconds", () =>
    Effect.gen(function* () {
      const server = replies(() => status(503, { "retry-after": "3" }))
      const outcome = yield* settle(Effect.provide(get(), server.layer()))
      assert.isTrue(Either.isLeft(outcome))
      if (Either.isLeft(outcome)) {
        assert.strictEqual(outcome.left._tag, "ServerError")
        assert.strictEqual(outcome.left.attempts, 3)
        assert.deepInclude(outcome.left, { status: 503, retryAfter: 3000 })
      }
    })
  )

  for (const code of [408, 429, 500, 502, 503, 504]) {
    it.effect(`${code} is tried three times`, () =>
      Effect.gen(function* () {
        const server = replies(() => status(code))
        yield* settle(Effect.provide(get(), server.layer()))
        assert.strictEqual(server.arrivals.length, 3)
      })
    )
  }

  for (const code of [301, 302, 400, 401, 403, 404, 405, 409, 415, 418, 422, 501]) {
    it.effect(`${code} is not tried again`, () =>
      Effect.gen(function* () {
        const server = replies(() => status(code))
        yield* settle(Effect.provide(get(), server.layer()))
        assert.strictEqual(server.arrivals.length, 1)
      })
    )
  }

  const unsafe = Endpoint.make({
    id: "makeSomething",
    method: "POST",
    path: "/api/v1/things",
    pathParams: {},
    body: {},
    accept: "application/json",
    decode: (body) => Either.right(body),
    errors: [409],
    idempotent: false
  })

  for (const [what, reply, sent] of [
    ["a 503", () => status(503), 1],
    ["a 429", () => status(429), 1],
    ["a reset", () => ({ code: "ECONNRESET" }), 1],
    ["a connection that was never made", () => ({ code: "ECONNREFUSED" }), 3],
    ["a certificate that is not accepted", () => ({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), 1]
  ] as const) {
    it.effect(
      `a POST that must not repeat is sent ${sent === 1 ? "once" : `${sent} times`} after ${what}`,
      () =>
        Effect.gen(function* () {
          const server = replies(reply)
          const outcome = yield* settle(Effect.provide(unsafe({}), server.layer()))
          assert.isTrue(Either.isLeft(outcome))
          assert.strictEqual(server.arrivals.length, sent)
        })
    )
  }

  it.effect("the batch is a POST that reads: it is sent again, with the same body", () =>
    Effect.gen(function* () {
      const server = replies(
        () => status(503),
        () => json({ task_instances: [], total_entries: 0 })
      )
      yield* settle(Effect.provide(TaskInstances.getTaskInstancesBatch({ dag_ids: ["a"] }), server.layer()))
      assert.deepStrictEqual(
        server.arrivals.map(({ body, method }) => [method, body]),
        [
          ["POST", '{"dag_ids":["a"]}'],
          ["POST", '{"dag_ids":["a"]}']
        ]
      )
    })
  )

  it.effect("resets, drops and time-outs of a read are tried again; a certificate is not", () =>
    Effect.gen(function* () {
      for (const [reply, sent] of [
        [() => ({ code: "ECONNRESET" }), 3],
        [() => ({ code: "UND_ERR_SOCKET" }), 3],
        [() => "never" as const, 3],
        [() => ({ code: "CERT_HAS_EXPIRED" }), 1]
      ] as const) {
        const server = replies(reply)
        yield* settle(Effect.provide(get(), server.layer()))
        assert.strictEqual(server.arrivals.length, sent)
      }
    })
  )

  it.effect("retry: false sends once, for a call and for a client", () =>
    Effect.gen(function* () {
      const server = replies(() => status(503))
      yield* settle(Effect.provide(get({ retry: false }), server.layer()))
      yield* settle(Effect.provide(get(), server.layer({ retry: false })))
      assert.strictEqual(server.arrivals.length, 2)
      // A call's own options win.
      yield* settle(Effect.provide(get({ retry: { attempts: 5 } }), server.layer({ retry: false })))
      assert.strictEqual(server.arrivals.length, 7)
    })
  )

  it.effect("waits are random between nothing and a bound that doubles up to the cap", () =>
    Effect.gen(function* () {
      const bounds = [250, 500, 1000, 2000, 2000]
      const longest = bounds.map(() => 0)
      for (let seed = 0; seed < 60; seed++) {
        const server = replies(() => status(503))
        yield* settle(
          get().pipe(
            Effect.provide(server.layer({ retry: { attempts: 6, cap: "2 seconds" } })),
            Effect.withRandom(Random.make(seed))
          )
        )
        const at = server.arrivals.map((arrival) => arrival.at)
        assert.strictEqual(at.length, 6)
        for (const [index, bound] of bounds.entries()) {
          const waited = at[index + 1]! - at[index]!
          assert.isAtLeast(waited, 0)
          assert.isAtMost(waited, bound)
          longest[index] = Math.max(longest[index]!, waited)
        }
      }
      // And the whole range is used.
      for (const [index, bound] of bounds.entries()) assert.isAbove(longest[index]!, bound * 0.8)
    })
  )

  it.effect("a time-out ends an attempt, a deadline the call", () =>
    Effect.gen(function* () {
      const slow = replies(() => "never")
      const perAttempt = yield* settle(
        Effect.provide(get({ timeout: "1 second", retry: { base: 0 } }), slow.layer())
      )
      assert.deepInclude(Either.isLeft(perAttempt) ? perAttempt.left : {}, {
        _tag: "TimeoutError",
        limit: "attempt",
        millis: 1000,
        attempts: 3
      })
      assert.deepStrictEqual(
        slow.arrivals.map(({ at }) => at),
        [0, 1000, 2000]
      )

      const late = replies(() => "never")
      const whole = yield* settle(
        Effect.provide(
          get({ timeout: "1 second", deadline: "1500 millis", retry: { base: 0 } }),
          late.layer()
        )
      )
      assert.deepInclude(Either.isLeft(whole) ? whole.left : {}, {
        _tag: "TimeoutError",
        limit: "deadline",
        millis: 1500,
        attempts: 2
      })
      assert.strictEqual(late.arrivals.length, 2)
    })
  )

  it.effect("an outage is not multiplied: the budget runs out, and fills again", () =>
    Effect.gen(function* () {
      let down = true
      const server = scripted(() => (down ? status(503) : json(row())))
      // 10 retries' worth.
      const client = server.layer({ retryBudget: { capacity: 50, cost: 5 } })
      yield* settle(
        Effect.provide(
          Effect.gen(function* () {
            yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.either(get()))
            assert.strictEqual(server.arrivals.length, 100 + 10)
            down = false
            yield* Effect.forEach(Array.from({ length: 5 }), () => get())
            down = true
            server.arrivals.length = 0
            yield* Effect.either(get())
            // Five successes paid for one retry.
            assert.strictEqual(server.arrivals.length, 2)
          }),
          client
        )
      ).pipe(Effect.flatMap((outcome) => outcome))
    })
  )

  it.effect("a retry that succeeds gives its cost back", () =>
    Effect.gen(function* () {
      const server = scripted((_, index) => (index % 2 === 0 ? status(503) : json(row())))
      const client = server.layer({ retryBudget: { capacity: 5, cost: 5 } })
      const outcome = yield* settle(
        Effect.provide(
          Effect.forEach(Array.from({ length: 20 }), () => get()),
          client
        )
      )
      assert.isTrue(Either.isRight(outcome))
      assert.strictEqual(server.arrivals.length, 40)
    })
  )

  it.effect("withRetry retries any Effect that fails with our errors, and no other", () =>
    Effect.gen(function* () {
      const server = replies(
        () => status(503),
        () => status(503),
        () => status(503),
        () => status(503),
        ok
      )
      const outcome = yield* settle(
        get({ retry: false }).pipe(
          Retry.withRetry({ policy: Retry.make({ attempts: 5 }) }),
          Effect.provide(server.layer())
        )
      )
      assert.isTrue(Either.isRight(outcome))
      let runs = 0
      const other = yield* settle(
        Retry.withRetry(
          Effect.suspend(() => Effect.fail(`run ${++runs}`)),
          {}
        )
      )
      assert.deepStrictEqual(other, Either.left("run 1"))
    })
  )

  it("a budget never holds more than its capacity nor less than nothing", () => {
    const budget = Retry.makeBudget({ capacity: 7, cost: 5 })
    assert.isTrue(budget.take(5))
    assert.isFalse(budget.take(5))
    assert.strictEqual(budget.left(), 2)
    budget.give(100)
    assert.strictEqual(budget.left(), 7)
  })
})
