import { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Auth from "@effect-airflow/core/Auth"
import { NotAirflow, Unsupported } from "@effect-airflow/core/AirflowError"
import * as Server from "@effect-airflow/core/Server"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { json, type Reply, scripted, status } from "./scripted.js"

const page = (body: string, code = 200): Response =>
  new Response(body, { status: code, headers: { "content-type": "text/html; charset=utf-8" } })

// As the real ones answer.
const on2 = (path: string): Reply =>
  path === "/api/v1/version"
    ? json({ git_version: ".release:d9ed7b9", version: "2.11.0" })
    : page("<!DOCTYPE html>\n<title>Airflow 404</title>", 404)
const on3 = (path: string): Reply =>
  path === "/api/v2/version"
    ? json({ version: "3.3.2", git_version: ".release:aa19d2d" })
    : json({ error: "/api/v1 has been removed in Airflow 3" }, 404)
const page3 = `<!doctype html>
<html style="height: 100%" dir="ltr" lang="en">
  <head>
    <meta charset="UTF-8" />
    <base href="/" />
    <link rel="icon" type="image/png" href="./static/pin_32.png" />`

const noRetry = { retry: false } as const

describe("detect", () => {
  it.effect("asks for v2 first, and once for a client", () => {
    const server = scripted(({ url }) => on3(url.pathname))
    return Effect.gen(function* () {
      expect(yield* Server.detect).toEqual({ api: "v2", version: "3.3.2" })
      expect(yield* Server.detect).toEqual({ api: "v2", version: "3.3.2" })
      expect(server.arrivals.map(({ url }) => url.pathname)).toEqual(["/api/v2/version"])
    }).pipe(Effect.provide(server.layer()))
  })

  it.effect("asks for v1 where v2 is not there", () => {
    const server = scripted(({ url }) => on2(url.pathname))
    return Effect.gen(function* () {
      expect(yield* Server.detect).toEqual({ api: "v1", version: "2.11.0" })
      expect(server.arrivals.map(({ url }) => url.pathname)).toEqual(["/api/v2/version", "/api/v1/version"])
    }).pipe(Effect.provide(server.layer()))
  })

  it.effect("asks for v1 where a browser withholds what v2 was answered with", () => {
    const server = scripted(({ url }) =>
      url.pathname === "/api/v1/version" ? on2(url.pathname) : new TypeError("Failed to fetch")
    )
    return Effect.gen(function* () {
      expect(yield* Server.detect).toEqual({ api: "v1", version: "2.11.0" })
    }).pipe(Effect.provide(server.layer(noRetry)))
  })

  it.effect("tells of the network where neither can be reached", () => {
    const server = scripted(() => new TypeError("Failed to fetch"))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Server.detect)
      expect(error).toMatchObject({ _tag: "TransportError", path: "/api/v2/version" })
      expect(server.arrivals.map(({ url }) => url.pathname)).toEqual(["/api/v2/version", "/api/v1/version"])
    }).pipe(Effect.provide(server.layer(noRetry)))
  })

  it.effect("tells what v1 says where a browser withholds what v2 was answered with", () => {
    const server = scripted(({ url }) =>
      url.pathname === "/api/v1/version" ? status(401) : new TypeError("Failed to fetch")
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Server.detect)
      expect(error).toMatchObject({ _tag: "Unauthorized", path: "/api/v1/version" })
    }).pipe(Effect.provide(server.layer(noRetry)))
  })

  it.effect("tells of the network where only the API that is not there can be reached", () => {
    const server = scripted(({ url }) =>
      url.pathname === "/api/v1/version" ? on3(url.pathname) : new TypeError("Failed to fetch")
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Server.detect)
      expect(error).toMatchObject({ _tag: "TransportError", path: "/api/v2/version" })
    }).pipe(Effect.provide(server.layer(noRetry)))
  })

  it.effect("shares one question among all who ask at once", () => {
    const server = scripted(({ url }) => on3(url.pathname))
    return Effect.gen(function* () {
      const answers = yield* Effect.all(
        Array.from({ length: 20 }, () => Server.detect),
        { concurrency: "unbounded" }
      )
      expect(new Set(answers).size).toBe(1)
      expect(server.arrivals.length).toBe(1)
    }).pipe(Effect.provide(server.layer()))
  })

  it.effect("goes on for the others when the one who asked first is interrupted", () => {
    let open: (value: void) => void
    const gate = new Promise<void>((resolve) => (open = resolve))
    const server = scripted(({ url }) => on3(url.pathname))
    return Effect.gen(function* () {
      const client = yield* AirflowClient
      const slow = AirflowClient.of({
        ...client,
        execute: (endpoint, params, options) =>
          Effect.zipRight(
            Effect.promise(() => gate),
            client.execute(endpoint, params, options)
          )
      })
      const ask = Effect.provideService(Server.detect, AirflowClient, slow)
      const first = yield* Effect.fork(ask)
      const second = yield* Effect.fork(ask)
      yield* Effect.yieldNow()
      yield* Effect.yieldNow()
      expect(Exit.isInterrupted(yield* Fiber.interrupt(first))).toBe(true)
      open()
      expect(yield* Fiber.join(second)).toEqual({ api: "v2", version: "3.3.2" })
    }).pipe(Effect.provide(server.layer()))
  })

  it.effect("does not keep a failure", () => {
    const server = scripted(({ url }, index) => (index === 0 ? status(502) : on3(url.pathname)))
    return Effect.gen(function* () {
      expect((yield* Effect.flip(Server.detect))._tag).toBe("ServerError")
      expect((yield* Server.detect).version).toBe("3.3.2")
    }).pipe(Effect.provide(server.layer(noRetry)))
  })

  it.effect("asks again after forget, and each client for itself", () => {
    let version = "3.2.1"
    const server = scripted(() => json({ version }))
    return Effect.gen(function* () {
      expect((yield* Server.detect).version).toBe("3.2.1")
      version = "3.3.2"
      expect((yield* Server.detect).version).toBe("3.2.1")
      expect((yield* Server.detect.pipe(Effect.provide(Layer.fresh(server.layer())))).version).toBe("3.3.2")
      expect((yield* Server.detectAgain).version).toBe("3.3.2")
      expect((yield* Server.detect).version).toBe("3.3.2")
      expect(server.arrivals.length).toBe(3)
    }).pipe(Effect.provide(server.layer()))
  })

  const failing = (reply: (path: string) => Reply) => {
    const server = scripted(({ url }) => reply(url.pathname))
    return Effect.flip(Server.detect).pipe(Effect.provide(server.layer(noRetry)))
  }

  it.effect("passes on what no server's version explains", () =>
    Effect.gen(function* () {
      const problem = (code: number) => json({ title: "no", status: code }, code)
      expect((yield* failing(() => problem(401)))._tag).toBe("Unauthorized")
      expect((yield* failing(() => problem(403)))._tag).toBe("Forbidden")
      expect((yield* failing(() => status(503)))._tag).toBe("ServerError")
      expect((yield* failing(() => status(429)))._tag).toBe("RateLimited")
      expect((yield* failing(() => ({ code: "ECONNREFUSED" })))._tag).toBe("TransportError")
      // v2 is not there, and v1 is guarded.
      const guarded = (path: string) => (path === "/api/v1/version" ? problem(401) : status(404))
      expect((yield* failing(guarded))._tag).toBe("Unauthorized")
    })
  )

  it.effect("finds v1 behind a gate that refuses all other paths", () => {
    const server = scripted(({ url }) => (url.pathname.includes("v2") ? status(403) : on2(url.pathname)))
    return Effect.gen(function* () {
      expect((yield* Server.detect).api).toBe("v1")
    }).pipe(Effect.provide(server.layer()))
  })

  const cases: ReadonlyArray<
    readonly [name: string, reply: (path: string) => Reply, found: string, says: string]
  > = [
    [
      "Airflow 3 under another prefix",
      () => page(page3),
      "AirflowPage",
      "is one of Airflow's own pages, so this is Airflow under another path; is the base URL's path right?"
    ],
    [
      "Airflow 2 under another prefix",
      () => page("<title>Airflow 404</title>", 404),
      "NotFound",
      "each of /api/v2/version and /api/v1/version is a 404; is the base URL's path right?"
    ],
    ["a login page", () => page("<form>"), "Page", "is a page, of a login or another program"],
    [
      "a redirect to a login",
      () => status(302, { location: "/login" }),
      "Redirect",
      "redirects, as to a login page"
    ],
    ["JSON of something else", () => json({ version: 7 }), "Other", "is not the version of an Airflow"],
    ["JSON that is null", () => json(null), "Other", "is not the version of an Airflow"],
    ["a method that is not allowed", () => status(405), "Other", "is a 405"],
    [
      "two different answers",
      (path) => (path.includes("v2") ? page("<form>") : json({}, 404)),
      "Page",
      "/api/v2/version is a page, of a login or another program, /api/v1/version is a 404"
    ]
  ]
  for (const [name, reply, found, says] of cases) {
    it.effect(`says what is there: ${name}`, () => {
      const server = scripted(({ url }) => reply(url.pathname.replace("/prefix", "")))
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Server.detect)
        expect(error).toBeInstanceOf(NotAirflow)
        expect(error).toMatchObject({ found, baseUrl: "http://airflow.test/prefix", operation: "detect" })
        expect(error.message).toContain(
          "NotAirflow from detect: no Airflow API at http://airflow.test/prefix: "
        )
        expect(error.message).toContain(says)
      }).pipe(Effect.provide(server.layer({ baseUrl: "http://airflow.test/prefix" })))
    })
  }
})

describe("detect, when a login comes first", () => {
  const auth = Auth.jwt({ username: "admin", password: Redacted.make("wrong-s3cret") })
  const failing = (login: () => Response, reply: (path: string) => Reply) => {
    const server = scripted(({ url }) =>
      url.pathname.endsWith("/auth/token") ? login() : reply(url.pathname.replace("/prefix", ""))
    )
    const baseUrl = "http://airflow.test/prefix"
    return Effect.map(
      Effect.flip(Server.detect).pipe(Effect.provide(server.layer({ ...noRetry, auth, baseUrl }))),
      (error) => ({ error, server })
    )
  }

  for (const [name, login, reply, found] of [
    ["a 404", () => status(404), () => status(404), "NotFound"],
    ["a page of Airflow 3's own", () => page(page3), () => page(page3), "AirflowPage"],
    [
      "a method that is not allowed, as by Airflow 3 under another path",
      () => json({ detail: "Method Not Allowed" }, 405),
      () => page(page3),
      "AirflowPage"
    ],
    ["a page", () => page("<form>"), () => page("<form>"), "Page"],
    ["a redirect", () => status(302), () => status(302), "Redirect"],
    ["JSON without a token", () => json({ ok: true }), () => json({ ok: true }), "Other"],
    ["no JSON", () => new Response("hello"), () => new Response("hello"), "Other"]
  ] as const) {
    it.effect(`and is answered with ${name}, it is NotAirflow`, () =>
      Effect.gen(function* () {
        const { error, server } = yield* failing(login, reply)
        expect(error).toMatchObject({ _tag: "NotAirflow", found, baseUrl: "http://airflow.test/prefix" })
        expect(server.arrivals.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
          "POST /prefix/auth/token",
          "GET /prefix/api/v2/version",
          "GET /prefix/api/v1/version"
        ])
        for (const { headers } of server.arrivals) expect(headers).not.toHaveProperty("authorization")
      })
    )
  }

  it.effect("and the server is an Airflow, what went wrong with the login is the error", () =>
    Effect.gen(function* () {
      const on2and404 = yield* failing(() => page("<title>Airflow 404</title>", 404), on2)
      expect(on2and404.error).toMatchObject({ _tag: "CredentialsError", loginStatus: 404 })
      expect(on2and404.error.message).toContain("answered 404; only Airflow 3 has this login")
      const on3and400 = yield* failing(() => json({ detail: "must be provided" }, 400), on3)
      expect(on3and400.error).toMatchObject({ _tag: "CredentialsError", loginStatus: 400 })
      // Whether it is one, cannot be told.
      const guarded = yield* failing(
        () => status(404),
        () => status(401)
      )
      expect(guarded.error).toMatchObject({ _tag: "CredentialsError", loginStatus: 404 })
    })
  )

  for (const [code, _tag] of [
    [401, "Unauthorized"],
    [403, "Forbidden"]
  ] as const) {
    it.effect(`and refuses the user with ${code}, it is ${_tag}, and nothing more is asked`, () =>
      Effect.gen(function* () {
        const { error, server } = yield* failing(() => json({ detail: "Invalid credentials" }, code), on3)
        expect(error).toMatchObject({ _tag, path: "/auth/token" })
        expect(server.arrivals.length).toBe(1)
      })
    )
  }

  it.effect("a provider that fails is no reason to ask", () => {
    const server = scripted(() => status(404))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Server.detect)
      expect(error).toMatchObject({ _tag: "CredentialsError", issue: "the vault is shut" })
      expect(error).not.toHaveProperty("loginStatus")
      expect(server.arrivals).toEqual([])
    }).pipe(
      Effect.provide(
        server.layer({ ...noRetry, auth: Auth.provider(Effect.fail(new Error("the vault is shut"))) })
      )
    )
  })
})

describe("supports", () => {
  const v1 = (version: string) => ({ api: "v1", version }) as const
  const v2 = (version: string) => ({ api: "v2", version }) as const

  it("goes by the API and its version", () => {
    expect(Server.supports(v1("2.9.3"), "tries")).toBe(false)
    expect(Server.supports(v1("2.10.0"), "tries")).toBe(true)
    expect(Server.supports(v2("3.0.6"), "tries")).toBe(true)
    expect(Server.supports(v1("2.11.0"), "cursor")).toBe(false)
    expect(Server.supports(v2("3.2.1"), "cursor")).toBe(false)
    expect(Server.supports(v2("3.2.2"), "cursor")).toBe(true)
    expect(Server.supports(v1("2.10.2"), "batchPaging")).toBe(false)
    expect(Server.supports(v1("2.10.3"), "batchPaging")).toBe(true)
    expect(Server.supports(v1("2.7.0"), "batchByRun")).toBe(false)
  })

  it("compares numbers, and reads the versions of vendors", () => {
    expect(Server.isAtLeast(v1("2.10.5+composer"), "2.9")).toBe(true)
    expect(Server.isAtLeast(v2("3.3.0rc1"), "3.3")).toBe(true)
    expect(Server.isAtLeast(v2("3.2"), "3.2.2")).toBe(false)
    expect(Server.isAtLeast(v2("3.10.0"), "3.9.9")).toBe(true)
    expect(Server.isAtLeast(v1("2.11.0"), "3.0")).toBe(false)
  })

  it("takes a version that cannot be read for a new one", () => {
    expect(Server.supports(v2("main"), "cursor")).toBe(true)
    expect(Server.supports(v1("main"), "cursor")).toBe(false)
  })
})

describe("Unsupported", () => {
  it("says what needs which version", () => {
    const info = { operation: "TaskInstances.list", method: "", path: "", attempts: 0 }
    const error = new Unsupported({
      ...info,
      needs: "Airflow 2.10 or later",
      server: "2.9.3",
      field: "executor"
    })
    expect(error.message).toBe(
      "Unsupported from TaskInstances.list: executor needs Airflow 2.10 or later, and the server is 2.9.3"
    )
    const whole = new Unsupported({ ...info, needs: "Airflow 3.1 or later", server: "2.11.0" })
    expect(whole.message).toContain(": it needs Airflow 3.1 or later")
  })
})
