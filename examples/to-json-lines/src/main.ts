/**
 * The log of a task as JSON, one object for each line and a last one that says how it ended:
 *
 *   pnpm --silent start DAG_ID RUN_ID TASK_ID | jq -r 'select(.level == "ERROR") | .text'
 */
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import { connect } from "@effect-airflow/promise"
import { once } from "node:events"

const [dag_id = "", dag_run_id = "", task_id = ""] = process.argv.slice(2)

// The reader may go away before the end: `pnpm start | head`.
const gone = new AbortController()
process.stdout.on("error", (error) => gone.abort(error))
const { signal } = gone

/** What JSON lets through and a terminal obeys is escaped too; to a reader of JSON it is the same text. */
const stringify = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** Waits for a reader that is slow, and with it waits the follower: nothing piles up. */
const write = async (value: object) => {
  if (!process.stdout.write(`${stringify(value)}\n`)) await once(process.stdout, "drain", { signal })
}

const airflow = await connect(NodeAirflow.layerConfig())
try {
  for await (const event of airflow.logs.follow({ dag_id, dag_run_id, task_id }, { from: "first", signal })) {
    if (event._tag === "Line") await write(event.line)
    if (event._tag === "Ended") {
      const { end, gaps, lines, state, try_number } = event
      await write({ end, state, try_number, lines, gaps })
    }
  }
} catch (error) {
  const isPipe = signal.aborted && (signal.reason as NodeJS.ErrnoException).code === "EPIPE"
  if (!isPipe) {
    console.error(String(signal.aborted ? signal.reason : error))
    process.exitCode = 1
  }
} finally {
  await airflow.close()
}
