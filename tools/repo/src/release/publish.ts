/** What `pnpm publish` would do, without doing it. */
import { ToolError } from "../shell.js"
import { pnpm } from "../workspace.js"

/** The packages it would publish, as `name@version`. */
export const dryRun = async (repository: string): Promise<ReadonlyArray<string>> => {
  const args = ["--recursive", "publish", "--dry-run", "--no-git-checks"]
  const { stdout } = await pnpm("pnpm publish", args, { cwd: repository })
  const would = [...stdout.matchAll(/^\+ (\S+@\S+)$/gm)].map(([, name = ""]) => name).toSorted()
  if (would.length === 0) throw new ToolError(`pnpm says of no package that it would publish it:\n${stdout}`)
  return would
}
