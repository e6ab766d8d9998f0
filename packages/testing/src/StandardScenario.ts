/**
 * DAGs for trying things out: the same that the project's conformance suite runs on a real Airflow, with
 * tasks that write over time, fail and retry, are mapped, defer, and print awkward text.
 *
 * @since 0.1.0
 */
import {
  type Dag,
  dag,
  defer,
  emptyTask,
  lines,
  log,
  lose,
  print,
  raise,
  skip,
  sleep,
  task
} from "./Scenario.js"

const number = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise)

/** How each version of Airflow links to a run that was triggered. */
const triggeredLink = (version: string, date: string): string => {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number)
  if (major >= 3) return `/dags/quick/runs/manual__${date}`
  if (minor < 8) return `/dags/quick/grid?base_date=${encodeURIComponent(date)}`
  const escaped = minor === 11 && patch > 0 ? date.replaceAll("+", "%2B") : encodeURIComponent(date)
  return `/dags/quick/grid?dag_run_id=manual__${escaped}`
}

const padded = (index: number, digits: number): string => String(index).padStart(digits, "0")

/**
 * What the task `speak` of the DAG `text` prints, each by one `print`.
 *
 * @since 0.1.0
 * @category data
 */
export const awkwardTexts: ReadonlyArray<string> = [
  "grüße, 世界 🚀",
  "quote ' and \" and back\\slash",
  "tab\there; esc \x1b[31mred\x1b[0m",
  "only 'single'",
  'only "double"',
  "literal \\n is not a newline",
  "nbsp\u00a0 zero-width\u200b bidi\u202e end",
  `long ${"x".repeat(100_000)}`,
  "empty follows",
  "",
  "  indented",
  "*** looks like a header",
  " INFO - ::group::also not a header",
  "cr\rinside",
  "last line of text"
]

/**
 * The DAGs: `quick`, `ticker` (conf: lines, every), `flaky`, `mapped`, `expanding`, `deferred`, `big_log` (conf: lines),
 * `wide` (150 tasks), `links`, `text`, `failing`, `skips`, `vanishing`, `sleeper` (conf: seconds), `größe` (ids with letters beyond ASCII).
 *
 * @since 0.1.0
 * @category data
 */
export const dags: ReadonlyArray<Dag> = [
  dag("quick", [
    task("hello", { run: [print("hello from quick")] }),
    task("bye", { run: [print("bye from quick")], upstream: ["hello"] })
  ]),
  dag("ticker", [
    task("tick", {
      retryDelay: 2000,
      run: ({ conf }) => [
        lines(
          number(conf["lines"], 60),
          number(conf["every"], 0.25) * 1000,
          (index) => `tick ${padded(index, 6)}`
        )
      ]
    })
  ]),
  dag("flaky", [
    task("fails_twice", {
      retries: 2,
      run: ({ try_number }) => [
        print(`attempt ${try_number} starts`),
        try_number < 3
          ? raise("RuntimeError", `attempt ${try_number} fails on purpose`)
          : print("third time lucky")
      ]
    })
  ]),
  dag("mapped", [
    task("numbers"),
    task("square", {
      upstream: ["numbers"],
      mapped: ["1", "2", "3", "4", "5"],
      run: ({ map_index }) => {
        const n = map_index + 1
        return [
          print(`square of ${n} is ${n * n}`),
          ...(n === 4 ? [raise("ValueError", "four is unlucky")] : [])
        ]
      }
    })
  ]),
  dag("expanding", [
    task("split", { run: [sleep(4000)] }),
    task("part", {
      upstream: ["split"],
      mapped: ["a", "b", "c", "d"],
      run: ({ map_index }) => [lines(3, 500, (line) => `part ${"abcd"[map_index]}, line ${line}`)]
    }),
    task("join", { run: [print("joined")], upstream: ["part"] })
  ]),
  dag("deferred", [
    task("waits", {
      operator: "Deferring",
      run: [log("before deferral"), defer(5000), log("after deferral")]
    })
  ]),
  dag("big_log", [
    task("many", {
      run: ({ conf }) => [
        lines(number(conf["lines"], 200_000), 0, (index) => `line ${padded(index, 8)} ${"x".repeat(60)}`)
      ]
    })
  ]),
  dag(
    "wide",
    Array.from({ length: 150 }, (_, index) => emptyTask(`t${padded(index, 3)}`))
  ),
  dag("links", [
    task("trigger", {
      operator: "TriggerDagRunOperator",
      triggers: ["quick"],
      links: ({ execution_date, version }) => ({ "Triggered DAG": triggeredLink(version, execution_date) })
    })
  ]),
  dag("text", [task("speak", { run: awkwardTexts.map(print) })]),
  dag("failing", [
    task("fails", { run: [raise("ValueError", "fails on purpose")] }),
    task("never", { upstream: ["fails"] })
  ]),
  dag("skips", [task("skipped", { run: [skip] })]),
  dag("vanishing", [
    task("vanish", {
      retryDelay: 2000,
      attempts: [[print("about to vanish"), sleep(3000), lose(20_000)], [print("back again")]]
    })
  ]),
  dag("sleeper", [
    task("sleep", { run: ({ conf }) => [print("sleeping"), sleep(number(conf["seconds"], 600) * 1000)] })
  ]),
  dag("größe", [task("messen.µ-1", { run: [print("gemessen")] })])
]
