/** What is in a tarball, and what must not be. */
import { dirname } from "node:path"
import { run, ToolError } from "../shell.js"
import { entryPoints, type Manifest } from "../workspace.js"
import type { Tarball } from "./pack.js"

const required = ["package.json", "README.md", "LICENSE"]

const allowed = (path: string): boolean =>
  required.includes(path) || /^(src\/.+\.ts|dist\/.+\.(js|d\.ts)(\.map)?)$/.test(path)

/** Fails when a file is missing or should not be there; gives how many there are. */
export const checkFiles = async ({ file, manifest }: Tarball): Promise<number> => {
  const { stdout } = await run("listing the tarball", "tar", ["-tzf", file], { cwd: dirname(file) })
  const paths = stdout
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""))
  const entries = entryPoints(manifest).flatMap(({ file }) => {
    const built = file.replace(/^\.\//, "")
    return [built, built.replace(/\.js$/, ".d.ts"), built.replace(/^dist\/(.*)\.js$/, "src/$1.ts")]
  })
  const missing = [...required, ...entries].filter((path) => !paths.includes(path))
  const unwanted = paths.filter((path) => !allowed(path))
  const complaints = [
    ...(missing.length === 0 ? [] : [`it lacks ${missing.join(", ")}`]),
    ...(unwanted.length === 0 ? [] : [`it should not hold ${unwanted.join(", ")}`])
  ]
  if (complaints.length > 0) throw new ToolError(complaints.join("; "))
  return paths.length
}

/** Fails when the packed package.json cannot be installed elsewhere. */
export const checkManifest = async ({ file }: Tarball): Promise<void> => {
  const { stdout } = await run(
    "reading the packed package.json",
    "tar",
    ["-xzOf", file, "package/package.json"],
    {
      cwd: dirname(file)
    }
  )
  const packed = JSON.parse(stdout) as Manifest
  const ranges = Object.entries({
    ...packed.devDependencies,
    ...packed.peerDependencies,
    ...packed.dependencies
  })
  const wrong = ranges.filter(([, range]) => /^(workspace|catalog|link|file):/.test(range))
  if (wrong.length > 0 || /"(workspace|catalog):/.test(stdout)) {
    const named = wrong.map(([name, range]) => `${name} is ${range}`).join(", ")
    throw new ToolError(`only this repository understands its dependencies: ${named}`)
  }
  if (packed.private === true) throw new ToolError("it is private")
}
