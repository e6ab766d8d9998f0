/** The packages of this repository, and the commands that work on them. */
import { readdir, readFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { type Result, run, type RunOptions, ToolError } from "./shell.js"

export const root: string = resolve(fileURLToPath(new URL(".", import.meta.url)), "../../..")

/** The fields of a package.json that are read here. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly packageManager?: string
  readonly exports?: Readonly<Record<string, { readonly default: string } | null>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  readonly directory: string
  readonly manifest: Manifest
}

export const readManifest = async (directory: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as Manifest

/** The packages that are published: all below packages/. */
export const packages = async (): Promise<ReadonlyArray<Package>> => {
  const entries = await readdir(join(root, "packages"), { withFileTypes: true })
  const directories = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  if (directories.length === 0) throw new ToolError("there is no package below packages/")
  return Promise.all(
    directories.toSorted().map(async (name) => {
      const directory = join(root, "packages", name)
      return { directory, manifest: await readManifest(directory) }
    })
  )
}

/** What a program can import from a package, e.g. `@effect-airflow/core/Auth`, and the file behind it. */
export const entryPoints = ({
  exports = {},
  name
}: Manifest): ReadonlyArray<{ readonly specifier: string; readonly file: string }> =>
  Object.entries(exports).flatMap(([key, target]) =>
    target === null || key === "./package.json"
      ? []
      : [{ specifier: `${name}${key.slice(1)}`, file: target.default }]
  )

/** Runs the pnpm this repository names, whether or not the machine has one. */
export const pnpm = async (
  what: string,
  args: ReadonlyArray<string>,
  options: RunOptions
): Promise<Result> => {
  const { packageManager } = await readManifest(root)
  if (packageManager === undefined) throw new ToolError("package.json names no packageManager")
  return run(what, "npx", ["-y", packageManager, ...args], options)
}

/** Builds what has changed. Inside a turbo task it is built already: turbo.json says what the task needs. */
export const build = async (): Promise<void> => {
  if (process.env["TURBO_HASH"] !== undefined) return
  const args = ["exec", "turbo", "run", "build", "--filter=./packages/*", "--output-logs=errors-only"]
  await pnpm("building the packages", args, { cwd: root })
}
