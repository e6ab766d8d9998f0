/** Puts a version of Airflow into a virtual environment of its own. */
import { existsSync } from "node:fs"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { run, ToolError, tryRun } from "system/shell"
import * as Paths from "./paths.js"
import * as Released from "./released.js"
import type { Version } from "./versions.js"

/** A Python of one of these versions that can make virtual environments. */
const findPython = async (versions: ReadonlyArray<string>): Promise<string> => {
  const seen: Array<string> = []
  for (const command of [...versions.map((version) => `python${version}`), "python3", "python"]) {
    const result = await tryRun(command, [
      "-c",
      "import sys; print('%d.%d %s' % (*sys.version_info[:2], sys.executable))"
    ])
    if (result === undefined || result.code !== 0) continue
    const [version = "", executable = ""] = result.stdout.trim().split(" ")
    if (versions.includes(version)) return executable
    seen.push(`${command} is ${version}`)
  }
  throw new ToolError(
    `A real Airflow needs Python ${versions.join(" or ")}, and there is none${seen.length === 0 ? "" : ` (${seen.join(", ")})`}. ` +
      "Install it (on Debian: apt-get install python3 python3-venv) and run this again."
  )
}

/** `uv` from the PATH, or one installed for this repository. */
const findUv = async (python: string): Promise<string> => {
  const onPath = await tryRun("uv", ["--version"])
  if (onPath?.code === 0) return "uv"
  const own = join(Paths.uvEnvironment, "bin", "uv")
  if (existsSync(own)) return own
  console.error("installing uv")
  await rm(Paths.uvEnvironment, { recursive: true, force: true })
  await run("making a virtual environment for uv (on Debian it needs the package python3-venv)", python, [
    "-m",
    "venv",
    Paths.uvEnvironment
  ])
  await run("installing uv", join(Paths.uvEnvironment, "bin", "python"), [
    "-m",
    "pip",
    "install",
    "--quiet",
    "uv"
  ])
  return own
}

/** Written last, so that an installation that was interrupted is made anew. */
const marker = (venv: string): string => join(venv, "installed.json")

/**
 * Compiles its modules, once: a process of Airflow starts in less than half the time then, and there are many, one
 * for each task.
 */
const compile = async (venv: string): Promise<void> => {
  const done = join(venv, "compiled")
  if (existsSync(done)) return
  // Some files of some packages are no Python, and it complains of them.
  await tryRun(join(venv, "bin", "python"), ["-m", "compileall", "-q", "-j", "0", join(venv, "lib")])
  await writeFile(done, "")
}

/** Installs the version unless it is there. */
export const install = async (version: Version): Promise<void> => {
  const { venv } = Paths.of(version.name)
  await installPackages(version, venv)
  await compile(venv)
}

/** Puts more packages beside it; the version works without them as before. */
export const add = async (version: Version, packages: ReadonlyArray<string>): Promise<void> => {
  const { venv } = Paths.of(version.name)
  const done = join(venv, `added-${packages.join("-")}`)
  if (existsSync(done)) return
  const uv = await findUv(await findPython(version.pythons))
  const newest = version.packagesUntil === undefined ? [] : ["--exclude-newer", version.packagesUntil]
  await run(
    `installing ${packages.join(", ")}`,
    uv,
    ["pip", "install", "--quiet", "--python", join(venv, "bin", "python")].concat(newest, packages)
  )
  await writeFile(done, "")
}

const installPackages = async (version: Version, venv: string): Promise<void> => {
  const wanted = JSON.stringify({ ...version, marker: 1 })
  if (existsSync(marker(venv)) && (await readFile(marker(venv), "utf8")) === wanted) return
  await mkdir(Paths.root, { recursive: true })
  const python = await findPython(version.pythons)
  const uv = await findUv(python)
  console.error(`installing Airflow ${version.name}`)
  await rm(venv, { recursive: true, force: true })
  await run("making a virtual environment", uv, ["venv", "--quiet", "--python", python, venv])
  const executable = join(venv, "bin", "python")
  const until = version.packagesUntil ?? (await Released.packagesUntil(uv, executable, version.name))
  const newest = until === undefined ? [] : ["--exclude-newer", until]
  const wantedPackages = [`apache-airflow==${version.name}`, ...version.extra]
  await run(
    `installing Airflow ${version.name}`,
    uv,
    ["pip", "install", "--quiet", "--python", executable].concat(newest, wantedPackages)
  )
  await writeFile(marker(venv), wanted)
}
