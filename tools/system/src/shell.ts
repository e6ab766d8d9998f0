/** Running a command to its end. */
import { execFile } from "node:child_process"

/** What went wrong, in words for a person. */
export class ToolError extends Error {
  override readonly name = "ToolError"
}

export interface RunOptions {
  readonly cwd?: string
  /** All of its variables. Default: those of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Kills the command after this many milliseconds. Default: never. */
  readonly timeout?: number
}

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Whether it was killed because it took too long. */
  readonly tooLong: boolean
}

/** Undefined: there is no such command. */
export const tryRun = (
  command: string,
  args: ReadonlyArray<string>,
  options: RunOptions = {}
): Promise<Result | undefined> =>
  new Promise((resolve) => {
    const limits = { killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 } as const
    execFile(command, [...args], { ...options, ...limits }, (error, stdout, stderr) => {
      if (error !== null && (error as NodeJS.ErrnoException).code === "ENOENT") resolve(undefined)
      else {
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
  options: RunOptions = {}
): Promise<string> => {
  const result = await tryRun(command, args, options)
  if (result === undefined) throw new ToolError(`${what}: there is no command ${command}`)
  if (result.code !== 0) {
    const said = `${result.stderr}\n${result.stdout}`.trim().split("\n").slice(-15).join("\n")
    throw new ToolError(`${what} failed (${command} ended with ${result.code}):\n${said}`)
  }
  return result.stdout
}
