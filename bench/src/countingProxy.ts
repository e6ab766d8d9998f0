/** A proxy on 127.0.0.1 that counts what a server sends, by what was asked for. */
import { once } from "node:events"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync } from "node:zlib"

export interface Count {
  requests: number
  /** How often each status was answered. */
  readonly statuses: Record<number, number>
  /** Bytes of bodies as they are on the wire, compressed where they are. */
  wire: number
  /** Bytes of bodies as they are read. */
  decoded: number
  /** Bytes of status lines and headers. */
  headers: number
  /**
   * Bytes of the log in them: of API v1 its text, without what JSON and Python's `repr` put around it; of API v2
   * its records, as JSON.
   */
  text: number
}

export interface CountingProxy {
  readonly baseUrl: string
  readonly counts: Readonly<Record<"log" | "login" | "other", Count>>
  readonly close: () => Promise<void>
}

/** The text of the one host that a log file's page has, or the records of a page. */
const textOf = (body: string): number => {
  try {
    const { content } = JSON.parse(body) as { readonly content?: unknown }
    if (Array.isArray(content)) return Buffer.byteLength(JSON.stringify(content)) - 2
    if (typeof content !== "string") return 0
    const text = /^\[\((?:'.*?'|".*?"), (['"])([\s\S]*)\1\)\]$/.exec(content)?.[2] ?? ""
    return Buffer.byteLength(text.replaceAll(/\\[\s\S]/g, "x"))
  } catch {
    return 0
  }
}

const none = (): Count => ({ requests: 0, statuses: {}, wire: 0, decoded: 0, headers: 0, text: 0 })

const kindOf = (url: string): keyof CountingProxy["counts"] =>
  url.includes("/logs/") ? "log" : url.startsWith("/auth/") ? "login" : "other"

export const start = async (target: string): Promise<CountingProxy> => {
  const counts = { log: none(), login: none(), other: none() }
  const server = createServer((incoming, outgoing) => {
    const count = counts[kindOf(incoming.url ?? "")]
    count.requests++
    const forward = request(
      `${target}${incoming.url}`,
      // With a connection of its own, so that none is used that the server is just closing.
      { method: incoming.method, headers: incoming.headers, agent: false },
      (answer) => {
        const status = answer.statusCode ?? 502
        count.statuses[status] = (count.statuses[status] ?? 0) + 1
        count.headers += answer.rawHeaders.reduce((sum, text) => sum + text.length + 2, 19)
        outgoing.writeHead(status, answer.headers)
        const chunks: Array<Buffer> = []
        answer.on("data", (chunk: Buffer) => {
          count.wire += chunk.length
          chunks.push(chunk)
        })
        answer.on("end", () => {
          const sent = Buffer.concat(chunks)
          const body = answer.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent
          count.decoded += body.length
          count.text += textOf(body.toString())
        })
        answer.pipe(outgoing)
      }
    )
    forward.on("error", () => outgoing.destroy())
    incoming.pipe(forward)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
