/** Running a command to its end. */
import { execFile } from "node:child_process"

/** What went wrong, in words for a person. */
export class ToolError extends Error {
  override readonly name = "ToolError"
}

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Many systems keep the commands of a KDC out of the path of ordinary users. */
const path = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`

/** Undefined: there is no such command. */
export const tryRun = (
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Result | undefined> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, PATH: path, ...env }, maxBuffer: 16 * 1024 * 1024 }
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error !== null && (error as NodeJS.ErrnoException).code === "ENOENT") resolve(undefined)
      else resolve({ code: error === null ? 0 : Number(error.code ?? 1) || 1, stdout, stderr })
    })
  })

/** Fails with what the command said when it does not succeed. */
export const run = async (
  what: string,
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<string> => {
  const result = await tryRun(command, args, env)
  if (result === undefined) throw new ToolError(`${what}: there is no command ${command}`)
  if (result.code !== 0) {
    const said = `${result.stderr}\n${result.stdout}`.trim().split("\n").slice(-15).join("\n")
    throw new ToolError(`${what} failed (${command} ended with ${result.code}):\n${said}`)
  }
  return result.stdout
}
