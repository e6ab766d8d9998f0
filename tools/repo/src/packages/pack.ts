/** The packages as they would be published. */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { ToolError } from "../shell.js"
import { type Manifest, packages, pnpm } from "../workspace.js"

export interface Tarball {
  readonly name: string
  readonly file: string
  /** As it stands in the repository. */
  readonly manifest: Manifest
}

export const packAll = async (folder: string): Promise<ReadonlyArray<Tarball>> => {
  await mkdir(folder, { recursive: true })
  const tarballs: Array<Tarball> = []
  for (const { directory, manifest } of await packages()) {
    const { stdout } = await pnpm(
      `packing ${manifest.name}`,
      ["pack", "--json", "--pack-destination", folder],
      {
        cwd: directory
      }
    )
    const file = /"filename": "([^"]+)"/.exec(stdout)?.[1]
    if (file === undefined) throw new ToolError(`packing ${manifest.name}: pnpm names no file:\n${stdout}`)
    tarballs.push({ name: manifest.name, file: join(folder, file.split("/").at(-1) ?? file), manifest })
  }
  return tarballs
}
