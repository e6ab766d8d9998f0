#!/usr/bin/env node
/**
 * Runs an example against the Airflow that AIRFLOW_BASE_URL names, or against a fake one:
 *
 *   with-airflow DEFAULT-ARGUMENTS -- COMMAND FILE [ARGUMENTS]
 *
 * The default arguments name what the fake holds; they are passed on when there are no others but options.
 */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, lines, print, raise, sleep, task } from "@effect-airflow/testing/Scenario"
import * as StandardScenario from "@effect-airflow/testing/StandardScenario"
import { spawn } from "node:child_process"

const etl = dag("etl", [
  task("extract", { run: [print("read 1,200 rows")] }),
  task("transform", { run: [print("kept 1,187 of them")], upstream: ["extract"] }),
  task("load", {
    upstream: ["transform"],
    retryDelay: 1000,
    attempts: [
      [
        print("connecting to the warehouse"),
        lines(8, 250, (index) => `loaded batch ${index + 1} of 20`),
        raise("ConnectionError", "the warehouse closed the connection")
      ],
      [
        print("connecting to the warehouse"),
        lines(20, 150, (index) => `loaded batch ${index + 1} of 20`),
        sleep(200)
      ]
    ]
  }),
  task("report", { run: [print("sent")], upstream: ["load"] })
])

const separator = process.argv.indexOf("--")
const defaults = process.argv.slice(2, separator)
const [command, file, ...given] = process.argv.slice(separator + 1)

const startFake = async () => {
  const now = ["etl", "flaky", "ticker", "mapped"].map((dag_id) => ({ dag_id, dag_run_id: "demo" }))
  const before = ["mapped", "failing"].map((dag_id) => ({ dag_id, dag_run_id: "yesterday", ago: 86_400_000 }))
  const fake = await FakeAirflow.start({ dags: [etl, ...StandardScenario.dags], runs: [...now, ...before] })
  console.error(`no AIRFLOW_BASE_URL: using a fake Airflow at ${fake.baseUrl}\n`)
  return fake
}

const fake = process.env.AIRFLOW_BASE_URL === undefined ? await startFake() : undefined
const env =
  fake === undefined
    ? process.env
    : { ...process.env, AIRFLOW_BASE_URL: fake.baseUrl, AIRFLOW_USERNAME: "admin", AIRFLOW_PASSWORD: "admin" }
const named = given.length > 0 && !given[0].startsWith("-")
const args = fake === undefined || named ? given : [...defaults, ...given]
const child = spawn(command, [file, ...args], { env, stdio: "inherit" })
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal))
child.on("exit", async (code, signal) => {
  await fake?.close()
  process.exitCode = signal === null ? code : 1
})
