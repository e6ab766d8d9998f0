/** Running a command to its end. */
import { execFile } from "node:child_process"

/** What went wrong, in words for a person. */
export class ToolError extends Error {
  override readonly name = "ToolError"
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  /** Kills the command after this many milliseconds. Default ten minutes. */
  readonly timeout?: number
}

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Whether it was killed because it took too long. */
  readonly tooLong: boolean
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

export const tryRun = (
  command: string,
  args: ReadonlyArray<string>,
  { cwd, env = {}, timeout = 600_000 }: RunOptions
): Promise<Result> =>
  new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...cleanEnv, ...env },
      timeout,
      killSignal: "SIGKILL",
      maxBuffer: 64 * 1024 * 1024
    } as const
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error !== null && (error as NodeJS.ErrnoException).code === "ENOENT") {
        reject(new ToolError(`there is no command ${command}`))
      } else {
        const code = error === null ? 0 : Number(error.code ?? 1) || 1
        resolve({ code, stdout, stderr, tooLong: error?.killed === true })
      }
    })
  })

/** Fails with what the command said when it does not succeed. */
export const run = async (
  what: string,
  command: string,
  args: ReadonlyArray<string>,
  options: RunOptions
): Promise<Result> => {
  const result = await tryRun(command, args, options)
  if (result.tooLong) throw new ToolError(`${what}: it did not end by itself and was killed\n${said(result)}`)
  if (result.code !== 0) throw new ToolError(`${what}: it ended with ${result.code}\n${said(result)}`)
  return result
}

/** The end of what a command said. */
export const said = ({ stderr, stdout }: Result): string =>
  `${stdout}\n${stderr}`.trim().split("\n").slice(-20).join("\n")
