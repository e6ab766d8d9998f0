/** The addon of Node. Where it could not be built when this repository was installed, it is built when it can be. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Paths from "./paths.js"
import { run, ToolError, tryRun } from "./shell.js"

const works = async (): Promise<boolean> =>
  (
    await tryRun(process.execPath, [
      "-e",
      "require(process.argv[1])",
      join(Paths.repository, "node_modules/kerberos")
    ])
  )?.code === 0

export const ensure = async (): Promise<void> => {
  if (await works()) return
  console.error("building the addon kerberos")
  const { packageManager } = JSON.parse(await readFile(join(Paths.repository, "package.json"), "utf8")) as {
    readonly packageManager: string
  }
  await run("building the addon kerberos", "npx", [
    "-y",
    packageManager,
    "-C",
    Paths.repository,
    "rebuild",
    "kerberos"
  ])
  if (!(await works())) throw new ToolError("the addon kerberos was built and cannot be loaded")
}
