/** The records of an attempt as Airflow 3 writes them to its log file: a line of JSON each. */
import { iso, zuluMicros } from "./time.js"
import type { LogContext } from "./logText.js"
import type { AttemptContext } from "../Scenario.js"
import type { Surroundings } from "./timeline.js"

type Fields = Readonly<Record<string, unknown>>

/** Where a record comes from: the logger, and since 3.1 the file and its line. */
interface Place {
  readonly logger?: string
  readonly filename: string
  readonly lineno: number
}

type Lines = "3.0" | "3.1" | "3.2" | "3.3"

const bundles = "airflow.dag_processing.bundles.manager.DagBundlesManager"
const operator =
  "airflow.task.operators.airflow.providers.standard.decorators.python._PythonDecoratedOperator"
const dateTimeTrigger = "airflow.providers.standard.triggers.temporal.DateTimeTrigger"

/** The line in each version's `task_runner.py` and the like; 3.0 does not tell them. */
const linenos: Readonly<Record<string, Readonly<Record<Lines, number>>>> = {
  bundles: { "3.0": 0, "3.1": 179, "3.2": 209, "3.3": 304 },
  bag: { "3.0": 0, "3.1": 593, "3.2": 469, "3.3": 460 },
  done: { "3.0": 0, "3.1": 229, "3.2": 229, "3.3": 233 },
  failed: { "3.0": 0, "3.1": 1186, "3.2": 1347, "3.3": 1676 },
  skipped: { "3.0": 0, "3.1": 1137, "3.2": 1298, "3.3": 1622 },
  deferred: { "3.0": 0, "3.1": 1031, "3.2": 1165, "3.3": 1466 },
  rescheduled: { "3.0": 0, "3.1": 1145, "3.2": 1306, "3.3": 1631 },
  starting: { "3.0": 0, "3.1": 1150, "3.2": 1215, "3.3": 1591 },
  fired: { "3.0": 0, "3.1": 1153, "3.2": 1219, "3.3": 1629 },
  completed: { "3.0": 0, "3.1": 1174, "3.2": 1247, "3.3": 1692 }
}

const dagBags: Readonly<Record<Lines, string>> = {
  "3.0": "airflow.models.dagbag.DagBag",
  "3.1": "airflow.models.dagbag.BundleDagBag",
  "3.2": "airflow.dag_processing.dagbag.BundleDagBag",
  "3.3": "airflow.dag_processing.dagbag.BundleDagBag"
}

const taskRunner = (what: string, lines: Lines): Place => ({
  logger: "task",
  filename: "task_runner.py",
  lineno: linenos[what]?.[lines] ?? 0
})

/** The line at which 3.3 begins what follows the task, which depends on how the task ended. */
const postExecute: Readonly<Record<string, number>> = {
  success: 1580,
  failed: 1677,
  up_for_retry: 1677,
  skipped: 1620,
  deferred: 1614,
  up_for_reschedule: 1630
}

/** The frames of an exception in a task: those of Airflow, and the task's own. */
const frames = (dag_id: string, task_id: string): ReadonlyArray<Fields> => {
  const packages = "/opt/airflow/lib/python3.12/site-packages/airflow"
  return [
    { filename: `${packages}/sdk/execution_time/task_runner.py`, lineno: 1263, name: "run" },
    { filename: `${packages}/sdk/execution_time/task_runner.py`, lineno: 1678, name: "_execute_task" },
    { filename: `${packages}/sdk/bases/operator.py`, lineno: 443, name: "wrapper" },
    { filename: `${packages}/sdk/bases/decorator.py`, lineno: 398, name: "execute" },
    { filename: `${packages}/providers/standard/operators/python.py`, lineno: 227, name: "execute" },
    { filename: `/opt/airflow/dags/${dag_id}.py`, lineno: 10, name: task_id }
  ]
}

/**
 * What is printed is stamped by the process that reads it, `late` milliseconds later; records of a logger are
 * stamped at once, and come into the file after it.
 */
export const make = (
  context: LogContext,
  { lines, triesCleared }: { readonly lines: Lines; readonly triesCleared: boolean },
  late: number
): Surroundings => {
  const { dag_id, dag_run_id, map_index, task } = context
  let attempt: AttemptContext | undefined
  let ti_id = ""
  // With one clock for both, no two records of a process have the same time.
  const clocks = late === 0 ? [{ micros: 0 }] : [{ micros: 0 }, { micros: 0 }]
  const [own, printed] = [clocks[0]!, clocks.at(-1)!]
  let failed = false

  const record = (
    at: number,
    level: string,
    event: string,
    place: Place | undefined,
    more: Fields = {},
    clock = own
  ) => {
    clock.micros = Math.max(Math.ceil(at * 1000), clock.micros + 1)
    const { filename, lineno, logger } = place ?? {}
    return JSON.stringify({
      timestamp: zuluMicros(clock.micros),
      level,
      event,
      ...more,
      ...(logger === undefined ? {} : { logger }),
      ...(lines === "3.0" || filename === undefined ? {} : { filename, lineno })
    })
  }

  /** What 3.3 adds to each record that is Airflow's or goes through a logger. */
  const ids = (): Fields =>
    lines === "3.3"
      ? {
          ti_id,
          map_index,
          run_id: dag_run_id,
          try_number: attempt?.try_number ?? 1,
          dag_id,
          task_id: task.task_id
        }
      : {}

  const info = (at: number, event: string, place: Place, more: Fields = {}) =>
    record(at, "info", event, place, { ...more, ...ids() })

  const endGroup = (at: number, lineno: number): string =>
    info(at, "::endgroup::", { logger: "task", filename: "task_runner.py", lineno })

  return {
    late,
    before: (at, next, _, _resumed, renewed) => {
      attempt = next
      ti_id = context.ti_id(renewed)
      failed = false
      const said: Array<string> = []
      if (lines === "3.3") {
        said.push(
          record(at, "info", "::group::Pre Execute", {
            logger: "task",
            filename: "task_runner.py",
            lineno: 2412
          })
        )
      }
      said.push(
        info(at, "DAG bundles loaded: dags-folder", {
          logger: bundles,
          filename: "manager.py",
          lineno: linenos["bundles"]![lines]
        })
      )
      said.push(
        info(at, `Filling up the DagBag from /opt/airflow/dags/${dag_id}.py`, {
          logger: dagBags[lines],
          filename: "dagbag.py",
          lineno: linenos["bag"]![lines]
        })
      )
      if (lines !== "3.3") return said
      said.push(
        info(
          at,
          "Worker startup parse complete",
          { logger: "task", filename: "task_runner.py", lineno: 1073 },
          {
            bundle_name: "dags-folder",
            bundle_version: null,
            dag_file: `${dag_id}.py`,
            bundle_prepare_ms: 1,
            dag_file_parse_ms: 20
          }
        )
      )
      said.push(endGroup(at, 2232))
      return said
    },
    // One record for each line, an empty one included.
    print: (at, text) =>
      text.split("\n").map((line) =>
        lines === "3.0"
          ? JSON.stringify({
              ...(JSON.parse(record(at, "info", line, undefined, {}, printed)) as Fields),
              chan: "stdout",
              logger: "task"
            })
          : record(at, "info", line, undefined, { logger: "task.stdout" }, printed)
      ),
    log: (at, level, text) => [
      record(
        at,
        level.toLowerCase(),
        text,
        {
          logger: `airflow.task.operators.unusual_prefix_${dag_id}.${task.operator}`,
          filename: `${dag_id}.py`,
          lineno: 12
        },
        ids()
      )
    ],
    raised: (at, error, message) => {
      failed = true
      const { filename, lineno, logger } = taskRunner("failed", lines)
      return [
        record(at, "error", "Task failed with exception", undefined, {
          ...ids(),
          logger,
          ...(lines === "3.0" ? {} : { filename, lineno }),
          error_detail: [
            {
              exc_type: error,
              exc_value: message,
              exc_notes: [],
              syntax_error: null,
              is_cause: false,
              frames: frames(dag_id, task.task_id),
              is_group: false,
              exceptions: []
            }
          ]
        })
      ]
    },
    after: (at, outcome) => {
      const said: Array<string> = []
      const group = () => {
        if (lines === "3.3") {
          said.push(
            info(at, "::group::Post Execute", {
              logger: "task",
              filename: "task_runner.py",
              lineno: postExecute[outcome] ?? 1580
            })
          )
        }
      }
      if (outcome === "success" && !failed && task.operator === "_PythonDecoratedOperator") {
        said.push(
          info(at, "Done. Returned value was: None", {
            logger: operator,
            filename: "python.py",
            lineno: linenos["done"]![lines]
          })
        )
      }
      group()
      if (outcome === "skipped") {
        said.push(info(at, "Skipping task.", taskRunner("skipped", lines), { reason: "skipped on purpose" }))
      }
      if (outcome === "deferred") {
        said.push(
          info(at, "Pausing task as DEFERRED. ", taskRunner("deferred", lines), {
            dag_id,
            task_id: task.task_id,
            run_id: dag_run_id
          })
        )
      }
      if (outcome === "up_for_reschedule") {
        said.push(
          info(at, "Rescheduling task, marking task as UP_FOR_RESCHEDULE", taskRunner("rescheduled", lines))
        )
      }
      const goesOn = outcome === "deferred" || outcome === "up_for_reschedule"
      if (lines === "3.3" && goesOn) said.push(endGroup(at, 2379))
      return said
    },
    // The last group ends when the state is set already.
    trailing: (at) => (lines === "3.3" ? [endGroup(at, 2379)] : []),
    // Its supervisor hears of it with the next heartbeat, and gives it time to end.
    restart: { writes: 6000, killed: 11_000, next: triesCleared ? null : "restarting" },
    overruled: {
      writes: 4000,
      lines: (at, state) => [
        record(
          at,
          "error",
          "Server indicated the task shouldn't be running anymore. Terminating process",
          undefined,
          {
            detail: {
              reason: "not_running",
              message: "TI is no longer in the running state and task should terminate",
              current_state: state
            },
            logger: "task"
          }
        )
      ]
    },
    killed: (at) => [record(at, "error", "Task killed!", undefined, { logger: "task" })],
    trigger: (from, to) => {
      const id = `${dag_id}/${dag_run_id}/${task.task_id}/${map_index}/${attempt?.try_number ?? 1} (ID 1)`
      const moment = `DateTime(${iso(to).slice(0, 19).replaceAll(/[-T:]/g, ", ").replaceAll(/, 0/g, ", ")}, tzinfo=Timezone('UTC'))`
      const job = (what: string): Place => ({
        filename: "triggerer_job_runner.py",
        lineno: linenos[what]?.[lines] ?? 0
      })
      const temporal = (lineno: number): Place => ({
        logger: dateTimeTrigger,
        filename: "temporal.py",
        lineno
      })
      const said: Array<{ readonly at: number; readonly line: string }> = []
      const say = (at: number, event: string, place: Place, more: Fields = {}) =>
        said.push({ at, line: info(at, event, place, more) })
      // The triggerer takes a moment to find it.
      const first = Math.min(from + 500, to)
      say(first, `trigger ${id} starting`, job("starting"))
      say(first, "trigger starting", temporal(70))
      for (let at = first; at < to; at += 1000) say(at, "sleeping 1 second...", temporal(79))
      say(to, `yielding event with payload ${moment}`, temporal(85))
      say(to, "Trigger fired event", job("fired"), { name: id, result: `TriggerEvent<${moment}>` })
      say(to, "trigger completed", job("completed"), { name: id })
      return said
    }
  }
}
