/** Servers on 127.0.0.1, and passing on to an Airflow what arrives there. */
import { once } from "node:events"
import {
  type IncomingMessage,
  request,
  type RequestListener,
  createServer,
  type ServerResponse
} from "node:http"
import type { AddressInfo } from "node:net"

export interface Served {
  readonly origin: string
  readonly close: () => Promise<void>
}

/** Port 0: any that is free. */
export const serve = async (port: number, listener: RequestListener): Promise<Served> => {
  const server = createServer(listener)
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** Asks the Airflow the same, and answers what it answers; who breaks off on one side does so on the other. */
export const passOn = (
  airflow: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  headers = incoming.headers
): void => {
  const { method = "GET", url = "/" } = incoming
  const outgoing = request(new URL(url, airflow), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  outgoing.on("error", () => response.destroy())
  response.on("close", () => outgoing.destroy())
  incoming.pipe(outgoing)
}
