/**
 * `pnpm schedules [--seeds N] [--from SEED] [--seed SEED] [--version VERSION]`: plays seeded fault schedules against the follower in
 * simulated time. `--seed` plays one and shows what happened.
 */
import { fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { nameOf, type Outcome, play } from "./play.js"
import * as Schedule from "./schedule.js"

type Summary = Pick<
  Outcome,
  "seed" | "version" | "verdict" | "struck" | "gaps" | "resynced" | "late" | "lines" | "requests" | "millis"
>

/** Undefined: each seed has its own. */
let version: string | undefined

const playSeeds = async (
  first: number,
  count: number,
  step: number,
  report: (summary: Summary) => void
): Promise<void> => {
  for (let seed = first; seed < first + count; seed += step) {
    const { events: _, ...summary } = await play(Schedule.make(seed, version))
    report(summary)
  }
}

const showOne = async (seed: number): Promise<void> => {
  const schedule = Schedule.make(seed, version)
  console.log(`seed ${seed}, Airflow ${schedule.version}${schedule.lossy ? ", lossy" : ""}`)
  for (const one of schedule.troubles) {
    const details =
      "fault" in one ? `${one.victim} × ${one.times}` : "millis" in one ? `${one.millis} ms` : ""
    console.log(`  at ${(one.at / 1000).toFixed(1)} s: ${nameOf(one)} ${details}`)
  }
  const { events, verdict } = await play(schedule)
  let lines = 0
  const flush = () => {
    if (lines > 0) console.log(`  ${lines} lines`)
    lines = 0
  }
  for (const { cursor: _, target: __, ...event } of events) {
    if (event._tag === "Line") lines++
    else {
      flush()
      console.log(
        `  ${JSON.stringify(event, (key, value: unknown) =>
          key === "error" ? (value as { readonly message?: string }).message : value
        )}`
      )
    }
  }
  flush()
  console.log(verdict ?? "as it should be")
  process.exitCode = verdict === undefined ? 0 : 1
}

const playAll = async (from: number, seeds: number): Promise<void> => {
  const started = performance.now()
  const struck = new Map<string, number>()
  const failed: Array<Summary> = []
  const sums = { seeds: 0, lossy: 0, gaps: 0, resynced: 0, late: 0, lines: 0, requests: 0, millis: 0 }
  const report = (summary: Summary) => {
    sums.seeds++
    if (summary.gaps > 0) sums.lossy++
    sums.gaps += summary.gaps
    sums.resynced += summary.resynced
    sums.late += summary.late
    sums.lines += summary.lines
    sums.requests += summary.requests
    sums.millis += summary.millis
    for (const [name, count] of summary.struck) struck.set(name, (struck.get(name) ?? 0) + count)
    if (summary.verdict !== undefined) {
      failed.push(summary)
      console.log(`seed ${summary.seed}, Airflow ${summary.version}: ${summary.verdict}`)
    }
  }
  const workers = Math.min(availableParallelism(), 4)
  await Promise.all(
    Array.from(
      { length: workers },
      (_, index) =>
        new Promise<void>((resolve, reject) => {
          const args = [
            "--share",
            `${from + index}:${seeds - index}:${workers}`,
            ...(version === undefined ? [] : ["--version", version])
          ]
          const child = fork(fileURLToPath(import.meta.url), args, { serialization: "advanced" })
          child.on("message", (summary) => report(summary as Summary))
          child.on("error", reject)
          child.on("exit", () => resolve())
        })
    )
  )
  console.log(
    `${sums.seeds} seeds from ${from} on, in ${((performance.now() - started) / 1000).toFixed(0)} s`
  )
  console.log(
    `  ${sums.lines} lines in ${sums.requests} requests, ${(sums.millis / 3_600_000).toFixed(0)} hours of simulated time`
  )
  console.log("  what went wrong:")
  for (const [name, count] of [...struck].sort(([, a], [, b]) => b - a))
    console.log(`    ${String(count).padStart(6)} ${name}`)
  console.log(
    `  ${sums.resynced} times the place was found again; ${sums.gaps} gaps in ${sums.lossy} seeds, ${sums.late} of them said late`
  )
  if (failed.length > 0) console.log(`replay one: pnpm schedules --seed ${failed[0]!.seed}`)
  console.log(`${sums.seeds - failed.length} passed, ${failed.length} failed`)
  process.exitCode = failed.length > 0 || sums.seeds !== seeds ? 1 : 0
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string" },
    seed: { type: "string" },
    version: { type: "string" },
    share: { type: "string" }
  }
})
version = values.version
if (values.share !== undefined) {
  const [first = 1, count = 0, step = 1] = values.share.split(":").map(Number)
  await playSeeds(first, count, step, (summary) => process.send!(summary))
  process.disconnect()
} else if (values.seed !== undefined) await showOne(Number(values.seed))
else await playAll(Number(values.from ?? 1), Number(values.seeds ?? 1000))
