/**
 * Where the pages come from: files that are bundled once, under a strict Content-Security-Policy. At `airflow` it passes
 * on all other paths, so that page and API are of one origin.
 */
import { build } from "esbuild"
import { fileURLToPath } from "node:url"
import * as Policy from "./policy.js"
import * as Serving from "./serving.js"

export type Site = Serving.Served

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

export const open = async (
  options: { readonly port?: number; readonly airflow?: string } = {}
): Promise<Site> => {
  const known = await files()
  return Serving.serve(options.port ?? 0, (incoming, response) => {
    const file = known.get((incoming.url ?? "/").split("?")[0]!)
    if (file !== undefined) {
      const [type, body] = file
      response.writeHead(200, {
        "content-type": type,
        "content-security-policy": policy,
        "cache-control": "no-store"
      })
      response.end(body)
    } else if (options.airflow !== undefined) {
      // What Airflow says of its own address is where the page is, then.
      Serving.passOn(options.airflow, incoming, response)
    } else response.writeHead(404).end()
  })
}
