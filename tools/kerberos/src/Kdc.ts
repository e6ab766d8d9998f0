/** A private KDC on 127.0.0.1, with its own files: users with tickets, and services with keys. */
import { existsSync } from "node:fs"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Addon from "./addon.js"
import * as Configuration from "./configuration.js"
import * as Debian from "./debian.js"
import * as Paths from "./paths.js"
import * as Process from "./process.js"
import { run, ToolError } from "./shell.js"

export { clientEnvironment, realm, serverEnvironment } from "./configuration.js"
export { serviceKeytab, userKeytab } from "./paths.js"

/** Whose password is their name; `guest` is no user of Airflow. */
export const users: ReadonlyArray<string> = ["admin", "viewer", "nobody", "guest"]

export interface RunningKdc {
  readonly port: number
  readonly realm: string
  /** The name by which this machine calls itself, as servers do when they look for their keys. */
  readonly host: string
  /** E.g. `airflow/host`. */
  readonly services: ReadonlyArray<string>
}

const read = async (): Promise<RunningKdc | undefined> =>
  existsSync(Paths.state) ? (JSON.parse(await readFile(Paths.state, "utf8")) as RunningKdc) : undefined

const kadmin = (what: string, query: string): Promise<string> =>
  run(what, "kadmin.local", ["-r", Configuration.realm, "-q", query], Configuration.kdcEnvironment)

/** With `kadmin.local`, a refused query ends with 0. */
const addPrincipal = async (name: string, how: string): Promise<void> => {
  await kadmin(`making the principal ${name}`, `addprinc ${how} ${name}`)
  const known = await kadmin("reading the principals", "listprincs")
  if (!known.split("\n").includes(`${name}@${Configuration.realm}`))
    throw new ToolError(`the KDC does not know ${name}`)
}

const make = async (host: string): Promise<ReadonlyArray<string>> => {
  await run(
    "making the KDC's database",
    "kdb5_util",
    ["create", "-s", "-r", Configuration.realm, "-P", "effect-airflow"],
    Configuration.kdcEnvironment
  )
  for (const user of users) {
    await addPrincipal(user, `-pw ${user}`)
    await kadmin(`writing the key of ${user}`, `ktadd -norandkey -k ${Paths.userKeytab} ${user}`)
  }
  const service = `airflow/${host}`
  await addPrincipal(service, "-randkey")
  await kadmin(`writing the key of ${service}`, `ktadd -k ${Paths.serviceKeytab} ${service}`)
  return [service]
}

/** Gets new tickets for all users, into a cache for each; the first user's is the one that is taken by default. */
export const renewTickets = async (): Promise<void> => {
  await rm(Paths.tickets, { recursive: true, force: true })
  await mkdir(Paths.tickets, { recursive: true, mode: 0o700 })
  for (const user of users) {
    await run(
      `getting a ticket for ${user}`,
      "kinit",
      ["-k", "-t", Paths.userKeytab, "-c", cacheOf(user), user],
      Configuration.clientEnvironment
    )
  }
  await writeFile(join(Paths.tickets, "primary"), `tkt.${users[0]}\n`)
}

/** Gets a ticket that lives for some seconds, into a cache of its own. */
export const ticket = async (user: string, seconds: number, cache: string): Promise<void> => {
  await run(
    `getting a ticket for ${user}`,
    "kinit",
    ["-l", `${seconds}s`, "-k", "-t", Paths.userKeytab, "-c", cache, user],
    Configuration.clientEnvironment
  )
}

/** The ticket cache of a user alone. */
export const cacheOf = (user: string): string => `DIR::${join(Paths.tickets, `tkt.${user}`)}`

/** Installs what is needed, makes the KDC if there is none, starts it, and renews all tickets. */
export const up = async ({ port: wanted }: { readonly port?: number } = {}): Promise<RunningKdc> => {
  await Debian.ensure()
  await Addon.ensure()
  const host = (await run("asking for this machine's name", "hostname", ["-f"])).trim().toLowerCase()
  let kdc = await read()
  const moved = kdc !== undefined && (kdc.host !== host || (wanted !== undefined && wanted !== kdc.port))
  if (kdc === undefined || moved) {
    await down()
    await rm(Paths.root, { recursive: true, force: true })
    await mkdir(Paths.root, { recursive: true, mode: 0o700 })
    const port = wanted ?? (await Process.freePort(28_088))
    await writeFile(Paths.clientConfig, Configuration.client(port))
    await writeFile(Paths.kdcConfig, Configuration.kdc(port))
    kdc = { port, realm: Configuration.realm, host, services: await make(host) }
    await writeFile(Paths.state, JSON.stringify(kdc, null, 2))
  }
  if (!(await Process.isUp(kdc.port))) await Process.start(kdc.port)
  await renewTickets()
  return kdc
}

/** Starts it again as it was, without touching the tickets. */
export const resume = async (): Promise<void> => {
  const kdc = await read()
  if (kdc === undefined) throw new ToolError("there is no KDC: pnpm kerberos up")
  if (!(await Process.isUp(kdc.port))) await Process.start(kdc.port)
}

/** Ends its process; its files stay. False: it was not up. */
export const down = (): Promise<boolean> => Process.stop()

export const status = async (): Promise<{
  readonly kdc: RunningKdc | undefined
  readonly up: boolean
}> => {
  const kdc = await read()
  return { kdc, up: kdc !== undefined && (await Process.isUp(kdc.port)) }
}

/** The tickets that a user has, as `klist` shows them. */
export const tickets = async (user: string): Promise<string> =>
  run("reading the tickets", "klist", ["-c", cacheOf(user)], Configuration.clientEnvironment)
