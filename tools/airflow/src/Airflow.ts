/** A real Airflow of a named version on this machine: up, down, and what is running. */
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import * as Environment from "./environment.js"
import { install } from "./install.js"
import * as Paths from "./paths.js"
import * as Processes from "./processes.js"
import { run, ToolError } from "./shell.js"
import * as Versions from "./versions.js"

export { ToolError } from "./shell.js"

/** A started Airflow. */
export interface RunningAirflow {
  readonly version: string
  readonly api: "v1" | "v2"
  readonly baseUrl: string
  readonly users: ReadonlyArray<Environment.User>
  readonly port: number
  /** AIRFLOW_HOME. */
  readonly home: string
  /** Where the log files of tasks are. */
  readonly logs: string
  /** The process ids of its parts. */
  readonly pids: Readonly<Record<string, number>>
}

const parse = (name: string): Versions.Version => {
  const version = Versions.parse(name)
  if (version === undefined) throw new ToolError(`${name} is not a version of Airflow 2 or 3, like 2.11.0`)
  return version
}

const readState = async (name: string): Promise<RunningAirflow | undefined> => {
  const { state } = Paths.of(name)
  return existsSync(state) ? (JSON.parse(await readFile(state, "utf8")) as RunningAirflow) : undefined
}

const writeState = (airflow: RunningAirflow): Promise<void> =>
  writeFile(Paths.of(airflow.version).state, JSON.stringify(airflow, null, 2))

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

/** A port that is free with the two after it, for the log servers. */
const findPort = async (from: number): Promise<number> => {
  for (let port = from; port < from + 3000; port += 5) {
    const free = await Promise.all([isFree(port), isFree(port + 1), isFree(port + 2)])
    if (free.every(Boolean)) return port
  }
  throw new ToolError(`no free port from ${from} on`)
}

const get = async (url: string, headers: Record<string, string> = {}): Promise<unknown> => {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(5000) })
    return response.ok ? await response.json() : undefined
  } catch {
    return undefined
  }
}

const isHealthy = async (version: Versions.Version, baseUrl: string): Promise<boolean> => {
  const health = (await get(`${baseUrl}${Environment.healthPath(version)}`)) as
    | {
        readonly scheduler?: { readonly status?: unknown }
        readonly triggerer?: { readonly status?: unknown }
      }
    | undefined
  return health?.scheduler?.status === "healthy" && health.triggerer?.status === "healthy"
}

/** The header that lets a user in. */
export const authorization = async (
  airflow: RunningAirflow,
  { password, username }: Environment.User
): Promise<string> => {
  if (airflow.api === "v1") return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`
  const response = await fetch(`${airflow.baseUrl}/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password })
  })
  return `Bearer ${((await response.json()) as { readonly access_token: string }).access_token}`
}

/** The names of the DAGs in our folder that the server does not list yet. */
const missingDags = async (airflow: RunningAirflow): Promise<ReadonlyArray<string>> => {
  const files = await readdir(Paths.dags)
  const wanted = new Set<string>()
  for (const file of files.filter((file) => file.endsWith(".py"))) {
    const source = await readFile(join(Paths.dags, file), "utf8")
    for (const [, dag] of source.matchAll(/^with DAG\("([^"]+)"/gm)) wanted.add(dag!)
  }
  const header = await authorization(airflow, airflow.users[0]!)
  const listed = (await get(`${airflow.baseUrl}/api/${airflow.api}/dags?limit=100`, {
    authorization: header
  })) as { readonly dags?: ReadonlyArray<{ readonly dag_id: string }> } | undefined
  const found = new Set(listed?.dags?.map(({ dag_id }) => dag_id))
  return [...wanted].filter((dag) => !found.has(dag))
}

const waitUntilReady = async (version: Versions.Version, airflow: RunningAirflow): Promise<void> => {
  const deadline = Date.now() + 180_000
  let missing: ReadonlyArray<string> | undefined
  while (Date.now() < deadline) {
    const gone = Object.entries(airflow.pids).find(([, pid]) => !Processes.isOurs(pid, airflow.home))
    if (gone !== undefined) {
      const output = join(Paths.of(version.name).output, `${gone[0]}.log`)
      const said = (await readFile(output, "utf8")).trim().split("\n").slice(-15).join("\n")
      throw new ToolError(`Airflow ${version.name}: its ${gone[0]} has ended:\n${said}`)
    }
    if (await isHealthy(version, airflow.baseUrl)) {
      missing = await missingDags(airflow)
      if (missing.length === 0) return
    }
    await delay(500)
  }
  throw new ToolError(
    `Airflow ${version.name} is not ready after 3 minutes: ${
      missing === undefined ? "it is not healthy" : `these DAGs are not there: ${missing.join(", ")}`
    }; what it said is in ${Paths.of(version.name).output}`
  )
}

const prepareDatabase = async (
  version: Versions.Version,
  env: NodeJS.ProcessEnv,
  home: string
): Promise<void> => {
  const airflow = join(Paths.of(version.name).venv, "bin", "airflow")
  await run("making the database", airflow, ["db", "migrate"], env)
  if (version.major === 3) {
    const passwords = Object.fromEntries(
      Environment.users(version).map(({ password, username }) => [username, password])
    )
    await writeFile(Environment.passwordsFile(home), JSON.stringify(passwords))
    return
  }
  // Before this, a new database knows only the roles Admin and Public.
  await run("making the roles", airflow, ["sync-perm"], env)
  for (const { password, role, username } of Environment.users(version)) {
    await run(
      `making the user ${username}`,
      airflow,
      [
        "users",
        "create",
        "-u",
        username,
        "-p",
        password,
        "-r",
        role,
        "-f",
        username,
        "-l",
        role,
        "-e",
        `${username}@example.org`
      ],
      env
    )
  }
}

const defaultSecretKey = "effect-airflow"

const startPart = (version: Versions.Version, part: string, env: NodeJS.ProcessEnv): number => {
  const { output, venv } = Paths.of(version.name)
  return Processes.start(join(venv, "bin", "airflow"), [part], env, join(output, `${part}.log`))
}

/** Installs and starts a version with our DAGs, and waits until it has read them. One that runs is given as it is. */
export const up = async (name: string, options: { readonly port?: number } = {}): Promise<RunningAirflow> => {
  const version = parse(name)
  const paths = Paths.of(name)
  const existing = await readState(name)
  if (existing !== undefined && (await isHealthy(version, existing.baseUrl))) {
    await waitUntilReady(version, existing)
    return existing
  }
  await install(version)
  await down(name)
  await rm(paths.home, { recursive: true, force: true })
  await rm(paths.output, { recursive: true, force: true })
  await mkdir(paths.home, { recursive: true })
  await mkdir(paths.output, { recursive: true })
  const port = options.port ?? (await findPort(Versions.defaultPort(version)))
  if (!(await isFree(port))) throw new ToolError(`port ${port} is taken`)
  const env = Environment.make(version, port, defaultSecretKey)
  console.error(`starting Airflow ${name}`)
  await prepareDatabase(version, env, paths.home)
  const pids = Object.fromEntries(
    Environment.parts(version).map((part) => [part, startPart(version, part, env)])
  )
  const airflow: RunningAirflow = {
    version: name,
    api: version.major === 2 ? "v1" : "v2",
    baseUrl: `http://127.0.0.1:${port}`,
    users: Environment.users(version),
    port,
    home: paths.home,
    logs: join(paths.home, "logs"),
    pids
  }
  await writeState(airflow)
  try {
    await waitUntilReady(version, airflow)
  } catch (error) {
    await down(name)
    throw error
  }
  return airflow
}

/** Ends a version's processes. Fails when some remain. */
export const down = async (name: string): Promise<boolean> => {
  const { home, state } = Paths.of(parse(name).name)
  const running = Processes.ofHome(home).length > 0
  const left = await Processes.end(() => Processes.ofHome(home), 8000)
  if (left.length > 0) throw new ToolError(`Airflow ${name}: these processes do not end: ${left.join(", ")}`)
  await rm(state, { force: true })
  return running
}

/** Ends the process that answers requests; the tasks go on. */
export const stopWebserver = async (name: string): Promise<void> => {
  const airflow = await readState(name)
  if (airflow === undefined) throw new ToolError(`Airflow ${name} is not up`)
  const pid = airflow.pids[Environment.webPart(parse(name))]!
  if (!Processes.isOurs(pid, airflow.home)) return
  const group = Processes.withDescendants(pid)
  await Processes.end(() => group.filter((id) => Processes.isOurs(id, airflow.home)), 5000)
}

/** Starts it again, if wanted with another key for its tokens. */
export const startWebserver = async (name: string, secretKey: string = defaultSecretKey): Promise<void> => {
  const version = parse(name)
  const airflow = await readState(name)
  if (airflow === undefined) throw new ToolError(`Airflow ${name} is not up`)
  const part = Environment.webPart(version)
  await rm(join(airflow.home, `airflow-${part}.pid`), { force: true })
  const pid = startPart(version, part, Environment.make(version, airflow.port, secretKey))
  const restarted = { ...airflow, pids: { ...airflow.pids, [part]: pid } }
  await writeState(restarted)
  await waitUntilReady(version, restarted)
}

/**
 * Clears a task instance as an operator does. (Over the API of Airflow 2.11, one that runs is not touched; the
 * command restarts it.) The run is named by its execution date.
 */
export const clearTask = async (
  name: string,
  { dag_id, execution_date, task_id }: Readonly<Record<"dag_id" | "execution_date" | "task_id", string>>
): Promise<void> => {
  const version = parse(name)
  const airflow = await readState(name)
  if (airflow === undefined) throw new ToolError(`Airflow ${name} is not up`)
  await run(
    `clearing ${dag_id}.${task_id}`,
    join(Paths.of(name).venv, "bin", "airflow"),
    ["tasks", "clear", dag_id, "-t", `^${task_id}$`, "-s", execution_date, "-e", execution_date, "-y"],
    Environment.make(version, airflow.port, defaultSecretKey)
  )
}

/** What is installed, and what is up. */
export const status = async (): Promise<
  ReadonlyArray<{
    readonly version: string
    readonly running: RunningAirflow | undefined
    readonly healthy: boolean
  }>
> => {
  if (!existsSync(Paths.root)) return []
  const names = (await readdir(Paths.root)).filter((name) => Versions.parse(name) !== undefined).sort()
  return Promise.all(
    names.map(async (name) => {
      const state = await readState(name)
      const running = state !== undefined && Processes.ofHome(state.home).length > 0 ? state : undefined
      return {
        version: name,
        running,
        healthy: running !== undefined && (await isHealthy(parse(name), running.baseUrl))
      }
    })
  )
}
