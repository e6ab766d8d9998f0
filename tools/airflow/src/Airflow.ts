/** A real Airflow of a named version on this machine: up, down, upgraded, and what is running. */
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { run, ToolError } from "system/shell"
import * as Database from "./database.js"
import * as Environment from "./environment.js"
import { add, install } from "./install.js"
import * as Kerberos from "./kerberos.js"
import * as Paths from "./paths.js"
import * as Ports from "./ports.js"
import * as Processes from "./processes.js"
import * as Server from "./server.js"
import * as State from "./state.js"
import * as Versions from "./versions.js"

export { pageOrigin } from "./environment.js"
export { authorization } from "./server.js"
export type { RunningAirflow } from "./state.js"

/** The versions that everything is tried with. */
export const tested: ReadonlyArray<string> = Versions.tested

const parse = (name: string): Versions.Version => {
  const version = Versions.parse(name)
  if (version === undefined) throw new ToolError(`${name} is not a version of Airflow 2 or 3, like 2.11.0`)
  return version
}

/** Its API. */
export const apiOf = (name: string): "v1" | "v2" => (parse(name).major === 2 ? "v1" : "v2")

const startPart = (version: Versions.Version, part: string, env: NodeJS.ProcessEnv): number => {
  const { output, venv } = Paths.of(version.name)
  return Processes.start(join(venv, "bin", "airflow"), [part], env, join(output, `${part}.log`))
}

const startParts = (
  version: Versions.Version,
  settings: Environment.Settings,
  parts: ReadonlyArray<string> = Environment.parts(version)
): Record<string, number> => {
  const env = Environment.make(version, settings)
  return Object.fromEntries(parts.map((part) => [part, startPart(version, part, env)]))
}

const sameVariables = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())

export interface UpOptions {
  readonly port?: number
  /** More variables for all its processes, like `AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME`. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether its users prove who they are by Kerberos, and in no other way. The KDC is started, too. Default false. */
  readonly kerberos?: boolean
}

/**
 * Installs and starts a version with our DAGs, and waits until it has read them. One that runs is given as it is;
 * it is started anew when it has other variables than those given.
 */
export const up = async (name: string, options: UpOptions = {}): Promise<State.RunningAirflow> => {
  const version = parse(name)
  const paths = Paths.of(name)
  const kerberos = options.kerberos === true
  const wanted =
    kerberos || options.env !== undefined
      ? { ...(kerberos ? await Kerberos.start(version) : {}), ...options.env }
      : undefined
  const existing = await State.read(name)
  if (
    existing !== undefined &&
    (wanted === undefined || sameVariables(wanted, existing.env)) &&
    (await Server.isHealthy(version, existing.baseUrl))
  ) {
    await Server.waitUntilReady(version, existing)
    return existing
  }
  await install(version)
  if (kerberos) await add(version, Kerberos.packages)
  await down(name)
  // One that was upgraded from this version may still use its folder.
  await endAll(name, paths.home)
  await rm(paths.home, { recursive: true, force: true })
  await rm(paths.output, { recursive: true, force: true })
  await mkdir(paths.home, { recursive: true })
  await mkdir(paths.output, { recursive: true })
  const port = options.port ?? (await Ports.find(Versions.defaultPort(version)))
  if (!(await Ports.isFree(port))) throw new ToolError(`port ${port} is taken`)
  const settings = { home: paths.home, port, env: wanted ?? {} }
  const users = Environment.users(version).map(kerberos ? Kerberos.userOf : (user) => user)
  console.error(`starting Airflow ${name}`)
  await Database.prepare(version, Environment.make(version, settings), paths.home, users)
  const airflow: State.RunningAirflow = {
    ...settings,
    version: name,
    api: apiOf(name),
    baseUrl: `http://127.0.0.1:${port}`,
    users,
    kerberos,
    logs: join(paths.home, "logs"),
    pids: startParts(version, settings)
  }
  await State.write(airflow)
  try {
    await Server.waitUntilReady(version, airflow)
  } catch (error) {
    await down(name)
    throw error
  }
  return airflow
}

const endAll = async (name: string, home: string): Promise<boolean> => {
  const running = Processes.ofHome(home).length > 0
  const left = await Processes.end(() => Processes.ofHome(home), 8000)
  if (left.length > 0) throw new ToolError(`Airflow ${name}: these processes do not end: ${left.join(", ")}`)
  return running
}

/** Ends a version's processes. Fails when some remain. */
export const down = async (name: string): Promise<boolean> => {
  const { home } = (await State.read(parse(name).name)) ?? Paths.of(name)
  const running = await endAll(name, home)
  await State.remove(name)
  return running
}

/** Ends some parts of a running one, and what they started if wanted. */
const stopParts = async (airflow: State.RunningAirflow, parts: ReadonlyArray<string>): Promise<void> => {
  const pids = parts.map((part) => airflow.pids[part]!).filter((pid) => Processes.isOurs(pid, airflow.home))
  const group = pids.flatMap(Processes.withDescendants)
  await Processes.end(() => group.filter((id) => Processes.isOurs(id, airflow.home)), 5000)
}

/** Ends the process that answers requests; the tasks go on. */
export const stopWebserver = async (name: string): Promise<void> =>
  stopParts(await State.get(name), [Environment.webPart(parse(name))])

/** Starts it again, if wanted with another key for its tokens. */
export const startWebserver = async (name: string, secretKey?: string): Promise<void> => {
  const version = parse(name)
  const airflow = await State.get(name)
  const part = Environment.webPart(version)
  await rm(join(airflow.home, `airflow-${part}.pid`), { force: true })
  const pid = startPart(version, part, Environment.make(version, airflow, secretKey))
  const restarted = { ...airflow, pids: { ...airflow.pids, [part]: pid } }
  await State.write(restarted)
  await Server.waitUntilReady(version, restarted)
}

/** How long a scheduler may take to see its tasks to their end. */
const drainMillis = 180_000

/**
 * Goes on with another version: on the same port, with the same database (migrated) and logs. First the process
 * that answers requests is changed, and with `all` the others after it, the scheduler once its tasks have ended. So
 * tasks that run or wait go on. (Other orders were tried: tasks do not bear it that the web server is away for the
 * time of the migration, nor that their scheduler is.)
 */
export const upgrade = async (
  from: string,
  to: string,
  { parts = "all" }: { readonly parts?: "all" | "web" } = {}
): Promise<State.RunningAirflow> => {
  const [old, version] = [parse(from), parse(to)]
  const airflow = await State.get(from)
  if (old.major !== version.major) throw new ToolError(`${from} cannot go on as ${to}`)
  if ((await State.read(to)) !== undefined) throw new ToolError(`Airflow ${to} is up already`)
  await install(version)
  await mkdir(Paths.of(to).output, { recursive: true })
  await Database.migrate(version, Environment.make(version, airflow))
  const goOn = async (before: State.RunningAirflow, started: ReadonlyArray<string>) => {
    const after = {
      ...before,
      version: to,
      pids: { ...before.pids, ...startParts(version, airflow, started) }
    }
    await State.write(after)
    await State.remove(from)
    await Server.waitUntilReady(version, after)
    return after
  }
  const web = Environment.webPart(version)
  await stopParts(airflow, [web])
  const upgraded = await goOn(airflow, [web])
  if (parts === "web") return upgraded
  const others = Environment.parts(version).filter((part) => part !== web)
  await Processes.drain(
    others.map((part) => airflow.pids[part]!),
    airflow.home,
    drainMillis
  )
  return goOn(upgraded, others)
}

/** Clears a task of a run as an operator does, with all its instances: one that runs is restarted. */
export const clearTask = async (
  name: string,
  { dag_id, dag_run_id, task_id }: Readonly<Record<"dag_id" | "dag_run_id" | "task_id", string>>
): Promise<void> => {
  const version = parse(name)
  const airflow = await State.get(name)
  const dag = `/dags/${encodeURIComponent(dag_id)}`
  if (version.major === 3) {
    // Its command wants a logical date, which a run that was triggered over the API does not have.
    await Server.request(airflow, `${dag}/clearTaskInstances`, {
      dag_run_id,
      task_ids: [task_id],
      dry_run: false,
      only_failed: false
    })
    return
  }
  // Over the API, one that runs is not touched; the command restarts it.
  const { execution_date } = await Server.request<{ readonly execution_date: string }>(
    airflow,
    `${dag}/dagRuns/${encodeURIComponent(dag_run_id)}`
  )
  await run(
    `clearing ${dag_id}.${task_id}`,
    join(Paths.of(name).venv, "bin", "airflow"),
    ["tasks", "clear", dag_id, "-t", `^${task_id}$`, "-s", execution_date, "-e", execution_date, "-y"],
    { env: Environment.make(version, airflow) }
  )
}

/** What is installed, and what is up. */
export const status = async (): Promise<
  ReadonlyArray<{
    readonly version: string
    readonly running: State.RunningAirflow | undefined
    readonly healthy: boolean
  }>
> =>
  Promise.all(
    (await State.names()).map(async (name) => {
      const state = await State.read(name)
      const running = state !== undefined && Processes.ofHome(state.home).length > 0 ? state : undefined
      return {
        version: name,
        running,
        healthy: running !== undefined && (await Server.isHealthy(parse(name), running.baseUrl))
      }
    })
  )
