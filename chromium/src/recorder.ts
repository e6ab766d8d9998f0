/** Stands before an Airflow and writes down each request as it arrives, preflights included. */
import { once } from "node:events"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"

export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Recorder {
  readonly baseUrl: string
  readonly arrived: Array<Arrived>
  readonly close: () => Promise<void>
}

export const before = async (airflow: string): Promise<Recorder> => {
  const arrived: Array<Arrived> = []
  const { host } = new URL(airflow)
  const server = createServer((incoming, response) => {
    const { headers, method = "GET", url = "/" } = incoming
    arrived.push({ method, path: url, headers: headers as Record<string, string> })
    const outgoing = request(new URL(url, airflow), { method, headers: { ...headers, host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.on("error", () => response.destroy())
    response.on("close", () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
