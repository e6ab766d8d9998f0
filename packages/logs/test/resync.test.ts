/** Losing the place and finding it again, and saying so when it cannot be proven. */
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Make from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { dag, lines, print, raise, sleep, type Task, task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import { clientOf, followAll, linesOf, untilDone } from "./fixtures.js"

const target = { dag_id: "d", dag_run_id: "r", task_id: "t" }

// Airflow sorts lines without a time as if they were of the year 2000.
const fakeWith = (...tasks: ReadonlyArray<Task>) =>
  Effect.zipRight(
    TestClock.setTime(Date.UTC(2024, 0, 1)),
    Make.make({ dags: [dag("d", tasks)], runs: [{ dag_id: "d", dag_run_id: "r" }] })
  )

const writer = task("t", { queuedFor: 10, run: [lines(120, 250, (index) => `line ${index}`)] })

/** Follows to the end; `at` happens when so many lines have come. */
const followAnd = (
  fake: FakeAirflow.FakeAirflow,
  at: number,
  happens: () => void,
  options: LogFollower.Options = {}
) => {
  let count = 0
  return LogFollower.follow(target, { from: "first", ...options }).pipe(
    Stream.tap((event) =>
      Effect.sync(() => {
        if (event._tag === "Line" && ++count === at) happens()
      })
    ),
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray),
    Effect.provide(clientOf(fake)),
    Effect.fork,
    Effect.flatMap((fiber) => untilDone(fiber))
  )
}

const rawOf = (events: ReadonlyArray<LogEvent>) => linesOf(events).map(({ raw }) => raw)

const of = <Tag extends LogEvent["_tag"]>(events: ReadonlyArray<LogEvent>, tag: Tag) =>
  events.filter((event): event is Extract<LogEvent, { readonly _tag: Tag }> => event._tag === tag)

const endOf = (events: ReadonlyArray<LogEvent>) => of(events, "Ended").map(({ end, gaps }) => [end, gaps])

describe("the place is found again", () => {
  it.scoped("when the server's secret key is changed", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      const events = yield* followAnd(fake, 50, fake.rotateSecretKey)
      assert.deepStrictEqual(rawOf(events), fake.written(target))
      assert.deepStrictEqual(
        of(events, "Resynced").map(({ reason, skipped }) => [reason, skipped >= 50]),
        [["token", true]]
      )
      assert.deepStrictEqual(endOf(events), [["complete", 0]])
    })
  )

  it.scoped("when the server was away, and came back with another key", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      const start = fake.clock.now()
      fake.inject(Fault.drop(), {
        times: Infinity,
        when: ({ at }) => at > start + 8000 && at < start + 28_000
      })
      const events = yield* followAnd(fake, 20, fake.rotateSecretKey)
      assert.deepStrictEqual(rawOf(events), fake.written(target))
      assert.isAbove(of(events, "Retrying").length, 1)
      assert.deepStrictEqual(endOf(events), [["complete", 0]])
    })
  )

  it.scoped("when it answers with an older page", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      const isLog = { when: ({ path }: { readonly path: string }) => path.includes("/logs/") }
      fake.inject(Fault.repeat, { ...isLog, after: 3, times: 1 })
      fake.inject(Fault.repeat, { ...isLog, after: 7, times: 2 })
      const events = yield* followAll(fake, target)
      assert.deepStrictEqual(rawOf(events), fake.written(target))
      assert.deepStrictEqual(endOf(events), [["complete", 0]])
    })
  )
})

describe("a gap is said", () => {
  it.scoped("when the log was exchanged", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      const other = Array.from({ length: 30 }, (_, index) => `other ${index}`)
      const before: Array<string> = []
      const events = yield* followAnd(fake, 60, () => {
        before.push(...fake.written(target))
        fake.replaceLog(target, other)
      })
      assert.deepStrictEqual(
        of(events, "Gap").map(({ at, reason }) => [reason, at]),
        [["replaced", 0]]
      )
      const [first = [], second = []] = partsOf(events)
      assert.deepStrictEqual(first, before.slice(0, first.length))
      assert.deepStrictEqual(second, fake.logFiles(target)[0]?.lines)
      assert.deepStrictEqual(endOf(events), [["incomplete", 1]])
    })
  )

  it.scoped("when it lost its end, and goes on", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      const events = yield* followAnd(fake, 60, () => fake.truncateLog(target, 30))
      assert.deepStrictEqual(
        of(events, "Gap").map(({ at, reason }) => [reason, at]),
        [["replaced", 30]]
      )
      const [, second = []] = partsOf(events)
      assert.deepStrictEqual(second, fake.logFiles(target)[0]?.lines.slice(30))
    })
  )

  it.scoped("when it became shorter and stayed so", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { run: [lines(60, 100, (index) => `line ${index}`), sleep(4000)] })
      )
      let done = false
      const events = yield* followAnd(fake, 70, () => {
        fake.truncateLog(target, 30)
        done = true
      })
      assert.isTrue(done)
      assert.isAbove(of(events, "Gap").length, 0)
      assert.deepStrictEqual(
        of(events, "Ended").map(({ end }) => end),
        ["incomplete"]
      )
    })
  )

  it.scoped("when it is gone in the middle: lost", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      const events = yield* followAnd(fake, 60, () => fake.deleteLog(target))
      assert.deepStrictEqual(
        of(events, "Gap").map(({ reason }) => reason),
        ["lost"]
      )
      assert.deepStrictEqual(endOf(events), [["lost", 1]])
      assert.deepStrictEqual(rawOf(events), fake.written(target).slice(0, rawOf(events).length))
      // Said once, though the server says it with every look.
      assert.strictEqual(
        of(events, "SourceNotice").filter(({ text }) => text.includes("Could not read")).length,
        1
      )
    })
  )

  it.scoped("not when it is only away for a moment, as its task ends", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(
        task("t", { queuedFor: 10, run: [lines(60, 250, (index) => `line ${index}`)] })
      )
      const away = Fault.status(200, {
        contentType: "application/json",
        body: JSON.stringify({
          content: "[('fake', '*** Could not read served logs: 404 Client Error: NOT FOUND for url: x\\n')]",
          continuation_token: `${Buffer.from('{"end_of_log":true,"log_pos":0}').toString("base64url")}.x`
        })
      })
      const start = fake.clock.now()
      fake.inject(away, {
        times: Infinity,
        when: ({ at, path }) => path.includes("/logs/") && at > start + 15_000 && at < start + 20_000
      })
      const events = yield* followAll(fake, target)
      assert.deepStrictEqual(rawOf(events), fake.written(target))
      assert.deepStrictEqual(endOf(events), [["complete", 0]])
    })
  )

  it.scoped("and the task instance is gone: lost", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      const gone = Fault.status(404, { contentType: "application/problem+json", body: "{}" })
      const events = yield* followAnd(fake, 60, () => fake.inject(gone, { times: Infinity }))
      assert.deepStrictEqual(endOf(events), [["lost", 1]])
    })
  )
})

const partsOf = (events: ReadonlyArray<LogEvent>): ReadonlyArray<ReadonlyArray<string>> => {
  const parts: Array<Array<string>> = [[]]
  for (const event of events) {
    if (event._tag === "Gap") parts.push([])
    if (event._tag === "Line") parts.at(-1)!.push(event.line.raw)
  }
  return parts
}

describe("failures", () => {
  it.scoped("before the server has answered are final", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      fake.inject(Fault.status(503), { times: Infinity })
      const error = yield* Effect.flip(followAll(fake, target))
      assert.strictEqual(error._tag, "ServerError")
    })
  )

  it.scoped("later are borne as long as patience lasts", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [lines(1000, 1000, (index) => `line ${index}`)] }))
      yield* TestClock.adjust("10 seconds")
      fake.inject(Fault.loginPage, { after: 5, times: Infinity })
      const started = fake.clock.now()
      const error = yield* Effect.flip(followAll(fake, target, { patience: "2 minutes" }))
      assert.strictEqual(error._tag, "DecodeError")
      assert.isAtLeast(fake.clock.now() - started, 120_000)
      assert.isBelow(fake.clock.now() - started, 150_000)
    })
  )

  it.scoped("that do not pass end it at once", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      yield* TestClock.adjust("10 seconds")
      fake.inject(Fault.status(403), { after: 3, times: Infinity })
      const error = yield* Effect.flip(followAll(fake, target))
      assert.strictEqual(error._tag, "Forbidden")
    })
  )
})

describe("a cursor", () => {
  const flaky = task("t", {
    retryDelay: 1000,
    queuedFor: 100,
    attempts: [
      [print("one\nand more"), lines(5, 700, (index) => `a ${index}`), raise("E", "no")],
      [lines(20, 400, (index) => `b ${index}`), sleep(9000), print("end")]
    ]
  })

  it.scoped("after any event goes on where it was: nothing twice, nothing missing", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(flaky)
      const events = yield* followAll(fake, target, { from: "first" })
      const texts = (some: ReadonlyArray<LogEvent>) =>
        linesOf(some).map((line) => `${line.try_number} ${line.index} ${line.record} ${line.raw}`)
      for (const [index, { cursor }] of events.entries()) {
        const saved = JSON.stringify(LogCursor.toJson(cursor))
        const from = Either.getOrThrow(LogCursor.fromJson(JSON.parse(saved)))
        const rest = yield* followAll(fake, target, { from })
        assert.deepStrictEqual(
          [...texts(events.slice(0, index + 1)), ...texts(rest)],
          texts(events),
          `after event ${index}, ${events[index]!._tag}`
        )
        assert.deepInclude(
          { ...rest.at(-1) },
          { _tag: "Ended", end: "complete", lines: linesOf(events).length }
        )
      }
    })
  )

  it.scoped("taken while the task runs asks only for what follows", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      yield* TestClock.adjust("20 seconds")
      const first = yield* LogFollower.follow(target).pipe(
        Stream.take(60),
        Stream.runCollect,
        Effect.provide(clientOf(fake)),
        Effect.fork,
        Effect.flatMap((fiber) => untilDone(fiber))
      )
      yield* TestClock.adjust("5 seconds")
      fake.rotateSecretKey()
      const { cursor } = Chunk.unsafeLast(first)
      const rest = yield* followAll(fake, target, { from: cursor })
      assert.deepStrictEqual([...rawOf(Chunk.toReadonlyArray(first)), ...rawOf(rest)], fake.written(target))
    })
  )

  it.scoped("shows neither token nor text when it is printed, only when it is asked to", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(task("t", { run: [lines(40, 500, () => "s3cret line")] }))
      const events = yield* followAll(fake, target)
      const tokens = fake.requests.flatMap(({ query }) => query.get("token") ?? [])
      assert.isAbove(tokens.length, 2)
      const { cursor } = events[30]!
      for (const shown of [
        JSON.stringify(cursor),
        String(cursor),
        inspect(cursor, { depth: 20, showHidden: true })
      ]) {
        assert.isFalse(tokens.some((token) => shown.includes(token)))
        assert.notInclude(shown, "s3cret")
      }
      const data = JSON.stringify(LogCursor.toJson(cursor))
      assert.isTrue(tokens.some((token) => data.includes(token)))
      assert.isBelow(data.length, 4000)
      assert.notInclude(data, "admin")
    })
  )

  it.scoped("of another task instance, another API or a later version is refused", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(writer)
      const events = yield* followAll(fake, target)
      const { cursor } = events[20]!
      const json = LogCursor.toJson(cursor)
      const other = yield* Effect.flip(followAll(fake, { ...target, task_id: "u" }, { from: cursor }))
      assert.deepInclude({ ...other }, { _tag: "InvalidInput", field: "from" })
      const foreign = { [LogCursor.TypeId]: LogCursor.TypeId, target } as unknown as LogCursor.LogCursor
      assert.deepInclude(
        { ...(yield* Effect.flip(followAll(fake, target, { from: foreign }))) },
        { field: "from" }
      )
      const v9 = Either.getOrThrow(Either.flip(LogCursor.fromJson({ ...json, api: "v9" })))
      assert.strictEqual(v9.issue, "is a cursor of an API that this library does not know")
      const { place } = json
      if (place.phase !== "reading") throw new Error("it is in no attempt")
      const { anchor } = place
      const of = (source: object) => ({
        ...json,
        place: { ...place, anchor: { ...anchor, source: { ...(anchor.source as object), ...source } } }
      })
      assert.isTrue(Either.isRight(LogCursor.fromJson(of({}))))
      for (const bad of [
        of({ try_number: 7 }),
        of({ try_number: NaN }),
        of({ token: 5 }),
        of({ last: { hash: -1, time: "" } }),
        null,
        1,
        "x",
        {},
        { ...json, version: 2 },
        { ...json, api: "v2" },
        { ...json, api: 1 },
        { ...json, lines: -1 },
        { ...json, place: {} }
      ]) {
        assert.isTrue(Either.isLeft(LogCursor.fromJson(bad)))
      }
    })
  )
})

describe("windows", () => {
  const noisy = task("t", {
    run: [
      lines(30, 1000, (index) => `line ${index}`),
      print("a message\nof two lines"),
      raise("ValueError", "no")
    ]
  })
  const textsOf = (events: ReadonlyArray<LogEvent>) => linesOf(events).map(({ text }) => text)

  it.scoped("tail: the last lines of what is there, and all that follow", () =>
    Effect.gen(function* () {
      const over = yield* fakeWith(noisy)
      yield* TestClock.adjust("10 minutes")
      const events = yield* followAll(over, target, { tail: 3 })
      assert.deepStrictEqual(rawOf(events), over.written(target).slice(-3))
      assert.deepStrictEqual(
        linesOf(events).map(({ index }) => index),
        [-3, -2, -1].map((back) => over.written(target).length + back)
      )
      const none = yield* followAll(over, target, { tail: 0 })
      assert.deepStrictEqual(rawOf(none), [])
      assert.strictEqual(none.at(-1)?._tag, "Ended")

      const running = yield* fakeWith(noisy)
      yield* TestClock.adjust("12 seconds")
      const there = running.written(target).length
      const live = yield* followAll(running, target, { tail: 2 })
      assert.deepStrictEqual(rawOf(live), running.written(target).slice(there - 2))
    })
  )

  it.scoped("tail: what is kept back comes out when trouble or the end comes before the next line", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(noisy)
      yield* TestClock.adjust("12 seconds")
      const gone = Fault.status(404, { contentType: "application/problem+json", body: "{}" })
      fake.inject(gone, { after: 2, times: Infinity })
      const events = yield* followAll(fake, target, { tail: 3 })
      assert.lengthOf(linesOf(events), 3)
      assert.deepStrictEqual(endOf(events), [["lost", 1]])
    })
  )

  it.scoped("since, level and match: whole records by time and level, lines by text", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(noisy)
      const all = yield* followAll(fake, target)
      const line20 = linesOf(all).find(({ text }) => text === "line 20")!
      const since = yield* followAll(fake, target, { since: line20.timestamp! })
      assert.deepStrictEqual(rawOf(since), rawOf(all).slice(line20.index))
      assert.deepStrictEqual(rawOf(yield* followAll(fake, target, { since: new Date(0) })), rawOf(all))
      const errors = textsOf(yield* followAll(fake, target, { level: "ERROR" }))
      assert.include(errors, "Task failed with exception")
      assert.include(errors, "ValueError: no")
      assert.notInclude(errors, "line 3")
      assert.notInclude(errors, "of two lines")
      const matching = textsOf(yield* followAll(fake, target, { match: /^line 1\d$/g }))
      assert.deepStrictEqual(
        matching,
        Array.from({ length: 10 }, (_, index) => `line ${10 + index}`)
      )
      const both = textsOf(yield* followAll(fake, target, { match: /line/, tail: 2 }))
      assert.lengthOf(both, 2)
    })
  )

  it.scoped("records: the further lines of a message belong to its first", () =>
    Effect.gen(function* () {
      const fake = yield* fakeWith(noisy)
      const all = linesOf(yield* followAll(fake, target))
      const second = all.find(({ text }) => text === "of two lines")!
      assert.strictEqual(all[second.record]!.text, "a message")
      const trace = all.find(({ text }) => text === "ValueError: no")!
      assert.strictEqual(all[trace.record]!.level, "ERROR")
      assert.isTrue(all.every((line) => line.timestamp === undefined || line.record === line.index))
      const groups = all.filter(({ group }) => group !== undefined)
      assert.deepStrictEqual(
        groups.map(({ group }) => group),
        ["start", "end", "start", "end"]
      )
    })
  )
})
