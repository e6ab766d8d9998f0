import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import {
  dag,
  defer,
  lines,
  print,
  raise,
  reschedule,
  skip,
  sleep,
  type Task,
  task
} from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { clientOf, followAll, linesOf, tagsOf, untilDone } from "./fixtures.js"

const target = { dag_id: "d", dag_run_id: "r", task_id: "t" }

const fakeWith = (...tasks: ReadonlyArray<Task>) =>
  FakeAirflow.make({ dags: [dag("d", tasks)], runs: [{ dag_id: "d", dag_run_id: "r" }] })

/** Each attempt's lines, as they were written, each once and in order. */
const assertComplete = (
  fake: FakeAirflow.FakeAirflow,
  events: ReadonlyArray<Parameters<typeof linesOf>[0][number]>,
  attempts: number
) => {
  for (let try_number = 1; try_number <= attempts; try_number++) {
    const received = linesOf(events).filter((line) => line.try_number === try_number)
    assert.deepStrictEqual(
      received.map(({ raw }) => raw),
      fake.written({ ...target, try_number })
    )
    assert.deepStrictEqual(
      received.map(({ index }) => index),
      received.map((_, index) => index)
    )
  }
}

const end = (events: ReadonlyArray<Parameters<typeof linesOf>[0][number]>) => {
  const last = events.at(-1)
  return last?._tag === "Ended" ? [last.end, last.state, last.try_number] : undefined
}

describe("follow", () => {
  it.scoped("a task that writes over time, from before it starts", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { queuedFor: 30_000, run: [lines(500, 100, (index) => `line ${index}`)] })
      )
      const events = yield* followAll(fake, target)
      assertComplete(fake, events, 1)
      assert.deepStrictEqual(end(events), ["complete", "success", 1])
      assert.deepStrictEqual(tagsOf(events), [
        "state null",
        "state scheduled",
        "state queued",
        "state running",
        "AttemptStarted 1",
        "state success",
        "AttemptEnded 1",
        "Ended 1"
      ])
    })
  )

  it.scoped("the parts of a line", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [print("hello"), raise("ValueError", "boom")] }))
      const all = linesOf(yield* followAll(fake, target))
      const hello = all.find(({ text }) => text === "hello")!
      assert.deepInclude(hello, {
        ...target,
        map_index: -1,
        try_number: 1,
        level: "INFO",
        location: "logging_mixin.py:190",
        host: "fake"
      })
      assert.match(hello.timestamp!, /^1970-01-01T00:00:01\.\d{3}\+00:00$/)
      assert.include(hello.raw, "INFO - hello")
      assert.isTrue(all.some(({ level }) => level === "ERROR"))
      const trace = all.find(({ text }) => text === "ValueError: boom")!
      assert.strictEqual(trace.raw, trace.text)
      assert.notProperty(trace, "timestamp")
    })
  )

  it.scoped("retries: every attempt, in one stream", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", {
          retryDelay: 60_000,
          attempts: [
            [lines(20, 500, (index) => `first ${index}`), raise("RuntimeError", "one")],
            [lines(20, 500, (index) => `second ${index}`), raise("RuntimeError", "two")],
            [print("third")]
          ]
        })
      )
      const events = yield* followAll(fake, target)
      assertComplete(fake, events, 3)
      assert.deepStrictEqual(end(events), ["complete", "success", 3])
      assert.deepStrictEqual(
        tagsOf(events).filter((tag) => tag.startsWith("Attempt")),
        [1, 2, 3].flatMap((n) => [`AttemptStarted ${n}`, `AttemptEnded ${n}`])
      )
    })
  )

  it.scoped("attempts that begin and end between two looks are read all the same", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", {
          retryDelay: 10,
          queuedFor: 10,
          attempts: [
            [print("one"), raise("E", "1")],
            [print("two"), raise("E", "2")],
            [print("three"), sleep(5000)]
          ]
        })
      )
      const events = yield* followAll(fake, target, {
        from: "first",
        active: "10 seconds",
        idle: "10 seconds"
      })
      assertComplete(fake, events, 3)
      assert.deepStrictEqual(
        tagsOf(events).filter((tag) => tag.startsWith("Attempt")),
        [1, 2, 3].flatMap((n) => [`AttemptStarted ${n}`, `AttemptEnded ${n}`])
      )
    })
  )

  it.scoped("deferral and rescheduling are not the end", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { run: [print("a"), defer(40_000), print("b"), reschedule(40_000), print("c")] })
      )
      const events = yield* followAll(fake, target)
      assertComplete(fake, events, 1)
      assert.deepStrictEqual(end(events), ["complete", "success", 1])
      assert.deepStrictEqual(
        linesOf(events).flatMap(({ text }) => (/^[abc]$/.test(text) ? [text] : [])),
        ["a", "b", "c"]
      )
    })
  )

  it.scoped("a failure at the last attempt, a skip, a failed upstream", () =>
    Effect.gen(function* () {
      const failing = yield* fakeWith(task("t", { run: [raise("E", "no")] }))
      assert.deepStrictEqual(end(yield* followAll(failing, target)), ["complete", "failed", 1])
      const skipping = yield* fakeWith(task("t", { run: [skip] }))
      assert.deepStrictEqual(end(yield* followAll(skipping, target)), ["complete", "skipped", 1])
      const blocked = yield* fakeWith(task("u", { run: [raise("E", "no")] }), task("t", { upstream: ["u"] }))
      const events = yield* followAll(blocked, target)
      assert.deepStrictEqual(end(events), ["complete", "upstream_failed", 0])
      assert.deepStrictEqual(linesOf(events), [])
    })
  )

  it.scoped("a task that failed without a host has a log all the same, or none", () =>
    Effect.gen(function* () {
      const fields = { hostname: "", start_date: null }
      const fake = yield* fakeWith(task("t", { run: [raise("E", "was not run")], fields }))
      yield* TestClock.adjust("1 minute")
      const events = yield* followAll(fake, target)
      assertComplete(fake, events, 1)
      assert.deepStrictEqual(end(events), ["complete", "failed", 1])
      assert.isAbove(linesOf(events).length, 0)
    })
  )

  it.scoped("from: a number, the first, the latest attempt", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { retryDelay: 10, attempts: [[raise("E", "1")], [raise("E", "2")], [print("done")]] })
      )
      yield* TestClock.adjust("1 hour")
      const attempts = (options: LogFollower.Options) =>
        Effect.map(followAll(fake, target, options), (events) => [
          ...new Set(linesOf(events).map(({ try_number }) => try_number))
        ])
      assert.deepStrictEqual(yield* attempts({}), [3])
      assert.deepStrictEqual(yield* attempts({ from: "first" }), [1, 2, 3])
      assert.deepStrictEqual(yield* attempts({ from: 2 }), [2, 3])
    })
  )

  it.scoped("a mapped instance", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { mapped: ["a", "b"], run: ({ map_index }) => [print(`index ${map_index}`)] })
      )
      // An instance is there once its task is expanded.
      yield* TestClock.adjust("1 second")
      const events = yield* followAll(fake, { ...target, map_index: 1 })
      const texts = linesOf(events).map(({ text }) => text)
      assert.include(texts, "index 1")
      assert.notInclude(texts, "index 0")
      assert.isTrue(linesOf(events).every(({ map_index }) => map_index === 1))
    })
  )

  it.scoped("a lost log is said to be lost", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [print("gone")] }))
      yield* TestClock.adjust("1 minute")
      fake.deleteLog(target)
      const events = yield* followAll(fake, target)
      assert.deepStrictEqual(end(events), ["lost", "success", 1])
      assert.isTrue(
        events.some(
          (event) => event._tag === "SourceNotice" && event.text.includes("Could not read served logs")
        )
      )
    })
  )

  it.scoped("the last line of a quiet task comes without waiting for the next one", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { run: [print("waiting for approval"), sleep(600_000), print("approved")] })
      )
      yield* TestClock.adjust("10 seconds")
      const seen = yield* Effect.fork(
        LogFollower.lines(target).pipe(
          Stream.takeUntil(({ text }) => text === "waiting for approval"),
          Stream.runDrain,
          Effect.provide(clientOf(fake))
        )
      )
      yield* untilDone(seen, 250, 80)
      // And it is whole, and no line of its break follows.
      const events = yield* followAll(fake, target)
      assertComplete(fake, events, 1)
      assert.isFalse(linesOf(events).some(({ continued }) => continued === true))
    })
  )

  it.scoped("only new text is asked for: every page but the first has the token of the page before", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [lines(100, 1000, (index) => `line ${index}`)] }))
      yield* followAll(fake, target)
      const pages = fake.requests.filter(({ path }) => path.includes("/logs/"))
      assert.isAbove(pages.length, 20)
      const tokens = pages.map(({ query }) => query.get("token"))
      assert.isNull(tokens[0])
      assert.isTrue(tokens.slice(1).every((token) => token !== null))
      // While the log is written, its token tells enough: the status is not asked for.
      assert.isBelow(fake.requests.length - pages.length, 8)
    })
  )

  it.scoped("failures that pass are retried inside a step: nothing is lost or repeated", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [lines(200, 250, (index) => `line ${index}`)] }))
      const isLog = { when: ({ path }: { readonly path: string }) => path.includes("/logs/") }
      fake.inject(Fault.status(503), { ...isLog, after: 2, times: 2 })
      fake.inject(Fault.drop(), { ...isLog, after: 5 })
      fake.inject(Fault.drop(40), { ...isLog, after: 8 })
      fake.inject(Fault.status(429, { retryAfter: "3" }), { ...isLog, after: 10 })
      const events = yield* followAll(fake, target)
      assertComplete(fake, events, 1)
      assert.deepStrictEqual(end(events), ["complete", "success", 1])
      assert.isAtLeast(fake.requests.filter(({ status }) => status >= 400).length, 3)
    })
  )

  it.scoped("a page that was offline for hours has not lost its patience meanwhile", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [lines(600, 1000, String)] }))
      let failed = false
      let pausedLong = false
      const pause = (duration: Duration.Duration) =>
        Effect.suspend(() => {
          const long = failed && !pausedLong
          pausedLong ||= long
          return Effect.sleep(long ? "2 hours" : duration)
        })
      fake.inject(Fault.status(503), { after: 8, times: 2 })
      const events = yield* LogFollower.follow(target, { patience: "1 minute" }).pipe(
        Stream.tap((event) => Effect.sync(() => void (failed ||= event._tag === "Retrying"))),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.provide(clientOf(fake, undefined, { retry: false, polling: { pause } })),
        Effect.fork,
        Effect.flatMap((fiber) => untilDone(fiber, 5000))
      )
      assert.isTrue(pausedLong)
      assert.strictEqual(events.filter(({ _tag }) => _tag === "Retrying").length, 2)
      assert.deepStrictEqual(
        linesOf(events)
          .map(({ text }) => text)
          .filter((text) => /^\d+$/.test(text)),
        Array.from({ length: 600 }, (_, index) => String(index))
      )
    })
  )

  it.scoped("a failure that stays is the stream's", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [print("a")] }))
      const unknown = yield* Effect.flip(followAll(fake, { ...target, task_id: "nope" }))
      assert.strictEqual(unknown._tag, "NotFound")
      yield* TestClock.adjust("1 minute")
      fake.inject(Fault.loginPage, { times: 100 })
      const page = yield* Effect.flip(followAll(fake, target))
      assert.strictEqual(page._tag, "DecodeError")
    })
  )

  it.scoped("the latest attempt is the one that is there when following begins, however short it is", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", {
          queuedFor: 500,
          retryDelay: 10,
          attempts: [[print("one"), raise("E", "1")], [print("two")]]
        })
      )
      const events = yield* followAll(fake, target, { active: "10 seconds", idle: "10 seconds" })
      assertComplete(fake, events, 2)
    })
  )

  it.scoped("a server that never says that the log has ended: incomplete", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [lines(10, 500, (index) => `line ${index}`)] }))
      const unending = (body: Buffer) => {
        const page = JSON.parse(body.toString()) as { continuation_token: string }
        const [payload = "", ...rest] = page.continuation_token.split(".")
        const info = { ...JSON.parse(Buffer.from(payload, "base64url").toString()), end_of_log: false }
        page.continuation_token = [Buffer.from(JSON.stringify(info)).toString("base64url"), ...rest].join(".")
        return Buffer.from(JSON.stringify(page))
      }
      const when = ({ path, query }: { readonly path: string; readonly query: URLSearchParams }) => {
        query.delete("token")
        return path.includes("/logs/")
      }
      fake.inject({ _tag: "Rewrite", headers: {}, body: unending }, { times: Infinity, when })
      const events = yield* followAll(fake, target)
      assert.deepStrictEqual(end(events), ["incomplete", "success", 1])
    })
  )

  it.scoped("a slow reader holds the polling back", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [lines(1000, 100, (index) => `line ${index}`)] }))
      yield* TestClock.adjust("20 seconds")
      const fiber = yield* Effect.fork(
        LogFollower.lines(target).pipe(
          Stream.take(5),
          Stream.runForEach(() => Effect.sleep("1 minute")),
          Effect.provide(clientOf(fake))
        )
      )
      yield* untilDone(fiber)
      // The status and one page: the reader took five minutes over five lines.
      assert.strictEqual(fake.requests.length, 2)
    })
  )

  it.effect("bad options are named, and nothing is sent", () =>
    Effect.gen(function* () {
      for (const [options, field] of [
        [{ from: 0 }, "from"],
        [{ from: 1.5 }, "from"],
        [{ from: "last" }, "from"],
        [{ active: 0 }, "active"],
        [{ idle: "soon" }, "idle"],
        [{ settle: -1 }, "settle"]
      ] as ReadonlyArray<readonly [object, string]>) {
        const error = yield* Effect.flip(
          Effect.provide(
            Stream.runDrain(LogFollower.follow(target, options)),
            clientOf({
              baseUrl: "http://127.0.0.1:1",
              fetch: () => assert.fail("something was sent")
            } as never)
          )
        )
        assert.deepInclude({ ...error }, { _tag: "InvalidInput", field })
      }
    })
  )
})
