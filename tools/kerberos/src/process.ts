/** The process of the KDC. */
import { spawn } from "node:child_process"
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs"
import { createConnection, createServer } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import * as Configuration from "./configuration.js"
import * as Paths from "./paths.js"
import { environment, ToolError } from "./shell.js"

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** Those with our configuration: their environment says so, so that no other KDC is mistaken for ours. */
export const ids = (): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) =>
        read(`/proc/${pid}/environ`).split("\0").includes(`KRB5_KDC_PROFILE=${Paths.kdcConfig}`) &&
        read(`/proc/${pid}/comm`).trim() === "krb5kdc" &&
        !/^\d+ \(.*\) Z/.test(read(`/proc/${pid}/stat`))
    )

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1")
    socket.once("connect", () => socket.end(() => resolve(true)))
    socket.once("error", () => resolve(false))
  })

export const isUp = async (port: number): Promise<boolean> => ids().length > 0 && (await answers(port))

export const freePort = (from: number): Promise<number> =>
  new Promise((resolve, reject) => {
    if (from > 65_535) {
      reject(new ToolError("no free port for the KDC"))
      return
    }
    const server = createServer()
    server.once("error", () => resolve(freePort(from + 1)))
    server.listen(from, "127.0.0.1", () => server.close(() => resolve(from)))
  })

/** Starts it, and waits until it answers. */
export const start = async (port: number): Promise<void> => {
  if ((await freePort(port)) !== port) throw new ToolError(`port ${port} is taken`)
  const file = openSync(Paths.output, "a")
  const child = spawn("krb5kdc", ["-n"], {
    env: environment(Configuration.kdcEnvironment),
    detached: true,
    stdio: ["ignore", file, file]
  })
  child.on("error", () => undefined)
  child.unref()
  closeSync(file)
  for (let tries = 0; tries < 100; tries++) {
    if (await isUp(port)) return
    await delay(100)
  }
  throw new ToolError(`the KDC does not answer on port ${port}:\n${read(Paths.output)}${read(Paths.log)}`)
}

/** Ends it; false: there was none. */
export const stop = async (): Promise<boolean> => {
  const found = ids()
  for (const [name, rounds] of [
    ["SIGTERM", 50],
    ["SIGKILL", 20]
  ] as const) {
    for (const pid of ids()) process.kill(pid, name)
    for (let round = 0; round < rounds && ids().length > 0; round++) await delay(100)
  }
  const left = ids()
  if (left.length > 0) throw new ToolError(`the KDC does not end: ${left.join(", ")}`)
  return found.length > 0
}
