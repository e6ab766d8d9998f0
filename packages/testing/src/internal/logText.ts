/** The lines of an attempt as Airflow 2.11 writes them to its log file. */
import type { AttemptContext, Task } from "../Scenario.js"
import { compact, iso, logTime } from "./time.js"
import type { Surroundings } from "./timeline.js"

export interface LogContext {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly execution: number
  readonly task: Task
  readonly map_index: number
  readonly downstream: number
  /** A number that stands for process and job ids. */
  readonly pid: number
}

const record = (at: number, location: string, level: string, text: string): string =>
  `[${logTime(at)}] {${location}} ${level} - ${text}`

// The terminal sequences that Airflow takes out of what a task prints.
// oxlint-disable-next-line no-control-regex -- ESC is what they begin with
const escapes = /\x1b[^m]*m/g

const outcomeWords: Readonly<Record<string, string>> = {
  success: "Marking task as SUCCESS.",
  failed: "Marking task as FAILED.",
  up_for_retry: "Marking task as UP_FOR_RETRY.",
  skipped: "Marking task as SKIPPED.",
  deferred: "Pausing task as DEFERRED.",
  up_for_reschedule: "Rescheduling task, marking task as UP_FOR_RESCHEDULE"
}

export const make = ({
  dag_id,
  dag_run_id,
  downstream,
  execution,
  map_index,
  pid,
  task
}: LogContext): Surroundings => {
  const name = `${dag_id}.${task.task_id} ${dag_run_id}${map_index < 0 ? "" : ` map_index=${map_index}`}`
  const traceback = (error: string, message: string): ReadonlyArray<string> => [
    "Traceback (most recent call last):",
    `  File "/opt/airflow/dags/${dag_id}.py", line 10, in ${task.task_id}`,
    `    raise ${error}(${JSON.stringify(message)})`,
    `${error}: ${message}`
  ]
  const ids = (started: number) =>
    `dag_id=${dag_id}, task_id=${task.task_id}, run_id=${dag_run_id}, ${map_index < 0 ? "" : `map_index=${map_index}, `}execution_date=${compact(execution)}, start_date=${compact(started)}`
  let failure: readonly [string, string] | undefined
  return {
    before: (at, { try_number }: AttemptContext, max_tries, resumed) => {
      failure = undefined
      return [
        record(at, "local_task_job_runner.py:123", "INFO", "::group::Pre task execution logs"),
        record(
          at,
          "taskinstance.py:2631",
          "INFO",
          `Dependencies all met for dep_context=non-requeueable deps ti=<TaskInstance: ${name} [queued]>`
        ),
        record(
          at,
          "taskinstance.py:2631",
          "INFO",
          `Dependencies all met for dep_context=requeueable deps ti=<TaskInstance: ${name} [queued]>`
        ),
        record(
          at,
          "taskinstance.py:2884",
          "INFO",
          resumed ? "Resuming after deferral" : `Starting attempt ${try_number} of ${max_tries + 1}`
        ),
        record(
          at,
          "taskinstance.py:2907",
          "INFO",
          `Executing <Task(${task.operator}): ${task.task_id}> on ${iso(execution).replace("T", " ")}`
        ),
        record(at, "standard_task_runner.py:72", "INFO", `Started process ${pid} to run task`),
        record(
          at,
          "standard_task_runner.py:104",
          "INFO",
          `Running: ['airflow', 'tasks', 'run', '${dag_id}', '${task.task_id}', '${dag_run_id}', '--raw']`
        ),
        record(at, "standard_task_runner.py:105", "INFO", `Job ${pid}: Subtask ${task.task_id}`),
        record(at, "task_command.py:467", "INFO", `Running <TaskInstance: ${name} [running]> on host fake`),
        ...(resumed
          ? []
          : [
              record(
                at,
                "taskinstance.py:3157",
                "INFO",
                `Exporting env vars: AIRFLOW_CTX_DAG_OWNER='airflow' AIRFLOW_CTX_DAG_ID='${dag_id}' AIRFLOW_CTX_TASK_ID='${task.task_id}' AIRFLOW_CTX_EXECUTION_DATE='${iso(execution)}' AIRFLOW_CTX_TRY_NUMBER='${try_number}' AIRFLOW_CTX_DAG_RUN_ID='${dag_run_id}'`
              )
            ]),
        record(at, "taskinstance.py:740", "INFO", "::endgroup::")
      ]
    },
    // An empty text leaves no line.
    print: (at, text) =>
      text === "" ? [] : [record(at, "logging_mixin.py:190", "INFO", text.replace(escapes, ""))],
    log: (at, level, text) => [record(at, `${dag_id}.py:12`, level, text)],
    raised: (at, error, message) => {
      failure = [error, message]
      return [
        record(at, "taskinstance.py:3311", "ERROR", "Task failed with exception"),
        ...traceback(error, message)
      ]
    },
    after: (at, outcome, started) => {
      const group = record(at, "taskinstance.py:349", "INFO", "::group::Post task execution logs")
      const marking = record(
        at,
        "taskinstance.py:361",
        "INFO",
        outcome === "up_for_reschedule"
          ? outcomeWords[outcome]!
          : `${outcomeWords[outcome]} ${ids(started)}${outcome === "deferred" ? "" : `, end_date=${compact(at)}`}`
      )
      const code =
        { success: "0", deferred: "100 (task deferral)", failed: "1", up_for_retry: "1" }[outcome] ?? "0"
      const exited = record(
        at,
        "local_task_job_runner.py:266",
        "INFO",
        `Task exited with return code ${code}`
      )
      const scheduled = record(
        at,
        "taskinstance.py:3924",
        "INFO",
        `${outcome === "success" ? downstream : 0} downstream tasks scheduled from follow-on schedule check`
      )
      const end = record(at, "local_task_job_runner.py:245", "INFO", "::endgroup::")
      if (failure !== undefined) {
        const [error, message] = failure
        return [
          marking,
          group,
          record(
            at,
            "standard_task_runner.py:124",
            "ERROR",
            `Failed to execute job ${pid} for task ${task.task_id} (${message}; ${pid})`
          ),
          ...traceback(error, message),
          exited,
          scheduled,
          end
        ]
      }
      if (outcome === "deferred") return [marking, group, exited, end]
      return [
        ...(outcome === "success"
          ? [record(at, "python.py:240", "INFO", "Done. Returned value was: None")]
          : []),
        group,
        marking,
        exited,
        scheduled,
        end
      ]
    },
    killed: (at, started) => [
      record(
        at,
        "local_task_job_runner.py:346",
        "WARNING",
        "State of this instance has been externally set to restarting. Terminating instance."
      ),
      record(at, "local_task_job_runner.py:245", "INFO", "::endgroup::"),
      record(
        at,
        "process_utils.py:132",
        "INFO",
        `Sending 15 to group ${pid}. PIDs of all processes in the group: [${pid}]`
      ),
      record(at, "process_utils.py:87", "INFO", `Sending the signal 15 to group ${pid}`),
      record(at, "taskinstance.py:3117", "ERROR", "Received SIGTERM. Terminating subprocesses."),
      record(at, "taskinstance.py:3336", "ERROR", "Task failed with exception"),
      ...traceback("AirflowTaskTerminated", "Task received SIGTERM signal").slice(0, -1),
      "airflow.exceptions.AirflowTaskTerminated: Task received SIGTERM signal",
      record(
        at,
        "taskinstance.py:1242",
        "INFO",
        `${outcomeWords["up_for_retry"]} ${ids(started)}, end_date=${compact(at)}`
      ),
      record(at, "taskinstance.py:349", "INFO", "::group::Post task execution logs"),
      record(
        at,
        "process_utils.py:80",
        "INFO",
        `Process psutil.Process(pid=${pid}, status='terminated', exitcode=2) (${pid}) terminated with exit code 2`
      )
    ],
    trigger: (from, to) => [
      { at: from, line: record(from, "temporal.py:70", "INFO", "trigger starting") },
      { at: to, line: record(to, "temporal.py:85", "INFO", "yielding event") }
    ]
  }
}
