/** Running the commands of a KDC, and of the system, to their end. */
import * as Shell from "system/shell"

export { ToolError } from "system/shell"

/** Many systems keep the commands of a KDC out of the path of ordinary users. */
const path = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`

type Variables = Readonly<Record<string, string>>

/** The variables of this process, and these. */
export const environment = (more: Variables = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: path,
  ...more
})

export const tryRun = (command: string, args: ReadonlyArray<string>): Promise<Shell.Result | undefined> =>
  Shell.tryRun(command, args, { env: environment() })

export const run = (
  what: string,
  command: string,
  args: ReadonlyArray<string>,
  more?: Variables
): Promise<string> => Shell.run(what, command, args, { env: environment(more) })
