/** A server of Airflow 3 that reads a line while it is being written: the half is no line, and the whole one is not lost. */
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, defer, lines, print, sleep, task, type Task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { followAll, linesOf } from "./fixtures.js"

const target = { dag_id: "d", dag_run_id: "r", task_id: "t" }

const fakeOf = (version: string, does: Task, servedPart?: number) =>
  FakeAirflow.make({
    version,
    dags: [dag("d", [does])],
    runs: [{ dag_id: "d", dag_run_id: "r" }],
    ...(servedPart === undefined ? {} : { servedPart })
  })

const ticks = task("t", { run: [lines(60, 250, (index) => `tick ${index}`)] })

const check = (fake: FakeAirflow.FakeAirflow, events: Parameters<typeof linesOf>[0]) => {
  assert.deepStrictEqual(
    linesOf(events).map(({ text }) => text),
    fake.written(target)
  )
  assert.deepStrictEqual(
    events.filter(({ _tag }) => _tag === "Gap").map((event) => event),
    []
  )
  const last = events.at(-1)!
  assert.strictEqual(last._tag === "Ended" && last.end, "complete")
}

for (const version of ["3.0.6", "3.1.8", "3.2.1", "3.3.2"]) {
  describe(`Airflow ${version}`, () => {
    for (const copy of ["both", "served"] as const) {
      for (const chars of [1, 25, 60]) {
        it.scoped(`each look, in ${copy}, after ${chars} characters`, () =>
          Effect.gen(function* () {
            const fake = yield* fakeOf(version, ticks)
            for (let look = 0; look < 100; look++) fake.readHalfLine({ copy, chars, back: look % 3 })
            const events = yield* followAll(fake, target, {}, version)
            check(fake, events)
          })
        )
      }
    }

    for (const [chars, disk] of [
      [20, 70],
      [70, 20],
      [90, 44]
    ]) {
      it.scoped(`each look, after ${chars} characters from the worker and ${disk} from the disk`, () =>
        Effect.gen(function* () {
          const fake = yield* fakeOf(version, ticks)
          for (let look = 0; look < 100; look++) fake.readHalfLine({ chars: chars!, disk: disk! })
          check(fake, yield* followAll(fake, target, {}, version))
        })
      )
    }

    for (const limit of [30, 1501, 3002]) {
      it.scoped(`a server that reads ${limit} characters at a time of what the worker serves`, () =>
        Effect.gen(function* () {
          const fake = yield* fakeOf(version, ticks, limit)
          const events = yield* followAll(fake, target, {}, version)
          check(fake, events)
          if (version === "3.3.2") {
            const tokens = fake.requests.filter(
              ({ path, query }) => path.includes("/logs/") && query.has("token")
            )
            assert.isAtLeast(tokens.length, 5)
          }
          for (let at = 0; at < events.length; at += 29) {
            const cursor = yield* LogCursor.fromJson(
              JSON.parse(JSON.stringify(LogCursor.toJson(events[at]!.cursor)))
            )
            const rest = yield* followAll(fake, target, { from: cursor }, version)
            check(fake, [...events.slice(0, at + 1), ...rest])
          }
        })
      )
    }

    // When it is first read depends on when the lines before it end.
    for (const count of [12, 14, 16]) {
      it.scoped(`the first line of a triggerer's file is half when it is first read, after ${count}`, () =>
        Effect.gen(function* () {
          // It has no time then and comes before all others, where no token counts it: the last lines come again.
          const fake = yield* fakeOf(
            version,
            task("t", { run: [lines(count, 100, String), defer(5000), lines(5, 100, String)] })
          )
          let read = false
          const fetch: typeof fake.fetch = (input, init) => {
            const file = fake
              .logFiles({ ...target, try_number: 1 })
              .find(({ source }) => source === "trigger")
            if (String(input instanceof Request ? input.url : input).includes("/logs/") && file && !read) {
              read = true
              fake.readHalfLine({ copy: "served", chars: 60, back: file.lines.length - 1 })
            }
            return fake.fetch(input, init)
          }
          check(fake, yield* followAll({ ...fake, fetch }, target, {}, version))
          assert.isTrue(read)
        })
      )
    }

    it.scoped("a half line that is not finished before long is waited for", () =>
      Effect.gen(function* () {
        const fake = yield* fakeOf(
          version,
          task("t", { run: [print("one"), print("two"), sleep(60_000), print("three")] })
        )
        for (let look = 0; look < 30; look++) fake.readHalfLine({ chars: 80 })
        check(fake, yield* followAll(fake, target, {}, version))
      })
    )

    it.scoped("a half line at the end of a log that is over is passed on as it is", () =>
      Effect.gen(function* () {
        const fake = yield* fakeOf(version, task("t", { run: [print("one"), print("two")] }))
        yield* TestClock.adjust("1 hour")
        const half = fake.records(target).at(-1)!.slice(0, 70)
        fake.replaceLog(target, [...fake.records(target).slice(0, 3), half])
        const events = yield* followAll(fake, target, {}, version)
        assert.deepStrictEqual(
          linesOf(events)
            .map(({ text }) => text)
            .slice(3),
          [half]
        )
        const last = events.at(-1)!
        assert.strictEqual(last._tag === "Ended" && last.end, "complete")
        for (const event of events) {
          const cursor = yield* LogCursor.fromJson(JSON.parse(JSON.stringify(LogCursor.toJson(event.cursor))))
          const rest = yield* followAll(fake, target, { from: cursor }, version)
          const before = events.slice(0, events.indexOf(event) + 1)
          assert.deepStrictEqual(linesOf([...before, ...rest]), linesOf(events))
        }
      })
    )
  })
}
