/**
 * Where the pages come from: files that are bundled once, under a strict Content-Security-Policy. At `airflow` it passes
 * on all other paths, so that page and API are of one origin.
 */
import { build } from "esbuild"
import { once } from "node:events"
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import * as Policy from "./policy.js"

export interface Site {
  readonly origin: string
  readonly close: () => Promise<void>
}

/** Scripts of its own only, no `eval`; but it may ask whom it likes. */
const policy = Policy.toldIn("docs/browser.md").replace(
  "connect-src 'self'",
  "connect-src 'self' http://127.0.0.1:* http://localhost:*"
)

const bundle = async (file: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    write: false
  })
  return outputFiles[0]!.text
}

let bundled: Promise<ReadonlyMap<string, readonly [type: string, body: string]>> | undefined

const pageOf = (script: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>page</title></head><body><pre id="log"></pre><script type="module" src="${script}"></script></body></html>`

const html = "text/html; charset=utf-8"
const script = "text/javascript; charset=utf-8"

/** What the pages are made of, by their paths. */
export const files = () =>
  (bundled ??= Promise.all([bundle("page/agent.ts"), bundle("../../examples/plain-page/src/page.js")]).then(
    ([agent, plain]) =>
      new Map([
        ["/__page", [html, pageOf("/__agent.js")]],
        ["/__agent.js", [script, agent]],
        ["/__plain", [html, pageOf("/__plain.js")]],
        ["/__plain.js", [script, plain]]
      ] as const)
  ))

const passOn = (airflow: string, incoming: IncomingMessage, response: ServerResponse) => {
  const outgoing = request(
    new URL(incoming.url ?? "/", airflow),
    // What Airflow says of its own address is where the page is, then.
    { method: incoming.method ?? "GET", headers: incoming.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }
  )
  outgoing.on("error", () => response.destroy())
  response.on("close", () => outgoing.destroy())
  incoming.pipe(outgoing)
}

export const open = async (
  options: { readonly port?: number; readonly airflow?: string } = {}
): Promise<Site> => {
  const known = await files()
  const server = createServer((incoming, response) => {
    const file = known.get((incoming.url ?? "/").split("?")[0]!)
    if (file !== undefined) {
      const [type, body] = file
      response.writeHead(200, {
        "content-type": type,
        "content-security-policy": policy,
        "cache-control": "no-store"
      })
      response.end(body)
    } else if (options.airflow !== undefined) passOn(options.airflow, incoming, response)
    else response.writeHead(404).end()
  })
  server.listen(options.port ?? 0, "127.0.0.1")
  await once(server, "listening")
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
