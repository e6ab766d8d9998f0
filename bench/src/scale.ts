/**
 * `pnpm bench scale [FOLLOWERS] [SECONDS]`: many followers in one process, on a fake in another: memory, event-loop
 * delay, requests against the limit, lines lost. Bounded by the tasks it follows; talks to 127.0.0.1 only.
 */
import * as Auth from "@effect-airflow/core/Auth"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, lines, task } from "@effect-airflow/testing/Scenario"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { fork } from "node:child_process"
import { once } from "node:events"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { fileURLToPath } from "node:url"

const [followers = 1000, seconds = 60] = process.argv
  .slice(2)
  .filter((arg) => /^\d+$/.test(arg))
  .map(Number)
const perSecond = 200
const linesEach = seconds * 10

const serve = async (): Promise<void> => {
  const names = Array.from({ length: followers }, (_, index) => `t${index}`)
  const fake = await FakeAirflow.start({
    dags: [
      dag(
        "scale",
        names.map((name) =>
          task(name, { queuedFor: 10, run: [lines(linesEach, 100, (index) => `${name} line ${index}`)] })
        )
      )
    ],
    runs: [{ dag_id: "scale", dag_run_id: "r" }]
  })
  process.send!({ baseUrl: fake.baseUrl })
  process.once("message", () => {
    const perMoment = new Map<number, number>()
    for (const { at } of fake.requests) {
      const second = Math.floor(at / 1000)
      perMoment.set(second, (perMoment.get(second) ?? 0) + 1)
    }
    process.send!({
      requests: fake.requests.length,
      most: Math.max(...perMoment.values()),
      lines: names.reduce(
        (sum, task_id) => sum + fake.written({ dag_id: "scale", dag_run_id: "r", task_id }).length,
        0
      )
    })
    void fake.close().then(() => process.disconnect())
  })
}

const measure = async (): Promise<void> => {
  const server = fork(fileURLToPath(import.meta.url), [String(followers), String(seconds), "--serve"])
  const [{ baseUrl }] = (await once(server, "message")) as [{ readonly baseUrl: string }]
  gc?.()
  const before = process.memoryUsage()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const started = performance.now()
  let received = 0
  let complete = 0
  let most = before
  const sample = setInterval(() => {
    gc?.()
    const now = process.memoryUsage()
    if (now.heapUsed > most.heapUsed) most = now
  }, 5000)
  const follow = (index: number) =>
    LogFollower.follow(
      { dag_id: "scale", dag_run_id: "r", task_id: `t${index}` },
      { active: "5 seconds", idle: "10 seconds" }
    ).pipe(
      Stream.runForEachChunk((events) =>
        Effect.sync(() => {
          for (const event of events) {
            if (event._tag === "Line") received++
            if (event._tag === "Ended" && event.end === "complete") complete++
          }
        })
      )
    )
  await Effect.runPromise(
    Effect.forEach(
      Array.from({ length: followers }, (_, index) => index),
      follow,
      {
        concurrency: "unbounded",
        discard: true
      }
    ).pipe(
      Effect.provide(
        NodeAirflow.layer({
          baseUrl,
          auth: Auth.basic("admin", Redacted.make("admin")),
          polling: { perSecond, concurrent: 16 }
        })
      )
    )
  )
  const took = (performance.now() - started) / 1000
  delay.disable()
  clearInterval(sample)
  server.send("done")
  const [served] = (await once(server, "message")) as [
    { readonly requests: number; readonly most: number; readonly lines: number }
  ]
  const kilobytes = (bytes: number) => (bytes / 1024 / followers).toFixed(0)
  console.log(`${followers} followers, 10 lines/s each for ${seconds} s`)
  console.log(`  lines      ${served.lines} written, ${received} received, ${served.lines - received} lost`)
  console.log(`  ends       ${complete} complete of ${followers}, ${took.toFixed(0)} s after the start`)
  console.log(
    `  memory     ${kilobytes(most.heapUsed - before.heapUsed)} kB of heap for a follower, at most (after a collection); RSS ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`
  )
  console.log(
    `  event loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, longest ${(delay.max / 1e6).toFixed(0)} ms`
  )
  console.log(
    `  requests   ${served.requests}, ${(served.requests / took).toFixed(0)} a second; most in one second ${served.most}; the limit is ${perSecond}, and a quarter of it may come at once`
  )
  process.exitCode = received === served.lines && complete === followers ? 0 : 1
}

if (process.argv.includes("--serve")) await serve()
else await measure()
