import { AirflowError, connect } from "@effect-airflow/promise"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import { assert, describe, it } from "@effect/vitest"
import { collect, connected, layerOf, rejection } from "./fixtures.js"

const run = { dag_id: "ticker", dag_run_id: "r" }
const task = { ...run, task_id: "tick" }
const often = { poll: 20, idle: 20 } as const

/** A task that runs for a second or so of real time. */
const ticker = () =>
  FakeAirflow.start({
    clock: FakeClock.real({ speed: 10 }),
    runs: [{ ...run, conf: { lines: 40, every: 0.25 } }]
  })

describe("watch", () => {
  it("states and runStates tell the states in their order, and end with the last", async () => {
    await using fake = await ticker()
    await using airflow = await connect(layerOf(fake))
    const [states, runStates] = await Promise.all([
      collect(airflow.watch.states(task, often)),
      collect(airflow.watch.runStates(run, often))
    ])
    const inOrder = ["", "scheduled", "queued", "running", "success"]
    const places = (seen: ReadonlyArray<{ readonly state: string | null }>) =>
      seen.map(({ state }) => inOrder.indexOf(state ?? ""))
    for (const seen of [states, runStates]) {
      assert.deepStrictEqual(
        places(seen),
        places(seen).toSorted((a, b) => a - b)
      )
      assert.strictEqual(seen.at(-1)?.state, "success")
    }
    assert.deepInclude(states.at(-1)?.taskInstance, { state: "success", try_number: 1 })
    assert.strictEqual(runStates.at(-1)?.dagRun.dag_run_id, "r")
  })

  it("waitFor and waitForRun resolve when it is over, with the answer of then", async () => {
    await using fake = await ticker()
    await using airflow = await connect(layerOf(fake))
    const [instance, dagRun] = await Promise.all([
      airflow.watch.waitFor(task, often),
      airflow.watch.waitForRun(run, often)
    ])
    assert.deepInclude(instance, { state: "success", try_number: 1 })
    assert.deepInclude(dagRun, { state: "success", dag_run_id: "r" })
    assert.strictEqual(dagRun.end_date, (await airflow.v1.dagRuns.getDagRun(run)).end_date)
  })

  it("a deadline rejects with TimeoutError", () =>
    connected(async (_, fake) => {
      fake.trigger("sleeper", { dag_run_id: "now" })
      await using airflow = await connect(layerOf(fake))
      const waiting = airflow.watch.waitForRun({ dag_id: "sleeper", dag_run_id: "now" }, { deadline: 50 })
      assert.instanceOf(await rejection(waiting), AirflowError.TimeoutError)
    }))

  it("rejects with the typed errors themselves", () =>
    connected(async ({ v1, watch }) => {
      const none = { ...run, dag_run_id: "none" }
      for (const promise of [
        v1.dagRuns.getDagRun(none),
        watch.waitForRun(none),
        watch.waitFor({ ...task, task_id: "none" }),
        watch.states({ ...task, task_id: "none" }).next(),
        watch.runStates(none).next()
      ]) {
        assert.instanceOf(await rejection(promise), AirflowError.NotFound)
      }
      assert.instanceOf(await rejection(watch.waitFor(task, { poll: 0 })), AirflowError.InvalidInput)
      assert.instanceOf(await rejection(watch.states(task, { poll: 0 }).next()), AirflowError.InvalidInput)
    }, "ticker"))
})
