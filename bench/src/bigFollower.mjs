/**
 * The process that `big.ts` measures: follows the log it is told of to its end. Plain JavaScript, so that what compiles
 * the other benches takes no memory in it (some 65 MB).
 */
import * as Auth from "@effect-airflow/core/Auth"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { once } from "node:events"

const heapNow = () => {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

const [{ airflow, dag_run_id, lines }] = await once(process, "message")
const { password, username } = airflow.users[0]
const secret = Redacted.make(password)
const auth = airflow.api === "v1" ? Auth.basic(username, secret) : Auth.jwt({ username, password: secret })

const before = heapNow()
const started = performance.now()
let atLast = 0
let received = 0
let own = 0
let inOrder = true
let end = "none"
// What `lines` gives, and how it ended.
await LogFollower.follow({ dag_id: "big_log", dag_run_id, task_id: "many" }).pipe(
  Stream.runForEach((event) =>
    Effect.sync(() => {
      if (event._tag === "Gap") console.log(`  Gap: ${event.reason} at ${event.at}`)
      if (event._tag === "Ended") end = event.end
      if (event._tag !== "Line") return
      received++
      const { text } = event.line
      if (!text.startsWith("line ")) {
        if (text.startsWith("{"))
          console.log(`  half a record as line ${event.line.index}: ${text.slice(0, 100)}`)
        return
      }
      inOrder &&= Number(text.slice(5, 13)) === own
      own++
      if (own === lines) atLast = heapNow()
    })
  ),
  // A server reads all of a log before it answers: a second or so for a megabyte.
  Effect.provide(NodeAirflow.layer({ baseUrl: airflow.baseUrl, auth, timeout: "5 minutes" })),
  Effect.runPromise
)
const result = {
  received,
  own,
  inOrder: inOrder && end === "complete",
  seconds: (performance.now() - started) / 1000,
  peakRss: process.resourceUsage().maxRSS * 1024,
  heap: [before, atLast, heapNow()]
}
process.send(result, () => process.disconnect())
