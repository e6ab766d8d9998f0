/** A proxy on 127.0.0.1 that counts what a server sends, by what was asked for. */
import { once } from "node:events"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"

export interface Count {
  requests: number
  /** Bytes of bodies. */
  bodies: number
  /** Bytes of status lines and headers. */
  headers: number
  /** Bytes of the log's text in them, without what JSON and Python's `repr` put around it. */
  text: number
}

export interface CountingProxy {
  readonly baseUrl: string
  readonly counts: Readonly<Record<"log" | "other", Count>>
  readonly close: () => Promise<void>
}

/** The text of the one host that a log file's page has. */
const textOf = (body: string): number => {
  try {
    const { content } = JSON.parse(body) as { readonly content?: unknown }
    if (typeof content !== "string") return 0
    const text = /^\[\((?:'.*?'|".*?"), (['"])([\s\S]*)\1\)\]$/.exec(content)?.[2] ?? ""
    return Buffer.byteLength(text.replaceAll(/\\[\s\S]/g, "x"))
  } catch {
    return 0
  }
}

export const start = async (target: string): Promise<CountingProxy> => {
  const counts = {
    log: { requests: 0, bodies: 0, headers: 0, text: 0 },
    other: { requests: 0, bodies: 0, headers: 0, text: 0 }
  }
  const server = createServer((incoming, outgoing) => {
    const count = counts[incoming.url?.includes("/logs/") === true ? "log" : "other"]
    count.requests++
    const forward = request(
      `${target}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        count.headers += answer.rawHeaders.reduce((sum, text) => sum + text.length + 2, 19)
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        const chunks: Array<Buffer> = []
        answer.on("data", (chunk: Buffer) => {
          count.bodies += chunk.length
          chunks.push(chunk)
        })
        answer.on("end", () => (count.text += textOf(Buffer.concat(chunks).toString())))
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
