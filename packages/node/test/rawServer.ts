/** A server whose every byte a test decides, on 127.0.0.1; it knows which exchanges are still under way. */
import { once } from "node:events"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TlsOptions } from "node:tls"

/** What to do with a request: write to the socket, end it, destroy it, or nothing. */
export type Serve = (socket: Socket, request: string) => void | Promise<void>

export interface RawServer {
  readonly port: number
  readonly requests: Array<string>
  /** Connections that are open. */
  readonly open: () => number
  /** Connections on which a request came and no whole answer went yet. */
  readonly busy: () => number
  readonly close: () => Promise<void>
}

const collect = (socket: Socket, onRequest: (request: string) => void) => {
  let text = ""
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1")
    for (;;) {
      const end = text.indexOf("\r\n\r\n")
      if (end === -1) return
      const length = Number(/content-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      onRequest(text.slice(0, end + 4 + length))
      text = text.slice(end + 4 + length)
    }
  })
}

export const listen = async (serve: Serve, tls?: TlsOptions): Promise<RawServer> => {
  const sockets = new Set<Socket>()
  const busy = new Set<Socket>()
  const requests: Array<string> = []
  const onConnection = (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => {
      sockets.delete(socket)
      busy.delete(socket)
    })
    socket.on("error", () => undefined)
    collect(socket, (request) => {
      requests.push(request)
      busy.add(socket)
      void Promise.resolve(serve(socket, request)).then(() => {
        if (finished.has(socket)) busy.delete(socket)
        finished.delete(socket)
      })
    })
  }
  const server: Server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection)
  server.on("tlsClientError", () => undefined)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    open: () => sockets.size,
    busy: () => busy.size,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** Sockets on which a whole answer was sent. */
const finished = new WeakSet<Socket>()

/** A whole answer. */
export const answer = (status: string, headers: ReadonlyArray<string>, body: string | Buffer = ""): Serve => {
  const bytes = Buffer.from(body)
  return (socket) => {
    finished.add(socket)
    socket.write(
      Buffer.concat([
        Buffer.from(
          [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${bytes.length}`, "", ""].join("\r\n"),
          "latin1"
        ),
        bytes
      ])
    )
  }
}

/** These bytes, and then the connection is closed, reset, left as it is, or left because all was said. */
export const raw =
  (bytes: string | Buffer, then: "close" | "reset" | "leave" | "whole"): Serve =>
  (socket) => {
    if (then === "whole") finished.add(socket)
    socket.write(bytes, () => {
      if (then === "close") socket.end()
      if (then === "reset") socket.resetAndDestroy()
    })
  }
