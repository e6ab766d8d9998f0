/** A `fetch` that keeps what it is told, and a small server for what only a real connection shows. */
import { assert } from "@effect/vitest"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"

interface Call {
  readonly url: string
  readonly init: RequestInit
  readonly headers: Readonly<Record<string, string>>
}

/** A `fetch` that answers with what `answer` gives. */
export const stub = (answer: () => Response | Promise<Response>) => {
  const calls: Array<Call> = []
  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    // Lower case and sorted, as they would be sent.
    const headers = Object.fromEntries(new Headers(init.headers))
    calls.push({ url: input instanceof Request ? input.url : String(input), init, headers })
    return answer()
  }
  return { calls, fetch }
}

export const listen = async (handler: RequestListener) => {
  const paths: Array<string> = []
  let busy = 0
  const server = createServer((request, response) => {
    paths.push(request.url ?? "")
    busy++
    response.on("close", () => busy--)
    handler(request, response)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    /** Answers that are under way: neither whole, nor given up by the client. */
    busy: () => busy,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** Waits until something is so, and fails when it never becomes so. */
export const until = async (what: string, isSo: () => boolean) => {
  for (let look = 0; look < 500 && !isSo(); look++) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.isTrue(isSo(), what)
}
