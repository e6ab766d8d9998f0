/** Which ports are free. */
import { isFree } from "system/ports"
import { ToolError } from "system/shell"

export { isFree } from "system/ports"

/** A port that is free with the two after it, for the log servers. */
export const find = async (from: number): Promise<number> => {
  for (let port = from; port < from + 3000; port += 5) {
    const free = await Promise.all([isFree(port), isFree(port + 1), isFree(port + 2)])
    if (free.every(Boolean)) return port
  }
  throw new ToolError(`no free port from ${from} on`)
}
