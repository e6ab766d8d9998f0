/**
 * Page and API on one origin: `/api` and `/auth` go to the Airflow that AIRFLOW_BASE_URL names, or to a fake one that is
 * started for as long as the server runs.
 */
import { defineConfig, type Plugin, type PreviewServer, type ProxyOptions, type ViteDevServer } from "vite"
import { startFake, task } from "./fake.js"
import { write } from "./src/place.js"

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'"
]
// In a page itself this one has no meaning.
const policyOfHeader = [...policy, "frame-ancestors 'none'"].join("; ")

/** The built page carries its policy, whoever serves it. */
const withPolicy: Plugin = {
  name: "policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: policy.join("; ") },
      injectTo: "head-prepend"
    }
  ]
}

const airflow = (): Plugin => {
  let fake: Awaited<ReturnType<typeof startFake>> | undefined
  const tell = (server: ViteDevServer | PreviewServer) => {
    server.httpServer?.once("listening", () => {
      const address = server.httpServer?.address()
      if (fake === undefined || address === null || typeof address !== "object") return
      console.log(`\n  a task to look at: http://127.0.0.1:${address.port}/${write(task)}`)
      console.log(`  user admin, password admin; Airflow is a fake one (AIRFLOW_BASE_URL names a real one)\n`)
    })
    server.httpServer?.once("close", () => void fake?.close())
  }
  return {
    name: "airflow",
    apply: (_config, { command }) => command === "serve",
    async config() {
      // Vitest reads this file, too, and needs no Airflow.
      if (process.env["VITEST"] !== undefined) return {}
      const named = process.env["AIRFLOW_BASE_URL"]
      if (named === undefined) fake = await startFake()
      const target = named ?? fake!.baseUrl
      const to: ProxyOptions = {
        target,
        changeOrigin: true,
        configure: (proxy) => {
          // A 502 says what is true: Airflow could not be reached.
          proxy.on("error", (_error, _request, response) => {
            if (!("writeHead" in response)) response.destroy()
            else if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain" }).end()
            else response.destroy()
          })
        }
      }
      const proxy = { "/api": to, "/auth": to }
      return { server: { proxy }, preview: { proxy } }
    },
    configureServer: tell,
    configurePreviewServer: tell
  }
}

export default defineConfig(({ mode }) => ({
  // It is served below whatever path it is put at.
  base: "./",
  plugins: [withPolicy, airflow()],
  server: { host: "127.0.0.1" },
  preview: { host: "127.0.0.1", headers: { "content-security-policy": policyOfHeader } },
  build: {
    target: "es2022",
    // `light-dark()` as it is: browsers have it since 2024.
    cssTarget: "es2024",
    modulePreload: { polyfill: false },
    // The page that the checks feed by themselves is never a part of the real one.
    ...(mode === "checks" ? { rollupOptions: { input: ["index.html", "test/page/index.html"] } } : {})
  }
}))
