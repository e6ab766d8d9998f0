/**
 * `pnpm bench ticker [VERSION …] [LINES] [SECONDS BETWEEN]`: follows DAGs on real Airflows while they run, and
 * prints for each version how long after it was written each line of `ticker` arrived and how many bytes that took,
 * and for `ticker`, `flaky`, `mapped` and `deferred` whether what arrived is what the server shows in the end.
 */
import type { FanInEvent, LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogLine } from "@effect-airflow/logs/LogLine"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { isDeepStrictEqual } from "node:util"
import * as CountingProxy from "./countingProxy.js"
import * as Real from "./realAirflow.js"
import { quantile, table } from "./table.js"

const args = process.argv.slice(2)
const versions = Real.versionsIn(args)
const [count = 60, every = 0.25] = args.filter((arg) => !versions.includes(arg)).map(Number)

interface Followed {
  readonly lines: ReadonlyArray<{ readonly line: LogLine; readonly at: number }>
  readonly counts: CountingProxy.CountingProxy["counts"]
  /** Lines that the server shows in the end. */
  readonly shown: number
  readonly late: number
  readonly exact: boolean
  readonly end: string
  readonly bytes: number
}

/** What tells a line from others; of API v1 it has its time in it. */
const keyOf = (line: LogLine, api: "v1" | "v2"): string =>
  api === "v2" && line.record === line.index ? `${line.timestamp ?? ""} ${line.raw}` : line.raw

/** The same lines, each as often; and in the same order, but for those that came late. */
const isExact = (received: ReadonlyArray<LogLine>, shown: ReadonlyArray<string>, api: "v1" | "v2") => {
  const keys = received.map((line) => keyOf(line, api))
  const rest = [...shown]
  for (const [index, line] of received.entries()) {
    if (line.late === true) rest.splice(rest.indexOf(keys[index]!) >>> 0, 1)
  }
  const inOrder = isDeepStrictEqual(
    keys.filter((_, index) => received[index]!.late !== true),
    rest
  )
  return inOrder && isDeepStrictEqual(keys.toSorted(), shown.toSorted())
}

const endOf = (event: FanInEvent | undefined): string =>
  event?._tag === "Ended"
    ? event.end
    : event?._tag === "Finished"
      ? `${event.complete} of ${event.sources} complete`
      : "none"

const follow = async (
  airflow: Real.Running,
  dag_id: string,
  task_id: string,
  start: (
    dag_run_id: string
  ) => Stream.Stream<
    LogEvent | FanInEvent,
    unknown,
    Stream.Stream.Context<ReturnType<typeof LogFollower.follow>>
  >,
  conf: object = {}
): Promise<Followed> => {
  const proxy = await CountingProxy.start(airflow.baseUrl)
  const dag_run_id = await Real.trigger(airflow, dag_id, conf)
  const lines: Array<{ readonly line: LogLine; readonly at: number }> = []
  let last: FanInEvent | undefined
  await start(dag_run_id).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        last = event
        if (event._tag === "Line") lines.push({ line: event.line, at: Date.now() })
        if (event._tag === "Gap" || event._tag === "Retrying" || event._tag === "SourceFailed") {
          console.log(`  ${dag_id}: ${event._tag} ${"error" in event ? String(event.error) : event.reason}`)
        }
      })
    ),
    Effect.provide(NodeAirflow.layer({ baseUrl: proxy.baseUrl, auth: Real.auth(airflow) })),
    Effect.runPromise
  )
  await proxy.close()
  const attempts = new Map<string, Array<LogLine>>()
  for (const { line } of lines) {
    const attempt = `${line.map_index} ${line.try_number}`
    attempts.set(attempt, [...(attempts.get(attempt) ?? []), line])
  }
  let shown = 0
  let exact = true
  for (const received of attempts.values()) {
    const wanted = (await Real.serverLog(airflow, received[0]!, received[0]!.try_number)).map(
      ({ key }) => key
    )
    shown += wanted.length
    exact &&= isExact(received, wanted, airflow.api)
  }
  return {
    lines,
    counts: proxy.counts,
    shown,
    late: lines.filter(({ line }) => line.late === true).length,
    exact,
    end: endOf(last),
    bytes: await Real.logBytes(airflow, { dag_id, dag_run_id, task_id })
  }
}

/** Each DAG with the lines of its own that must be there, so that a log that nobody could read is no success. */
const dags = {
  ticker: { task_id: "tick", own: count },
  flaky: { task_id: "fails_twice", own: 4 },
  mapped: { task_id: "square", own: 5 },
  deferred: { task_id: "waits", own: 2 }
} as const
const ownText =
  /^(tick \d+|attempt \d starts|third time lucky|square of \d is \d+|before deferral|after deferral)$/

const measure = async (airflow: Real.Running) => {
  const results: Array<readonly [keyof typeof dags, Followed]> = []
  for (const dag_id of Object.keys(dags) as Array<keyof typeof dags>) {
    const { task_id } = dags[dag_id]
    const result = await follow(
      airflow,
      dag_id,
      task_id,
      (dag_run_id) =>
        dag_id === "mapped"
          ? LogFollower.followMapped({ dag_id, dag_run_id, task_id }, { from: "first" })
          : LogFollower.follow({ dag_id, dag_run_id, task_id }, { from: "first" }),
      dag_id === "ticker" ? { lines: count, every } : {}
    )
    results.push([dag_id, result])
  }
  return results
}

const bytesRows: Array<ReadonlyArray<string | number>> = []
const linesRows: Array<ReadonlyArray<string | number>> = []
let failed = false

for (const version of versions.length === 0 ? ["2.11.0"] : versions) {
  for (const [dag_id, followed] of await Real.using(version, measure)) {
    const { bytes, counts, end, exact, late, lines, shown } = followed
    const own = lines.filter(({ line }) => ownText.test(line.text)).length
    const right = exact && own === dags[dag_id].own && lines.length === shown
    failed ||= !right
    linesRows.push([version, dag_id, shown, lines.length, late, right ? "yes" : "NO", end])
    if (dag_id !== "ticker") continue
    const lags = lines
      .flatMap(({ at, line }) => (line.text.startsWith("tick ") ? [at - Date.parse(line.timestamp!)] : []))
      .sort((a, b) => a - b)
    const times = (part: number) => (part / bytes).toFixed(2)
    const { log } = counts
    bytesRows.push([
      version,
      count,
      lags.length,
      Math.round(quantile(lags, 0.5)),
      Math.round(quantile(lags, 0.95)),
      bytes,
      log.wire,
      times(log.wire),
      log.decoded,
      times(log.decoded),
      times(log.text),
      log.requests,
      counts.other.wire
    ])
  }
}

console.log(
  `ticker: ${count} lines, one each ${every} s; lag in ms, bytes of all answers to requests for the log`
)
console.log(
  table(
    // prettier-ignore
    ["version", "written", "received", "median", "95 %", "log", "wire", "× log", "decoded", "× log", "text × log", "requests", "status bytes"],
    bytesRows
  )
)
console.log("\nwhat arrived, and what the server shows in the end")
console.log(table(["version", "DAG", "shown", "received", "late", "once, in order", "end"], linesRows))
process.exitCode = failed ? 1 : 0
