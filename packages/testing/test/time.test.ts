import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import {
  dag,
  defer,
  emptyTask,
  print,
  raise,
  reschedule,
  sleep,
  task,
  type Task
} from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { base, type Fake, hour, json, rows, still } from "./fixtures.js"

/** The states of a task instance at times after its run was triggered. */
const statesAt = async (
  fake: Fake,
  clock: FakeClock.ManualClock,
  path: string,
  times: ReadonlyArray<number>
) => {
  const seen: Array<readonly [number, unknown, unknown]> = []
  let now = 0
  for (const time of times) {
    clock.advance(time - now)
    now = time
    const { body } = await json(fake, `${base}/${path}`)
    seen.push([time, body["state"], body["try_number"]])
  }
  return seen
}

const withTasks = (
  tasks: ReadonlyArray<Task>,
  test: (fake: Fake, clock: FakeClock.ManualClock) => Promise<void>
) => still([], test, { dags: [dag("d", tasks)], runs: [{ dag_id: "d", dag_run_id: "r" }] })

const t = "d/dagRuns/r/taskInstances/t"

describe("states over time", () => {
  it("no state, scheduled, queued, running, success", () =>
    withTasks([task("t", { run: [sleep(5000)] })], async (fake, clock) => {
      assert.deepStrictEqual(
        await statesAt(fake, clock, t, [0, 199, 200, 699, 700, 1199, 1200, 6299, 6300]),
        [
          [0, null, 0],
          [199, null, 0],
          [200, "scheduled", 1],
          [699, "scheduled", 1],
          [700, "queued", 1],
          [1199, "queued", 1],
          [1200, "running", 1],
          [6299, "running", 1],
          [6300, "success", 1]
        ]
      )
      assert.strictEqual(clock.now(), Date.UTC(2024, 0, 1) + 6300)
    }))

  it("the row tells when, and how long it took", () =>
    withTasks([task("t", { run: [sleep(5000)] })], async (fake, clock) => {
      const row = async () => {
        const { duration, end_date, hostname, queued_when, start_date } = (await json(fake, `${base}/${t}`))
          .body
        return [queued_when, start_date, end_date, duration, hostname]
      }
      assert.deepStrictEqual(await row(), [null, null, null, null, ""])
      clock.advance(1200)
      const queued = "2024-01-01T00:00:00.700000+00:00"
      const started = "2024-01-01T00:00:01.200000+00:00"
      assert.deepStrictEqual(await row(), [queued, started, null, null, "fake"])
      clock.advance(hour)
      assert.deepStrictEqual(await row(), [queued, started, "2024-01-01T00:00:06.300000+00:00", 5.1, "fake"])
    }))

  it("a failure, the wait for its retry, and the next attempt from when it is scheduled", () =>
    withTasks(
      [task("t", { retryDelay: 4000, attempts: [[sleep(1000), raise("E", "no")], [print("yes")]] })],
      async (fake, clock) => {
        assert.deepStrictEqual(
          await statesAt(fake, clock, t, [1200, 2299, 2300, 6299, 6300, 6800, 7300, 7401]),
          [
            [1200, "running", 1],
            [2299, "running", 1],
            [2300, "up_for_retry", 1],
            [6299, "up_for_retry", 1],
            [6300, "scheduled", 2],
            [6800, "queued", 2],
            [7300, "running", 2],
            [7401, "success", 2]
          ]
        )
        assert.deepInclude((await json(fake, `${base}/${t}`)).body, { max_tries: 1 })
      }
    ))

  it("the last failure is one", () =>
    withTasks([task("t", { attempts: [[raise("E", "1")], [raise("E", "2")]] })], async (fake, clock) => {
      assert.deepStrictEqual(await statesAt(fake, clock, t, [1300, hour]), [
        [1300, "up_for_retry", 1],
        [hour, "failed", 2]
      ])
      assert.deepInclude((await json(fake, `${base}/d/dagRuns/r`)).body, { state: "failed" })
    }))

  it("a deferral with its trigger, then queued and running again as the same attempt", () =>
    withTasks([task("t", { run: [defer(10_000), sleep(1000)] })], async (fake, clock) => {
      assert.deepStrictEqual(await statesAt(fake, clock, t, [1299, 1300, 11_299]), [
        [1299, "running", 1],
        [1300, "deferred", 1],
        [11_299, "deferred", 1]
      ])
      const { trigger, triggerer_job } = (await json(fake, `${base}/${t}`)).body
      assert.deepInclude(trigger, { classpath: "airflow.triggers.temporal.DateTimeTrigger" })
      assert.deepInclude(triggerer_job, { job_type: "TriggererJob" })
      clock.advance(-11_299)
      assert.deepStrictEqual(await statesAt(fake, clock, t, [11_300, 11_800, 12_300, 13_399, 13_400]), [
        [11_300, "scheduled", 1],
        [11_800, "queued", 1],
        [12_300, "running", 1],
        [13_399, "running", 1],
        [13_400, "success", 1]
      ])
      assert.deepInclude((await json(fake, `${base}/${t}`)).body, { trigger: null, triggerer_job: null })
    }))

  it("a rescheduled sensor has no trigger", () =>
    withTasks([task("t", { run: [reschedule(10_000)] })], async (fake, clock) => {
      assert.deepStrictEqual(await statesAt(fake, clock, t, [1300, 12_300, 12_400]), [
        [1300, "up_for_reschedule", 1],
        [12_300, "running", 1],
        [12_400, "success", 1]
      ])
      clock.advance(1300 - 12_400)
      assert.deepInclude((await json(fake, `${base}/${t}`)).body, { trigger: null })
    }))

  it("what is upstream goes first; its failure and its skip are passed on", () =>
    still(["quick", "failing"], async (fake, clock) => {
      const states = async (dag_id: string) =>
        rows((await json(fake, `${base}/${dag_id}/dagRuns/r/taskInstances`)).body).map((row) => row["state"])
      clock.advance(1200)
      assert.deepStrictEqual(await states("quick"), ["running", null])
      clock.advance(500)
      assert.deepStrictEqual(await states("quick"), ["success", "scheduled"])
      clock.advance(hour)
      assert.deepStrictEqual(await states("quick"), ["success", "success"])
      assert.deepStrictEqual(await states("failing"), ["failed", "upstream_failed"])
    }))

  it("a task that nothing runs is over at once", () =>
    withTasks([emptyTask("t")], async (fake, clock) => {
      assert.deepStrictEqual(await statesAt(fake, clock, t, [199, 200]), [
        [199, null, 0],
        [200, "success", 1]
      ])
      assert.deepInclude((await json(fake, `${base}/${t}`)).body, { hostname: "", pid: null })
    }))

  it("mapped instances are there once what is upstream of them is done", () =>
    still(["mapped"], async (fake, clock) => {
      const total = async (path: string) =>
        (await json(fake, `${base}/mapped/dagRuns/r/taskInstances${path}`)).body["total_entries"]
      // Before it is expanded, one row stands for the instances.
      assert.strictEqual(await total(""), 2)
      // Not yet expanded is not the same as unknown.
      assert.strictEqual(await total("/square/listMapped"), 0)
      assert.strictEqual((await json(fake, `${base}/mapped/dagRuns/r/taskInstances/square/0`)).status, 404)
      clock.advance(1299)
      assert.strictEqual(await total(""), 2)
      clock.advance(1)
      assert.strictEqual(await total(""), 6)
      assert.strictEqual(await total("/square/listMapped"), 5)
      clock.advance(hour)
      const list = await json(fake, `${base}/mapped/dagRuns/r/taskInstances/square/listMapped`)
      assert.deepStrictEqual(
        rows(list.body).map((row) => row["state"]),
        ["success", "success", "success", "failed", "success"]
      )
    }))

  it("a run is queued, running, and over with its last task", () =>
    withTasks([task("t", { run: [sleep(5000)] })], async (fake, clock) => {
      assert.deepStrictEqual(
        (await statesAt(fake, clock, "d/dagRuns/r", [0, 199, 200, 6299, 6300])).map(([time, state]) => [
          time,
          state
        ]),
        [
          [0, "queued"],
          [199, "queued"],
          [200, "running"],
          [6299, "running"],
          [6300, "success"]
        ]
      )
      assert.deepInclude((await json(fake, `${base}/d/dagRuns/r`)).body, {
        end_date: "2024-01-01T00:00:06.300000+00:00"
      })
    }))

  it("a run can have begun before the fake did", () =>
    still(
      [],
      async (fake) => {
        assert.deepInclude((await json(fake, `${base}/quick/dagRuns/r`)).body, { state: "success" })
      },
      { runs: [{ dag_id: "quick", dag_run_id: "r", ago: 60_000 }] }
    ))
})

describe("clocks", () => {
  it("a real one goes as the machine's, or faster", async () => {
    const [real, fast] = [FakeClock.real(), FakeClock.real({ speed: 100 })]
    const [from, fastFrom, machine] = [real.now(), fast.now(), Date.now()]
    await new Promise((resolve) => setTimeout(resolve, 50))
    const passed = Date.now() - machine
    assert.approximately(real.now() - from, passed, 10)
    assert.approximately(fast.now() - fastFrom, passed * 100, 1000)
  })

  it("a manual one begins where it is told", () => {
    const clock = FakeClock.manual(1000)
    clock.advance(5)
    assert.strictEqual(clock.now(), 1005)
  })

  it.scoped("Effect's: with TestClock, tasks go on as the time is adjusted", () =>
    Effect.gen(function* () {
      const fake = yield* FakeAirflow.make({ runs: [{ dag_id: "quick", dag_run_id: "r" }] })
      const state = Effect.promise(async () => {
        const { body } = await json(fake, `${base}/quick/dagRuns/r/taskInstances/hello`)
        return body["state"]
      })
      assert.strictEqual(yield* state, null)
      yield* TestClock.adjust("1200 millis")
      assert.strictEqual(yield* state, "running")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* state, "success")
      assert.strictEqual(fake.clock.now(), hour + 1200)
    })
  )
})
