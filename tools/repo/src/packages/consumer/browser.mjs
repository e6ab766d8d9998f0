/** Runs the bundle of browser.ts as if Airflow had served it. */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import assert from "node:assert/strict"

const task = { dag_id: "quick", dag_run_id: "r1", task_id: "hello" }
const fake = await FakeAirflow.start({
  clock: FakeClock.real({ speed: 20 }),
  runs: [{ dag_id: "quick", dag_run_id: "r1" }]
})
globalThis.location = { origin: fake.baseUrl }

const { follow } = await import("./browser.bundle.mjs")
const lines = await follow(task)
assert.deepEqual(lines, fake.written(task))
assert.ok(lines.some((line) => line.includes("hello from quick")))
await fake.close()
console.log(`done: ${lines.length} lines`)
