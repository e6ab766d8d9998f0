/**
 * Triggers a run of a DAG, waits until it is over, and prints the logs of its tasks meanwhile:
 *
 *   pnpm start DAG_ID RUN_ID [--conf JSON]
 *
 * The name of the run makes this safe to repeat: with the same one, the run that is there is waited for and its
 * logs are printed from their start, and no second one is made. It ends with 0 when the run succeeds, and with 1
 * otherwise. Airflow 3 wants `AIRFLOW_AUTH=jwt`.
 */
import * as Airflow from "@effect-airflow/core/Airflow"
import type { FanInEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import { label } from "@effect-airflow/logs/LogLine"
import * as SafeText from "@effect-airflow/logs/SafeText"
import * as Watch from "@effect-airflow/logs/Watch"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { parseArgs } from "node:util"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { conf: { type: "string", default: "{}" } }
})
const [dag_id = "", dag_run_id = ""] = positionals
const run = { dag_id, dag_run_id }

const Conf = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** What a server sends must not steer the terminal. */
const say = (text: string) => Console.log(SafeText.strip(text))

const show = (event: FanInEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "Line":
      return say(`${label(event.target)} | ${event.line.text}`)
    case "Gap":
      return say(`${label(event.target)} | lines may be missing here: ${event.reason}`)
    case "Ended":
      return say(`${label(event.target)} | ${event.state}, log ${event.end}`)
    case "Retrying":
    case "SourceFailed":
      return say(`${label(event.target)} | ${event.error}`)
    default:
      return Effect.void
  }
}

const program = Effect.gen(function* () {
  const conf = yield* Schema.decode(Conf)(values.conf)
  const { api, state } = yield* Airflow.triggerDagRun({ ...run, conf })
  yield* say(`${dag_id} ${dag_run_id} is ${state}, says API ${api}`)
  const [over] = yield* Effect.all(
    [
      Watch.waitForRun(run, { deadline: "1 hour" }),
      Stream.runForEach(LogFollower.followRun(run, { from: "first" }), show)
    ],
    { concurrency: "unbounded" }
  )
  yield* say(`${dag_id} ${dag_run_id} is over: ${over.state}`)
  return over.state === "success"
}).pipe(
  Effect.provide(NodeAirflow.layerConfig()),
  Effect.catchAll((error) =>
    Effect.sync(() => {
      console.error(SafeText.strip(String(error)))
      return false
    })
  )
)

// Ctrl-C interrupts the program; the run goes on, and the same command comes back to it.
const interrupt = new AbortController()
process.once("SIGINT", () => interrupt.abort())
process.stdout.on("error", () => interrupt.abort())
const exit = await Effect.runPromiseExit(program, { signal: interrupt.signal })
process.exitCode = exit._tag === "Success" && exit.value ? 0 : 1
