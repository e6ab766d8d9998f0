/** Finds a Chromium, or installs Debian's where that may be done. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]

/** Its path. `CHROMIUM` names another one. */
export const find = (): string | undefined =>
  [process.env["CHROMIUM"], ...places].find((path) => path !== undefined && existsSync(path))

const run = (command: string, args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  }).status === 0

const missing = `no Chromium: install it (on Debian and Ubuntu: apt-get install chromium), or name one in CHROMIUM`

export const ensure = (): string => {
  const found = find()
  if (found !== undefined) return found
  if (!existsSync("/usr/bin/apt-get")) throw new Error(missing)
  const [command, ...before] = process.getuid?.() === 0 ? ["apt-get"] : (["sudo", "-n", "apt-get"] as const)
  console.log("installing Debian's chromium")
  run(command!, [...before, "-qq", "update"])
  run(command!, [...before, "-qq", "-y", "--no-install-recommends", "install", "chromium"])
  const installed = find()
  if (installed === undefined) throw new Error(missing)
  return installed
}

/** What keeps it from asking for the network beyond what a page does. */
export const quiet: ReadonlyArray<string> = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]
