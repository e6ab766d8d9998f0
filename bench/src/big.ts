/**
 * `pnpm bench big [VERSION …] [MEGABYTES …]`: `big_log` on real Airflows, followed to its end by a process of its own,
 * once while it is written and once when it is finished: seconds, and how much memory that process took.
 */
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

const follower = fileURLToPath(new URL("bigFollower.mjs", import.meta.url))

const inChild = async (job: Job): Promise<Result> => {
  const child = fork(follower, { execArgv: ["--expose-gc"] })
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
const lineBytes = (api: "v1" | "v2"): number => (api === "v1" ? 134 : 167)

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

await main()
