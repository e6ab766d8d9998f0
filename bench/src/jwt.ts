/**
 * `pnpm bench jwt [VERSION] [SECONDS]`: an Airflow 3 whose tokens live 5 seconds: follows `ticker` for so long, and counts
 * logins, refused requests, and what of that the reader sees. Then its user is taken away while it is followed:
 * that must end the follower, and nothing more be asked.
 */
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Airflow from "airflow/Airflow"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import * as CountingProxy from "./countingProxy.js"
import * as Real from "./realAirflow.js"
import { table } from "./table.js"

const args = process.argv.slice(2)
const [version = "3.3.2"] = Real.versionsIn(args)
const [seconds = 300] = args.filter((arg) => /^\d+$/.test(arg)).map(Number)
const life = 5
const every = 0.25

interface Seen {
  lines: number
  ticks: number
  inOrder: boolean
  retrying: Array<string>
  gaps: number
  end: string
}

/** Follows to the end, and gives what it failed with, if it did. */
const follow = async (airflow: Real.Running, baseUrl: string, dag_run_id: string, seen: Seen) => {
  const result = await LogFollower.follow({ dag_id: "ticker", dag_run_id, task_id: "tick" }).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "Line") {
          seen.lines++
          if (!event.line.text.startsWith("tick ")) return
          seen.inOrder &&= Number(event.line.text.slice(5)) === seen.ticks
          seen.ticks++
        } else if (event._tag === "Retrying") seen.retrying.push(event.error._tag)
        else if (event._tag === "Gap") seen.gaps++
        else if (event._tag === "Ended") seen.end = event.end
      })
    ),
    Effect.provide(NodeAirflow.layer({ baseUrl, auth: Real.auth(airflow) })),
    Effect.either,
    Effect.runPromise
  )
  return Either.isLeft(result) ? result.left : undefined
}

const nothing = (): Seen => ({ lines: 0, ticks: 0, inOrder: true, retrying: [], gaps: 0, end: "none" })

const statuses = (
  counts: CountingProxy.CountingProxy["counts"]
): ReadonlyArray<ReadonlyArray<string | number>> =>
  Object.entries(counts).flatMap(([kind, count]) =>
    Object.entries(count.statuses).map(([status, times]) => [kind, status, times])
  )

const tally = (names: ReadonlyArray<string>): string => {
  const times = new Map<string, number>()
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1)
  return names.length === 0 ? "0" : [...times].map(([name, count]) => `${count} ${name}`).join(", ")
}

/** A follow from end to end. */
const longFollow = async (airflow: Real.Running): Promise<boolean> => {
  const lines = Math.round(seconds / every)
  const proxy = await CountingProxy.start(airflow.baseUrl)
  const seen = nothing()
  const started = performance.now()
  const dag_run_id = await Real.trigger(airflow, "ticker", { lines, every })
  const error = await follow(airflow, proxy.baseUrl, dag_run_id, seen)
  const took = (performance.now() - started) / 1000
  const { log, login, other } = proxy.counts
  await proxy.close()
  console.log(`Airflow ${version}, tokens that live ${life} s, followed for ${took.toFixed(0)} s`)
  console.log(`  lines     ${seen.ticks} of ${lines} ticks, in order: ${seen.inOrder}, log ${seen.end}`)
  console.log(`  logins    ${login.requests}, one each ${(took / login.requests).toFixed(1)} s`)
  console.log(`  requests  ${log.requests} for the log, ${other.requests} for the status`)
  console.log(
    `  reader    error: ${error?._tag ?? "none"}, Retrying: ${tally(seen.retrying)}, gaps: ${seen.gaps}`
  )
  console.log(
    table(
      ["  asked for", "status", "times"],
      statuses(proxy.counts).map(([kind, ...rest]) => [`  ${kind}`, ...rest])
    )
  )
  return error === undefined && seen.inOrder && seen.ticks === lines && seen.retrying.length === 0
}

/** A user who is there no more. */
const removedUser = async (airflow: Real.Running): Promise<boolean> => {
  const proxy = await CountingProxy.start(airflow.baseUrl)
  const seen = nothing()
  const dag_run_id = await Real.trigger(airflow, "ticker", { lines: 400, every })
  const following = follow(airflow, proxy.baseUrl, dag_run_id, seen)
  while (seen.ticks === 0) await delay(200)
  await Airflow.stopWebserver(version)
  // The server gives a password of its own to a user without one.
  await writeFile(join(airflow.home, "passwords.json"), JSON.stringify({ viewer: "viewer" }))
  const stopped = performance.now()
  // It waits for an answer to the user who is gone, until the Airflow is taken down.
  void Airflow.startWebserver(version).catch(() => undefined)
  const error = await following
  const took = (performance.now() - stopped) / 1000
  const asked = proxy.counts.login.requests + proxy.counts.log.requests + proxy.counts.other.requests
  await delay(10_000)
  const later = proxy.counts.login.requests + proxy.counts.log.requests + proxy.counts.other.requests - asked
  await proxy.close()
  console.log(`\nits user taken away, the web server restarted`)
  console.log(`  ended     ${took.toFixed(1)} s after: ${String(error)}`)
  console.log(`  before    ${seen.ticks} ticks, Retrying: ${tally(seen.retrying)}, gaps: ${seen.gaps}`)
  console.log(`  after     ${later} requests in 10 s`)
  console.log(
    table(
      ["  asked for", "status", "times"],
      statuses(proxy.counts).map(([kind, ...rest]) => [`  ${kind}`, ...rest])
    )
  )
  return (error?._tag === "Unauthorized" || error?._tag === "Forbidden") && later === 0
}

const right = await Real.using(
  version,
  async (airflow) => (await longFollow(airflow)) && (await removedUser(airflow)),
  { env: { AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME: String(life) } }
)
// It has lost its user, so nobody else shall find it.
await Airflow.down(version)
process.exitCode = right ? 0 : 1
