/** The Airflow behind the page when no other is named: tasks that write over time, in all the ways that logs look. */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import {
  type Dag,
  dag,
  lines,
  log,
  print,
  raise,
  sleep,
  type Step,
  task as define
} from "@effect-airflow/testing/Scenario"
import * as StandardScenario from "@effect-airflow/testing/StandardScenario"

// By a logger, since Airflow 2 takes the colours out of what is printed.
const setUp: ReadonlyArray<Step> = [
  print("::group::Connection"),
  print("host     warehouse.example.com"),
  log("database \u001b[36mreports\u001b[0m"),
  print("::group::Options"),
  print("timeout  30 s"),
  print("::endgroup::"),
  print("::endgroup::")
]

const colours: ReadonlyArray<Step> = [
  log("\u001b[32m✔ checked\u001b[0m 1,187 rows, \u001b[1;33m13 skipped\u001b[0m"),
  log(
    "\u001b[38;5;208morange\u001b[0m \u001b[7minverse\u001b[0m \u001b[4munderlined\u001b[0m \u001b[41mon red\u001b[0m"
  ),
  print("an exchanged order \u202eneddih\u202c and a bell \u0007 are shown as what they are"),
  print("<b>markup</b> is text")
]

const etl = dag("etl", [
  define("extract", { run: [print("read 1,200 rows")] }),
  define("load", {
    upstream: ["extract"],
    retryDelay: 3000,
    attempts: [
      [
        ...setUp,
        log("the warehouse answers slowly", "WARNING"),
        lines(12, 250, (index) => `loaded batch ${index + 1} of 2,000`),
        log("lost the connection", "ERROR"),
        raise("ConnectionError", "the warehouse closed the connection")
      ],
      [
        ...setUp,
        ...colours,
        lines(2000, 250, (index) =>
          index % 20 === 19
            ? `\u001b[32m✔\u001b[0m loaded batch ${index + 1} of 2,000`
            : `loaded batch ${index + 1} of 2,000`
        ),
        sleep(200)
      ]
    ]
  }),
  define("report", { run: [print("sent")], upstream: ["load"] })
])

const regions = dag("regions", [
  define("count", {
    mapped: ["north", "east", "south", "west"],
    run: ({ map_index }) => [
      lines(40, 500, (index) => `region ${map_index}: counted ${index * 25} of 1,000`),
      ...(map_index === 2 ? [raise("ValueError", "no such region")] : [])
    ]
  })
])

export const dags: ReadonlyArray<Dag> = [etl, regions, ...StandardScenario.dags]

/** What the ready-made link names. */
export const task = { dag_id: "etl", dag_run_id: "demo", task_id: "load" }

export const startFake = (): Promise<FakeAirflow.FakeAirflow> =>
  FakeAirflow.start({
    dags,
    version: process.env["AIRFLOW_VERSION"] ?? "3.3.2",
    runs: [
      ...["etl", "regions", "flaky", "ticker", "text"].map((dag_id) => ({ dag_id, dag_run_id: "demo" })),
      ...["mapped", "failing", "flaky"].map((dag_id) => ({
        dag_id,
        dag_run_id: "yesterday",
        ago: 86_400_000
      }))
    ]
  })
