/** How fast all followers of a client may ask together. */
import { RateLimited } from "@effect-airflow/core/AirflowError"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Limiter from "../src/internal/limiter.js"
import * as Permits from "../src/internal/permits.js"

describe("permits", () => {
  it.effect("no more at a time than there are, in the order in which they came", () =>
    Effect.gen(function* () {
      const permits = Permits.make(3)
      const order: Array<number> = []
      let now = 0
      let most = 0
      const work = (index: number) =>
        permits.run(
          Effect.gen(function* () {
            order.push(index)
            most = Math.max(most, ++now)
            yield* Effect.sleep("1 second")
            now--
          })
        )
      const all = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 2000 }, (_, index) => index),
          work,
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("1000 seconds")
      yield* Fiber.join(all)
      assert.strictEqual(most, 3)
      assert.deepStrictEqual(
        order,
        Array.from({ length: 2000 }, (_, index) => index)
      )
    })
  )

  it.effect("whoever is interrupted, while waiting or at work, gives its place free", () =>
    Effect.gen(function* () {
      const permits = Permits.make(1)
      const fibers = yield* Effect.forEach([1, 2, 3, 4], () => Effect.fork(permits.run(Effect.never)))
      yield* TestClock.adjust(1)
      // The second waits; the first is at work; then the third is let in, and the fourth waits.
      yield* Fiber.interrupt(fibers[1]!)
      yield* Fiber.interrupt(fibers[0]!)
      yield* Fiber.interrupt(fibers[2]!)
      yield* Fiber.interrupt(fibers[3]!)
      assert.strictEqual(yield* permits.run(Effect.succeed("in")), "in")
      const failed = yield* Effect.exit(permits.run(Effect.die("no")))
      assert.strictEqual(failed._tag, "Failure")
      assert.strictEqual(yield* permits.run(Effect.succeed("in")), "in")
    })
  )
})

describe("the limiter", () => {
  it.effect("so many in a second, a quarter of them at once", () =>
    Effect.gen(function* () {
      const limiter = Limiter.make(20, 100)
      const times: Array<number> = []
      const ask = limiter.run(Effect.map(Clock.currentTimeMillis, (now) => times.push(now)))
      const all = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 200 }, () => ask),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.join(all)
      assert.strictEqual(times.length, 200)
      for (const start of times) {
        const within = times.filter((time) => time >= start && time < start + 1000).length
        assert.isAtMost(within, 25)
      }
      assert.isAtMost(Math.max(...times), 10_000)
      assert.isAtLeast(Math.max(...times), 9000)
    })
  )

  it.effect("a pause the server asks for is kept by all, also by those who wait already", () =>
    Effect.gen(function* () {
      const limiter = Limiter.make(10, 1)
      const info = { operation: "o", method: "GET", path: "/", attempts: 1, status: 429 }
      const refused = limiter.run(Effect.fail(new RateLimited({ ...info, retryAfter: 7000 })))
      const times: Array<number> = []
      const ask = limiter.run(Effect.map(Clock.currentTimeMillis, (now) => times.push(now)))
      const all = yield* Effect.fork(
        Effect.all([Effect.ignore(refused), ask, ask], { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(all)
      assert.isTrue(times.every((time) => time >= 7000))
      assert.strictEqual(times.length, 2)
      // No server is obeyed for an hour.
      const absurd = limiter.run(Effect.fail(new RateLimited({ ...info, retryAfter: 3_600_000 })))
      const after = yield* Effect.fork(Effect.all([Effect.ignore(absurd), ask], { concurrency: "unbounded" }))
      yield* TestClock.adjust("61 seconds")
      yield* Fiber.join(after)
    })
  )
})
