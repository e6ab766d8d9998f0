/** Responses as real bytes on 127.0.0.1, and in memory. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import type { ArrivedRequest } from "../Fault.js"
import type * as Respond from "./respond.js"

export interface Server {
  readonly port: number
  readonly sockets: () => number
  /** While it is down, connections are dropped at once; those that were open are, too. */
  readonly setDown: (down: boolean) => void
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

/** Waits, without end when that is longer than a timer can; rejects, and leaves no timer behind, when aborted. */
const pause = (millis: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error)
      return
    }
    const timer =
      millis < 2 ** 31
        ? setTimeout(() => {
            signal.removeEventListener("abort", onAbort)
            resolve()
          }, millis)
        : undefined
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    signal.addEventListener("abort", onAbort, { once: true })
  })

const compress = promisify(gzip)

/** As uvicorn does: what is compressed is sent without its length. */
const onTheWire = async ({
  body,
  compressed,
  headers
}: Respond.Response): Promise<Pick<Respond.Response, "body" | "headers">> =>
  compressed
    ? { body: await compress(body, { level: 1 }), headers: { ...headers, "content-encoding": "gzip" } }
    : { body, headers: { ...headers, "content-length": String(body.length) } }

const send = async (response: ServerResponse, what: Respond.Response): Promise<void> => {
  const { dropAfter, reset, stall, status } = what
  const gone = new AbortController()
  response.on("close", () => gone.abort())
  const drop = () => (reset ? response.socket?.resetAndDestroy() : response.destroy())
  if (dropAfter === "before") {
    drop()
    return
  }
  if (stall !== undefined && stall.afterBytes === undefined) await pause(stall.millis, gone.signal)
  const { body, headers } = await onTheWire(what)
  if (gone.signal.aborted) return
  response.writeHead(status, headers)
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
    // A reset that comes with the last bytes is taken for an end.
    if (reset) await pause(20, gone.signal)
    drop()
    return
  }
  await pause(stall!.millis, gone.signal)
  response.end(body.subarray(cut))
}

export const listen = async (handle: Handle): Promise<Server> => {
  const sockets = new Set<Socket>()
  let isDown = false
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((message, response) => {
    const chunks: Array<Buffer> = []
    message.on("data", (chunk: Buffer) => chunks.push(chunk))
    message.on("end", () => {
      const what = handle(arrived(message, Buffer.concat(chunks).toString("utf8")))
      // It only fails when nobody is there to hear of it.
      send(response, what).catch(() => undefined)
    })
  })
  server.on("connection", (socket) => {
    if (isDown) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as AddressInfo).port,
    sockets: () => sockets.size,
    setDown: (down) => {
      isDown = down
      if (down) destroyAll()
    },
    close: async () => {
      destroyAll()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** The same without a socket: for `fetch`. */
export const inMemory = (
  handle: Handle
): {
  readonly fetch: (request: Request) => Promise<Response>
  readonly setDown: (down: boolean) => void
} => {
  let isDown = false
  let breaking = new AbortController()
  const breakOff = () => {
    breaking.abort(new TypeError("terminated"))
    breaking = new AbortController()
  }
  return {
    setDown: (down) => {
      isDown = down
      if (down) breakOff()
    },
    fetch: async (request) => {
      request.signal.throwIfAborted()
      if (isDown) throw new TypeError("fetch failed")
      const url = new URL(request.url)
      const what = handle({
        method: request.method,
        path: url.pathname,
        query: url.searchParams,
        headers: Object.fromEntries(request.headers),
        body: await request.text()
      })
      const { body, dropAfter, headers, stall, status } = what
      // Cancelling the body ends the waiting, too.
      const cancelled = new AbortController()
      const signal = AbortSignal.any([request.signal, breaking.signal, cancelled.signal])
      if (dropAfter === "before") throw new TypeError("fetch failed")
      if (stall !== undefined && stall.afterBytes === undefined) await pause(stall.millis, signal)
      const cut = dropAfter ?? stall?.afterBytes
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new Uint8Array(body.subarray(0, cut))),
        // Called when that was read: an error before would take it back.
        pull: async (controller) => {
          if (dropAfter !== undefined) throw new TypeError("terminated")
          if (cut !== undefined) {
            await pause(stall!.millis, signal)
            controller.enqueue(new Uint8Array(body.subarray(cut)))
          }
          controller.close()
        },
        cancel: () => cancelled.abort()
      })
      const bodyless = status === 204 || status === 304 || request.method === "HEAD"
      return new Response(bodyless ? null : stream, { status, headers })
    }
  }
}
