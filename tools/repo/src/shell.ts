/** Running a command to its end, as if nothing of pnpm's were around it. */
import * as Shell from "system/shell"

export { ToolError } from "system/shell"
export type { Result } from "system/shell"

export interface RunOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  /** Kills the command after this many milliseconds. Default ten minutes. */
  readonly timeout?: number
}

/**
 * What pnpm tells the scripts it runs (its settings, which npm would warn of, and the name of the script) is no
 * business of the commands run here; the registry in use is.
 */
const cleanEnv: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm|pnpm)_/.test(name) || /^npm_config_(registry|cafile|.*proxy|userconfig)$/.test(name)
  )
)

/** Fails with what the command said when it does not succeed. */
export const run = async (
  what: string,
  command: string,
  args: ReadonlyArray<string>,
  { cwd, env = {}, timeout = 600_000 }: RunOptions
): Promise<Shell.Result> => {
  const result = await Shell.tryRun(command, args, { cwd, env: { ...cleanEnv, ...env }, timeout })
  if (result === undefined) throw new Shell.ToolError(`there is no command ${command}`)
  if (result.tooLong)
    throw new Shell.ToolError(`${what}: it did not end by itself and was killed\n${said(result)}`)
  if (result.code !== 0) throw new Shell.ToolError(`${what}: it ended with ${result.code}\n${said(result)}`)
  return result
}

/** The end of what a command said. */
const said = ({ stderr, stdout }: Shell.Result): string =>
  `${stdout}\n${stderr}`.trim().split("\n").slice(-20).join("\n")
