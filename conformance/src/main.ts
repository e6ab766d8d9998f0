/** `pnpm conformance --fake | --airflow VERSION [--only TEXT]` */
import { parseArgs } from "node:util"
import * as Batch from "./cases/batch.js"
import * as DagRuns from "./cases/dagRuns.js"
import * as Damage from "./cases/damage.js"
import * as Depth from "./cases/depth.js"
import * as Errors from "./cases/errors.js"
import * as Follow from "./cases/follow.js"
import * as Links from "./cases/links.js"
import * as List from "./cases/list.js"
import * as Log from "./cases/log.js"
import * as Mapped from "./cases/mapped.js"
import * as Python from "./cases/python.js"
import * as TaskInstance from "./cases/taskInstance.js"
import * as Watch from "./cases/watch.js"
import { runAll } from "./runner.js"
import { type Case, runs } from "./suite.js"
import * as Target from "./target.js"

const all: ReadonlyArray<Case> = [
  ...TaskInstance.cases,
  ...List.cases,
  ...Batch.cases,
  ...Mapped.cases,
  ...Links.cases,
  ...Log.cases,
  ...Python.cases,
  ...Errors.cases,
  ...Follow.cases,
  ...DagRuns.cases,
  ...Watch.cases,
  ...Damage.cases,
  ...Depth.cases
]

const { values } = parseArgs({
  options: { fake: { type: "boolean" }, airflow: { type: "string" }, only: { type: "string" } }
})
if ((values.fake === true) === (values.airflow !== undefined)) {
  console.error("usage: pnpm conformance --fake | --airflow VERSION [--only TEXT]")
  process.exit(2)
}

const started = performance.now()
const target = values.airflow === undefined ? await Target.fake() : await Target.real(values.airflow)
const cases = all.filter(({ name }) => name.includes(values.only ?? ""))
console.log(
  `${target.name} at ${target.baseUrl}: ${cases.length} cases${values.only === undefined ? "" : ` of ${all.length}`}`
)
for (const [dag_id, dag_run_id] of runs) await target.trigger(dag_id, dag_run_id)
for (const [dag_id, dag_run_id] of runs) await target.finished(dag_id, dag_run_id)
const { failed, passed } = await runAll(target, cases)
await target.close()
for (const name of failed) console.log(`failed: ${name}`)
console.log(`${target.name}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
console.log(`${passed} passed, ${failed.length} failed`)
process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0
