/** The versions of Node that programs are run with. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { run, ToolError } from "../shell.js"

export interface Node {
  readonly version: string
  readonly command: string
}

const majors = [20, 22, 24]

/** This one, where its version is asked for; else it comes as a package of the registry. */
const get = async (folder: string, major: number): Promise<Node> => {
  if (process.versions.node.startsWith(`${major}.`)) {
    return { version: process.version, command: process.execPath }
  }
  if (process.platform !== "linux") {
    throw new ToolError(`on ${process.platform} there is no package with Node ${major}: run this on Linux`)
  }
  const cwd = join(folder, `node-${major}`)
  const name = `node-linux-${process.arch}`
  await mkdir(cwd, { recursive: true })
  await writeFile(join(cwd, "package.json"), JSON.stringify({ private: true }))
  await run("npm install", "npm", ["install", "--no-audit", "--no-fund", `${name}@${major}`], { cwd })
  const command = join(cwd, "node_modules", name, "bin/node")
  const { stdout } = await run("node --version", command, ["--version"], { cwd })
  const version = stdout.trim()
  if (!version.startsWith(`v${major}.`)) throw new ToolError(`${name}@${major} is Node ${version}`)
  return { version, command }
}

export const nodes: ReadonlyArray<{
  readonly major: number
  readonly get: (folder: string) => Promise<Node>
}> = majors.map((major) => ({ major, get: (folder) => get(folder, major) }))
