/** The versions of all packages, and what changesets make of them. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { run, ToolError } from "../shell.js"
import { type Manifest, readManifest } from "../workspace.js"

type Bump = "major" | "minor" | "patch"
const bumps: ReadonlyArray<Bump> = ["major", "minor", "patch"]

/** Every package below these, published or not. */
const folders = ["packages", "examples", "tools", "."]

export const manifests = async (repository: string): Promise<ReadonlyArray<Manifest>> => {
  const names = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(repository, folder), { withFileTypes: true })
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
    })
  )
  const found = await Promise.all(
    [".", ...names.flat()].map(async (name) => {
      try {
        return await readManifest(join(repository, name))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
        throw error
      }
    })
  )
  return found.filter((manifest) => manifest !== undefined).toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The files of the changesets that wait for a release. */
export const changesets = async (repository: string): Promise<ReadonlyArray<string>> => {
  const folder = join(repository, ".changeset")
  const names = await readdir(folder)
  return names
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .map((name) => join(folder, name))
}

/** Leaves one changeset, for one package. */
export const onlySample = async (repository: string, name: string): Promise<void> => {
  for (const file of await changesets(repository)) await rm(file)
  await writeFile(join(repository, ".changeset/sample.md"), `---\n"${name}": minor\n---\n\nA sample.\n`)
}

/** The greatest bump the changesets ask for. */
export const greatestBump = async (repository: string): Promise<Bump> => {
  const texts = await Promise.all((await changesets(repository)).map((file) => readFile(file, "utf8")))
  const asked = texts.flatMap((text) =>
    [...(text.split(/^---$/m)[1] ?? "").matchAll(/: *"?(major|minor|patch)"?\s*$/gm)].map(([, bump]) => bump)
  )
  const greatest = bumps.find((bump) => asked.includes(bump))
  if (greatest === undefined) throw new ToolError("no changeset asks for anything")
  return greatest
}

export const bumped = (version: string, bump: Bump): string => {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number)
  if (bump === "major") return `${major + 1}.0.0`
  return bump === "minor" ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

export const applyChangesets = async (repository: string): Promise<void> => {
  const changeset = join(repository, "node_modules/@changesets/cli/bin.js")
  await run("changeset version", process.execPath, [changeset, "version"], { cwd: repository })
}
