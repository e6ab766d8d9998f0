/**
 * `pnpm --filter resume kill`: kills the example (SIGKILL) at five random moments, and five times at once when it has
 * written to its file, which is mostly before the bookmark; starts it again each time, and compares the file with
 * the log. On a fake, or on a real Airflow of this machine that has the project's
 * DAG `ticker`: AIRFLOW_BASE_URL, AIRFLOW_USERNAME and AIRFLOW_PASSWORD, and AIRFLOW_LOGS, the folder of its logs.
 * KILLS (of each kind), LINES and EVERY (seconds between two lines) say how much.
 */
import { spawn } from "node:child_process"
import { statSync, watch } from "node:fs"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type * as Bookmark from "../src/bookmark.js"
import { difference } from "./difference.js"
import { openTarget } from "./target.js"

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)

const kills = number("KILLS", 5)
const lines = number("LINES", 120)
const every = number("EVERY", 0.25)
/** A run that takes longer than this, beyond the time the task takes, has failed. */
const patience = 120_000

/** Beside the time it takes to start. */
const longest = (lines * every * 1000) / (2 * kills)

const example = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const wait = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))
const seconds = (millis: number) => `${(millis / 1000).toFixed(2)} s`

await using target = await openTarget({ lines, every })
const folder = await mkdtemp(join(tmpdir(), "resume-"))
const file = join(folder, "output.log")

const start = () => {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", example, target.dag_id, target.dag_run_id, target.task_id, file],
    { env: { ...process.env, ...target.env }, stdio: ["ignore", "inherit", "pipe"] }
  )
  child.stderr.on("data", (data: Buffer) => process.stdout.write(data.toString().replace(/^(?=.)/gm, "    ")))
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? code))
  )
  const kill = () => child.kill("SIGKILL")
  running = kill
  return { kill, ended }
}

let running: (() => void) | undefined
setTimeout(
  () => {
    console.log(`it did not end in time, see ${folder}`)
    running?.()
    process.exit(1)
  },
  lines * every * 1000 + patience
).unref()

/** What is there: lines in the file, and how much of it is beyond the bookmark, to be cut off. */
const look = async (): Promise<string> => {
  const size = (await stat(file).catch(() => undefined))?.size
  if (size === undefined) return "nothing written yet"
  const bookmark = await readFile(`${file}.bookmark`, "utf8").then(
    (json) => JSON.parse(json) as Bookmark.Bookmark,
    () => undefined
  )
  const text = await readFile(file, "utf8")
  const beyond =
    bookmark === undefined ? "no bookmark" : `${size - bookmark.length} bytes beyond the bookmark`
  return `${text.split("\n").length - 1} lines, ${beyond}`
}

/** Resolves at the moment when the file has grown for the n-th time. */
const grown = (times: number): Promise<void> =>
  new Promise((resolve) => {
    const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
    let left = times
    let before = size()
    const watcher = watch(folder, { persistent: false }, () => {
      const now = size()
      // At the start it is cut to what the bookmark says.
      if (now > before && --left === 0) {
        watcher.close()
        resolve()
      }
      before = now
    })
  })

const run = async (): Promise<string | undefined> => {
  console.log(`${target.dag_id} / ${target.dag_run_id} at ${target.env.AIRFLOW_BASE_URL}`)
  for (let kill = 1; kill <= 2 * kills; kill++) {
    const child = start()
    const began = Date.now()
    const moment =
      kill % 2 === 1
        ? grown(1).then(() => wait(Math.random() * longest))
        : grown(1 + Math.floor(Math.random() * 3))
    const ended = await Promise.race([child.ended, moment])
    if (ended !== undefined) {
      if (ended !== 0) return `it failed: ${ended}`
      console.log(`it ended before kill ${kill}`)
      return undefined
    }
    child.kill()
    await child.ended
    const when = kill % 2 === 1 ? "" : ", when the file had grown"
    console.log(`kill ${kill} after ${seconds(Date.now() - began)}${when}: ${await look()}`)
  }
  const ended = await start().ended
  return ended === 0 ? undefined : `it failed: ${ended}`
}

const failure = (await run()) ?? difference(await readFile(file, "utf8"), await target.log())
if (failure === undefined) {
  console.log(`the end: ${await look()}: the same as the log`)
  await rm(folder, { recursive: true })
} else {
  console.log(`${failure}\nsee ${folder}`)
  process.exitCode = 1
}
