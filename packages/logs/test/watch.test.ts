import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as Auth from "@effect-airflow/core/Auth"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Watch from "@effect-airflow/logs/Watch"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { dag, defer, raise, reschedule, skip, sleep, type Task, task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { clientOf, introduced, untilDone } from "./fixtures.js"

const run = { dag_id: "d", dag_run_id: "r" }
const target = { ...run, task_id: "t" }

const fakeWith = (...tasks: ReadonlyArray<Task>) => FakeAirflow.make({ dags: [dag("d", tasks)], runs: [run] })

/** Every task takes ten minutes. */
const slow = fakeWith(task("t", { queuedFor: 0, run: [sleep(600_000)] }))

/** Looks often enough to miss nothing. */
const often = { poll: "100 millis", idle: "100 millis" } as const

/** Chance in the middle: a wait is exactly as long as it should be. */
const play =
  (layer: Layer.Layer<AirflowClient>, stepMillis = 125) =>
  <A, E>(effect: Effect.Effect<A, E, AirflowClient>) =>
    effect.pipe(
      Effect.provide(layer),
      Effect.withRandom(Random.fixed([0.5])),
      Effect.fork,
      Effect.flatMap((fiber) => untilDone(fiber, stepMillis))
    )

const playOn = (fake: FakeAirflow.FakeAirflow, stepMillis?: number) => play(clientOf(fake), stepMillis)

const clientWith = (fetch: unknown, user = "admin") =>
  Layer.orDie(
    BrowserAirflow.layer({
      baseUrl: "http://airflow.test",
      auth: Auth.basic(user, Redacted.make(user)),
      fetch: introduced(fetch as FakeAirflow.FakeAirflow["fetch"]) as typeof globalThis.fetch
    })
  )

const statesOf = (
  fake: FakeAirflow.FakeAirflow,
  options: Watch.StatesOptions = often,
  of = target,
  stepMillis = 50
) =>
  Watch.states(of, options).pipe(
    Stream.runCollect,
    Effect.map((seen) =>
      Chunk.toReadonlyArray(seen).map(({ state, try_number }) => `${state} ${try_number}`)
    ),
    playOn(fake, stepMillis)
  )

const timesOf = (fake: FakeAirflow.FakeAirflow) => fake.requests.map(({ at }) => at)

/** What a wait that is still on has asked for by now, and its fiber. */
const forked = <A, E>(
  fake: FakeAirflow.FakeAirflow,
  effect: Effect.Effect<A, E, AirflowClient>,
  millis: number,
  stepMillis = 125
) =>
  Effect.gen(function* () {
    const fiber = yield* effect.pipe(
      Effect.provide(clientOf(fake)),
      Effect.withRandom(Random.fixed([0.5])),
      Effect.fork
    )
    const pause = yield* Effect.fork(Effect.sleep(millis))
    yield* untilDone(pause, stepMillis)
    return fiber
  })

describe("states", () => {
  it.scoped("from before the task starts to its end", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [sleep(2000)] }))
      const seen = yield* Watch.states(target, often).pipe(
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        playOn(fake, 50)
      )
      assert.deepStrictEqual(
        seen.map(({ state, try_number }) => [state, try_number]),
        [
          [null, 0],
          ["scheduled", 1],
          ["queued", 1],
          ["running", 1],
          ["success", 1]
        ]
      )
      assert.deepStrictEqual(
        seen.map(({ taskInstance }) => taskInstance.state),
        seen.map(({ state }) => state)
      )
      // Each was seen within one look of when it began.
      for (const [index, began] of [0, 200, 700, 1200, 3300].entries()) {
        assert.isAtLeast(seen[index]!.at, began)
        assert.isAtMost(seen[index]!.at, began + 150)
      }
      assert.isString(seen.at(-1)!.taskInstance.end_date)
      assert.isTrue(fake.requests.every(({ path }) => path.endsWith("/taskInstances/t")))
    })
  )

  it.scoped("each attempt", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { attempts: [[raise("E", "1")], [raise("E", "2")], [sleep(500)]] })
      )
      assert.deepStrictEqual(
        yield* statesOf(fake),
        [
          "null 0",
          "scheduled 1, queued 1, running 1, up_for_retry 1",
          "scheduled 2, queued 2, running 2, up_for_retry 2",
          "scheduled 3, queued 3, running 3, success 3"
        ].flatMap((states) => states.split(", "))
      )
    })
  )

  it.scoped("another attempt in the same state is a change", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", {
          queuedFor: 10,
          retryDelay: 10,
          attempts: [[sleep(20_000), raise("E", "1")], [sleep(20_000)]]
        })
      )
      yield* TestClock.adjust("1 second")
      const options = { poll: "21 seconds", idle: "21 seconds" } as const
      assert.deepStrictEqual(yield* statesOf(fake, options, target, 500), [
        "running 1",
        "running 2",
        "success 2"
      ])
    })
  )

  it.scoped("deferral and rescheduling are not the end", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [defer(5000), reschedule(5000), sleep(500)] }))
      assert.deepStrictEqual(
        yield* statesOf(fake),
        [
          "null 0, scheduled 1, queued 1, running 1",
          "deferred 1, scheduled 1, queued 1, running 1",
          "up_for_reschedule 1, scheduled 1, queued 1, running 1, success 1"
        ].flatMap((states) => states.split(", "))
      )
    })
  )

  it.scoped("a skip, a failure, a failed upstream", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { run: [skip] }),
        task("f", { run: [raise("E", "no")] }),
        task("u", { upstream: ["f"] })
      )
      assert.strictEqual((yield* statesOf(fake)).at(-1), "skipped 1")
      assert.strictEqual((yield* statesOf(fake, often, { ...target, task_id: "f" })).at(-1), "failed 1")
      assert.deepStrictEqual(yield* statesOf(fake, often, { ...target, task_id: "u" }), ["upstream_failed 0"])
    })
  )

  it.scoped("a task that is over: one look, one state", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t"))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* statesOf(fake), ["success 1"])
      assert.lengthOf(fake.requests, 1)
    })
  )

  it.scoped("goes on after a final state when told to", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [sleep(20_000)] }))
      yield* TestClock.adjust("1 hour")
      const seen: Array<string | null> = []
      const watching = Stream.runForEach(Watch.states(target, { untilTerminal: false }), ({ state }) =>
        Effect.sync(() => seen.push(state))
      )
      const fiber = yield* forked(fake, watching, 120_000, 1000)
      assert.isAtLeast(fake.requests.length, 8)
      assert.deepStrictEqual(seen, ["success"])
      fake.clear(target)
      yield* untilDone(yield* Effect.fork(Effect.sleep("1 minute")), 250)
      assert.isAtLeast(seen.length, 2)
      assert.strictEqual(seen.at(-1), "success")
      yield* Fiber.interrupt(fiber)
    })
  )

  it.scoped("looks only as fast as it is read", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { queuedFor: 20_000, run: [sleep(20_000)] }))
      const slowly = Stream.runForEach(Watch.states(target, often), () => Effect.sleep("1 minute"))
      yield* playOn(fake, 1000)(slowly)
      assert.lengthOf(fake.requests, 2)
    })
  )

  it.scoped("an instance of a mapped task", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { mapped: ["a", "b"], run: ({ map_index }) => (map_index === 1 ? [raise("E", "no")] : []) })
      )
      yield* TestClock.adjust("500 millis")
      const seen = yield* statesOf(fake, often, { ...target, map_index: 1 } as never)
      assert.deepStrictEqual(seen, ["scheduled 1", "queued 1", "running 1", "failed 1"])
      assert.isTrue(fake.requests.every(({ path }) => path.endsWith("/taskInstances/t/1")))
    })
  )
})

describe("a mapped task that is not expanded yet", () => {
  const mapped = { ...target, map_index: 1 }

  const isUnmapped = ({ path }: { readonly path: string }) => path.endsWith("/taskInstances/t")

  const expanding = (before: number) =>
    fakeWith(
      task("u", { queuedFor: 0, run: [sleep(before)] }),
      task("t", { upstream: ["u"], mapped: ["a", "b"] })
    )

  it.scoped("is waited for as its placeholder", () =>
    Effect.gen(function* () {
      const fake = yield* expanding(10_000)
      const seen = yield* Watch.states(mapped, often).pipe(
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        playOn(fake, 50)
      )
      assert.deepStrictEqual(
        seen.map(({ state, taskInstance }) => [state, taskInstance.map_index]),
        [
          [null, -1],
          ["scheduled", 1],
          ["queued", 1],
          ["running", 1],
          ["success", 1]
        ]
      )
      // The instance is asked for at first; then only the placeholder, until it is gone.
      const kinds = fake.requests.map((request) => isUnmapped(request))
      const expanded = kinds.lastIndexOf(true)
      assert.isAbove(expanded, 50)
      assert.deepStrictEqual(
        kinds,
        kinds.map((_, index) => index !== 0 && index <= expanded)
      )
    })
  )

  it.scoped("is looked at again when it is expanded between two requests of a look", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { mapped: ["a", "b"] }))
      yield* TestClock.adjust("1 hour")
      fake.inject(Fault.status(404))
      const row = yield* playOn(fake)(Watch.waitFor(mapped))
      assert.deepStrictEqual([row.state, row.map_index], ["success", 1])
      assert.deepStrictEqual(
        fake.requests.map(({ path, status }) => [path.slice(path.lastIndexOf("/")), status]),
        [
          ["/1", 404],
          ["/t", 404],
          ["/1", 200]
        ]
      )
    })
  )

  it.scoped("ends with its placeholder", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("u", { run: [raise("E", "no")] }),
        task("t", { upstream: ["u"], mapped: ["a", "b"] })
      )
      const row = yield* playOn(fake)(Watch.waitFor(mapped))
      assert.deepStrictEqual([row.state, row.map_index], ["upstream_failed", -1])
    })
  )

  it.scoped("404: an index it does not have, once it is expanded", () =>
    Effect.gen(function* () {
      const fake = yield* expanding(10_000)
      const error = yield* playOn(fake)(Effect.flip(Watch.waitFor({ ...target, map_index: 7 })))
      assert.deepInclude({ ...error }, { _tag: "NotFound", operation: "getMappedTaskInstance" })
      assert.isAtMost(timesOf(fake).at(-1)!, 30_000)
    })
  )

  for (const [when, millis] of [
    ["runs", 5000],
    ["is over", 3_600_000]
  ] as const) {
    it.scoped(`404: a task that is not mapped and ${when}`, () =>
      Effect.gen(function* () {
        const fake = yield* fakeWith(task("t", { run: [sleep(60_000)] }))
        yield* TestClock.adjust(millis)
        const error = yield* playOn(fake)(Effect.flip(Watch.waitFor({ ...target, map_index: 0 })))
        assert.deepInclude({ ...error }, { _tag: "NotFound", operation: "getMappedTaskInstance" })
        assert.lengthOf(fake.requests, 3)
      })
    )
  }
})

describe("runStates", () => {
  const runStatesOf = (fake: FakeAirflow.FakeAirflow) =>
    Watch.runStates(run, often).pipe(
      Stream.runCollect,
      Effect.map((seen) =>
        Chunk.toReadonlyArray(seen).map(({ at, dagRun, state }) => ({ at, dagRun, state }))
      ),
      playOn(fake, 50)
    )

  it.scoped("to success, and to failed", () =>
    Effect.gen(function* () {
      const good = yield* fakeWith(task("t", { run: [sleep(5000)] }))
      const seen = yield* runStatesOf(good)
      assert.deepStrictEqual(
        seen.map(({ state }) => state),
        ["queued", "running", "success"]
      )
      assert.deepStrictEqual(
        seen.map(({ dagRun }) => dagRun.state),
        ["queued", "running", "success"]
      )
      assert.isTrue(seen.every(({ at }, index) => index === 0 || at > seen[index - 1]!.at))
      const bad = yield* fakeWith(task("t", { run: [raise("E", "no")] }))
      assert.strictEqual((yield* runStatesOf(bad)).at(-1)?.state, "failed")
      assert.isTrue(bad.requests.every(({ path }) => path === "/api/v1/dags/d/dagRuns/r"))
    })
  )
})

describe("waiting", () => {
  it.scoped("gives the task instance when it is over, whatever it came to", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { run: [sleep(60_000)] }),
        task("f", { attempts: [[raise("E", "1")], [raise("E", "2")]], retries: 1 }),
        task("u", { upstream: ["f"] }),
        task("s", { run: [skip] })
      )
      for (const [task_id, state, try_number] of [
        ["t", "success", 1],
        ["f", "failed", 2],
        ["u", "upstream_failed", 0],
        ["s", "skipped", 1]
      ] as const) {
        const row = yield* playOn(fake)(Watch.waitFor({ ...target, task_id }))
        assert.deepInclude(row, { task_id, state, try_number })
      }
    })
  )

  it.scoped("gives the run when it is over, whatever it came to", () =>
    Effect.gen(function* () {
      const good = yield* fakeWith(task("t", { run: [sleep(60_000)] }))
      assert.deepInclude(yield* playOn(good)(Watch.waitForRun(run)), { ...run, state: "success" })
      const bad = yield* fakeWith(task("t", { run: [raise("E", "no")] }))
      assert.deepInclude(yield* playOn(bad)(Watch.waitForRun(run)), { ...run, state: "failed" })
    })
  )

  it.scoped("looks after 2 s, then half as long again each time, up to 15 s", () =>
    Effect.gen(function* () {
      const fake = yield* slow
      yield* TestClock.adjust("1 second")
      const fiber = yield* forked(fake, Watch.waitFor(target), 100_000)
      assert.deepStrictEqual(
        timesOf(fake).map((at) => at - 1000),
        [0, 2000, 5000, 9500, 16_250, 26_375, 41_375, 56_375, 71_375, 86_375]
      )
      yield* Fiber.interrupt(fiber)
    })
  )

  it.scoped("after a change it is as fast as at first", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { queuedFor: 0, run: [sleep(30_000), defer(20_000)] }))
      yield* TestClock.adjust("1 second")
      yield* playOn(fake)(Watch.waitFor(target))
      // It is deferred from 30.3 s to 50.3 s.
      assert.deepStrictEqual(
        timesOf(fake).map((at) => at - 1000),
        [0, 2000, 5000, 9500, 16_250, 26_375, 41_375, 43_375, 46_375, 50_875]
      )
    })
  )

  it.scoped("options set both times; idle is never less than poll", () =>
    Effect.gen(function* () {
      for (const [options, times] of [
        [{ poll: "8 seconds", idle: "16 seconds" }, [0, 8000, 20_000, 36_000, 52_000]],
        [{ poll: "30 seconds" }, [0, 30_000]],
        [{ poll: "20 seconds", idle: "1 second" }, [0, 20_000, 40_000]]
      ] as const) {
        const fake = yield* FakeAirflow.make({
          dags: [dag("d", [task("t", { run: [sleep(1e9)] })])],
          runs: [{ ...run, ago: 60_000 }]
        })
        const start = yield* Clock.currentTimeMillis
        const fiber = yield* forked(fake, Watch.waitForRun(run, options), 55_000, 1000)
        assert.deepStrictEqual(
          timesOf(fake).map((at) => at - start),
          [...times]
        )
        yield* Fiber.interrupt(fiber)
      }
    })
  )

  it.scoped("a tenth more or less is left to chance", () =>
    Effect.gen(function* () {
      for (const [chance, second] of [
        [0, 9000],
        [1, 11_000]
      ] as const) {
        const fake = yield* slow
        const start = yield* Clock.currentTimeMillis
        const fiber = yield* Watch.waitForRun(run, { poll: "10 seconds" }).pipe(
          Effect.provide(clientOf(fake)),
          Effect.withRandom(Random.fixed([chance])),
          Effect.fork
        )
        yield* untilDone(yield* Effect.fork(Effect.sleep("15 seconds")), 100)
        assert.lengthOf(fake.requests, 2)
        assert.closeTo(fake.requests[1]!.at - start, second, 100)
        yield* Fiber.interrupt(fiber)
      }
    })
  )
})

describe("deadline", () => {
  it.scoped("fails with a TimeoutError, after a last look", () =>
    Effect.gen(function* () {
      for (const [operation, wait] of [
        ["Watch.waitFor", Watch.waitFor(target, { deadline: "1 minute" })],
        ["Watch.waitForRun", Watch.waitForRun(run, { deadline: "1 minute" })]
      ] as const) {
        const fake = yield* slow
        const start = yield* Clock.currentTimeMillis
        const error = yield* playOn(
          fake,
          500
        )(Effect.flip(wait as Effect.Effect<unknown, Watch.WatchError, AirflowClient>))
        assert.deepInclude({ ...error }, {
          _tag: "TimeoutError",
          operation,
          limit: "deadline",
          millis: 60_000,
          attempts: fake.requests.length
        } as never)
        assert.strictEqual((yield* Clock.currentTimeMillis) - start, 60_000)
        assert.strictEqual(fake.requests.at(-1)!.at - start, 59_000)
        const sent = fake.requests.length
        yield* TestClock.adjust("10 minutes")
        assert.lengthOf(fake.requests, sent)
      }
    })
  )

  it.scoped("a task that is over in time is found so, however seldom it is looked at", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { queuedFor: 0, run: [sleep(58_000)] }))
      const options = { deadline: "1 minute", poll: "40 seconds", idle: "10 minutes" } as const
      const row = yield* playOn(fake)(Watch.waitFor(target, options))
      assert.strictEqual(row.state, "success")
      assert.deepStrictEqual(timesOf(fake), [0, 40_000, 59_000])
    })
  )

  it.effect("ends a look that is under way", () =>
    Effect.gen(function* () {
      let aborted = 0
      const never = (input: Request, init?: RequestInit) =>
        new Promise((_, reject) => {
          const signal = init?.signal ?? input.signal
          signal.addEventListener("abort", () => (aborted++, reject(signal.reason as Error)))
        })
      const error = yield* Watch.waitFor(target, { deadline: "10 seconds" }).pipe(
        Effect.flip,
        play(clientWith(never))
      )
      assert.deepInclude({ ...error }, { _tag: "TimeoutError", limit: "deadline", attempts: 1 })
      assert.strictEqual(aborted, 1)
    })
  )
})

const all: ReadonlyArray<
  readonly [
    name: string,
    (of: typeof target, options: Watch.PaceOptions) => Effect.Effect<unknown, Watch.WatchError, AirflowClient>
  ]
> = [
  ["states", (of, options) => Stream.runDrain(Watch.states(of, options))],
  [
    "runStates",
    ({ dag_id, dag_run_id }, options) => Stream.runDrain(Watch.runStates({ dag_id, dag_run_id }, options))
  ],
  ["waitFor", (of, options) => Watch.waitFor(of, options)],
  ["waitForRun", ({ dag_id, dag_run_id }, options) => Watch.waitForRun({ dag_id, dag_run_id }, options)]
]

describe("what fails at once", () => {
  for (const [name, watch] of all) {
    for (const [tag, user, of] of [
      ["Unauthorized", "impostor", target],
      ["Forbidden", "nobody", target],
      ["NotFound", "admin", { ...target, dag_run_id: "nope" }]
    ] as const) {
      it.scoped(`${name}: ${tag}, after one request`, () =>
        Effect.gen(function* () {
          const fake = yield* slow
          const error = yield* Effect.flip(watch(of, {})).pipe(play(clientWith(fake.fetch, user)))
          assert.strictEqual(error._tag, tag)
          assert.lengthOf(fake.requests, 1)
          yield* TestClock.adjust("10 minutes")
          assert.lengthOf(fake.requests, 1)
        })
      )
    }
  }

  it.scoped("also when it was well before", () =>
    Effect.gen(function* () {
      for (const [code, tag] of [
        [401, "Unauthorized"],
        [403, "Forbidden"],
        [404, "NotFound"]
      ] as const) {
        const fake = yield* slow
        fake.inject(Fault.status(code), { after: 3 })
        const error = yield* playOn(fake)(Effect.flip(Watch.waitFor(target)))
        assert.strictEqual(error._tag, tag)
        assert.lengthOf(fake.requests, 4)
      }
    })
  )

  it.effect("a certificate that is not accepted", () =>
    Effect.gen(function* () {
      let sent = 0
      const refusing = () => {
        sent++
        const cause = Object.assign(new Error("expired"), { code: "CERT_HAS_EXPIRED" })
        return Promise.reject(new TypeError("fetch failed", { cause }))
      }
      const error = yield* Effect.flip(Watch.waitFor(target)).pipe(play(clientWith(refusing)))
      assert.deepInclude({ ...error }, { _tag: "TransportError", reason: "Tls" })
      assert.strictEqual(sent, 1)
    })
  )
})

describe("patience", () => {
  const every2s = { poll: "2 seconds", idle: "2 seconds" } as const

  for (const [what, fault, tag] of [
    ["503", Fault.status(503), "ServerError"],
    ["500", Fault.status(500), "ServerError"],
    ["429", Fault.status(429), "RateLimited"],
    ["418", Fault.status(418), "UnexpectedStatus"],
    ["a redirect", Fault.redirectToLogin, "UnexpectedStatus"],
    ["a login page", Fault.loginPage, "DecodeError"],
    ["broken JSON", Fault.truncated(40), "DecodeError"],
    ["a connection that breaks", Fault.drop(), "TransportError"],
    ["one that breaks later", Fault.drop(40), "TransportError"]
  ] as const) {
    it.scoped(`${what}: borne when it passes, and the failure when it lasts`, () =>
      Effect.gen(function* () {
        const fake = yield* fakeWith(task("t", { run: [sleep(20_000)] }))
        const options = { ...every2s, patience: "10 seconds" } as const
        fake.inject(fault, { after: 2, times: 5 })
        assert.strictEqual((yield* playOn(fake, 500)(Watch.waitFor(target, options))).state, "success")
        const other = yield* slow
        const start = yield* Clock.currentTimeMillis
        other.inject(fault, { after: 1, times: Infinity })
        const error = yield* playOn(other, 500)(Effect.flip(Watch.waitFor(target, options)))
        assert.strictEqual(error._tag, tag)
        // Each look is one request: they are not retried on their own.
        assert.deepStrictEqual(
          timesOf(other).map((at) => at - start),
          [0, 2000, 4000, 6000, 8000, 10_000, 12_000]
        )
      })
    )
  }

  it.scoped("is five minutes unless told otherwise", () =>
    Effect.gen(function* () {
      const fake = yield* slow
      fake.inject(Fault.status(503), { after: 1, times: Infinity })
      const error = yield* playOn(fake, 500)(Effect.flip(Watch.waitFor(target)))
      assert.strictEqual(error._tag, "ServerError")
      // From the first failure, two seconds after the first look.
      assert.strictEqual(timesOf(fake).at(-1), 302_000)
      assert.isBelow(fake.requests.length, 30)
    })
  )

  it.scoped("begins anew with each look that succeeds", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [sleep(120_000)] }))
      // Three failures of four: never 10 seconds on end, but most of the time.
      let asked = 0
      fake.inject(Fault.status(503), { times: Infinity, when: () => asked++ % 4 !== 0 })
      const options = { ...every2s, patience: "10 seconds" } as const
      const row = yield* playOn(fake, 1000)(Watch.waitFor(target, options))
      assert.strictEqual(row.state, "success")
      assert.isAbove(fake.requests.filter(({ status }) => status === 503).length, 40)
    })
  )

  it.scoped("the failure is the last one, and comes when patience ends", () =>
    Effect.gen(function* () {
      const fake = yield* slow
      fake.inject(Fault.status(503), { after: 1, times: 3 })
      fake.inject(Fault.loginPage, { after: 1, times: Infinity })
      const error = yield* playOn(fake)(Effect.flip(Watch.waitFor(target, { patience: "10 seconds" })))
      assert.strictEqual(error._tag, "DecodeError")
      assert.deepStrictEqual(timesOf(fake), [0, 2000, 4000, 7000, 11_500, 12_000])
    })
  )

  it.scoped("none: the first failure is the end", () =>
    Effect.gen(function* () {
      const fake = yield* slow
      fake.inject(Fault.status(503), { after: 1 })
      const error = yield* playOn(fake)(Effect.flip(Watch.waitFor(target, { patience: 0 })))
      assert.strictEqual(error._tag, "ServerError")
      assert.lengthOf(fake.requests, 2)
    })
  )

  it.scoped("a page that was offline for hours has not lost its patience meanwhile", () =>
    Effect.gen(function* () {
      const fake = yield* FakeAirflow.make({
        dags: [dag("d", [task("t", { queuedFor: 0, run: [sleep(20_000_000)] })])],
        runs: [run]
      })
      let pauses = 0
      const client = clientOf(fake, undefined, {
        retry: false,
        // The one after the first failure lasts for two hours.
        polling: { pause: (duration) => Effect.sleep(++pauses === 2 ? "2 hours" : duration) }
      })
      fake.inject(Fault.status(503), { after: 1, times: 2 })
      const seen = yield* play(
        client,
        10_000
      )(Watch.waitFor(target, { patience: "1 minute", idle: "30 seconds" }))
      assert.strictEqual(seen.state, "success")
      assert.isAbove(pauses, 3)
    })
  )

  it.scoped("before anything was seen, a failure is final", () =>
    Effect.gen(function* () {
      const fake = yield* slow
      fake.inject(Fault.status(503), { times: 1 })
      const error = yield* playOn(fake)(Effect.flip(Watch.waitFor(target)))
      assert.strictEqual(error._tag, "ServerError")
      assert.lengthOf(fake.requests, 1)
    })
  )

  it.scoped("a server that stops answering", () =>
    Effect.gen(function* () {
      const fake = yield* slow
      fake.inject(Fault.stall(Infinity), { after: 1, times: Infinity })
      const error = yield* playOn(fake, 500)(Effect.flip(Watch.waitFor(target, { patience: "1 minute" })))
      assert.deepInclude(
        { ...error },
        { _tag: "TimeoutError", limit: "attempt", operation: "getTaskInstance" }
      )
      // 30 s each, patience from the end of the first.
      assert.lengthOf(fake.requests, 4)
    })
  )

  for (const code of [429, 503]) {
    it.scoped(`Retry-After of a ${code} is kept`, () =>
      Effect.gen(function* () {
        const fake = yield* slow
        fake.inject(Fault.status(code, { retryAfter: "47" }), { after: 1 })
        fake.inject(Fault.status(code, { retryAfter: "1" }), { after: 2 })
        const fiber = yield* forked(fake, Watch.waitFor(target), 60_000)
        assert.deepStrictEqual(timesOf(fake), [0, 2000, 49_000, 51_000, 53_000, 57_500])
        yield* Fiber.interrupt(fiber)
      })
    )
  }

  it.scoped("a Retry-After beyond it is the end", () =>
    Effect.gen(function* () {
      const fake = yield* slow
      fake.inject(Fault.status(429, { retryAfter: "301" }))
      const error = yield* playOn(fake)(Effect.flip(Watch.waitFor(target)))
      assert.deepInclude({ ...error }, { _tag: "RateLimited", retryAfter: 301_000 })
      assert.lengthOf(fake.requests, 1)
    })
  )
})

describe("interruption", () => {
  for (const [name, watch] of all) {
    it.scoped(`${name}: between two looks, no request follows`, () =>
      Effect.gen(function* () {
        const fake = yield* slow
        const fiber = yield* forked(fake, watch(target, {}), 6000)
        const sent = fake.requests.length
        assert.isAtLeast(sent, 2)
        const before = yield* Clock.currentTimeMillis
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* Clock.currentTimeMillis, before)
        const pause = yield* Effect.fork(Effect.sleep("10 minutes"))
        yield* untilDone(pause, 10_000)
        assert.lengthOf(fake.requests, sent)
      })
    )
  }

  it.live("in a look: at once, and the request is given up", () =>
    Effect.gen(function* () {
      const fake = yield* slow
      fake.inject(Fault.stall(60_000), { times: Infinity })
      const fiber = yield* Watch.waitFor(target).pipe(Effect.provide(clientOf(fake)), Effect.fork)
      yield* Effect.sleep("200 millis")
      assert.lengthOf(fake.requests, 1)
      const started = performance.now()
      yield* Fiber.interrupt(fiber)
      assert.isBelow(performance.now() - started, 1000)
      yield* Effect.sleep("200 millis")
      assert.lengthOf(fake.requests, 1)
    }).pipe(Effect.scoped)
  )
})

describe("bad input is named, and nothing is sent", () => {
  const nothing = clientWith(() => assert.fail("something was sent"))
  const durations: ReadonlyArray<readonly [field: string, ReadonlyArray<unknown>]> = [
    ["poll", [0, -1, Number.NaN, Infinity, "soon", null, {}]],
    ["idle", [0, -1, Number.NaN, Infinity, "1 parsec", "0 seconds"]],
    ["patience", [-1, Number.NaN, "long", null]]
  ]
  for (const [name, watch] of all) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const only: typeof durations = name.startsWith("wait")
          ? [["deadline", [0, -1, Number.NaN, "never", "0 millis"]]]
          : [["untilTerminal", [0, "yes", null]]]
        for (const [field, values] of [...durations, ...only]) {
          for (const value of values) {
            const error = yield* Effect.flip(watch(target, { [field]: value })).pipe(Effect.provide(nothing))
            assert.deepInclude({ ...error }, {
              _tag: "InvalidInput",
              operation: `Watch.${name}`,
              field
            } as never)
          }
        }
        for (const [field, value] of [
          ["dag_id", ""],
          ["dag_run_id", ".."],
          ["dag_id", undefined]
        ] as const) {
          const error = yield* Effect.flip(watch({ ...target, [field]: value } as never, {})).pipe(
            Effect.provide(nothing)
          )
          assert.deepInclude({ ...error }, { _tag: "InvalidInput", field } as never)
        }
      })
    )
  }

  it.effect("a target that is none", () =>
    Effect.gen(function* () {
      for (const [of, field] of [
        [null, "dag_id"],
        ["t", "dag_id"],
        [{ ...target, task_id: 1 }, "task_id"],
        [{ ...target, map_index: -1 }, "map_index"],
        [{ ...target, map_index: "0" }, "map_index"],
        [{ ...target, try_number: 1 }, "try_number"]
      ] as const) {
        const error = yield* Effect.flip(Watch.waitFor(of as never)).pipe(Effect.provide(nothing))
        assert.deepInclude({ ...error }, { _tag: "InvalidInput", field } as never)
      }
    })
  )

  it.scoped("what is no limit is taken", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t"))
      const options = { deadline: Infinity, patience: Infinity }
      assert.strictEqual((yield* playOn(fake)(Watch.waitFor(target, options))).state, "success")
    })
  )
})
