/**
 * `pnpm conformance:upgrade [FROM TO]`: follows tasks on a real Airflow while it is upgraded (3.2.1 to 3.3.2), with the same
 * database and logs, and compares what came with the files on the server's disk.
 */
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Airflow from "airflow/Airflow"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { checkAttempts, endOf } from "./cases/follow.js"
import * as assert from "./assert.js"
import * as Target from "./target.js"

const [from = "3.2.1", to = "3.3.2"] = process.argv.slice(2)

const started = performance.now()
const say = (text: string) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`)

const target = await Target.real(from, { keep: false })
say(`${target.name} is up`)
const session = Date.now().toString(36)
// One runs across the upgrade, the other is asked for when the new version is there, and waited for meanwhile.
const running = { dag_id: "ticker", dag_run_id: `running-${session}`, task_id: "tick" }
const waiting = { dag_id: "ticker", dag_run_id: `waiting-${session}`, task_id: "tick" }
await target.trigger(running.dag_id, running.dag_run_id, { lines: 1000 })

const follow = (of: typeof running, seen: (event: LogEvent) => void): Promise<ReadonlyArray<LogEvent>> => {
  const events: Array<LogEvent> = []
  return LogFollower.follow(of, { patience: "10 minutes" }).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        events.push(event)
        seen(event)
        if (event._tag === "Line") return
        const { cursor: _, target: __, ...rest } = event
        say(
          `${of.dag_run_id}: ${JSON.stringify(rest, (key, value: unknown) => (key === "error" ? (value as { readonly message?: string }).message : value)).slice(0, 200)}`
        )
      })
    ),
    Effect.provide(NodeAirflow.layer({ baseUrl: target.baseUrl, auth: Target.auth(target, "admin") })),
    Effect.as(events),
    Effect.runPromise
  )
}

let failed = 0
const check = async (of: typeof running, events: ReadonlyArray<LogEvent>, lines: number) => {
  try {
    await Effect.runPromise(checkAttempts({ ...target, say }, of, events, 1))
    const ticks = events.flatMap((event) =>
      event._tag === "Line" && event.line.text.startsWith("tick ") ? [event.line.text] : []
    )
    assert.deepEqual(
      events.filter(({ _tag }) => _tag === "Gap"),
      []
    )
    assert.deepEqual(endOf(events), ["complete", "success", 1])
    assert.equal(ticks.length, lines)
    say(`${of.dag_run_id}: ${lines} ticks, each line once`)
  } catch (error) {
    failed++
    say(`${of.dag_run_id}: FAIL ${String(error)}`)
  }
}

try {
  let lines = 0
  let begun: () => void
  const hasBegun = new Promise<void>((resolve) => (begun = resolve))
  const across = follow(running, ({ _tag }) => {
    if (_tag === "Line" && ++lines === 20) begun()
  })
  await Promise.race([hasBegun, across])
  say(`${from} is upgraded to ${to}, after ${lines} lines`)
  const before = lines
  await Airflow.upgrade(from, to, { parts: "web" })
  say(`Airflow ${to} answers; ${lines - before} lines came meanwhile`)
  await target.trigger(waiting.dag_id, waiting.dag_run_id, { lines: 100 })
  const after = follow(waiting, () => undefined)
  await check(running, await across, 1000)
  await check(waiting, await after, 100)
} finally {
  await Airflow.down(to)
  await Airflow.down(from)
}
console.log(`${2 - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
