/** Which ports are free. */
import { createServer } from "node:net"
import { ToolError } from "system/shell"

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

/** A port that is free with the two after it, for the log servers. */
export const find = async (from: number): Promise<number> => {
  for (let port = from; port < from + 3000; port += 5) {
    const free = await Promise.all([isFree(port), isFree(port + 1), isFree(port + 2)])
    if (free.every(Boolean)) return port
  }
  throw new ToolError(`no free port from ${from} on`)
}
