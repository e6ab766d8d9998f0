/** The programs that are needed, and the Debian packages they come in. */
import { run, ToolError, tryRun } from "./shell.js"

interface Need {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly packages: ReadonlyArray<string>
}

const needs: ReadonlyArray<Need> = [
  { command: "krb5kdc", args: ["--help"], packages: ["krb5-kdc"] },
  { command: "kadmin.local", args: ["--help"], packages: ["krb5-admin-server"] },
  // Not kinit, which has no way to say no more than its version.
  { command: "klist", args: ["-V"], packages: ["krb5-user"] },
  // Two addons are compiled against it: the one of Node, and the one of the server's Python.
  { command: "krb5-config", args: ["--version"], packages: ["libkrb5-dev"] },
  { command: "g++", args: ["--version"], packages: ["g++"] },
  { command: "make", args: ["--version"], packages: ["make"] }
]

const missing = async (): Promise<ReadonlyArray<string>> => {
  const found = await Promise.all(
    needs.map(async ({ args, command, packages }) =>
      (await tryRun(command, args)) === undefined ? packages : []
    )
  )
  return found.flat()
}

/** What makes us root; undefined: nothing does. */
const asRoot = async (): Promise<ReadonlyArray<string> | undefined> => {
  if (process.getuid?.() === 0) return []
  const sudo = await tryRun("sudo", ["-n", "true"])
  return sudo?.code === 0 ? ["sudo", "-n"] : undefined
}

/** Installs what is missing, where we may; fails with the names of what is missing otherwise. */
export const ensure = async (): Promise<void> => {
  const packages = await missing()
  if (packages.length === 0) return
  const byHand = `apt-get install --no-install-recommends ${packages.join(" ")}`
  const prefix = await asRoot()
  const apt = await tryRun("apt-get", ["--version"])
  if (prefix === undefined || apt === undefined) {
    throw new ToolError(`A KDC needs these Debian packages, which are missing: ${packages.join(", ")}
As root: ${byHand}`)
  }
  console.error(`installing ${packages.join(", ")}`)
  // The machine's own KDC, which comes with the package, is not to be started: policy-rc.d is asked, and this says no.
  const settings = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
  const [command, ...rest] = [...prefix, ...settings, "apt-get"]
  const lock = ["-o", "DPkg::Lock::Timeout=300"]
  await run("reading the list of packages", command!, [...rest, ...lock, "update"])
  await run(`installing (${byHand})`, command!, [
    ...rest,
    ...lock,
    "install",
    "-y",
    "--no-install-recommends",
    ...packages
  ])
  const left = await missing()
  if (left.length > 0) throw new ToolError(`still missing after an installation: ${left.join(", ")}`)
}
