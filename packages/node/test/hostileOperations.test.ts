/** What servers, proxies and networks do to each operation of API v2, to those of any server, and to a login. */
import * as Auth from "@effect-airflow/core/Auth"
import * as Server from "@effect-airflow/core/Server"
import { getTaskInstance } from "@effect-airflow/core/v2/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { gzipSync } from "node:zlib"
import { adapters } from "./adapters.js"
import { existing, onAny, onV2, type Operation, versioned } from "./operations.js"
import { answer, listen, raw, type Serve } from "./rawServer.js"

const json = "Content-Type: application/json"
const html = "Content-Type: text/html; charset=utf-8"
const page = "<!doctype html><html><body><form action='/login'></form></body></html>"
const invalid = JSON.stringify({
  detail: [{ type: "missing", loc: ["body", "x"], msg: "Field required", input: {} }]
})
const damaged = gzipSync("{}".padEnd(500))
damaged.writeUInt32LE(0, damaged.length - 8)

type Outcome = { readonly _tag: string; readonly [field: string]: unknown }

interface Hostility {
  readonly serve: Serve
  readonly outcome: (operation: Operation) => Outcome
  readonly timeout?: number
}

const always = (outcome: Outcome) => () => outcome
const dropped = always({ _tag: "TransportError", reason: "Dropped" })

const hostilities: Readonly<Record<string, Hostility>> = {
  "a login page as 200": {
    serve: answer("200 OK", [html], page),
    outcome: always({ _tag: "DecodeError", status: 200, firstBytes: page })
  },
  "text where JSON is due": {
    serve: answer("200 OK", ["Content-Type: text/plain"], "[]"),
    outcome: always({ _tag: "DecodeError", contentType: "text/plain" })
  },
  "JSON that is cut, its length right": {
    serve: answer("200 OK", [json], '{"task_insta'),
    outcome: ({ reads }) =>
      reads === "records"
        ? { _tag: "TransportError", reason: "Dropped" }
        : { _tag: "DecodeError", status: 200 }
  },
  "JSON of another shape": {
    serve: answer("200 OK", [json], "[]"),
    outcome: ({ reads }) => ({ _tag: reads === "nothing" ? "Success" : "DecodeError" })
  },
  "JSON null": {
    serve: answer("200 OK", [json], "null"),
    outcome: ({ reads }) => ({ _tag: reads === "nothing" ? "Success" : "DecodeError" })
  },
  "an empty body": {
    serve: answer("200 OK", [json]),
    outcome: ({ reads }) =>
      reads === "records"
        ? { _tag: "TransportError", reason: "Dropped" }
        : { _tag: "DecodeError", status: 200 }
  },
  "a body that is shorter than its length": {
    serve: raw(`HTTP/1.1 200 OK\r\n${json}\r\nContent-Length: 500\r\n\r\n{`, "close"),
    outcome: dropped
  },
  "a reset before an answer": { serve: (socket) => void socket.resetAndDestroy(), outcome: dropped },
  "a compressed body that is damaged": {
    serve: answer("200 OK", [json, "Content-Encoding: gzip"], damaged),
    outcome: always({ _tag: "TransportError", reason: "Dropped", code: "Z_DATA_ERROR" })
  },
  "a redirect, which is not followed": {
    serve: answer("302 FOUND", [html, "Location: /login"], page),
    outcome: always({ _tag: "UnexpectedStatus", status: 302 })
  },
  "401 as HTML": {
    serve: answer("401 UNAUTHORIZED", [html], page),
    outcome: always({ _tag: "Unauthorized", problem: undefined })
  },
  "403 of Airflow 3": {
    serve: answer("403 FORBIDDEN", [json], '{"detail":"Forbidden"}'),
    outcome: always({ _tag: "Forbidden", problem: { detail: "Forbidden" } })
  },
  "422, with the field that is wrong": {
    serve: answer("422 UNPROCESSABLE CONTENT", [json], invalid),
    outcome: ({ version }) =>
      // API v1 declares none.
      version?.startsWith("2.") === true
        ? { _tag: "UnexpectedStatus", status: 422 }
        : {
            _tag: "UnprocessableContent",
            problem: {
              detail: "body.x: Field required",
              errors: [{ field: "body.x", message: "Field required", type: "missing" }]
            }
          }
  },
  "429 with a Retry-After": {
    serve: answer("429 Too Many Requests", ["Retry-After: 7"]),
    outcome: always({ _tag: "RateLimited", retryAfter: 7000 })
  },
  "500 as text, as Airflow 3 crashes": {
    serve: answer("500 Internal Server Error", ["Content-Type: text/plain"], "Internal Server Error"),
    outcome: always({ _tag: "ServerError", status: 500, problem: undefined })
  },
  "a gateway's page": {
    serve: answer("504 Gateway Time-out", [html], page),
    outcome: always({ _tag: "ServerError", status: 504 })
  },
  "no answer": {
    serve: () => undefined,
    outcome: always({ _tag: "TimeoutError", limit: "attempt", millis: 50 }),
    timeout: 50
  }
}

const isVersion = (request: string): boolean => /^GET \/api\/v\d\/version /.test(request)

const pick = (result: object, outcome: Outcome): object =>
  Object.fromEntries(
    Object.keys(outcome).map((field) => [field, (result as Readonly<Record<string, unknown>>)[field]])
  )

it("no operation is left out", () => {
  assert.sameMembers(
    onV2.map(({ id }) => id),
    [...existing.v2]
  )
  const names = onAny.map(({ name }) => name.split(" ")[0]!)
  assert.sameMembers([...new Set(names)], [...existing.any])
  assert.strictEqual(names.length, 2 * existing.any.length)
})

for (const { layer, name: adapter } of adapters) {
  describe(`a hostile world, ${adapter}`, () => {
    for (const operation of [...onV2, ...onAny]) {
      it(operation.name, async () => {
        let serve: Serve = () => undefined
        const server = await listen((socket, request) => versioned(operation.version, serve)(socket, request))
        try {
          const program = Effect.forEach(Object.entries(hostilities), ([what, hostility]) =>
            Effect.gen(function* () {
              serve = hostility.serve
              const before = server.requests.length
              const result: object = yield* Effect.match(
                operation.call({ retry: false, timeout: hostility.timeout ?? 5000 }),
                { onFailure: (error) => error, onSuccess: () => ({ _tag: "Success" }) }
              )
              const outcome = hostility.outcome(operation)
              assert.deepStrictEqual(pick(result, outcome), outcome, what)
              if (outcome._tag !== "Success") assert.deepInclude(result, { operation: operation.id }, what)
              const sent = server.requests.slice(before).filter((request) => !isVersion(request))
              assert.strictEqual(sent.length, 1, `${what}: how often it was sent`)
            })
          )
          await program.pipe(
            Effect.provide(layer({ baseUrl: `http://127.0.0.1:${server.port}` })),
            Effect.runPromise
          )
        } finally {
          await server.close()
        }
      })
    }

    const logins: Readonly<Record<string, Outcome>> = {
      "a login page as 200": { _tag: "CredentialsError", loginStatus: 200 },
      "text where JSON is due": { _tag: "CredentialsError", loginStatus: 200 },
      "JSON that is cut, its length right": { _tag: "CredentialsError", loginStatus: 200 },
      "JSON of another shape": { _tag: "CredentialsError", loginStatus: 200 },
      "JSON null": { _tag: "CredentialsError", loginStatus: 200 },
      "an empty body": { _tag: "CredentialsError", loginStatus: 200 },
      "a body that is shorter than its length": { _tag: "TransportError", reason: "Dropped" },
      "a reset before an answer": { _tag: "TransportError", reason: "Dropped" },
      "a compressed body that is damaged": {
        _tag: "TransportError",
        reason: "Dropped",
        code: "Z_DATA_ERROR"
      },
      "a redirect, which is not followed": { _tag: "CredentialsError", loginStatus: 302 },
      "401 as HTML": { _tag: "Unauthorized", path: "/auth/token" },
      "403 of Airflow 3": { _tag: "Forbidden", path: "/auth/token" },
      "422, with the field that is wrong": {
        _tag: "CredentialsError",
        loginStatus: 422,
        issue: "POST /auth/token answered 422: body.x: Field required"
      },
      "429 with a Retry-After": { _tag: "RateLimited", retryAfter: 7000 },
      "500 as text, as Airflow 3 crashes": { _tag: "ServerError", status: 500 },
      "a gateway's page": { _tag: "ServerError", status: 504 },
      "no answer": { _tag: "TimeoutError", limit: "attempt" }
    }
    /** What is found out of a server that answers everything so. */
    const detected: Readonly<Record<string, Outcome>> = {
      ...logins,
      "a login page as 200": { _tag: "NotAirflow", found: "Page" },
      "text where JSON is due": { _tag: "NotAirflow", found: "Other" },
      "JSON that is cut, its length right": { _tag: "NotAirflow", found: "Other" },
      "JSON of another shape": { _tag: "NotAirflow", found: "Other" },
      "JSON null": { _tag: "NotAirflow", found: "Other" },
      "an empty body": { _tag: "NotAirflow", found: "Other" },
      "a redirect, which is not followed": { _tag: "NotAirflow", found: "Redirect" },
      "422, with the field that is wrong": { _tag: "NotAirflow", found: "Other" }
    }

    const before: ReadonlyArray<
      readonly [what: string, call: ReturnType<Operation["call"]>, outcomes: typeof logins]
    > = [
      [
        "an operation",
        getTaskInstance({ dag_id: "d", dag_run_id: "r", task_id: "t" }, { retry: false }),
        logins
      ],
      ["the question which server it is", Server.detect, detected]
    ]
    for (const [what, call, outcomes] of before) {
      it(`a login before ${what}`, async () => {
        assert.sameMembers(Object.keys(outcomes), Object.keys(hostilities))
        let serve: Serve = () => undefined
        const server = await listen((socket, request) => serve(socket, request))
        try {
          for (const [how, hostility] of Object.entries(hostilities)) {
            serve = hostility.serve
            const before = server.requests.length
            const result: object = await Effect.flip(call).pipe(
              Effect.provide(
                layer({
                  baseUrl: `http://127.0.0.1:${server.port}`,
                  auth: Auth.jwt({ username: "admin", password: Redacted.make("s3cret-password") }),
                  retry: false,
                  timeout: hostility.timeout ?? 5000
                })
              ),
              Effect.runPromise
            )
            const outcome = outcomes[how]!
            assert.deepStrictEqual(pick(result, outcome), outcome, how)
            const sent = server.requests.slice(before).map((request) => request.split(" ", 2).join(" "))
            assert.deepStrictEqual(
              sent,
              outcome._tag === "NotAirflow"
                ? ["POST /auth/token", "GET /api/v2/version", "GET /api/v1/version"]
                : ["POST /auth/token"],
              how
            )
          }
        } finally {
          await server.close()
        }
      })
    }
  })
}
