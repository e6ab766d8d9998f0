/** `pnpm bench day`: one follower for 24 hours of simulated time: does the heap stay flat? */
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as Auth from "@effect-airflow/core/Auth"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, lines, task } from "@effect-airflow/testing/Scenario"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
// A development tool of the follower's own tests.
import * as SimulatedClock from "../../packages/logs/test/schedules/simulatedClock.js"

if (gc === undefined) throw new Error("run it with --expose-gc")
const collect = gc

const hour = 3_600_000
const start = Date.UTC(2024, 0, 1)
const clock = SimulatedClock.make(start)
await using fake = await FakeAirflow.start({
  clock: { now: clock.now },
  dags: [dag("d", [task("t", { run: [lines(86_400, 1000, (index) => `line ${index}`)] })])],
  runs: [{ dag_id: "d", dag_run_id: "r" }]
})
const client = Layer.orDie(
  BrowserAirflow.layer({
    baseUrl: fake.baseUrl,
    auth: Auth.basic("admin", Redacted.make("admin")),
    // Without its signal: Node keeps a WeakRef for each Request that has one, and that is not what is measured.
    fetch: ((input: Request, { signal: _, ...init }: RequestInit = {}) =>
      fake.fetch(input, init)) as typeof globalThis.fetch
  })
)

let received = 0
let next = 0
const report = () => {
  if (clock.now() - start < next * hour) return
  // The fake keeps a record of all requests, which is not what is measured.
  ;(fake.requests as Array<unknown>).length = 0
  collect()
  if ([1, 6, 12, 18, 24].includes(next)) {
    const { heapUsed } = process.memoryUsage()
    console.log(
      `  after ${String(next).padStart(2)} h: ${received} lines, heap ${(heapUsed / 1e6).toFixed(1)} MB`
    )
  }
  next++
}

console.log("one follower, one line a second")
await LogFollower.follow({ dag_id: "d", dag_run_id: "r", task_id: "t" }).pipe(
  Stream.runForEachChunk((events) =>
    Effect.sync(() => {
      for (const event of events) if (event._tag === "Line") received++
      report()
    })
  ),
  Effect.provide(client),
  Effect.withClock(clock),
  Effect.runPromise
)
const written = fake.written({ dag_id: "d", dag_run_id: "r", task_id: "t" }).length
console.log(`  ${written} lines written, ${received} received, in ${clock.jumps()} waits`)
process.exitCode = written === received ? 0 : 1
