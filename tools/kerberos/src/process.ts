/** The process of the KDC. */
import { createConnection } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { isFree } from "system/ports"
import * as Processes from "system/processes"
import * as Configuration from "./configuration.js"
import * as Paths from "./paths.js"
import { environment, ToolError } from "./shell.js"

/** Those with our configuration, so that no other KDC is mistaken for ours. */
const ids = (): ReadonlyArray<number> =>
  Processes.having("KRB5_KDC_PROFILE", Paths.kdcConfig).filter(
    (pid) => Processes.programOf(pid) === "krb5kdc"
  )

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1")
    socket.once("connect", () => socket.end(() => resolve(true)))
    socket.once("error", () => resolve(false))
  })

export const isUp = async (port: number): Promise<boolean> => ids().length > 0 && (await answers(port))

export const freePort = async (from: number): Promise<number> => {
  for (let port = from; port <= 65_535; port++) if (await isFree(port)) return port
  throw new ToolError("no free port for the KDC")
}

/** Starts it, and waits until it answers. */
export const start = async (port: number): Promise<void> => {
  if (!(await isFree(port))) throw new ToolError(`port ${port} is taken`)
  Processes.start("krb5kdc", ["-n"], environment(Configuration.kdcEnvironment), Paths.output)
  for (let tries = 0; tries < 100; tries++) {
    if (await isUp(port)) return
    await delay(100)
  }
  const said = `${Processes.read(Paths.output)}${Processes.read(Paths.log)}`
  throw new ToolError(`the KDC does not answer on port ${port}:\n${said}`)
}

/** Ends it; false: there was none. */
export const stop = async (): Promise<boolean> => {
  const found = ids()
  const left = await Processes.end(ids, 5000)
  if (left.length > 0) throw new ToolError(`the KDC does not end: ${left.join(", ")}`)
  return found.length > 0
}
