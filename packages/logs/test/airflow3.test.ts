/** Following over API v2: whatever its servers do with a token, each line comes once and in order. */
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { dag, defer, lines, print, raise, sleep, task, type Task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { clientOf, followAll, linesOf, tagsOf, turns, untilDone } from "./fixtures.js"

const target = { dag_id: "d", dag_run_id: "r", task_id: "t" }

const fakeOf = (version: string | ReadonlyArray<string>, does: Task) =>
  FakeAirflow.make({ version, dags: [dag("d", [does])], runs: [{ dag_id: "d", dag_run_id: "r" }] })

const ticks = task("t", { run: [lines(60, 250, (index) => `tick ${index}`)] })

const logRequests = ({ requests }: FakeAirflow.FakeAirflow) =>
  requests.filter(({ path }) => path.includes("/logs/"))

const textsOf = (events: Parameters<typeof linesOf>[0]) => linesOf(events).map(({ text }) => text)

for (const version of ["3.0.6", "3.1.8", "3.2.1", "3.3.2"]) {
  describe(`Airflow ${version}`, () => {
    it.scoped("a running task: every line once and in order", () =>
      Effect.gen(function* () {
        const fake = yield* fakeOf(version, ticks)
        const events = yield* followAll(fake, target, {}, version)
        assert.deepStrictEqual(textsOf(events), fake.written(target))
        assert.strictEqual(events.filter(({ _tag }) => _tag === "Retrying" || _tag === "Gap").length, 0)
        const last = events.at(-1)!
        assert.strictEqual(last._tag === "Ended" && last.end, "complete")
        assert.deepStrictEqual(
          linesOf(events).map(({ index }) => index),
          fake.written(target).map((_, index) => index)
        )
      })
    )

    it.scoped("attempts, a deferral, and a failure with its traceback", () =>
      Effect.gen(function* () {
        const fake = yield* fakeOf(
          version,
          task("t", {
            retryDelay: 3000,
            attempts: [
              [print("one"), raise("ValueError", "no")],
              [print("two"), defer(5000), print("three")]
            ]
          })
        )
        const events = yield* followAll(fake, target, { from: "first" }, version)
        for (const try_number of [1, 2]) {
          const received = linesOf(events).filter((line) => line.try_number === try_number)
          assert.deepStrictEqual(
            received.filter(({ timestamp }) => timestamp !== undefined).map(({ text }) => text),
            fake.written({ ...target, try_number })
          )
        }
        const failed = linesOf(events).find(({ level }) => level === "ERROR")!
        const traceback = linesOf(events).filter(
          ({ record, try_number }) => try_number === 1 && record === failed.record
        )
        assert.strictEqual(traceback[1]!.text, "Traceback (most recent call last):")
        assert.strictEqual(traceback.at(-1)!.text, "ValueError: no")
        assert.include(tagsOf(events), "AttemptEnded 2")
      })
    )

    it.scoped("goes on from the cursor of any line", () =>
      Effect.gen(function* () {
        const fake = yield* fakeOf(version, ticks)
        const events = yield* followAll(fake, target, {}, version)
        const whole = textsOf(events)
        for (let at = 0; at < events.length; at += 9) {
          const cursor = yield* LogCursor.fromJson(
            JSON.parse(JSON.stringify(LogCursor.toJson(events[at]!.cursor)))
          )
          const rest = yield* followAll(fake, target, { from: cursor }, version)
          assert.deepStrictEqual([...textsOf(events.slice(0, at + 1)), ...textsOf(rest)], whole)
        }
      })
    )

    it.scoped("a task that no run has is not found", () =>
      Effect.gen(function* () {
        const fake = yield* fakeOf(version, ticks)
        const error = yield* Effect.flip(followAll(fake, { ...target, task_id: "nope" }, {}, version))
        assert.strictEqual(error._tag, "NotFound")
      })
    )
  })
}

it.scoped("a token that makes the server fail is not sent again for minutes", () =>
  Effect.gen(function* () {
    const fake = yield* fakeOf("3.2.1", ticks)
    yield* followAll(fake, target, {}, "3.2.1")
    const withToken = logRequests(fake).filter(({ query }) => query.has("token"))
    assert.strictEqual(withToken.length, 1)
    assert.isAbove(logRequests(fake).length, 10)
  })
)

it.scoped("where the token works, only what is new is asked for", () =>
  Effect.gen(function* () {
    const fake = yield* fakeOf("3.3.2", ticks)
    yield* followAll(fake, target, {}, "3.3.2")
    const whole = logRequests(fake).filter(({ query }) => !query.has("token"))
    assert.strictEqual(whole.length, 1)
  })
)

it.scoped("a long log that is sent whole each time is asked for less often", () =>
  Effect.gen(function* () {
    const does = task("t", { run: [lines(2000, 0, (index) => `at once ${index}`), lines(60, 1000, String)] })
    const count = (reread: number) =>
      Effect.gen(function* () {
        const fake = yield* fakeOf("3.1.8", does)
        const events = yield* followAll(fake, target, { reread }, "3.1.8")
        assert.deepStrictEqual(textsOf(events), fake.written(target))
        return logRequests(fake).length
      })
    const [often, rarely] = [yield* count(1_000_000), yield* count(20_000)]
    assert.isAbove(often, 40)
    assert.isBelow(rarely, 15)
  })
)

it.scoped("a server that was silent for long is waited for as before, once it is quick again", () =>
  Effect.gen(function* () {
    const fake = yield* fakeOf("3.3.2", task("t", { run: [lines(640, 1000, (index) => `tick ${index}`)] }))
    const fiber = yield* LogFollower.follow(target, { patience: "1 hour" }).pipe(
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray),
      Effect.provide(clientOf(fake, "3.3.2")),
      Effect.fork
    )
    const pass = (seconds: number) =>
      Effect.forEach(Array.from({ length: seconds }), () => Effect.zipRight(turns, TestClock.adjust(1000)), {
        discard: true
      })
    yield* pass(20)
    const silent = { when: ({ path }: { readonly path: string }) => path.includes("/logs/") }
    fake.inject(Fault.stall(Infinity), { ...silent, times: 4 })
    // 30, 60, 120 and 240 seconds.
    yield* pass(500)
    const before = logRequests(fake).length
    assert.isAbove(before, 50)
    fake.inject(Fault.stall(Infinity), silent)
    yield* pass(60)
    assert.isAbove(logRequests(fake).length, before + 10)
    const events = yield* untilDone(fiber, 1000)
    assert.deepStrictEqual(textsOf(events), fake.written(target))
  })
)

describe("several versions at once", () => {
  it.scoped("the server is upgraded in mid-follow", () =>
    Effect.gen(function* () {
      const fake = yield* fakeOf("3.2.1", ticks)
      const fiber = yield* LogFollower.follow(target).pipe(
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.provide(clientOf(fake, "3.2.1")),
        Effect.fork
      )
      yield* TestClock.adjust("6 seconds")
      fake.setVersion("3.3.2")
      const events = yield* untilDone(fiber)
      assert.deepStrictEqual(textsOf(events), fake.written(target))
      assert.strictEqual(events.filter(({ _tag }) => _tag === "Gap").length, 0)
    })
  )

  for (const versions of [
    ["3.2.1", "3.3.2"],
    ["3.1.8", "3.3.2"],
    ["3.3.2", "3.1.8"],
    ["3.0.6", "3.2.1", "3.3.2"]
  ]) {
    it.scoped(`web servers of ${versions.join(" and ")} answer in turn`, () =>
      Effect.gen(function* () {
        const fake = yield* fakeOf(
          versions,
          task("t", { run: [lines(60, 250, (index) => `tick ${index}`), sleep(20_000), print("last")] })
        )
        const events = yield* followAll(fake, target, {}, versions[0])
        assert.deepStrictEqual(textsOf(events), fake.written(target))
        assert.strictEqual(events.filter(({ _tag }) => _tag === "Gap").length, 0)
        const last = events.at(-1)!
        assert.strictEqual(last._tag === "Ended" && last.end, "complete")
      })
    )
  }
})

for (const version of ["2.11.0", "3.1.8", "3.2.1", "3.3.2"]) {
  it.scoped(`${version}: a line that the server puts between others is passed on late, and once`, () =>
    Effect.gen(function* () {
      const fake = yield* fakeOf(version, ticks)
      const fiber = yield* LogFollower.follow(target).pipe(
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.provide(clientOf(fake, version)),
        Effect.fork
      )
      for (let step = 0; step < 32; step++) {
        yield* turns
        yield* TestClock.adjust(250)
      }
      // Two lines whose times are before those of lines that have been read by now.
      const stored = version.startsWith("3") ? fake.records(target) : fake.written(target)
      const at = stored.length - 12
      const other = (name: string) => stored[at]!.replace(/tick \d+/, name)
      fake.replaceLog(target, [
        ...stored.slice(0, at),
        other("early 1"),
        other("early 2"),
        ...stored.slice(at)
      ])
      const events = yield* untilDone(fiber)
      const received = linesOf(events)
      assert.deepStrictEqual(
        received.filter(({ late }) => late === true).map(({ text }) => text),
        ["early 1", "early 2"]
      )
      assert.deepStrictEqual(
        received.filter(({ late }) => late !== true).map(({ raw }) => raw),
        fake.written(target)
      )
      assert.deepStrictEqual(
        received.map(({ index }) => index),
        received.map((_, index) => index)
      )
      assert.isTrue(events.some((event) => event._tag === "Resynced" && event.reason === "content"))
      assert.isFalse(events.some(({ _tag }) => _tag === "Gap"))
      const last = events.at(-1)!
      assert.strictEqual(last._tag === "Ended" && last.end, "complete")
    })
  )
}
