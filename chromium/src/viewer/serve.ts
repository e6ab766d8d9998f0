/** Builds the viewer with the page for checks, and serves it as `pnpm preview` does, before this Airflow. */
import { spawn, spawnSync } from "node:child_process"
import { createServer, type AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../../../examples/log-viewer", import.meta.url))
const vite = ["node_modules/vite/bin/vite.js"]
const made = ["--outDir", "node_modules/.checks"]

export interface Served {
  readonly url: string
  readonly close: () => Promise<void>
}

let built = false

/** Once for all versions. */
export const build = (): void => {
  if (built) return
  const { status, stderr } = spawnSync(
    process.execPath,
    [...vite, "build", "--mode", "checks", "--logLevel", "warn", ...made],
    { cwd: folder, encoding: "utf8" }
  )
  if (status !== 0) throw new Error(`the viewer was not built: ${stderr}`)
  built = true
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

export const serve = async (airflow: string): Promise<Served> => {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [...vite, "preview", "--logLevel", "silent", "--strictPort", "--port", String(port), ...made],
    {
      cwd: folder,
      env: { ...process.env, AIRFLOW_BASE_URL: airflow },
      stdio: ["ignore", "ignore", "inherit"]
    }
  )
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok === true) break
    if (tries > 100 || child.exitCode !== null) throw new Error("the viewer was not served")
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    close: async () => {
      child.kill()
      await exited
    }
  }
}
