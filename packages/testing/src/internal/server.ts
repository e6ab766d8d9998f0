/** Responses as real bytes on 127.0.0.1, and in memory. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import type { ArrivedRequest } from "../Fault.js"
import type * as Respond from "./respond.js"

export interface Server {
  readonly port: number
  readonly sockets: () => number
  readonly close: () => Promise<void>
}

type Handle = (request: Omit<ArrivedRequest, "at">) => Respond.Response

const arrived = (message: IncomingMessage, body: string): Omit<ArrivedRequest, "at"> => {
  const target = message.url ?? "/"
  const at = target.indexOf("?")
  return {
    method: message.method ?? "GET",
    path: at === -1 ? target : target.slice(0, at),
    query: new URLSearchParams(at === -1 ? "" : target.slice(at + 1)),
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, String(value)])
    ),
    body
  }
}

const send = async (response: ServerResponse, what: Respond.Response, signal: AbortSignal): Promise<void> => {
  const { body, dropAfter, headers, stall, status } = what
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, stall?.millis ?? 0)
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true })
    })
  if (dropAfter === "before") {
    response.destroy()
    return
  }
  if (stall !== undefined && stall.afterBytes === undefined) await pause()
  if (response.destroyed) return
  response.writeHead(status, { ...headers, "content-length": String(body.length) })
  if (response.req.method === "HEAD") {
    response.end()
    return
  }
  const cut = dropAfter ?? stall?.afterBytes
  if (cut === undefined) {
    response.end(body)
    return
  }
  response.flushHeaders()
  await new Promise((resolve) => response.write(body.subarray(0, cut), resolve))
  if (dropAfter !== undefined) {
    response.destroy()
    return
  }
  await pause()
  if (!response.destroyed) response.end(body.subarray(cut))
}

export const listen = async (handle: Handle): Promise<Server> => {
  const sockets = new Set<Socket>()
  const closing = new AbortController()
  const server = createServer((message, response) => {
    const chunks: Array<Buffer> = []
    message.on("data", (chunk: Buffer) => chunks.push(chunk))
    message.on("end", () => {
      const what = handle(arrived(message, Buffer.concat(chunks).toString("utf8")))
      void send(response, what, closing.signal)
    })
  })
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as AddressInfo).port,
    sockets: () => sockets.size,
    close: async () => {
      closing.abort()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** The same without a socket: for `fetch`. */
export const inMemory =
  (handle: Handle) =>
  async (request: Request): Promise<Response> => {
    request.signal.throwIfAborted()
    const url = new URL(request.url)
    const what = handle({
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(request.headers),
      body: await request.text()
    })
    const aborted = new Promise<never>((_, reject) =>
      request.signal.addEventListener("abort", () => reject(request.signal.reason as Error), { once: true })
    )
    // A rejection nobody waits for any more is no error.
    aborted.catch(() => undefined)
    const pause = () =>
      Promise.race([new Promise<void>((resolve) => setTimeout(resolve, what.stall?.millis ?? 0)), aborted])
    if (what.dropAfter === "before") throw new TypeError("fetch failed")
    if (what.stall !== undefined && what.stall.afterBytes === undefined) await pause()
    const cut = what.dropAfter ?? what.stall?.afterBytes
    const body = new ReadableStream<Uint8Array>({
      start: async (controller) => {
        if (cut === undefined) {
          controller.enqueue(new Uint8Array(what.body))
          controller.close()
          return
        }
        controller.enqueue(new Uint8Array(what.body.subarray(0, cut)))
        try {
          if (what.dropAfter !== undefined) throw new TypeError("terminated")
          await pause()
          controller.enqueue(new Uint8Array(what.body.subarray(cut)))
          controller.close()
        } catch (error) {
          controller.error(error)
        }
      }
    })
    const bodyless = what.status === 204 || what.status === 304 || request.method === "HEAD"
    return new Response(bodyless ? null : body, { status: what.status, headers: what.headers })
  }
