import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { AirflowError } from "@effect-airflow/core/AirflowError"
import * as Auth from "@effect-airflow/core/Auth"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { afterEach, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { vi } from "vitest"
import { listen, stub, until } from "./fixtures.js"

const task = { dag_id: "d", dag_run_id: "r", task_id: "t" }
const row = { ...task, map_index: -1, try_number: 1 }
const baseUrl = "https://airflow.example.com"
const auth = Auth.basic("admin", Redacted.make("s3cret"))
const authorization = `Basic ${btoa("admin:s3cret")}`

const get = TaskInstances.getTaskInstance(task, { retry: false, timeout: "5 seconds" })
const batch = TaskInstances.getTaskInstancesBatch({ dag_ids: ["d"] }, { retry: false })
const text = TaskInstances.getLogText({ ...task, task_try_number: 1 }, { retry: false })

/** What a call comes to, as plain data. */
const outcome = (
  options: BrowserAirflow.Options,
  call: Effect.Effect<unknown, AirflowError, AirflowClient> = get
) =>
  Effect.provide(call, BrowserAirflow.layer(options)).pipe(
    Effect.match({
      onFailure: (error): Readonly<Record<string, unknown>> => ({ ...error }),
      onSuccess: () => ({ _tag: "Success" })
    }),
    Effect.runPromise
  )

afterEach(() => {
  vi.unstubAllGlobals()
})

describe("what fetch is told", () => {
  it("where to, no redirects, no cache, cookies for the same origin only", async () => {
    const { calls, fetch } = stub(() => Response.json(row))
    assert.deepStrictEqual(await outcome({ baseUrl, fetch }), { _tag: "Success" })
    assert.lengthOf(calls, 1)
    const { init, url } = calls[0]!
    assert.strictEqual(url, `${baseUrl}/api/v1/dags/d/dagRuns/r/taskInstances/t`)
    const { cache, credentials, method, redirect } = init
    assert.deepStrictEqual(
      { cache, credentials, method, redirect },
      { cache: "no-store", credentials: "same-origin", method: "GET", redirect: "manual" }
    )
    assert.isUndefined(init.body)
    assert.isUndefined(init.mode)
  })

  it("one value for each header, the call's before the credentials'", async () => {
    const { calls, fetch } = stub(() => Response.json(row))
    const headers = { Authorization: "Bearer mine", Accept: "application/json" }
    await outcome({ baseUrl, auth, fetch }, TaskInstances.getTaskInstance(task, { headers }))
    assert.deepStrictEqual(calls[0]?.headers, { accept: "application/json", authorization: "Bearer mine" })
  })

  it("JSON is called JSON, whatever a call says", async () => {
    const { calls, fetch } = stub(() => Response.json({ task_instances: [], total_entries: 0 }))
    const headers = { "Content-Type": "text/plain" }
    await outcome({ baseUrl, fetch }, TaskInstances.getTaskInstancesBatch({ dag_ids: ["d"] }, { headers }))
    assert.strictEqual(calls[0]?.headers["content-type"], "application/json")
  })

  it("and may be one whose answers have no streams", async () => {
    const fetch = async () =>
      ({ status: 503, headers: new Headers(), text: async () => "" }) as unknown as Response
    assert.deepInclude(await outcome({ baseUrl, fetch }), { _tag: "ServerError", status: 503 })
  })

  for (const credentials of ["omit", "same-origin", "include"] as const) {
    it(`credentials: ${credentials}`, async () => {
      const { calls, fetch } = stub(() => Response.json(row))
      await outcome({ baseUrl, fetch, credentials })
      assert.strictEqual(calls[0]?.init.credentials, credentials)
      assert.strictEqual(calls[0]?.init.redirect, "manual")
    })
  }

  it("only the headers that are needed, so that a preflight asks for no more", async () => {
    const { calls, fetch } = stub(() => Response.json(row))
    await outcome({ baseUrl, fetch, auth })
    assert.deepStrictEqual(calls[0]?.headers, { accept: "application/json", authorization })
  })

  it("without credentials not even those", async () => {
    const { calls, fetch } = stub(() => Response.json(row))
    await outcome({ baseUrl, fetch })
    assert.deepStrictEqual(calls[0]?.headers, { accept: "application/json" })
  })

  it("of a POST its content type, and its body as text", async () => {
    const { calls, fetch } = stub(() => Response.json({ task_instances: [row], total_entries: 1 }))
    assert.deepStrictEqual(await outcome({ baseUrl, fetch, auth }, batch), { _tag: "Success" })
    const { headers, init } = calls[0]!
    assert.strictEqual(init.method, "POST")
    assert.deepStrictEqual(headers, {
      accept: "application/json",
      authorization,
      "content-type": "application/json"
    })
    const body = init.body as unknown
    assert.deepStrictEqual(
      JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body as Uint8Array)),
      { dag_ids: ["d"] }
    )
  })

  it("of a log as text, that text is wanted", async () => {
    const { calls, fetch } = stub(
      () => new Response("vm\nline\n", { headers: { "content-type": "text/plain" } })
    )
    assert.deepStrictEqual(await outcome({ baseUrl, fetch }, text), { _tag: "Success" })
    assert.deepStrictEqual(calls[0]?.headers, { accept: "text/plain" })
  })

  it("no trace, even inside a span, and even when an untyped caller asks for it", async () => {
    const { calls, fetch } = stub(() => Response.json(row))
    const asked = { tracePropagation: true }
    await Effect.runPromise(
      get.pipe(
        Effect.withSpan("mine"),
        Effect.provide(BrowserAirflow.layer({ baseUrl, fetch, auth, ...asked })),
        Effect.withSpan("around")
      )
    )
    assert.deepStrictEqual(Object.keys(calls[0]?.headers ?? {}).sort(), ["accept", "authorization"])
  })

  it("the same when the program tells other requests of its own something else", async () => {
    const [{ calls, fetch }, others] = [stub(() => Response.json(row)), stub(() => Response.json(row))]
    await Effect.runPromise(
      get.pipe(
        Effect.provide(BrowserAirflow.layer({ baseUrl, fetch })),
        Effect.provideService(FetchHttpClient.Fetch, others.fetch),
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "follow", credentials: "include" })
      )
    )
    assert.lengthOf(others.calls, 0)
    const { cache, credentials, redirect } = calls[0]!.init
    assert.deepStrictEqual(
      { cache, credentials, redirect },
      { cache: "no-store", credentials: "same-origin", redirect: "manual" }
    )
  })

  it("the caller's own headers, when there are some", async () => {
    const { calls, fetch } = stub(() => Response.json(row))
    await outcome({ baseUrl, fetch, headers: { "x-gateway": "1" } })
    assert.deepStrictEqual(calls[0]?.headers, { accept: "application/json", "x-gateway": "1" })
  })
})

describe("defaults", () => {
  it("the global fetch, the one there is at the time of the call", async () => {
    const { calls, fetch } = stub(() => Response.json(row))
    const layer = BrowserAirflow.layer({ baseUrl })
    vi.stubGlobal("fetch", fetch)
    await Effect.runPromise(Effect.provide(get, layer))
    assert.lengthOf(calls, 1)
  })

  it("a fetch that is given wins over the global one", async () => {
    const [mine, global] = [stub(() => Response.json(row)), stub(() => Response.json(row))]
    vi.stubGlobal("fetch", global.fetch)
    await outcome({ baseUrl, fetch: mine.fetch })
    assert.deepStrictEqual([mine.calls.length, global.calls.length], [1, 0])
  })

  it("the base URL is where the page came from", async () => {
    const { calls, fetch } = stub(() => Response.json(row))
    vi.stubGlobal("location", { origin: "https://page.example.com:8443" })
    await outcome({ fetch })
    assert.strictEqual(calls[0]?.url, "https://page.example.com:8443/api/v1/dags/d/dagRuns/r/taskInstances/t")
    await outcome({ fetch, baseUrl: `${baseUrl}/prefix/` })
    assert.strictEqual(calls[1]?.url, `${baseUrl}/prefix/api/v1/dags/d/dagRuns/r/taskInstances/t`)
  })

  // A page of `file:` or of a sandboxed frame has the origin "null".
  for (const [what, location] of [
    ["there is no page", undefined],
    ["the page has no origin", { origin: "null" }]
  ] as const) {
    it(`without a base URL, and when ${what}: InvalidInput, and nothing is sent`, async () => {
      const { calls, fetch } = stub(() => Response.json(row))
      vi.stubGlobal("location", location)
      assert.deepInclude(await outcome({ fetch }), { _tag: "InvalidInput", field: "baseUrl", attempts: 0 })
      assert.lengthOf(calls, 0)
    })
  }
})

describe("redirects", () => {
  it("a redirect that Node's fetch shows is UnexpectedStatus, and is not followed", async () => {
    const server = await listen((request, response) => {
      if (request.url === "/login") response.end("<html>")
      else response.writeHead(302, { location: "/login" }).end()
    })
    try {
      assert.deepInclude(await outcome({ baseUrl: server.baseUrl }), {
        _tag: "UnexpectedStatus",
        status: 302
      })
      assert.deepStrictEqual(server.paths, ["/api/v1/dags/d/dagRuns/r/taskInstances/t"])
    } finally {
      await server.close()
    }
  })

  it("a redirect that a browser hides is UnexpectedStatus with status 0", async () => {
    // Like an opaque redirect, which cannot be made here, it has status 0, no headers and no body.
    const { calls, fetch } = stub(() => Response.error())
    assert.deepInclude(await outcome({ baseUrl, fetch }), { _tag: "UnexpectedStatus", status: 0 })
    assert.lengthOf(calls, 1)
  })
})

describe("failures", () => {
  it("what a browser says of CORS, DNS or being offline is a TransportError of unknown reason", async () => {
    const { fetch } = stub(() => {
      throw new TypeError("Failed to fetch")
    })
    assert.deepInclude(await outcome({ baseUrl, fetch }), {
      _tag: "TransportError",
      reason: "Unknown",
      description: "Failed to fetch"
    })
  })

  it("a body that breaks off is a dropped connection", async () => {
    const { fetch } = stub(
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.error(new TypeError("network error"))
          }),
          { headers: { "content-type": "application/json" } }
        )
    )
    assert.deepInclude(await outcome({ baseUrl, fetch }), { _tag: "TransportError", reason: "Dropped" })
  })
})

describe("interruption", () => {
  it("aborts a fetch that has not answered", async () => {
    const { calls, fetch } = stub(() => new Promise<Response>(() => undefined))
    const fiber = Effect.runFork(Effect.provide(get, BrowserAirflow.layer({ baseUrl, fetch })))
    await until("fetch is called", () => calls.length === 1)
    assert.isFalse(calls[0]?.init.signal?.aborted)
    await Effect.runPromise(Fiber.interrupt(fiber))
    assert.isTrue(calls[0]?.init.signal?.aborted)
  })

  it("a time-out does too", async () => {
    const { calls, fetch } = stub(() => new Promise<Response>(() => undefined))
    const call = TaskInstances.getTaskInstance(task, { retry: false, timeout: "20 millis" })
    assert.deepInclude(await outcome({ baseUrl, fetch }, call), { _tag: "TimeoutError", limit: "attempt" })
    assert.isTrue(calls[0]?.init.signal?.aborted)
  })

  it("in the middle of a body gives the answer up", async () => {
    const server = await listen((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "500" })
      response.write("{")
    })
    try {
      const fiber = Effect.runFork(Effect.provide(get, BrowserAirflow.layer({ baseUrl: server.baseUrl })))
      await until("a request arrives", () => server.paths.length === 1)
      await new Promise((resolve) => setTimeout(resolve, 30))
      assert.strictEqual(server.busy(), 1)
      await Effect.runPromise(Fiber.interrupt(fiber))
      await until("the answer is given up", () => server.busy() === 0)
    } finally {
      await server.close()
    }
  })
})
