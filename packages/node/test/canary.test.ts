/**
 * No secret comes out of an error, a span or a log: a canary is put wherever secrets go, a server echoes all it
 * gets, and everything a program could print of the outcome is searched.
 */
import * as AirflowClient from "@effect-airflow/core/AirflowClient"
import * as Auth from "@effect-airflow/core/Auth"
import type { AirflowError } from "@effect-airflow/core/AirflowError"
import * as Endpoint from "@effect-airflow/core/Endpoint"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { adapters } from "./adapters.js"
import { answer, listen, raw, type Serve } from "./rawServer.js"

const canary = "c4n4ry-s3cr3t"
/** A password whose JSON is not itself. */
const quoted = `"q\\é ${canary}`
const jwt = "t0k3n-s3cr3t"
const secrets = [canary, Buffer.from(`admin:${canary}`).toString("base64"), jwt]

const leaks = (text: string): boolean => secrets.some((secret) => text.includes(secret))

/** All that a program might print of a failure. */
const sinks: Readonly<Record<string, (error: unknown, exit: Exit.Exit<unknown, unknown>) => string>> = {
  "JSON.stringify": (error) => JSON.stringify(error),
  "JSON.stringify of its own properties": (error) => JSON.stringify(error, Object.getOwnPropertyNames(error)),
  "JSON.stringify of the Exit": (_, exit) => JSON.stringify(exit),
  "util.inspect": (error) => inspect(error, { depth: 20 }),
  "util.inspect with what is hidden": (error) =>
    inspect(error, { depth: 20, showHidden: true, getters: true }),
  "util.inspect of the Exit": (_, exit) => inspect(exit, { depth: 20 }),
  String: (error) => String(error),
  message: (error) => (error as Error).message,
  stack: (error) => (error as Error).stack ?? "",
  "Cause.pretty": (_, exit) =>
    Exit.isFailure(exit) ? Cause.pretty(exit.cause, { renderErrorCause: true }) : "",
  "Inspectable.toStringUnknown": (error) => Inspectable.toStringUnknown(error),
  "Inspectable.toJSON": (error) => JSON.stringify(Inspectable.toJSON(error)),
  "Object.entries": (error) =>
    Object.entries(error as object)
      .map(String)
      .join()
}

const capture = async (run: () => Promise<unknown>): Promise<string> => {
  const written: Array<string> = []
  const original = { ...console }
  const record = (...values: ReadonlyArray<unknown>) =>
    written.push(
      ...values.map((value) => (typeof value === "string" ? value : inspect(value, { depth: 20 })))
    )
  Object.assign(console, {
    log: record,
    error: record,
    info: record,
    warn: record,
    debug: record,
    group: record
  })
  try {
    await run()
  } finally {
    Object.assign(console, original)
  }
  return written.join("\n")
}

const loggers = {
  pretty: Logger.pretty,
  json: Logger.json,
  logFmt: Logger.logFmt,
  structured: Logger.structured,
  string: Logger.replace(Logger.defaultLogger, Logger.withConsoleLog(Logger.stringLogger))
}

/** A tracer that keeps everything it is told. */
const recorder = () => {
  const told: Array<unknown> = []
  const spans: Array<string> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      spans.push(name)
      told.push(name, links)
      const attributes = new Map<string, unknown>()
      return {
        _tag: "Span",
        name,
        spanId: "1",
        traceId: "1",
        parent,
        context,
        links,
        kind,
        sampled: true,
        attributes,
        status: { _tag: "Started", startTime },
        end: (_, exit) => told.push(exit),
        attribute: (key, value) => {
          attributes.set(key, value)
          told.push(key, value)
        },
        event: (event, _, extra) => told.push(event, extra),
        addLinks: (more) => told.push(more)
      }
    },
    context: (f) => f()
  })
  return { tracer, spans, all: () => inspect(told, { depth: 20 }) }
}

/** Sends back all it got, as a problem and as a page. */
const echo =
  (status: string, type: string): Serve =>
  (socket, request) => {
    const body = type.includes("json")
      ? JSON.stringify({ title: request, detail: request, status: 1 })
      : `<html>${request}</html>`
    return answer(status, [`Content-Type: ${type}`], body)(socket, request)
  }

const task = { dag_id: "d", dag_run_id: "r", task_id: "t" }
const problem = "application/problem+json"

/** An operation that declares every status, and has a log token. */
const everything = Endpoint.make({
  ...TaskInstances.getLog.endpoint,
  id: "everything",
  decode: () => Either.left("nothing is good enough"),
  errors: [400, 401, 403, 404, 409, 422]
})

/** But for those that only what works on any server fails with: they are made of these. */
const cases: Readonly<
  Record<
    Exclude<AirflowError["_tag"], "Unsupported" | "NotAirflow">,
    { readonly serve: Serve; readonly params?: object; readonly options?: Endpoint.RequestOptions }
  >
> = {
  BadRequest: { serve: echo("400 BAD REQUEST", problem) },
  Unauthorized: { serve: echo("401 UNAUTHORIZED", problem) },
  Forbidden: { serve: echo("403 FORBIDDEN", problem) },
  NotFound: { serve: echo("404 NOT FOUND", problem) },
  Conflict: { serve: echo("409 CONFLICT", problem) },
  UnprocessableContent: { serve: echo("422 UNPROCESSABLE CONTENT", problem) },
  RateLimited: { serve: echo("429 TOO MANY REQUESTS", problem) },
  ServerError: { serve: echo("500 INTERNAL SERVER ERROR", problem) },
  UnexpectedStatus: { serve: echo("418 TEAPOT", problem) },
  DecodeError: { serve: echo("200 OK", "text/html") },
  TransportError: { serve: raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "close") },
  TimeoutError: { serve: () => undefined, options: { timeout: "100 millis" } },
  InvalidInput: { serve: () => undefined, params: { map_index: -1 } },
  CredentialsError: { serve: () => undefined }
}

const auths: Readonly<Record<string, Auth.Auth>> = {
  "Basic password": Auth.basic("admin", Redacted.make(canary)),
  "bearer token": Auth.bearer(Redacted.make(canary)),
  "secret header": Auth.header("x-api-key", Redacted.make(canary)),
  "provider's token": Auth.provider(Effect.succeed({ authorization: Redacted.make(`Bearer ${canary}`) }))
}

const byLogin = Auth.jwt({ username: "admin", password: Redacted.make(quoted) })

/** Gives a token to who logs in. */
const givingToken =
  (serve: Serve): Serve =>
  (socket, request) =>
    (request.startsWith("POST /auth/token")
      ? answer("201 CREATED", ["Content-Type: application/json"], JSON.stringify({ access_token: jwt }))
      : serve)(socket, request)

/** Says which field is wrong, and repeats it, as FastAPI does. */
const repeat: Serve = (socket, request) => {
  const input: unknown = JSON.parse(Buffer.from(request.split("\r\n\r\n")[1]!, "latin1").toString())
  return answer(
    "422 UNPROCESSABLE CONTENT",
    ["Content-Type: application/json"],
    JSON.stringify({ detail: [{ type: "missing", loc: ["body"], msg: JSON.stringify(input), input }] })
  )(socket, request)
}

/** How a login fails, and the error of the call. */
const logins: ReadonlyArray<readonly [AirflowError["_tag"], Serve, Endpoint.RequestOptions?]> = [
  ["CredentialsError", echo("400 BAD REQUEST", "application/json")],
  ["Unauthorized", echo("401 UNAUTHORIZED", "application/json")],
  ["Forbidden", echo("403 FORBIDDEN", "application/json")],
  ["CredentialsError", echo("404 NOT FOUND", "text/html")],
  ["CredentialsError", repeat],
  ["RateLimited", echo("429 TOO MANY REQUESTS", "application/json")],
  ["ServerError", echo("500 INTERNAL SERVER ERROR", "application/json")],
  ["CredentialsError", echo("200 OK", "text/html")],
  ["CredentialsError", echo("201 CREATED", "application/json")],
  ["TransportError", raw("HTTP/1.1 201 CREATED\r\nContent-Length: 5\r\n\r\n", "close")],
  ["TimeoutError", () => undefined, { timeout: "100 millis" }]
]

const sealed = Auth.provider(Effect.fail({ _tag: "VaultError", token: canary }))

describe("the canary", () => {
  it("is found where it does leak: the check bites", () => {
    const leaking = Object.assign(new Error(`refused: Bearer ${canary}`), { authorization: canary })
    for (const [name, sink] of Object.entries(sinks))
      assert.isTrue(leaks(sink(leaking, Exit.fail(leaking))), name)
    assert.isTrue(leaks(secrets[1]!))
  })

  interface Trial {
    readonly tag: string
    readonly serve: Serve
    readonly auth: Auth.Auth
    readonly params?: object | undefined
    readonly options?: Endpoint.RequestOptions | undefined
  }

  /** Whether the server saw a secret. */
  const look = async ({ auth, options, params, serve, tag }: Trial): Promise<boolean> => {
    const server = await listen(serve)
    try {
      for (const { layer } of adapters) {
        const { all, spans, tracer } = recorder()
        const run = everything(
          { ...task, task_try_number: 1, token: canary, ...params },
          {
            retry: { attempts: 2, base: 0 },
            timeout: "2 seconds",
            headers: { "x-other": canary },
            ...options
          }
        ).pipe(
          Effect.provide(layer({ baseUrl: `http://127.0.0.1:${server.port}`, auth })),
          Effect.withSpan("user's own"),
          Effect.withTracer(tracer)
        )
        const exit = await Effect.runPromiseExit(run)
        assert.isTrue(Exit.isFailure(exit))
        const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        assert.strictEqual((error as AirflowError)._tag, tag)
        for (const [name, sink] of Object.entries(sinks))
          assert.isFalse(leaks(sink(error, exit)), `${name} leaks`)
        assert.isFalse(leaks(all()), "a span leaks")
        assert.include(spans, "airflow.everything")
        for (const [name, logger] of Object.entries(loggers)) {
          const text = await capture(() =>
            Effect.runPromise(
              Effect.logError("failed", error).pipe(
                Effect.annotateLogs("error", error),
                Effect.zipRight(Effect.logError("cause", Exit.isFailure(exit) ? exit.cause : "")),
                Effect.provide(logger),
                Logger.withMinimumLogLevel(LogLevel.All)
              )
            )
          )
          assert.isNotEmpty(text)
          assert.isFalse(leaks(text), `the logger ${name} leaks`)
        }
        const rejection = await Effect.runPromise(Effect.fail(error)).catch((failure: unknown) => failure)
        assert.isFalse(
          leaks(`${String(rejection)}${inspect(rejection, { depth: 20 })}${JSON.stringify(rejection)}`),
          "the FiberFailure leaks"
        )
        assert.isFalse(leaks(await capture(async () => console.log(error))), "console.log leaks")
      }
      return server.requests.some(leaks)
    } finally {
      await server.close()
    }
  }

  for (const [what, auth] of Object.entries({ ...auths, "login's token": byLogin })) {
    for (const [tag, { options, params, serve }] of Object.entries(cases)) {
      it(`${what}, log token: ${tag}`, async () => {
        const seen = await look({
          tag,
          serve: auth === byLogin ? givingToken(serve) : serve,
          auth: tag === "CredentialsError" ? sealed : auth,
          params,
          options
        })
        if (tag !== "InvalidInput" && tag !== "CredentialsError") {
          assert.isTrue(seen, "the server never saw the secret: nothing was tested")
        }
      })
    }
  }

  for (const [index, [tag, serve, options]] of logins.entries()) {
    it(`a login that fails, ${index + 1}: ${tag}`, async () => {
      assert.isTrue(await look({ tag, serve, auth: byLogin, options }), "nothing was tested")
    })
  }

  it("is not in what the client, its options or a layer show of themselves", async () => {
    for (const auth of [...Object.values(auths), byLogin]) {
      const options = { baseUrl: "http://127.0.0.1:1", auth, proxyToken: Redacted.make(canary) }
      const shown = await Effect.runPromise(
        Effect.map(AirflowClient.AirflowClient, (client) => [
          inspect(client, { depth: 20, showHidden: true }),
          JSON.stringify(client),
          inspect(auth, { depth: 20 }),
          JSON.stringify(auth),
          inspect(options, { depth: 20 }),
          JSON.stringify(options),
          inspect(NodeAirflow.layer(options), { depth: 20 })
        ]).pipe(Effect.provide(Layer.orDie(NodeAirflow.layer(options))))
      )
      for (const text of shown) assert.isFalse(leaks(text ?? ""))
    }
  })
})
