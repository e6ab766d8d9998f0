/** Logs followed while they are written, compared with the files on the server's disk. */
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogTarget } from "@effect-airflow/logs/LogLine"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as assert from "../assert.js"
import { group, since } from "../suite.js"
import type { Target } from "../target.js"

const test = group("follow")

const newRun = (() => {
  let runs = 0
  const session = Date.now().toString(36)
  return () => `f${session}-${++runs}`
})()

/** All that happens until the end. */
export const follow = (target: Target, of: LogTarget, options: LogFollower.Options = {}) =>
  Effect.map(Stream.runCollect(LogFollower.follow(of, { ...target.pace, ...options })), Chunk.toReadonlyArray)

export const rawOf = (events: ReadonlyArray<LogEvent>, try_number: number) =>
  events.flatMap((event) =>
    event._tag === "Line" && event.line.try_number === try_number ? [event.line.raw] : []
  )

export const textsOf = (events: ReadonlyArray<LogEvent>) =>
  events.flatMap((event) => (event._tag === "Line" ? [event.line.text] : []))

export const endOf = (events: ReadonlyArray<LogEvent>) => {
  const last = events.at(-1)
  assert.ok(last?._tag === "Ended")
  return [last.end, last.state, last.try_number]
}

/** Each attempt's lines are those of its file, each once and in order. */
export const checkAttempts = (
  target: Target,
  of: LogTarget,
  events: ReadonlyArray<LogEvent>,
  attempts: number
) =>
  Effect.promise(async () => {
    let total = 0
    for (let try_number = 1; try_number <= attempts; try_number++) {
      const [written, ...others] = await target.files({ ...of, try_number })
      assert.equal(others.length, 0)
      assert.ok(written!.length > 0)
      assert.deepEqual(rawOf(events, try_number), written)
      total += written!.length
    }
    assert.equal(textsOf(events).length, total)
    const indexes = events.flatMap((event) =>
      event._tag === "Line" ? [[event.line.try_number, event.line.index]] : []
    )
    assert.equal(new Set(indexes.map(String)).size, total)
    target.say(`${total} lines written, ${total} received`)
  })

const ticks = (count: number) =>
  Array.from({ length: count }, (_, index) => `tick ${String(index).padStart(6, "0")}`)

export const cases = [
  test("ticker, from before it starts to its end", (target) =>
    Effect.gen(function* () {
      const of = { dag_id: "ticker", dag_run_id: newRun(), task_id: "tick" }
      yield* Effect.promise(() => target.trigger(of.dag_id, of.dag_run_id))
      const events = yield* follow(target, of)
      assert.deepEqual(endOf(events), ["complete", "success", 1])
      yield* checkAttempts(target, of, events, 1)
      assert.deepEqual(
        textsOf(events).filter((text) => text.startsWith("tick ")),
        ticks(60)
      )
      assert.equal(events[0]?._tag, "StateChanged")
      assert.equal(events.filter(({ _tag }) => _tag === "AttemptStarted").length, 1)
      const source = target.api === "v1" ? "Found local files" : "attempt=1.log"
      assert.ok(events.some((event) => event._tag === "SourceNotice" && event.text.includes(source)))
    })),
  test("flaky: three attempts as one stream", (target) =>
    Effect.gen(function* () {
      const of = { dag_id: "flaky", dag_run_id: newRun(), task_id: "fails_twice" }
      yield* Effect.promise(() => target.trigger(of.dag_id, of.dag_run_id))
      const events = yield* follow(target, of, { from: "first" })
      assert.deepEqual(endOf(events), ["complete", "success", 3])
      yield* checkAttempts(target, of, events, 3)
      assert.deepEqual(
        events.flatMap((event) =>
          event._tag === "AttemptStarted" || event._tag === "AttemptEnded"
            ? [[event._tag, event.try_number]]
            : []
        ),
        [1, 2, 3].flatMap((try_number) => [
          ["AttemptStarted", try_number],
          ["AttemptEnded", try_number]
        ])
      )
    })),
  test("flaky, after it is over, from its first attempt", (target) =>
    Effect.gen(function* () {
      const of = { dag_id: "flaky", dag_run_id: newRun(), task_id: "fails_twice" }
      yield* Effect.promise(() => target.trigger(of.dag_id, of.dag_run_id))
      yield* Effect.promise(() => target.finished(of.dag_id, of.dag_run_id))
      const events = yield* follow(target, of, { from: "first" })
      assert.deepEqual(endOf(events), ["complete", "success", 3])
      yield* checkAttempts(target, of, events, 3)
      const latest = yield* follow(target, of)
      assert.deepEqual(rawOf(latest, 1), [])
      assert.deepEqual(rawOf(latest, 3), rawOf(events, 3))
    })),
  test("mapped: an instance that succeeds and the one that fails", (target) =>
    Effect.gen(function* () {
      const run = { dag_id: "mapped", dag_run_id: newRun() }
      yield* Effect.promise(() => target.trigger(run.dag_id, run.dag_run_id))
      // The instances are there once the task before them is over.
      yield* follow(target, { ...run, task_id: "numbers" })
      yield* Effect.promise(() => target.finished(run.dag_id, run.dag_run_id))
      for (const [map_index, state, text] of [
        [0, "success", "square of 1 is 1"],
        [3, "failed", "ValueError: four is unlucky"]
      ] as const) {
        const of = { ...run, task_id: "square", map_index }
        const events = yield* follow(target, of)
        assert.deepEqual(endOf(events), ["complete", state, 1])
        assert.ok(textsOf(events).includes(text))
        yield* checkAttempts(target, of, events, 1)
      }
    })),
  test("mapped, while it runs", (target) =>
    Effect.gen(function* () {
      const run = { dag_id: "mapped", dag_run_id: newRun() }
      yield* Effect.promise(() => target.trigger(run.dag_id, run.dag_run_id))
      const of = { ...run, task_id: "square", map_index: 4 }
      yield* follow(target, { ...run, task_id: "numbers" })
      const events = yield* follow(target, of).pipe(
        // Expanding the task takes the scheduler a moment.
        Effect.retry({
          times: 50,
          while: (error) => error._tag === "NotFound",
          schedule: Schedule.spaced("200 millis")
        })
      )
      assert.deepEqual(endOf(events), ["complete", "success", 1])
      yield* checkAttempts(target, of, events, 1)
    })),
  test("deferred: through the triggerer and back", (target) =>
    Effect.gen(function* () {
      const of = { dag_id: "deferred", dag_run_id: newRun(), task_id: "waits" }
      yield* Effect.promise(() => target.trigger(of.dag_id, of.dag_run_id))
      const events = yield* follow(target, of)
      assert.deepEqual(endOf(events), ["complete", "success", 1])
      // The worker and the triggerer write a file each: both whole and in order, their lines interleaved.
      const files = yield* Effect.promise(() => target.files({ ...of, try_number: 1 }))
      const received = rawOf(events, 1)
      assert.equal(received.length, files.flat().length)
      for (const written of files) {
        const wanted = new Set(written)
        assert.deepEqual(
          received.filter((line) => wanted.has(line)),
          written
        )
      }
      const texts = textsOf(events)
      assert.ok(texts.indexOf("before deferral") < texts.indexOf("trigger starting"))
      assert.ok(texts.indexOf("trigger starting") < texts.indexOf("after deferral"))
      target.say(`${files.flat().length} lines written, ${received.length} received`)
    })),
  test("awkward text, line by line", (target) =>
    Effect.gen(function* () {
      const of = { dag_id: "text", dag_run_id: "c1", task_id: "speak" }
      const events = yield* follow(target, of)
      assert.deepEqual(endOf(events), ["complete", "success", 1])
      yield* checkAttempts(target, of, events, 1)
    })),
  test("a task whose upstream failed ends without a line", (target) =>
    Effect.gen(function* () {
      const events = yield* follow(target, { dag_id: "failing", dag_run_id: "c1", task_id: "never" })
      assert.deepEqual(endOf(events), ["complete", "upstream_failed", 0])
      assert.deepEqual(textsOf(events), [])
    })),
  test("an operator that nothing runs ends without a line", (target) =>
    Effect.gen(function* () {
      const events = yield* follow(target, { dag_id: "wide", dag_run_id: "c1", task_id: "t000" })
      assert.deepEqual(endOf(events), ["complete", "success", since(target, "2.10") ? 1 : 0])
      assert.deepEqual(textsOf(events), [])
    })),
  test("404: an unknown task", (target) =>
    Effect.map(Effect.flip(follow(target, { dag_id: "quick", dag_run_id: "c1", task_id: "nope" })), (error) =>
      assert.equal(error._tag, "NotFound")
    ))
]
