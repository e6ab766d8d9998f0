/** Waiting for tasks and runs, and their states, on runs of their own. */
import type { LogTarget } from "@effect-airflow/logs/LogLine"
import * as Watch from "@effect-airflow/logs/Watch"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as assert from "../assert.js"
import { group, unauthenticated } from "../suite.js"
import type { Target } from "../target.js"

const test = group("Watch")

const session = Date.now().toString(36)
let runs = 0

/** A run of its own, just triggered. */
const triggered = (target: Target, dag_id: string, conf: Record<string, unknown> = {}) =>
  Effect.promise(async () => {
    const dag_run_id = `w${session}-${++runs}`
    await target.trigger(dag_id, dag_run_id, conf)
    return { dag_id, dag_run_id }
  })

/** Fast enough for the fake, whose time runs eight times as fast. */
const pace = { poll: "50 millis", idle: "100 millis" } as const

const collect = <A, E, R>(states: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(states), Chunk.toReadonlyArray)

/** One after the other, each as long as it lasts. */
const steps = <A>(all: ReadonlyArray<A>) => all.filter((one, index) => one !== all[index - 1])

export const cases = [
  test("waitFor: a quick task, from before it starts", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "quick")
      const row = yield* Watch.waitFor({ ...run, task_id: "hello" }, { ...pace, deadline: "2 minutes" })
      assert.deepEqual([row.dag_run_id, row.task_id, row.state], [run.dag_run_id, "hello", "success"])
      assert.ok(row.end_date !== null)
    })),
  test("waitFor: with its own pace", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "quick")
      assert.equal((yield* Watch.waitFor({ ...run, task_id: "bye" })).state, "success")
    })),
  test("waitFor: a task that failed is no failure", () =>
    Effect.gen(function* () {
      const failing = { dag_id: "failing", dag_run_id: "c1" }
      assert.equal((yield* Watch.waitFor({ ...failing, task_id: "fails" })).state, "failed")
      assert.equal((yield* Watch.waitFor({ ...failing, task_id: "never" })).state, "upstream_failed")
    })),
  test("waitForRun: failing", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "failing")
      const over = yield* Watch.waitForRun(run, { ...pace, deadline: "2 minutes" })
      assert.deepEqual([over.dag_run_id, over.state], [run.dag_run_id, "failed"])
      assert.ok(over.end_date !== null)
    })),
  test("states: flaky, three attempts in order", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "flaky")
      const seen = yield* collect(Watch.states({ ...run, task_id: "fails_twice" }, pace))
      const last = seen.at(-1)!
      assert.deepEqual([last.state, last.try_number, last.taskInstance.state], ["success", 3, "success"])
      assert.deepEqual(
        steps(seen.map(({ try_number }) => try_number)).filter((attempt) => attempt > 0),
        [1, 2, 3]
      )
      assert.equal(seen.filter(({ state }) => state === "up_for_retry").length, 2)
      assert.ok(seen.every(({ at }, index) => index === 0 || at >= seen[index - 1]!.at))
      target.say(`${seen.map(({ state, try_number }) => `${state} ${try_number}`).join(", ")}`)
    })),
  test("states: deferred", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "deferred")
      const states = (yield* collect(Watch.states({ ...run, task_id: "waits" }, pace))).map(
        ({ state }) => state
      )
      // A slow scheduler takes a task that came back too early for one that was killed, and fails it.
      const { state } = yield* Watch.waitFor({ ...run, task_id: "waits" }, pace)
      assert.equal(states.at(-1), state)
      assert.ok(state === "success" || (state === "failed" && !target.name.startsWith("fake")))
      // How long it runs before and after is too short to be seen each time.
      assert.ok(states.includes("deferred"))
    })),
  test("states: an instance of a mapped task, from before it is expanded", (target) =>
    Effect.gen(function* () {
      const watched = Effect.flatMap(triggered(target, "expanding"), (run) => {
        const of: LogTarget = { ...run, task_id: "part", map_index: 3 }
        return collect(Watch.states(of, pace))
      })
      // A slow machine can have expanded it before the first look.
      const seen = yield* Effect.repeat(watched, {
        times: 4,
        until: ([first]) => first!.taskInstance.map_index === -1
      })
      assert.deepEqual([seen[0]!.state, seen[0]!.taskInstance.map_index], [null, -1])
      const further = seen.slice(1)
      assert.ok(further.length > 0)
      assert.ok(further.every(({ taskInstance }) => taskInstance.map_index === 3))
      assert.equal(seen.at(-1)!.state, "success")
      target.say(`${seen.map(({ state, try_number }) => `${state} ${try_number}`).join(", ")}`)
    })),
  test("states: an instance of a mapped task that failed", () =>
    Effect.map(
      collect(Watch.states({ dag_id: "mapped", dag_run_id: "c1", task_id: "square", map_index: 3 })),
      (seen) =>
        assert.deepEqual(
          seen.map(({ state, taskInstance }) => [state, taskInstance.map_index]),
          [["failed", 3]]
        )
    )),
  test("states: a task that is over", () =>
    Effect.map(collect(Watch.states({ dag_id: "skips", dag_run_id: "c1", task_id: "skipped" })), (seen) =>
      assert.deepEqual(
        seen.map(({ state, try_number }) => [state, try_number]),
        [["skipped", 1]]
      )
    )),
  test("runStates: quick", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "quick")
      const states = (yield* collect(Watch.runStates(run, pace))).map(({ state }) => state)
      assert.equal(states.at(-1), "success")
      // It can have left the queue before it is looked at.
      assert.deepEqual(
        states.filter((state) => state !== "queued"),
        ["running", "success"]
      )
    })),
  test("a deadline that passes", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "sleeper", { seconds: 30 })
      const error = yield* Effect.flip(Watch.waitForRun(run, { ...pace, deadline: "2 seconds" }))
      assert.equal(error._tag, "TimeoutError")
      assert.equal(error.operation, "Watch.waitForRun")
    })),
  ...(
    [
      ["unknown task", { dag_id: "quick", dag_run_id: "c1", task_id: "nope" }],
      ["unknown run", { dag_id: "quick", dag_run_id: "nope", task_id: "hello" }],
      ["mapped task without an index", { dag_id: "mapped", dag_run_id: "c1", task_id: "square" }],
      ["an index beyond the last", { dag_id: "mapped", dag_run_id: "c1", task_id: "square", map_index: 5 }],
      ["an index of no mapped task", { dag_id: "quick", dag_run_id: "c1", task_id: "hello", map_index: 0 }]
    ] as ReadonlyArray<readonly [string, LogTarget]>
  ).map(([what, of]) =>
    test(`404: ${what}`, () =>
      Effect.map(Effect.flip(Watch.waitFor(of)), (error) => assert.equal(error._tag, "NotFound")))
  ),
  test("404: unknown run, waited for as a run", () =>
    Effect.map(Effect.flip(Watch.waitForRun({ dag_id: "quick", dag_run_id: "nope" })), (error) =>
      assert.equal(error._tag, "NotFound")
    )),
  test(
    "401 or 403, at once",
    (target) =>
      Effect.map(Effect.flip(Watch.waitForRun({ dag_id: "quick", dag_run_id: "c1" })), (error) =>
        assert.equal(error._tag, unauthenticated(target))
      ),
    "impostor"
  ),
  test(
    "403, at once",
    () =>
      Effect.map(
        Effect.flip(Watch.waitFor({ dag_id: "quick", dag_run_id: "c1", task_id: "hello" })),
        (error) => assert.equal(error._tag, "Forbidden")
      ),
    "nobody"
  )
]
