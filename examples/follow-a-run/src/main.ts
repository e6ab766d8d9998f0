/**
 * Follows all tasks of a run, as stern does with pods:
 *
 *   pnpm start DAG_ID RUN_ID [--timestamp] [--level WARNING] [--grep REGEXP]
 *
 * `--timestamp` shows when each line was written, and puts the lines of all tasks in that order.
 */
import type { FanInEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { parseArgs } from "node:util"
import { Look } from "./look.js"
import { Summary } from "./summary.js"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    timestamp: { type: "boolean", default: false },
    level: { type: "string" },
    grep: { type: "string" }
  }
})
const [dag_id = "", dag_run_id = ""] = positionals
const { grep, level, timestamp } = values

const options: LogFollower.FanInOptions = {
  from: "first",
  order: timestamp ? "timestamp" : "arrival",
  // What is no level is refused by the follower.
  ...(level === undefined ? {} : { level: level.toUpperCase() as "INFO" }),
  ...(grep === undefined ? {} : { match: new RegExp(grep) })
}

const look = new Look({ times: timestamp })
const summary = new Summary()

const show = (event: FanInEvent) => {
  summary.add(event)
  return Effect.forEach(look.event(event), (line) => Console.log(line), { discard: true })
}

const program = LogFollower.followRun({ dag_id, dag_run_id }, options).pipe(
  Stream.runForEach(show),
  Effect.zipRight(Effect.suspend(() => Console.log(summary.lines(look).join("\n")))),
  Effect.provide(NodeAirflow.layerConfig()),
  Effect.catchAll((error) =>
    Effect.sync(() => {
      console.error(look.safe(String(error)))
      process.exitCode = 1
    })
  )
)

// Ctrl-C interrupts the program, and so does a reader that goes away, as in `pnpm start | head`.
const interrupt = new AbortController()
process.once("SIGINT", () => interrupt.abort())
process.stdout.on("error", () => interrupt.abort())
await Effect.runPromiseExit(program, { signal: interrupt.signal })
