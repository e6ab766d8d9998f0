/** How each line of Airflow is configured and which processes make it up. */
import { delimiter, join } from "node:path"
import * as Paths from "./paths.js"
import type { Version } from "./versions.js"

export interface User {
  readonly username: string
  readonly password: string
  readonly role: "Admin" | "Viewer" | "Public"
}

export const users = ({ major }: Version): ReadonlyArray<User> => [
  { username: "admin", password: "admin", role: "Admin" },
  { username: "viewer", password: "viewer", role: "Viewer" },
  ...(major === 2 ? [{ username: "nobody", password: "nobody", role: "Public" } as const] : [])
]

export const parts = ({ major }: Version): ReadonlyArray<string> =>
  major === 2
    ? ["webserver", "scheduler", "triggerer"]
    : ["api-server", "scheduler", "dag-processor", "triggerer"]

/** The process that answers requests. */
export const webPart = ({ major }: Version): string => (major === 2 ? "webserver" : "api-server")

export const healthPath = ({ major }: Version): string => (major === 2 ? "/health" : "/api/v2/monitor/health")

export const passwordsFile = (home: string): string => join(home, "passwords.json")

export const databaseFile = (home: string): string => join(home, "airflow.db")

/** Where pages come from that may call the API from another origin. */
export const pageOrigin = "http://127.0.0.1:29573"

/** What all its processes sign with, unless the web server is started with another. */
export const defaultSecretKey = "effect-airflow"

export interface Settings {
  /** AIRFLOW_HOME. */
  readonly home: string
  readonly port: number
  /** More variables; they win over those below. */
  readonly env: Readonly<Record<string, string>>
}

export const make = (
  version: Version,
  { env, home, port }: Settings,
  secretKey: string = defaultSecretKey
): NodeJS.ProcessEnv => {
  const { venv } = Paths.of(version.name)
  // What the caller's own Airflow is told must not reach this one.
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("AIRFLOW_"))
  )
  const common = {
    ...inherited,
    PATH: `${join(venv, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
    AIRFLOW_HOME: home,
    PYTHONWARNINGS: "ignore",
    PYTHONPATH: Paths.dags,
    PYTHONDONTWRITEBYTECODE: "1",
    SCARF_ANALYTICS: "false",
    // Processes that rename themselves would write over the environment we know them by.
    SPT_NOENV: "1",
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__DAGS_FOLDER: Paths.dags,
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__PARALLELISM: "4",
    AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC: "1",
    AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC: "1",
    AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME: "0.2",
    AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE: "False",
    // Pages from this origin may call the API, as the browser tests' do.
    AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS: pageOrigin,
    AIRFLOW__API__ACCESS_CONTROL_ALLOW_HEADERS: "authorization, content-type",
    AIRFLOW__API__ACCESS_CONTROL_ALLOW_METHODS: "GET, POST, PATCH, DELETE, OPTIONS",
    // Two Airflows with the same ports would serve each other's log files. These two listen on all addresses: in 2.7 to 3.3 it
    // is written in the code (and neither GUNICORN_CMD_ARGS nor UVICORN_HOST changes it).
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(port + 1),
    AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT: String(port + 2),
    // The triggerer reads the one, the web server of Airflow 2 the other.
    AIRFLOW__LOGGING__TRIGGERER_LOG_SERVER_PORT: String(port + 2)
  }
  if (version.major === 2) {
    return {
      ...common,
      // Several tasks at a time. It warns of this on SQLite, where writers wait for each other: that they do long
      // enough, and that readers do not (`database.ts`), is what makes it work.
      AIRFLOW__CORE__EXECUTOR: "LocalExecutor",
      _AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK: "1",
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${databaseFile(home)}?timeout=60`,
      // A task that has ended would schedule those after it, beside the scheduler: without the locks of other
      // databases, they are counted as tried twice.
      AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION: "False",
      AIRFLOW__API__AUTH_BACKENDS: "airflow.api.auth.backend.basic_auth,airflow.api.auth.backend.session",
      AIRFLOW__WEBSERVER__SECRET_KEY: secretKey,
      AIRFLOW__WEBSERVER__WORKERS: "1",
      AIRFLOW__WEBSERVER__WEB_SERVER_HOST: "127.0.0.1",
      AIRFLOW__WEBSERVER__WEB_SERVER_PORT: String(port),
      AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL: "30",
      AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL: "5",
      AIRFLOW__SCHEDULER__STALE_DAG_THRESHOLD: "86400",
      // A worker that vanished is missed after so many seconds (by default 300), and looked for this often (10).
      AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD: "20",
      AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL: "2",
      ...env
    }
  }
  return {
    ...common,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: "admin:admin,viewer:viewer",
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: passwordsFile(home),
    AIRFLOW__API__SECRET_KEY: secretKey,
    AIRFLOW__API_AUTH__JWT_SECRET: "effect-airflow-".repeat(5),
    AIRFLOW__API__HOST: "127.0.0.1",
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__WORKERS: "1",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "5",
    // A file that is looked at again and again for the callback of a failed task is not parsed meanwhile, and its DAGs were
    // gone after 50 seconds (seen on 3.0.6). Here none ever goes.
    AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD: "86400",
    // The same two for Airflow 3, whose tasks cannot give signs of life while its web server is away.
    AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT: "60",
    AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL: "2",
    // A task ends itself after so many (3) that did not arrive.
    AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS: "30",
    // A task fails when the server does not answer it for so many seconds (5): a busy machine is no reason to.
    AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT: "60",
    // On 3.0 one also fails after five attempts (some 7 seconds) in which there was no server at all.
    AIRFLOW__WORKERS__EXECUTION_API_RETRIES: "20",
    AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX: "5",
    ...env
  }
}
