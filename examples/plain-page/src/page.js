// Shows the log of the task in the address: ?dag_id=…&dag_run_id=…&task_id=…
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import { connect } from "@effect-airflow/promise"

/** @param {string} name */
const of = (name) => new URLSearchParams(location.search).get(name) ?? ""
const task = { dag_id: of("dag_id"), dag_run_id: of("dag_run_id"), task_id: of("task_id") }
const log = /** @type {HTMLElement} */ (document.querySelector("#log"))
// Served from Airflow's own origin: the session of whoever is logged in is enough.
const airflow = await connect(BrowserAirflow.layer({}))
try {
  for await (const line of airflow.logs.lines(task)) log.append(`${line.text}\n`)
} catch (error) {
  log.append(String(error))
}
