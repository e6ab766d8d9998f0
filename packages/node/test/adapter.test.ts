import type { Options } from "@effect-airflow/core/AirflowClient"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer as createHttpServer } from "node:http"
import { connect, type AddressInfo } from "node:net"
import { answer, listen, type RawServer } from "./rawServer.js"

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8")

const task = { dag_id: "d", dag_run_id: "r", task_id: "t" }
const good = answer(
  "200 OK",
  ["Content-Type: application/json"],
  JSON.stringify({ ...task, map_index: -1, try_number: 1 })
)

const call = (options: NodeAirflow.Options) =>
  TaskInstances.getTaskInstance(task, { retry: false, timeout: "5 seconds" }).pipe(
    Effect.provide(NodeAirflow.layer(options)),
    Effect.match({
      // Plain data: what a failed assertion would print of an Effect error has no end.
      onFailure: (error): Readonly<Record<string, unknown>> => ({ ...error }),
      onSuccess: () => ({ _tag: "Success" })
    }),
    Effect.runPromise
  )

const using = async (server: Promise<RawServer>, test: (server: RawServer) => Promise<void>) => {
  const started = await server
  try {
    await test(started)
  } finally {
    await started.close()
  }
}

describe("TLS", () => {
  const tls = { key: fixture("server.key"), cert: fixture("server.pem") }

  it("a certificate of an unknown authority is refused, and nothing is sent", () =>
    using(listen(good, tls), async (server) => {
      const error = await call({ baseUrl: `https://127.0.0.1:${server.port}` })
      assert.deepInclude(error, { _tag: "TransportError", reason: "Tls" })
      assert.deepStrictEqual(server.requests, [])
    }))

  it("with the authority's certificate it is accepted", () =>
    using(listen(good, tls), async (server) => {
      const outcome = await call({ baseUrl: `https://127.0.0.1:${server.port}`, ca: fixture("ca.pem") })
      assert.strictEqual(outcome._tag, "Success")
    }))

  it("a server that wants the client's certificate gets it", () =>
    using(
      listen(good, { ...tls, ca: fixture("ca.pem"), requestCert: true, rejectUnauthorized: true }),
      async (server) => {
        const baseUrl = `https://127.0.0.1:${server.port}`
        const ca = [fixture("ca.pem")]
        const without = await call({ baseUrl, ca })
        assert.strictEqual(without._tag, "TransportError")
        const key = Redacted.make(fixture("client.key"))
        assert.strictEqual((await call({ baseUrl, ca, cert: fixture("client.pem"), key }))._tag, "Success")
      }
    ))

  for (const [what, options, field] of [
    ["ca that is no PEM", { ca: "-----BEGIN CERTIFICATE-----\nnope\n-----END CERTIFICATE-----" }, "ca"],
    ["cert without key", { cert: fixture("client.pem") }, "key"],
    ["key without cert", { key: Redacted.make(fixture("client.key")) }, "cert"],
    [
      "cert and a key of another",
      { cert: fixture("client.pem"), key: Redacted.make(fixture("server.key")) },
      "cert"
    ],
    ["connections", { connections: 0 }, "connections"],
    ["proxy that is no URL", { proxy: "not a proxy" }, "proxy"]
  ] as const) {
    it(`a bad option: ${what}`, async () => {
      const error = await call({ baseUrl: "http://127.0.0.1:1", ...options })
      assert.deepInclude(error, { _tag: "InvalidInput", field })
    })
  }
})

describe("proxy", () => {
  it("requests go through it, with its credentials", () =>
    using(listen(good), async (server) => {
      const asked: Array<string> = []
      const proxy = createHttpServer()
      proxy.on("connect", (request, socket) => {
        asked.push(`${request.url} ${request.headers["proxy-authorization"]}`)
        const upstream = connect(server.port, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
          upstream.pipe(socket)
          socket.pipe(upstream)
        })
        for (const end of [upstream, socket]) end.on("error", () => end.destroy())
      })
      proxy.listen(0, "127.0.0.1")
      await once(proxy, "listening")
      try {
        const outcome = await call({
          baseUrl: `http://127.0.0.1:${server.port}`,
          proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
          proxyToken: Redacted.make("Basic cHJveHk6c2VjcmV0")
        })
        assert.strictEqual(outcome._tag, "Success")
        assert.deepStrictEqual(asked, [`127.0.0.1:${server.port} Basic cHJveHk6c2VjcmV0`])
      } finally {
        proxy.closeAllConnections()
        proxy.close()
      }
    }))
})

describe("layerConfig", () => {
  const configured = (variables: Record<string, string>, options: Partial<Options> = {}) =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.promise(() => listen(good)),
        (server) => Effect.promise(server.close)
      )
      const environment = Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, value.replace("PORT", String(server.port))])
      )
      const outcome = yield* TaskInstances.getTaskInstance(task).pipe(
        Effect.provide(NodeAirflow.layerConfig(options)),
        Effect.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))),
        Effect.either
      )
      const authorization = /^authorization: (.*)\r$/im.exec(server.requests[0] ?? "")?.[1]
      return { outcome, authorization, requests: server.requests.length, first: server.requests[0] ?? "" }
    }).pipe(Effect.scoped)

  const AIRFLOW_BASE_URL = "http://127.0.0.1:PORT"

  it.live("a token", () =>
    Effect.map(configured({ AIRFLOW_BASE_URL, AIRFLOW_TOKEN: "abc" }), ({ authorization, outcome }) => {
      assert.strictEqual(outcome._tag, "Right")
      assert.strictEqual(authorization, "Bearer abc")
    })
  )

  it.live("a user and a password", () =>
    Effect.map(
      configured({ AIRFLOW_BASE_URL, AIRFLOW_USERNAME: "u", AIRFLOW_PASSWORD: "p" }),
      ({ authorization }) => assert.strictEqual(authorization, `Basic ${btoa("u:p")}`)
    )
  )

  it.live("a token wins; neither means nobody; empty variables are none", () =>
    Effect.gen(function* () {
      const both = yield* configured({
        AIRFLOW_BASE_URL,
        AIRFLOW_TOKEN: "t",
        AIRFLOW_USERNAME: "u",
        AIRFLOW_PASSWORD: "p"
      })
      assert.strictEqual(both.authorization, "Bearer t")
      const neither = yield* configured({ AIRFLOW_BASE_URL, AIRFLOW_TOKEN: "", AIRFLOW_USERNAME: "" })
      assert.strictEqual(neither.authorization, undefined)
      assert.strictEqual(neither.requests, 1)
    })
  )

  for (const [what, variables, login] of [
    [
      "a user and a password",
      { AIRFLOW_USERNAME: "u", AIRFLOW_PASSWORD: "p" },
      /^POST \/auth\/token [^]*\r\n\r\n\{"username":"u","password":"p"\}$/
    ],
    ["nobody", {}, /^GET \/auth\/token /]
  ] as const) {
    it.live(`AIRFLOW_AUTH=jwt with ${what}: a login comes first`, () =>
      Effect.map(
        configured({ AIRFLOW_BASE_URL, AIRFLOW_AUTH: "jwt", ...variables }),
        ({ authorization, first }) => {
          assert.match(first, login)
          assert.isUndefined(authorization)
        }
      )
    )
  }

  it.live("a token needs no login", () =>
    Effect.map(
      configured({ AIRFLOW_BASE_URL, AIRFLOW_AUTH: "jwt", AIRFLOW_TOKEN: "abc" }),
      ({ authorization }) => assert.strictEqual(authorization, "Bearer abc")
    )
  )

  for (const [what, variables, missing] of [
    ["nothing", {}, "AIRFLOW_BASE_URL"],
    ["a kind of login that is none", { AIRFLOW_BASE_URL, AIRFLOW_AUTH: "kerberos" }, "AIRFLOW_AUTH"],
    [
      "a user without a password, for a token",
      { AIRFLOW_BASE_URL, AIRFLOW_AUTH: "jwt", AIRFLOW_USERNAME: "u" },
      "AIRFLOW_PASSWORD"
    ],
    ["an empty base URL", { AIRFLOW_BASE_URL: "" }, "AIRFLOW_BASE_URL"],
    ["a user without a password", { AIRFLOW_BASE_URL, AIRFLOW_USERNAME: "u" }, "AIRFLOW_PASSWORD"]
  ] as const) {
    it.live(`${what}: the variable is named, and nothing is sent`, () =>
      Effect.map(configured(variables), ({ outcome, requests }) => {
        assert.strictEqual(outcome._tag, "Left")
        assert.include(String(outcome._tag === "Left" && outcome.left), missing)
        assert.strictEqual(requests, 0)
      })
    )
  }

  it.live("a base URL that is none", () =>
    Effect.map(configured({ AIRFLOW_BASE_URL: "airflow:8080/x" }), ({ outcome, requests }) => {
      assert.deepInclude(outcome._tag === "Left" ? outcome.left : {}, {
        _tag: "InvalidInput",
        field: "baseUrl"
      })
      assert.strictEqual(requests, 0)
    })
  )
})
