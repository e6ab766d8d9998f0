/**
 * No secret comes out of an error, a span or a log: a canary is put wherever secrets go, a server echoes all it
 * gets, and everything a program could print of the outcome is searched.
 */
import * as AirflowClient from "@effect-airflow/core/AirflowClient"
import * as Auth from "@effect-airflow/core/Auth"
import type { AirflowError } from "@effect-airflow/core/AirflowError"
import * as Endpoint from "@effect-airflow/core/Endpoint"
import * as Server from "@effect-airflow/core/Server"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as TaskInstances2 from "@effect-airflow/core/v2/TaskInstances"
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
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
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { adapters } from "./adapters.js"
import { onAny, onV2, type Operation, token as logToken, versioned } from "./operations.js"
import { answer, listen, raw, type Serve } from "./rawServer.js"

const canary = "c4n4ry-s3cr3t"
/** A password whose JSON is not itself. */
const quoted = `"q\\é ${canary}`
const jwt = "t0k3n-s3cr3t"
const secrets = [canary, Buffer.from(`admin:${canary}`).toString("base64"), jwt, logToken]

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
  "provider's token": Auth.provider(Effect.succeed({ authorization: Redacted.make(`Bearer ${canary}`) })),
  "negotiated token": Auth.negotiate(() => Effect.succeed({ token: Redacted.make(canary) }))
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

/** Says so of a body, and answers what has none with a page. */
const orPage =
  (serve: Serve): Serve =>
  (socket, request) =>
    (request.startsWith("POST") ? serve : echo("404 NOT FOUND", "text/html"))(socket, request)

/** Answers in which all is repeated that came, and what becomes of them; undefined: a success. */
const echoes: Readonly<
  Record<
    string,
    { readonly serve: Serve; readonly tag: (operation: Operation) => AirflowError["_tag"] | undefined }
  >
> = {
  "a refusal of the token": {
    serve: echo("401 UNAUTHORIZED", "application/json"),
    tag: () => "Unauthorized"
  },
  "fields that are wrong": {
    serve: (socket, request) =>
      answer(
        "422 UNPROCESSABLE CONTENT",
        ["Content-Type: application/json"],
        JSON.stringify({ detail: [{ type: request, loc: ["query", request], msg: request, input: request }] })
      )(socket, request),
    tag: ({ version }) => (version?.startsWith("2.") === true ? "UnexpectedStatus" : "UnprocessableContent")
  },
  "a crash": { serve: echo("500 INTERNAL SERVER ERROR", problem), tag: () => "ServerError" },
  "a status of its own": { serve: echo("418 TEAPOT", problem), tag: () => "UnexpectedStatus" },
  "a page": { serve: echo("200 OK", "text/html"), tag: () => "DecodeError" },
  "JSON of another shape": {
    serve: (socket, request) =>
      answer(
        "200 OK",
        ["Content-Type: application/json"],
        JSON.stringify({ [request]: request, content: request, task_instances: request, update: request })
      )(socket, request),
    // API v1 answers links as a map of any names.
    tag: ({ id, reads, version }) =>
      reads === "nothing" || (id === "getExtraLinks" && version === "2.11.0") ? undefined : "DecodeError"
  },
  "an answer that breaks off": {
    serve: (socket, request) =>
      raw(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n{"content":[${JSON.stringify(request)},`,
        "close"
      )(socket, request),
    tag: () => "TransportError"
  }
}

const sealed = Auth.provider(Effect.fail({ _tag: "VaultError", token: canary }))

describe("the canary", () => {
  it("is found where it does leak: the check bites", () => {
    const leaking = Object.assign(new Error(`refused: Bearer ${canary}`), { authorization: canary })
    for (const [name, sink] of Object.entries(sinks))
      assert.isTrue(leaks(sink(leaking, Exit.fail(leaking))), name)
    assert.isTrue(leaks(secrets[1]!))
  })

  interface Trial {
    /** What is called; else an operation that declares all errors. */
    readonly operation?: Pick<Operation, "id" | "call"> | undefined
    readonly tag: string
    readonly serve: Serve
    readonly auth: Auth.Auth
    readonly params?: object | undefined
    readonly options?: Endpoint.RequestOptions | undefined
  }

  /** Whether the server saw a secret. */
  const look = async ({ auth, operation, options, params, serve, tag }: Trial): Promise<boolean> => {
    const server = await listen(serve)
    try {
      for (const { layer } of adapters) {
        const { all, spans, tracer } = recorder()
        const logged: Array<unknown> = []
        const requestOptions = {
          retry: { attempts: 2, base: 0 },
          timeout: "2 seconds",
          ...(operation === undefined ? { headers: { "x-other": canary } } : {}),
          ...options
        } as const
        const run = (
          operation?.call(requestOptions) ??
          everything({ ...task, task_try_number: 1, token: canary, ...params }, requestOptions)
        ).pipe(
          Effect.provide(layer({ baseUrl: `http://127.0.0.1:${server.port}`, auth })),
          Effect.withSpan("user's own"),
          Effect.withTracer(tracer),
          Effect.provide(
            Logger.replace(
              Logger.defaultLogger,
              Logger.make((told) => logged.push(told))
            )
          ),
          Logger.withMinimumLogLevel(LogLevel.All)
        )
        const exit = await Effect.runPromiseExit(run)
        assert.isTrue(Exit.isFailure(exit))
        const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        assert.strictEqual((error as AirflowError)._tag, tag)
        for (const [name, sink] of Object.entries(sinks))
          assert.isFalse(leaks(sink(error, exit)), `${name} leaks`)
        assert.isFalse(leaks(all()), "a span leaks")
        assert.include(spans, `airflow.${operation?.id ?? "everything"}`)
        assert.isFalse(leaks(inspect(logged, { depth: 20 })), "what is logged leaks")
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

  for (const operation of [...onV2, ...onAny]) {
    it(`${operation.name}: login's password and token, log token`, async () => {
      for (const [what, { serve, tag }] of Object.entries(echoes)) {
        const expected = tag(operation)
        if (expected === undefined) continue
        const whole = givingToken(versioned(operation.version, serve))
        const seen: Array<string> = []
        const keeping: Serve = (socket, request) => {
          seen.push(request)
          return whole(socket, request)
        }
        assert.isTrue(await look({ operation, tag: expected, serve: keeping, auth: byLogin }), what)
        const asked = seen.filter((request) => /^\w+ \/api\/v\d\/dags/.test(request))
        assert.isAbove(asked.length, 0, what)
        for (const request of asked) {
          assert.include(request, `Bearer ${jwt}`, what)
          if (operation.token) assert.include(request, `token=${logToken}`, what)
        }
      }
    })
  }

  const detect = { id: "getVersion", call: () => Server.detect }
  for (const [index, [tag, serve]] of logins.entries()) {
    // It is not asked with a time-out of its own.
    if (tag === "TimeoutError") continue
    const expected = tag === "CredentialsError" ? "NotAirflow" : tag
    it(`a login that fails before it is found out which server it is, ${index + 1}: ${expected}`, async () => {
      // What repeats the login's body is asked for the version without one.
      const whole: Serve = serve === repeat ? orPage(repeat) : serve
      assert.isTrue(
        await look({ operation: detect, tag: expected, serve: whole, auth: byLogin }),
        "nothing was tested"
      )
    })
  }

  it("is not in what is said of a field that is left out", async () => {
    const server = await listen((socket, request) =>
      givingToken(
        answer(
          "200 OK",
          ["Content-Type: application/json"],
          JSON.stringify({
            ...task,
            id: "1",
            map_index: -1,
            try_number: 1,
            note: { request },
            pool: [request]
          })
        )
      )(socket, request)
    )
    try {
      for (const { layer } of adapters) {
        const logged: Array<unknown> = []
        const row = await TaskInstances2.getTaskInstance(task).pipe(
          Effect.provide(layer({ baseUrl: `http://127.0.0.1:${server.port}`, auth: byLogin })),
          Effect.provide(
            Logger.replace(
              Logger.defaultLogger,
              Logger.make((told) => logged.push(told))
            )
          ),
          Logger.withMinimumLogLevel(LogLevel.All),
          Effect.runPromise
        )
        assert.notProperty(row, "note")
        assert.strictEqual(logged.length, 2, "nothing was said")
        assert.isFalse(leaks(inspect(logged, { depth: 20 })))
      }
      assert.isTrue(server.requests.some(leaks))
    } finally {
      await server.close()
    }
  })

  for (const version of ["2.11.0", "3.1.8", "3.2.1", "3.3.2"]) {
    it(`is not in the events and cursors of a log on ${version}`, async () => {
      const isAirflow2 = version.startsWith("2.")
      await using fake = await FakeAirflow.start({
        version,
        clock: FakeClock.real({ speed: 20 }),
        users: [{ username: "admin", password: canary, role: "Admin" }],
        runs: [{ dag_id: "ticker", dag_run_id: "r", conf: { lines: 20 } }]
      })
      const password = Redacted.make(canary)
      const auth = isAirflow2 ? Auth.basic("admin", password) : Auth.jwt({ username: "admin", password })
      const events = await Stream.runCollect(
        LogFollower.follow(
          { dag_id: "ticker", dag_run_id: "r", task_id: "tick" },
          { active: "20 millis", idle: "20 millis", settle: "20 millis", reread: Infinity }
        )
      ).pipe(
        Effect.map((found) => [...found]),
        Effect.provide(NodeAirflow.layer({ baseUrl: fake.baseUrl, auth, polling: { perSecond: 1000 } })),
        Effect.runPromise
      )
      const sent = fake.requests
        .map(({ headers }) => headers["authorization"])
        .filter((it) => it !== undefined)
      const credentials = [...new Set(sent.flatMap((header) => [header, header.split(" ")[1]!])), canary]
      const tokens = fake.requests.flatMap(({ query }) => {
        const token = query.get("token")
        return token === null ? [] : [token]
      })
      assert.isAbove(credentials.length, 2)
      assert.isNotEmpty(tokens)
      assert.isAbove(events.filter(({ _tag }) => _tag === "Line").length, 19)
      for (const event of events) {
        const shown = [
          inspect(event, { depth: 20, showHidden: true }),
          JSON.stringify(event),
          String(event.cursor),
          inspect(event.cursor, { depth: 20 }),
          JSON.stringify(event.cursor)
        ].join()
        for (const secret of [...credentials, ...tokens]) assert.isFalse(shown.includes(secret), event._tag)
        // That is what it is kept as: the server's token is a part of the place.
        const kept = JSON.stringify(LogCursor.toJson(event.cursor))
        for (const secret of credentials) assert.isFalse(kept.includes(secret), event._tag)
      }
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
