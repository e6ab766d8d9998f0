/** The lines of an attempt as Airflow 2 writes them to its log file. */
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
  /** The id of the task instance, which was last made anew then. */
  readonly ti_id: (renewed: number | undefined) => string
}

const record = (at: number, location: string, level: string, text: string): string =>
  `[${logTime(at)}] {${location}} ${level} - ${text}`

// The terminal sequences that Airflow takes out of what a task prints.
// oxlint-disable-next-line no-control-regex -- ESC is what they begin with
const escapes = /\x1b[^m]*m/g

const postGroup = "::group::Post task execution logs"

const outcomeWords: Readonly<Record<string, string>> = {
  success: "Marking task as SUCCESS.",
  failed: "Marking task as FAILED.",
  up_for_retry: "Marking task as UP_FOR_RETRY.",
  skipped: "Marking task as SKIPPED.",
  deferred: "Pausing task as DEFERRED.",
  up_for_reschedule: "Rescheduling task, marking task as UP_FOR_RESCHEDULE"
}

type Lines = "2.7" | "2.9" | "2.10"

/** Where in Airflow's source each line comes from. */
interface Places {
  readonly local: string
  readonly ready: string
  readonly attempt: string
  readonly executing: string
  readonly started: string
  readonly running: string
  readonly job: string
  readonly host: string
  readonly environment: string
  readonly begun: string
  readonly printed: string
  readonly failed: string
  readonly done: string
  readonly post: string
  readonly marking: string
  readonly notExecuted: string
  readonly exited: string
  readonly scheduled: string
  readonly end: string
  readonly skipped: string
}

const places: Readonly<Record<Lines, Places>> = {
  "2.7": {
    local: "",
    ready: "taskinstance.py:1159",
    attempt: "taskinstance.py:1361",
    executing: "taskinstance.py:1382",
    started: "standard_task_runner.py:57",
    running: "standard_task_runner.py:84",
    job: "standard_task_runner.py:85",
    host: "task_command.py:416",
    environment: "taskinstance.py:1662",
    begun: "",
    printed: "logging_mixin.py:154",
    failed: "taskinstance.py:1937",
    done: "python.py:194",
    post: "",
    marking: "taskinstance.py:1400",
    notExecuted: "standard_task_runner.py:104",
    exited: "local_task_job_runner.py:228",
    scheduled: "taskinstance.py:2778",
    end: "",
    skipped: "taskinstance.py:1542"
  },
  "2.9": {
    local: "local_task_job_runner.py:120",
    ready: "taskinstance.py:2076",
    attempt: "taskinstance.py:2306",
    executing: "taskinstance.py:2330",
    started: "standard_task_runner.py:64",
    running: "standard_task_runner.py:90",
    job: "standard_task_runner.py:91",
    host: "task_command.py:426",
    environment: "taskinstance.py:2648",
    begun: "taskinstance.py:430",
    printed: "logging_mixin.py:188",
    failed: "taskinstance.py:2905",
    done: "python.py:237",
    post: "taskinstance.py:441",
    marking: "taskinstance.py:1206",
    notExecuted: "standard_task_runner.py:110",
    exited: "local_task_job_runner.py:243",
    scheduled: "taskinstance.py:3503",
    end: "local_task_job_runner.py:222",
    skipped: "taskinstance.py:2506"
  },
  "2.10": {
    local: "local_task_job_runner.py:123",
    ready: "taskinstance.py:2631",
    attempt: "taskinstance.py:2884",
    executing: "taskinstance.py:2907",
    started: "standard_task_runner.py:72",
    running: "standard_task_runner.py:104",
    job: "standard_task_runner.py:105",
    host: "task_command.py:467",
    environment: "taskinstance.py:3157",
    begun: "taskinstance.py:740",
    printed: "logging_mixin.py:190",
    failed: "taskinstance.py:3311",
    done: "python.py:240",
    post: "taskinstance.py:349",
    marking: "taskinstance.py:361",
    notExecuted: "standard_task_runner.py:124",
    exited: "local_task_job_runner.py:266",
    scheduled: "taskinstance.py:3924",
    end: "local_task_job_runner.py:245",
    skipped: "taskinstance.py:310"
  }
}

export const make = (
  { dag_id, dag_run_id, downstream, execution, map_index, pid, task }: LogContext,
  lines: Lines
): Surroundings => {
  const where = places[lines]
  /** 2.7 has no groups. */
  const grouped = (line: string): ReadonlyArray<string> => (lines === "2.7" ? [] : [line])
  const name = `${dag_id}.${task.task_id} ${dag_run_id}${map_index < 0 ? "" : ` map_index=${map_index}`}`
  const traceback = (error: string, message: string): ReadonlyArray<string> => [
    "Traceback (most recent call last):",
    `  File "/opt/airflow/dags/${dag_id}.py", line 10, in ${task.task_id}`,
    `    raise ${error}(${JSON.stringify(message)})`,
    `${error}: ${message}`
  ]
  const ids = (started: number) =>
    `dag_id=${dag_id}, task_id=${task.task_id}, ${lines === "2.7" ? "" : `run_id=${dag_run_id}, `}${map_index < 0 ? "" : `map_index=${map_index}, `}execution_date=${compact(execution)}, start_date=${compact(started)}`
  let failure: readonly [string, string] | undefined
  return {
    late: 0,
    before: (at, { try_number }: AttemptContext, max_tries, resumed) => {
      failure = undefined
      const info = (place: string, text: string) => record(at, place, "INFO", text)
      return [
        ...grouped(info(where.local, "::group::Pre task execution logs")),
        info(
          where.ready,
          `Dependencies all met for dep_context=non-requeueable deps ti=<TaskInstance: ${name} [queued]>`
        ),
        info(
          where.ready,
          `Dependencies all met for dep_context=requeueable deps ti=<TaskInstance: ${name} [queued]>`
        ),
        info(
          where.attempt,
          resumed ? "Resuming after deferral" : `Starting attempt ${try_number} of ${max_tries + 1}`
        ),
        info(
          where.executing,
          `Executing <Task(${task.operator}): ${task.task_id}> on ${iso(execution).replace("T", " ")}`
        ),
        info(where.started, `Started process ${pid} to run task`),
        info(
          where.running,
          `Running: ['airflow', 'tasks', 'run', '${dag_id}', '${task.task_id}', '${dag_run_id}', '--raw']`
        ),
        info(where.job, `Job ${pid}: Subtask ${task.task_id}`),
        info(where.host, `Running <TaskInstance: ${name} [running]> on host fake`),
        ...(resumed
          ? []
          : [
              info(
                where.environment,
                `Exporting env vars: AIRFLOW_CTX_DAG_OWNER='airflow' AIRFLOW_CTX_DAG_ID='${dag_id}' AIRFLOW_CTX_TASK_ID='${task.task_id}' AIRFLOW_CTX_EXECUTION_DATE='${iso(execution)}' AIRFLOW_CTX_TRY_NUMBER='${try_number}' AIRFLOW_CTX_DAG_RUN_ID='${dag_run_id}'`
              )
            ]),
        ...grouped(info(where.begun, "::endgroup::"))
      ]
    },
    // An empty text leaves no line.
    print: (at, text) => (text === "" ? [] : [record(at, where.printed, "INFO", text.replace(escapes, ""))]),
    log: (at, level, text) => [record(at, `${dag_id}.py:12`, level, text)],
    raised: (at, error, message) => {
      failure = [error, message]
      return [
        // 2.9 begins its last group before, 2.10 after.
        ...(lines === "2.9" ? [record(at, where.post, "INFO", postGroup)] : []),
        record(at, where.failed, "ERROR", "Task failed with exception"),
        ...traceback(error, message)
      ]
    },
    after: (at, outcome, started) => {
      const info = (place: string, text: string) => record(at, place, "INFO", text)
      const group = grouped(info(where.post, postGroup))
      const marking = info(
        where.marking,
        outcome === "up_for_reschedule"
          ? outcomeWords[outcome]!
          : `${outcomeWords[outcome]} ${ids(started)}${outcome === "deferred" ? "" : `, end_date=${compact(at)}`}`
      )
      const code =
        { success: "0", deferred: "100 (task deferral)", failed: "1", up_for_retry: "1" }[outcome] ?? "0"
      const exited = info(where.exited, `Task exited with return code ${code}`)
      const scheduled = info(
        where.scheduled,
        `${outcome === "success" ? downstream : 0} downstream tasks scheduled from follow-on schedule check`
      )
      const end = grouped(info(where.end, "::endgroup::"))
      if (failure !== undefined) {
        const [error, message] = failure
        return [
          marking,
          ...(lines === "2.10" ? group : []),
          record(
            at,
            where.notExecuted,
            "ERROR",
            `Failed to execute job ${pid} for task ${task.task_id} (${message}; ${pid})`
          ),
          ...(lines === "2.10" ? traceback(error, message) : []),
          exited,
          scheduled,
          ...end
        ]
      }
      if (outcome === "deferred") return [marking, ...group, exited, ...end]
      return [
        ...(outcome === "success" ? [info(where.done, "Done. Returned value was: None")] : []),
        ...(outcome === "skipped" && lines !== "2.9" ? [info(where.skipped, "skipped on purpose")] : []),
        ...group,
        ...(outcome === "skipped" && lines === "2.9" ? [info(where.skipped, "skipped on purpose")] : []),
        marking,
        exited,
        scheduled,
        ...end
      ]
    },
    missed: (at) => {
      if (lines !== "2.9") return []
      const message = `"{'DAG Id': '${dag_id}', 'Task Id': '${task.task_id}', 'Run Id': '${dag_run_id}', 'Hostname': 'fake'}"`
      const request = `{'full_filepath': '/opt/airflow/dags/${dag_id}.py', 'processor_subdir': '/opt/airflow/dags', 'msg': ${message}, 'simple_task_instance': <airflow.models.taskinstance.SimpleTaskInstance object at 0x7fd8b9d9e950>, 'is_failure_callback': True}`
      return [
        record(
          at,
          "scheduler_job_runner.py:1740",
          "ERROR",
          `Detected zombie job: ${request} (See https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/tasks.html#zombie-undead-tasks)`
        )
      ]
    },
    trailing: () => [],
    restart: { writes: 2000, killed: 2000, next: "up_for_retry" },
    overruled: {
      writes: 2000,
      lines: (at, state) => [
        record(
          at,
          "local_task_job_runner.py:346",
          "WARNING",
          `State of this instance has been externally set to ${state}. Terminating instance.`
        )
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
