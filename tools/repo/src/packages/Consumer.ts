/** A program's folder, outside the repository, with the tarballs installed by npm. */
import { cp, mkdir, readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { run, ToolError } from "../shell.js"
import { entryPoints, readManifest, root } from "../workspace.js"
import type { Tarball } from "./pack.js"

export interface Versions {
  readonly name: string
  readonly effect: string
  readonly platform: string
}

const programs = fileURLToPath(new URL("consumer", import.meta.url))

/** Makes the folder; gives what npm has to say about it. */
export const install = async (
  folder: string,
  tarballs: ReadonlyArray<Tarball>,
  { effect, platform }: Versions
): Promise<string> => {
  await mkdir(folder, { recursive: true })
  await cp(programs, folder, { recursive: true })
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true }))
  const specifiers = tarballs.flatMap(({ manifest }) =>
    entryPoints(manifest).map(({ specifier }) => specifier)
  )
  await writeFile(join(folder, "specifiers.json"), JSON.stringify(specifiers))
  const imports = specifiers.map((specifier, index) => `import * as m${index} from "${specifier}"`)
  await writeFile(
    join(folder, "everything.ts"),
    `${imports.join("\n")}\nexport default [${specifiers.map((_, index) => `m${index}`).join(", ")}]\n`
  )
  const types = (await readManifest(root)).devDependencies?.["@types/node"] ?? "*"
  const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=warn"]
  const wanted = [`effect@${effect}`, `@effect/platform@${platform}`, `@types/node@${types}`]
  const files = tarballs.map(({ file }) => file)
  const { stderr } = await run("npm install", "npm", ["install", ...options, ...files, ...wanted], {
    cwd: folder
  })
  const overridden = stderr.split("\n").filter((line) => line.includes("overriding peer dependency")).length
  const versions = await Promise.all(
    ["effect", "@effect/platform"].map(async (name) => `${name} ${await installed(folder, name)}`)
  )
  return `${versions.join(", ")}${overridden === 0 ? "" : `; npm warns ${overridden} times that it overrides a peer dependency`}`
}

const installed = async (folder: string, name: string): Promise<string> =>
  (await readManifest(join(folder, "node_modules", name))).version ?? "of no version"

/** Two copies of Effect, or of one of ours, do not know each other's values. */
export const checkSingle = async (folder: string, names: ReadonlyArray<string>): Promise<void> => {
  const paths = await readdir(join(folder, "node_modules"), { recursive: true })
  for (const name of names) {
    const copies = paths.filter(
      (path) =>
        path === join(name, "package.json") || path.endsWith(join("/node_modules", name, "package.json"))
    )
    if (copies.length !== 1)
      throw new ToolError(`${name} is installed ${copies.length} times: ${copies.join(", ")}`)
  }
}

/** Runs one of the programs; it must end by itself and complain of nothing. */
export const runProgram = async (node: string, folder: string, program: string): Promise<string> => {
  const { stderr, stdout } = await run(program, node, [program], { cwd: folder, timeout: 60_000 })
  if (stderr !== "") throw new ToolError(`it wrote to stderr:\n${stderr}`)
  if (!stdout.trim().startsWith("done: ")) throw new ToolError(`it did not say that it was done:\n${stdout}`)
  return stdout.trim().slice("done: ".length)
}

/** Type-checks some of the programs. */
export const typeCheck = async (
  folder: string,
  name: string,
  compilerOptions: object,
  files: ReadonlyArray<string>
): Promise<void> => {
  const config = `tsconfig.${name}.json`
  const options = { strict: true, noEmit: true, skipLibCheck: false, ...compilerOptions }
  await writeFile(join(folder, config), JSON.stringify({ compilerOptions: options, files }))
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  await run("tsc", process.execPath, [tsc, "-p", config], { cwd: folder })
}
