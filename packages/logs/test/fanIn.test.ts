/** Several task instances followed as one stream. */
import type { FanInEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { dag, emptyTask, lines, print, raise, sleep, type Task, task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { clientOf, untilDone } from "./fixtures.js"

const run = { dag_id: "d", dag_run_id: "r" }

const fakeWith = (...tasks: ReadonlyArray<Task>) =>
  FakeAirflow.make({ dags: [dag("d", tasks)], runs: [{ dag_id: "d", dag_run_id: "r" }] })

const all = (fake: FakeAirflow.FakeAirflow, stream: ReturnType<typeof LogFollower.followRun>) =>
  stream.pipe(
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray),
    Effect.provide(clientOf(fake)),
    Effect.fork,
    Effect.flatMap((fiber) => untilDone(fiber, 500))
  )

const linesOf = (events: ReadonlyArray<FanInEvent>) =>
  events.flatMap((event) => (event._tag === "Line" ? [event.line] : []))

const finished = (events: ReadonlyArray<FanInEvent>) => {
  const last = events.at(-1)
  assert.strictEqual(last?._tag, "Finished")
  return last?._tag === "Finished" ? last : assert.fail("it did not finish")
}

/** Every line of every attempt, each once and in order. */
const assertComplete = (
  fake: FakeAirflow.FakeAirflow,
  events: ReadonlyArray<FanInEvent>,
  attempts: ReadonlyArray<readonly [task_id: string, map_index: number, try_number: number]>
) => {
  let total = 0
  for (const [task_id, map_index, try_number] of attempts) {
    const written = fake.written({ ...run, task_id, map_index, try_number })
    const received = linesOf(events).filter(
      (line) => line.task_id === task_id && line.map_index === map_index && line.try_number === try_number
    )
    assert.deepStrictEqual(
      received.map(({ raw }) => raw),
      written
    )
    total += written.length
  }
  assert.strictEqual(linesOf(events).length, total)
}

const pipeline = [
  task("a", { run: [lines(20, 300, (index) => `a ${index}`)] }),
  task("b", {
    upstream: ["a"],
    mapped: ["x", "y", "z"],
    run: ({ map_index }) => [print(`b ${map_index}`), sleep(2000)]
  }),
  task("c", { upstream: ["b"], retryDelay: 500, attempts: [[raise("E", "once")], [print("c")]] }),
  emptyTask("d"),
  task("e", { upstream: ["c"], run: [print("e")] })
]

/** Of the pipeline: those of `c` are two, and `d` has no log. */
const attempts = [
  ["a", -1, 1],
  ["b", 0, 1],
  ["b", 1, 1],
  ["b", 2, 1],
  ["c", -1, 1],
  ["c", -1, 2],
  ["e", -1, 1]
] as const

describe("followRun", () => {
  it.scoped("every task of a run, attaching as they appear, to the end of the run", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(...pipeline)
      const events = yield* all(fake, LogFollower.followRun(run))
      assertComplete(fake, events, attempts)
      assert.deepInclude(
        { ...finished(events) },
        { state: "success", sources: 7, complete: 7, failed: 0, gaps: 0 }
      )
      assert.strictEqual(finished(events).lines, linesOf(events).length)
    })
  )

  it.scoped("a run that is over: the last attempt of each task, or all", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(...pipeline)
      yield* TestClock.adjust("1 hour")
      const latest = yield* all(fake, LogFollower.followRun(run))
      assert.deepStrictEqual(
        [...new Set(linesOf(latest).map((line) => `${line.task_id} ${line.try_number}`))].sort(),
        ["a 1", "b 1", "c 2", "e 1"]
      )
      const every = yield* all(fake, LogFollower.followRun(run, { from: "first" }))
      assert.isTrue(linesOf(every).some((line) => line.task_id === "c" && line.try_number === 1))
    })
  )

  it.scoped("a failing run ends too", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("a", { run: [raise("E", "no")] }), task("b", { upstream: ["a"] }))
      const events = yield* all(fake, LogFollower.followRun(run))
      assert.deepInclude({ ...finished(events) }, { state: "failed", sources: 2, failed: 0 })
    })
  )

  it.scoped("a source that fails is reported, and the others go on", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("a", { run: [lines(20, 500, (index) => `a ${index}`)] }),
        task("b", { run: [lines(20, 500, (index) => `b ${index}`)] })
      )
      fake.inject(Fault.status(403), { times: Infinity, when: ({ path }) => path.includes("/a/logs/") })
      const events = yield* all(fake, LogFollower.followRun(run))
      const failures = events.filter((event) => event._tag === "SourceFailed")
      assert.deepStrictEqual(
        failures.map((event) => event._tag === "SourceFailed" && [event.target.task_id, event.error._tag]),
        [["a", "Forbidden"]]
      )
      assertComplete(fake, events, [["b", -1, 1]])
      assert.deepInclude({ ...finished(events) }, { sources: 2, complete: 1, failed: 1 })
    })
  )

  it.scoped("a task that is cleared after its end is read on, and is still one source", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("a", { queuedFor: 10, run: [print("a")] }),
        task("b", { run: [lines(60, 500, (index) => `b ${index}`)] })
      )
      let cleared = false
      const stream = LogFollower.followRun(run).pipe(
        Stream.tap((event) =>
          Effect.sync(() => {
            if (cleared || event._tag !== "Line" || event.line.text !== "b 20") return
            cleared = true
            fake.clear({ ...run, task_id: "a" })
          })
        )
      )
      const events = yield* all(fake, stream)
      assertComplete(fake, events, [
        ["a", -1, 1],
        ["a", -1, 2],
        ["b", -1, 1]
      ])
      assert.deepInclude({ ...finished(events) }, { sources: 2, complete: 2, failed: 0 })
    })
  )

  it.scoped("a trouble that passes just when a task instance is found costs nothing", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(...pipeline)
      const start = fake.clock.now()
      fake.inject(Fault.status(503), {
        times: Infinity,
        when: ({ at, path }) => path.endsWith("/taskInstances/a") && at < start + 8000
      })
      const events = yield* all(fake, LogFollower.followRun(run))
      assert.deepInclude({ ...finished(events) }, { sources: 7, complete: 7, failed: 0 })
    })
  )

  it.scoped("a run that is not there fails the stream", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("a"))
      const error = yield* Effect.flip(all(fake, LogFollower.followRun({ ...run, dag_run_id: "nope" })))
      assert.strictEqual(error._tag, "NotFound")
    })
  )

  it.scoped("an outage while looking for tasks is waited out", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(...pipeline)
      const start = fake.clock.now()
      fake.inject(Fault.drop(), {
        times: Infinity,
        when: ({ at }) => at > start + 4000 && at < start + 30_000
      })
      const events = yield* all(fake, LogFollower.followRun(run))
      assertComplete(fake, events, attempts)
    })
  )

  it.scoped("in the order of time: lines of all sources are sorted, none is lost", () =>
    Effect.gen(function* () {
      const writer = (name: string) =>
        task(name, { queuedFor: 10, run: [lines(60, 250, (index) => `${name} ${index}`)] })
      const fake = yield* fakeWith(writer("a"), writer("b"), writer("c"))
      const options = { lag: "6 seconds", active: "1 second", discovery: "500 millis" } as const
      const sorted = yield* all(fake, LogFollower.followRun(run, { ...options, order: "timestamp" }))
      const times = linesOf(sorted).map(({ timestamp }) => Date.parse(timestamp!))
      assert.deepStrictEqual(
        times,
        times.toSorted((a, b) => a - b)
      )
      assert.strictEqual(
        new Set(
          linesOf(sorted)
            .slice(20, 60)
            .map(({ task_id }) => task_id)
        ).size,
        3
      )
      assertComplete(fake, sorted, [
        ["a", -1, 1],
        ["b", -1, 1],
        ["c", -1, 1]
      ])
    })
  )

  it.scoped("no more sources are asked at a time than allowed, and each gets its turn", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 12 }, (_, index) => `t${index}`)
      const fake = yield* fakeWith(
        ...names.map((name) =>
          task(name, { queuedFor: 10, run: [lines(30, 1000, (index) => `${name} ${index}`)] })
        )
      )
      const events = yield* all(fake, LogFollower.followRun(run, { concurrency: 2 }))
      assertComplete(
        fake,
        events,
        names.map((name) => [name, -1, 1] as const)
      )
      const asked = new Map<string, number>()
      for (const { path } of fake.requests) {
        const name = /taskInstances\/(t\d+)\/logs/.exec(path)?.[1]
        if (name !== undefined) asked.set(name, (asked.get(name) ?? 0) + 1)
      }
      const counts = [...asked.values()]
      assert.strictEqual(counts.length, 12)
      assert.isAtMost(Math.max(...counts), 2 * Math.min(...counts))
    })
  )
})

describe("many", () => {
  it.scoped("ends soon after all is read, though each request waits for its turn", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        ...Array.from({ length: 60 }, (_, index) => task(`t${index}`, { run: [print("one line")] }))
      )
      yield* TestClock.adjust("1 hour")
      const started = fake.clock.now()
      const events = yield* all(fake, LogFollower.followRun(run))
      assert.deepInclude({ ...finished(events) }, { sources: 60, complete: 60 })
      // Two looks at each, a status before the first and after both; some once more, because they were slow.
      assert.isBelow(fake.requests.length, 60 * 8)
      assert.isBelow(fake.clock.now() - started, 40_000)
    })
  )
})

describe("followMapped", () => {
  it.scoped("all instances, also those that appear while it runs", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(...pipeline)
      const events = yield* all(fake, LogFollower.followMapped({ ...run, task_id: "b" }))
      assertComplete(fake, events, [
        ["b", 0, 1],
        ["b", 1, 1],
        ["b", 2, 1]
      ])
      assert.deepInclude({ ...finished(events) }, { sources: 3, complete: 3 })
    })
  )

  it.scoped("a mapped task that never runs has no instances", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("a", { run: [raise("E", "no")] }),
        task("b", { upstream: ["a"], mapped: ["x"] })
      )
      const events = yield* all(fake, LogFollower.followMapped({ ...run, task_id: "b" }))
      assert.deepStrictEqual(linesOf(events), [])
      finished(events)
    })
  )
})

describe("options", () => {
  it.effect("bad ones are named, and nothing is sent", () =>
    Effect.gen(function* () {
      for (const [options, field] of [
        [{ from: 1 }, "from"],
        [{ order: "time" }, "order"],
        [{ concurrency: 0 }, "concurrency"],
        [{ lag: 0 }, "lag"],
        [{ discovery: "soon" }, "discovery"],
        [{ level: "LOUD" }, "level"]
      ] as ReadonlyArray<readonly [object, string]>) {
        const error = yield* Effect.flip(
          Effect.provide(
            Stream.runDrain(LogFollower.followRun(run, options)),
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
