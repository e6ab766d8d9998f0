/**
 * `pnpm bench ticker [VERSION] [LINES] [SECONDS BETWEEN]`: follows the DAG `ticker` on a real Airflow while it runs, and prints how long
 * after it was written each line arrived, and how many bytes that took.
 */
import * as Auth from "@effect-airflow/core/Auth"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogLine } from "@effect-airflow/logs/LogLine"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Airflow from "airflow/Airflow"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as CountingProxy from "./countingProxy.js"

const [version = "2.11.0", count = "60", every = "0.25"] = process.argv.slice(2)
const airflow = await Airflow.up(version)
const proxy = await CountingProxy.start(airflow.baseUrl)

const dag_run_id = `bench-${Date.now().toString(36)}`
const triggered = await fetch(`${airflow.baseUrl}/api/v1/dags/ticker/dagRuns`, {
  method: "POST",
  headers: { authorization: `Basic ${btoa("admin:admin")}`, "content-type": "application/json" },
  body: JSON.stringify({ dag_run_id, conf: { lines: Number(count), every: Number(every) } })
})
if (!triggered.ok) throw new Error(`could not trigger ticker: ${triggered.status}`)

const received: Array<{ readonly line: LogLine; readonly at: number }> = []
await LogFollower.lines({ dag_id: "ticker", dag_run_id, task_id: "tick" }).pipe(
  Stream.runForEach((line) => Effect.sync(() => received.push({ line, at: Date.now() }))),
  Effect.provide(
    NodeAirflow.layer({ baseUrl: proxy.baseUrl, auth: Auth.basic("admin", Redacted.make("admin")) })
  ),
  Effect.runPromise
)
await proxy.close()

const ticks = received.filter(({ line }) => line.text.startsWith("tick "))
const inOrder = ticks.every(({ line }, index) => line.text === `tick ${String(index).padStart(6, "0")}`)
const lags = ticks.map(({ at, line }) => at - Date.parse(line.timestamp!)).sort((a, b) => a - b)
const quantile = (q: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * q))]
const logBytes = received.reduce((sum, { line }) => sum + Buffer.byteLength(line.raw) + 1, 0)
const { log, other } = proxy.counts
const ratio = (bytes: number) => (bytes / logBytes).toFixed(2)

console.log(`Airflow ${version}, ticker: ${count} lines, one each ${every} s`)
console.log(`  lines      ${received.length} received, ${ticks.length} ticks, in order: ${inOrder}`)
console.log(`  lag        median ${quantile(0.5)} ms, 95 % ${quantile(0.95)} ms, longest ${quantile(1)} ms`)
console.log(`  log        ${logBytes} bytes in ${log.requests} requests`)
console.log(`  text       ${log.text} bytes of it fetched = ${ratio(log.text)} × the log`)
console.log(
  `  bodies     ${log.bodies} bytes of log pages, as JSON of a Python repr = ${ratio(log.bodies)} ×`
)
console.log(
  `  and        ${other.bodies} bytes of status in ${other.requests} requests = ${ratio(other.bodies)} ×`
)
console.log(`  headers    ${log.headers + other.headers} bytes = ${ratio(log.headers + other.headers)} ×`)
process.exitCode = inOrder && ticks.length === Number(count) ? 0 : 1
