/** Follows a task from before it starts to the end of its last attempt: `pnpm start DAG_ID RUN_ID TASK_ID`. */
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as SafeText from "@effect-airflow/logs/SafeText"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const [dag_id = "", dag_run_id = "", task_id = ""] = process.argv.slice(2)

const show = (event: LogEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "Line":
      // What a task prints is not to be trusted with the terminal.
      return Console.log(`${event.line.try_number} | ${SafeText.strip(event.line.text)}`)
    case "AttemptStarted":
      return Console.log(`-- attempt ${event.try_number}`)
    case "StateChanged":
      return Console.log(`-- ${event.to ?? "no state yet"}`)
    case "Ended":
      return Console.log(`-- ended ${event.state}: ${event.lines} lines, the log is ${event.end}`)
    default:
      return Effect.void
  }
}

const program = LogFollower.follow({ dag_id, dag_run_id, task_id }).pipe(
  Stream.runForEach(show),
  Effect.provide(NodeAirflow.layerConfig())
)

// Ctrl-C interrupts the program, and with it the request or the wait that is under way.
const interrupt = new AbortController()
process.once("SIGINT", () => interrupt.abort())
await Effect.runPromise(
  Effect.catchAll(program, (error) => Console.error(String(error))),
  { signal: interrupt.signal }
)
