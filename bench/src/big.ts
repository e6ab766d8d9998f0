/**
 * `pnpm bench big [VERSION …] [MEGABYTES …]`: `big_log` on real Airflows, followed to its end by a process of its own,
 * once when it is finished and once while it is written: seconds, and how much memory that process took.
 */
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { fork } from "node:child_process"
import { once } from "node:events"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Real from "./realAirflow.js"
import { megabytes, table } from "./table.js"

interface Job {
  readonly airflow: Pick<Real.Running, "api" | "baseUrl" | "users">
  readonly dag_run_id: string
  readonly lines: number
}

interface Result {
  readonly received: number
  /** Lines of the task itself. */
  readonly own: number
  readonly inOrder: boolean
  readonly seconds: number
  readonly peakRss: number
  /** Bytes of heap after a collection: before following, at the task's last line, after the end. */
  readonly heap: readonly [number, number, number]
}

const heapNow = (): number => {
  gc!()
  return process.memoryUsage().heapUsed
}

const followIt = async ({ airflow, dag_run_id, lines }: Job): Promise<Result> => {
  const started = performance.now()
  const before = heapNow()
  let atLast = 0
  let received = 0
  let own = 0
  let inOrder = true
  await LogFollower.lines({ dag_id: "big_log", dag_run_id, task_id: "many" }).pipe(
    Stream.runForEach(({ text }) =>
      Effect.sync(() => {
        received++
        if (!text.startsWith("line ")) return
        inOrder &&= Number(text.slice(5, 13)) === own
        own++
        if (own === lines) atLast = heapNow()
      })
    ),
    // A server reads all of a log before it answers: a second or so for a megabyte.
    Effect.provide(
      NodeAirflow.layer({ baseUrl: airflow.baseUrl, auth: Real.auth(airflow), timeout: "5 minutes" })
    ),
    Effect.runPromise
  )
  return {
    received,
    own,
    inOrder,
    seconds: (performance.now() - started) / 1000,
    peakRss: process.resourceUsage().maxRSS * 1024,
    heap: [before, atLast, heapNow()]
  }
}

const inChild = async (job: Job): Promise<Result> => {
  const child = fork(fileURLToPath(import.meta.url), ["--child"])
  child.send(job)
  const [result] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`the follower ended with ${code}`)
    })
  ])) as [Result]
  return result
}

/** Bytes of a line as the server has it: text, or JSON. */
const lineBytes = (api: "v1" | "v2"): number => (api === "v1" ? 137 : 155)

const finished = async (airflow: Real.Running, dag_run_id: string): Promise<void> => {
  while (!["success", "failed"].includes(await Real.runState(airflow, "big_log", dag_run_id)))
    await delay(1000)
}

const main = async (): Promise<void> => {
  const args = process.argv.slice(2)
  const versions = Real.versionsIn(args)
  const sizes = args.filter((arg) => /^\d+$/.test(arg)).map(Number)
  const rows: Array<ReadonlyArray<string | number>> = []
  let failed = false
  const report = (version: string, how: string, bytes: number, lines: number, result: Result) => {
    const [before, atLast, after] = result.heap.map(megabytes)
    const whole = result.inOrder && result.own === lines
    failed ||= !whole
    rows.push([
      version,
      how,
      megabytes(bytes),
      result.received,
      whole ? "yes" : `NO: ${result.own} of ${lines}`,
      result.seconds.toFixed(1),
      megabytes(result.peakRss),
      before!,
      atLast!,
      after!
    ])
    console.log(rows.at(-1)!.join("  "))
  }
  for (const version of versions.length === 0 ? ["2.11.0", "3.2.1", "3.3.2"] : versions) {
    await Real.using(version, async (airflow) => {
      for (const size of sizes.length === 0 ? [10, 50] : sizes) {
        const lines = Math.round((size * 1e6) / lineBytes(airflow.api))
        const dag_run_id = await Real.trigger(airflow, "big_log", { lines })
        const job = { airflow, dag_run_id, lines }
        const meanwhile = await inChild(job)
        await finished(airflow, dag_run_id)
        const bytes = await Real.logBytes(airflow, { dag_id: "big_log", dag_run_id, task_id: "many" })
        report(version, "while written", bytes, lines, meanwhile)
        report(version, "finished", bytes, lines, await inChild(job))
      }
    })
  }
  console.log("\nbig_log; MB; heap after a collection: before, at the last line, after the end")
  console.log(
    table(
      [
        "version",
        "followed",
        "log",
        "lines",
        "once, in order",
        "seconds",
        "peak RSS",
        "heap",
        "at last",
        "after"
      ],
      rows
    )
  )
  process.exitCode = failed ? 1 : 0
}

if (process.argv.includes("--child")) {
  const [job] = (await once(process, "message")) as [Job]
  process.send!(await followIt(job), () => process.disconnect())
} else await main()
