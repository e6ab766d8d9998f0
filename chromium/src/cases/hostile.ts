/** The hostile table of the adapters, in Chromium: servers, proxies and networks that misbehave. */
import { strict as assert } from "node:assert"
import { cases as table, type HostileCase } from "../../../packages/node/test/hostileCases.js"
import { answer, listen, type Serve } from "../../../packages/node/test/rawServer.js"
import * as Site from "../site.js"
import { type Case, call, until } from "../suite.js"

type Differing = Pick<HostileCase, "outcome" | "requests">

const noReason: Differing = { outcome: { _tag: "TransportError", reason: "Unknown", code: undefined } }
const broken: Differing = { outcome: { _tag: "TransportError", reason: "Dropped", code: undefined } }
/** It says that there was a redirect, and not which. */
const redirected: Differing = { outcome: { _tag: "UnexpectedStatus", status: 0 }, requests: 1 }

/** What Chromium makes of it, where that is neither what Node's `fetch` does nor what undici does. */
const differing: Readonly<Record<string, Differing>> = {
  "a reset before an answer": noReason,
  "a close before an answer": noReason,
  "a reset inside the headers": noReason,
  // It bears longer headers, and waits for their end.
  "headers that never end": { outcome: { _tag: "TimeoutError", limit: "attempt" } },
  "302 to a login page": redirected,
  "301 to another path": redirected,
  "307 of a POST": redirected,
  "a redirect that is compressed": redirected,
  // It reads the first part alone.
  "a compressed body of two parts": { outcome: { _tag: "DecodeError" } },
  // It does not look at the checksum.
  "a compressed body that is damaged": { outcome: { _tag: "Success" } },
  "a damaged body, and then a whole one": { outcome: { _tag: "Success" }, requests: 1 },
  "a body that is called compressed and is not": broken
}

for (const name of Object.keys(differing)) {
  assert.ok(
    table.some((one) => one.name === name),
    `no such case: ${name}`
  )
}

const pathOf = (request: string): string => request.split(" ")[1] ?? ""

/** The page comes from the hostile server itself, so that no rule for other origins hides what it does. */
const serving = async (serve: ReadonlyArray<Serve>) => {
  const files = await Site.files()
  let asked = 0
  const server = await listen((socket, request) => {
    const file = files.get(pathOf(request) as "/__page")
    if (file !== undefined) return answer("200 OK", [`Content-Type: ${file[0]}`], file[1])(socket, request)
    if (pathOf(request) === "/favicon.ico") return answer("404 Not Found", [])(socket, request)
    asked++
    return serve[Math.min(asked, serve.length) - 1]!(socket, request)
  })
  return { ...server, asked: () => asked }
}

const check =
  (one: HostileCase): Case["run"] =>
  async ({ open }) => {
    const { outcome, requests } = differing[one.name] ?? { ...one, outcome: one.fetched ?? one.outcome }
    const server = await serving(one.serve)
    try {
      const origin = `http://127.0.0.1:${server.port}`
      const page = await open(origin)
      const result = await call(page, "hostile", origin, one.call, one.options ?? {})
      const found = Object.fromEntries(Object.keys(outcome).map((field) => [field, result[field]]))
      assert.deepEqual(found, outcome, JSON.stringify(result))
      if (requests !== undefined) assert.equal(server.asked(), requests)
      await until("no exchange left open", server.busy, (busy) => busy === 0, 3)
    } finally {
      await server.close()
    }
  }

export const cases: ReadonlyArray<Case> = table.map((one) => ({
  name: `hostile: ${one.name}`,
  on: "fake",
  api: "v1",
  run: check(one)
}))
