import * as Auth from "@effect-airflow/core/Auth"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { triggerDagRun } from "@effect-airflow/core/v1/DagRuns"
import { type Arrival, json, type Reply, row, scripted, status, task } from "./scripted.js"

const get = TaskInstances.getTaskInstance(task)

const headersOf = (auth: Auth.Auth) =>
  Effect.gen(function* () {
    const server = scripted(() => json(row()))
    yield* Effect.provide(get, server.layer({ auth }))
    return server.arrivals[0]!.headers
  })

/** Accepts one token only; a provider gives the next one each time. */
const rotating = (options: { readonly takes?: string } = {}) => {
  let valid = "token-1"
  let acquired = 0
  const server = scripted(({ headers }) =>
    headers["authorization"] === `Bearer ${valid}` ? json(row()) : status(401)
  )
  const auth = Auth.provider(
    Effect.suspend(() => {
      const token = `token-${++acquired}`
      return Effect.as(
        options.takes === undefined ? Effect.void : Effect.sleep(options.takes as "1 second"),
        {
          authorization: Redacted.make(`Bearer ${token}`)
        }
      )
    })
  )
  return {
    server,
    auth,
    acquired: () => acquired,
    expire: () => (valid = "token-2"),
    revoke: () => (valid = "none")
  }
}

describe("Auth", () => {
  it.effect("Basic is UTF-8", () =>
    Effect.gen(function* () {
      const { authorization } = yield* headersOf(Auth.basic("jürgen", Redacted.make("pä:ss ✓")))
      const [scheme, encoded] = authorization!.split(" ")
      assert.strictEqual(scheme, "Basic")
      assert.strictEqual(Buffer.from(encoded!, "base64").toString("utf8"), "jürgen:pä:ss ✓")
    })
  )

  it.effect("bearer, a header of one's own, and none", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* headersOf(Auth.bearer(Redacted.make("abc")))).authorization, "Bearer abc")
      assert.strictEqual((yield* headersOf(Auth.header("X-Api-Key", Redacted.make("k"))))["x-api-key"], "k")
      assert.notProperty(yield* headersOf(Auth.none), "authorization")
    })
  )

  it.effect("a provider runs once, and its credentials are kept", () =>
    Effect.gen(function* () {
      const { acquired, auth, server } = rotating()
      yield* Effect.provide(Effect.all([get, get, get], { concurrency: 3 }), server.layer({ auth }))
      assert.strictEqual(acquired(), 1)
      assert.strictEqual(server.arrivals.length, 3)
    })
  )

  it.effect("fifty 401s at once make one refresh", () =>
    Effect.gen(function* () {
      const { acquired, auth, expire, server } = rotating({ takes: "1 second" })
      const work = Effect.gen(function* () {
        yield* get
        expire()
        yield* Effect.all(
          Array.from({ length: 50 }, () => get),
          { concurrency: "unbounded" }
        )
      })
      const fiber = yield* Effect.fork(Effect.provide(work, server.layer({ auth })))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(acquired(), 2)
      assert.strictEqual(server.arrivals.length, 1 + 50 + 50)
    })
  )

  it.effect("a second 401 is the answer", () =>
    Effect.gen(function* () {
      const { acquired, auth, revoke, server } = rotating()
      revoke()
      const error = yield* Effect.flip(Effect.provide(get, server.layer({ auth })))
      assert.deepInclude(error, { _tag: "Unauthorized", attempts: 2 })
      assert.strictEqual(acquired(), 2)
    })
  )

  it.effect("a 403 refuses credentials only if it says that the token is no good", () =>
    Effect.gen(function* () {
      for (const [detail, sent] of [
        ["Invalid JWT token", 2],
        ["Forbidden", 1]
      ] as const) {
        const server = scripted(() => json({ detail }, 403))
        const auth = Auth.provider(Effect.sync(() => ({ authorization: Redacted.make("Bearer t") })))
        const error = yield* Effect.flip(Effect.provide(get, server.layer({ auth })))
        assert.deepInclude(error, { _tag: "Forbidden", attempts: sent })
      }
    })
  )

  it.effect("static credentials are not tried twice", () =>
    Effect.gen(function* () {
      const server = scripted(() => status(401))
      const error = yield* Effect.flip(
        Effect.provide(get, server.layer({ auth: Auth.bearer(Redacted.make("x")) }))
      )
      assert.deepInclude(error, { _tag: "Unauthorized", attempts: 1 })
    })
  )

  it.effect(
    "a provider that fails is a CredentialsError, nothing is sent, and the next call asks it again",
    () =>
      Effect.gen(function* () {
        let runs = 0
        const auth = Auth.provider(
          Effect.suspend(() =>
            ++runs === 1
              ? Effect.fail(new Error("the vault is sealed"))
              : Effect.succeed({ authorization: Redacted.make("Bearer t") })
          )
        )
        const server = scripted(() => json(row()))
        yield* Effect.provide(
          Effect.gen(function* () {
            const error = yield* Effect.flip(get)
            assert.deepInclude(error, { _tag: "CredentialsError", issue: "the vault is sealed", attempts: 0 })
            assert.strictEqual(server.arrivals.length, 0)
            yield* get
            assert.strictEqual(server.arrivals.length, 1)
          }),
          server.layer({ auth })
        )
      })
  )

  it.effect("one caller's interruption is not another's; with the last one the provider ends", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const auth = Auth.provider(
        Effect.onInterrupt(
          Effect.as(Effect.sleep("10 seconds"), { authorization: Redacted.make("Bearer t") }),
          () => Effect.sync(() => interrupted++)
        )
      )
      const server = scripted(() => json(row()))
      const work = Effect.gen(function* () {
        const first = yield* Effect.fork(get)
        const second = yield* Effect.fork(get)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(first)
        assert.strictEqual(interrupted, 0)
        yield* TestClock.adjust("10 seconds")
        assert.isTrue(Either.isRight(yield* Effect.either(Fiber.join(second))))
      })
      yield* Effect.provide(work, server.layer({ auth }))
      const alone = Effect.gen(function* () {
        const only = yield* Effect.fork(get)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(only)
      })
      yield* Effect.provide(alone, server.layer({ auth }))
      assert.strictEqual(interrupted, 1)
    })
  )

  it.effect("a provider that hangs is bounded by the attempt's time-out", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(row()))
      const call = Effect.provide(
        get,
        server.layer({ auth: Auth.provider(Effect.never), timeout: "1 second", retry: false })
      )
      const fiber = yield* Effect.fork(Effect.flip(call))
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TimeoutError", attempts: 0 })
    })
  )
})

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** An Airflow 3 whose clock is off by so much, and whose tokens live so long (seconds). */
const airflow3 = ({
  claims = (iat: number, exp: number): object => ({ sub: "admin", iat, exp }),
  life = 86_400,
  login = (_: Arrival, __: number): Reply | undefined => undefined,
  skew = 0
} = {}) => {
  let logins = 0
  let secret = 1
  const server = scripted((arrival): Reply => {
    const now = Math.floor(arrival.at / 1000) + skew
    if (arrival.url.pathname === "/auth/token") {
      const other = login(arrival, ++logins)
      if (other !== undefined) return other
      const token = `h.${base64url({ ...claims(now, now + life), n: logins })}.${secret}`
      return json({ access_token: token }, 201)
    }
    const [, payload = "", signature] = (arrival.headers["authorization"] ?? "").split(".")
    if (signature !== String(secret)) return json({ detail: "Invalid JWT token" }, 403)
    const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { readonly exp?: number }
    return exp !== undefined && now >= exp ? json({ detail: "Token Expired" }, 401) : json(row())
  })
  return {
    server,
    logins: () => logins,
    calls: () => server.arrivals.filter(({ url }) => url.pathname !== "/auth/token").length,
    restart: () => secret++
  }
}

const jwt = Auth.jwt({ username: "admin", password: Redacted.make('p"ä s') })

/** A call a second. */
const everySecond = (times: number) =>
  Effect.gen(function* () {
    for (let i = 0; i < times; i++) {
      yield* get
      yield* TestClock.adjust("1 second")
    }
  })

describe("Auth.jwt", () => {
  it.effect("logs in before the first request, once, and sends the token", () =>
    Effect.gen(function* () {
      const { calls, logins, server } = airflow3()
      yield* TestClock.adjust("1000 days")
      yield* Effect.provide(
        Effect.all([get, get, get], { concurrency: 3 }),
        server.layer({ auth: jwt, headers: { "x-gateway": "g" } })
      )
      assert.strictEqual(logins(), 1)
      assert.strictEqual(calls(), 3)
      const { body, headers, method, url } = server.arrivals[0]!
      assert.strictEqual(`${method} ${url.pathname}`, "POST /auth/token")
      assert.deepStrictEqual(JSON.parse(body), { username: "admin", password: 'p"ä s' })
      assert.strictEqual(headers["x-gateway"], "g")
      assert.strictEqual(headers["content-type"], "application/json")
      assert.notProperty(headers, "authorization")
      assert.match(server.arrivals[1]!.headers["authorization"]!, /^Bearer h\./)
    })
  )

  it.effect("another path, below the base URL's", () =>
    Effect.gen(function* () {
      const server = scripted(() => json({ access_token: "a.b.c" }))
      const auth = Auth.jwt({ username: "u", password: Redacted.make("p"), path: "auth/fab/token" })
      yield* Effect.ignore(
        Effect.provide(get, server.layer({ auth, baseUrl: "http://airflow.test/prefix/api/v2" }))
      )
      assert.strictEqual(server.arrivals[0]!.url.pathname, "/prefix/auth/fab/token")
    })
  )

  it.effect("without a user: a GET, for a server where all are admins", () =>
    Effect.gen(function* () {
      const { server } = airflow3()
      yield* Effect.provide(get, server.layer({ auth: Auth.jwtAllAdmins() }))
      assert.deepInclude(server.arrivals[0], { method: "GET", body: "" })
      assert.strictEqual(server.arrivals.length, 2)
    })
  )

  for (const [what, options, seconds, expected] of [
    ["a life of five seconds", { life: 5 }, 60, 15],
    ["a life of five seconds, a clock an hour behind", { life: 5, skew: -3600 }, 60, 15],
    ["a life of five seconds, a clock an hour ahead", { life: 5, skew: 3600 }, 60, 15],
    ["a life of ten minutes", { life: 600 }, 700, 2],
    ["a life of one second", { life: 1 }, 10, 10]
  ] as const) {
    it.effect(`${what}: renewed before it ends, no request is refused`, () =>
      Effect.gen(function* () {
        const { calls, logins, server } = airflow3(options)
        yield* TestClock.adjust("1000 days")
        yield* Effect.provide(everySecond(seconds), server.layer({ auth: jwt }))
        assert.strictEqual(calls(), seconds)
        assert.strictEqual(logins(), expected)
      })
    )
  }

  for (const [what, options] of [
    ["tells nothing of its life", { claims: () => ({}) }],
    [
      "has ended by our clock, and tells no more",
      { claims: (_: number, exp: number) => ({ exp }), skew: -90_000 }
    ],
    ["tells nonsense", { claims: (_: number, exp: number) => ({ iat: exp + 1, exp }) }]
  ] as const) {
    it.effect(`a token that ${what} is used until it is refused`, () =>
      Effect.gen(function* () {
        const { logins, restart, server } = airflow3(options)
        yield* TestClock.adjust("1000 days")
        yield* Effect.provide(
          Effect.gen(function* () {
            yield* everySecond(10)
            assert.strictEqual(logins(), 1)
            restart()
            yield* everySecond(10)
            assert.strictEqual(logins(), 2)
          }),
          server.layer({ auth: jwt })
        )
      })
    )
  }

  it.effect("without `iat` the life is counted from the login", () =>
    Effect.gen(function* () {
      const { calls, logins, server } = airflow3({ life: 10, claims: (_, exp) => ({ exp }) })
      yield* TestClock.adjust("1000 days")
      yield* Effect.provide(everySecond(16), server.layer({ auth: jwt }))
      assert.strictEqual(calls(), 16)
      assert.strictEqual(logins(), 2)
    })
  )

  it.effect("an opaque token is as good as a JWT", () =>
    Effect.gen(function* () {
      const server = scripted(({ url }) =>
        url.pathname === "/auth/token" ? json({ access_token: "opaque" }, 201) : json(row())
      )
      yield* Effect.provide(Effect.all([get, get]), server.layer({ auth: jwt }))
      assert.strictEqual(server.arrivals.length, 3)
    })
  )

  it.effect("a server that forgot its secret: fifty 403s make one login, and all are answered", () =>
    Effect.gen(function* () {
      const { calls, logins, restart, server } = airflow3()
      const work = Effect.gen(function* () {
        yield* get
        restart()
        yield* Effect.all(
          Array.from({ length: 50 }, () => get),
          { concurrency: "unbounded" }
        )
        yield* get
      })
      yield* Effect.provide(work, server.layer({ auth: jwt }))
      assert.strictEqual(logins(), 2)
      assert.strictEqual(calls(), 1 + 50 + 50 + 1)
    })
  )

  it.effect("one that was refused late does not end the token that others got meanwhile", () =>
    Effect.gen(function* () {
      let release: (() => void) | undefined
      const slow = new Promise<void>((resolve) => (release = resolve))
      const seen: Array<string> = []
      let logins = 0
      const server = scripted(({ headers, url }) => {
        if (url.pathname === "/auth/token") return json({ access_token: `t${++logins}` }, 201)
        seen.push(headers["authorization"]!)
        if (headers["authorization"] === "Bearer t2") return json(row())
        if (seen.length > 1) return status(401)
        const late = new ReadableStream({
          async pull(controller) {
            await slow
            controller.close()
          }
        })
        return new Response(late, { status: 401 })
      })
      yield* Effect.provide(
        Effect.gen(function* () {
          const first = yield* Effect.fork(get)
          while (seen.length === 0) yield* Effect.yieldNow()
          yield* get
          release!()
          yield* Fiber.join(first)
        }),
        server.layer({ auth: jwt })
      )
      assert.strictEqual(logins, 2)
      assert.deepStrictEqual(seen, ["Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2"])
    })
  )

  it.effect("a token that is refused again and again: two requests for a call, no loop", () =>
    Effect.gen(function* () {
      const server = scripted(({ url }) =>
        url.pathname === "/auth/token"
          ? json({ access_token: "a.b.c" }, 201)
          : json({ detail: "Invalid JWT token" }, 403)
      )
      const error = yield* Effect.flip(Effect.provide(get, server.layer({ auth: jwt })))
      assert.deepInclude(error, { _tag: "Forbidden", attempts: 2 })
      assert.strictEqual(server.arrivals.length, 4)
    })
  )

  it.effect("a user who is removed: the login's answer, once", () =>
    Effect.gen(function* () {
      const { logins, restart, server } = airflow3({
        login: (_, count) => (count > 1 ? json({ detail: "Invalid credentials" }, 401) : undefined)
      })
      const error = yield* Effect.provide(
        Effect.flatMap(get, () => {
          restart()
          return Effect.flip(get)
        }),
        server.layer({ auth: jwt })
      )
      assert.deepInclude(error, { _tag: "Unauthorized", path: "/auth/token", attempts: 1 })
      assert.strictEqual(logins(), 2)
    })
  )

  for (const [code, body, expected] of [
    [401, { detail: "Invalid credentials" }, { _tag: "Unauthorized", path: "/auth/token", method: "POST" }],
    [403, { detail: "only for admins" }, { _tag: "Forbidden", path: "/auth/token" }],
    [
      400,
      { detail: "Username and password must be provided" },
      {
        _tag: "CredentialsError",
        issue: "POST /auth/token answered 400: Username and password must be provided"
      }
    ],
    [
      404,
      "<html>",
      {
        _tag: "CredentialsError",
        issue: "POST /auth/token answered 404; only Airflow 3 has this login"
      }
    ],
    [302, "", { _tag: "CredentialsError", issue: "POST /auth/token answered 302" }],
    [
      201,
      { token: "x" },
      {
        _tag: "CredentialsError",
        issue: "POST /auth/token answered without a token; is the base URL right?"
      }
    ]
  ] as const) {
    it.effect(`a login that is refused with ${code} is a ${expected._tag}; nothing else is sent`, () =>
      Effect.gen(function* () {
        const server = scripted(() => json(body, code))
        const error = yield* Effect.flip(Effect.provide(get, server.layer({ auth: jwt })))
        assert.deepInclude(error, { ...expected, attempts: 0, operation: "getTaskInstance" })
        if (code === 401) assert.include(error.message, "Invalid credentials")
        assert.strictEqual(server.arrivals.length, 1)
      })
    )
  }

  it.effect("what a server says of a login is not told if it repeats the password", () =>
    Effect.gen(function* () {
      const auth = Auth.jwt({ username: "u", password: Redacted.make("hunter22") })
      const server = scripted(() => json({ detail: "input_value={'password': 'hunter22'}" }, 422))
      const error = yield* Effect.flip(Effect.provide(get, server.layer({ auth })))
      assert.deepInclude(error, { _tag: "CredentialsError", issue: "POST /auth/token answered 422" })
    })
  )

  const settled = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.either(effect))
      yield* TestClock.adjust("5 minutes")
      return yield* Fiber.join(fiber)
    })

  for (const [what, failure, tag] of [
    ["a 503", () => status(503, { "retry-after": "3" }), "ServerError"],
    ["a 429", () => status(429), "RateLimited"],
    ["no connection", () => ({ code: "ECONNREFUSED" }) as const, "TransportError"],
    ["a connection that breaks", () => ({ code: "ECONNRESET" }) as const, "TransportError"],
    ["no answer", () => "never" as const, "TimeoutError"]
  ] as const) {
    it.effect(`${what} to the login is tried again, as the call would be`, () =>
      Effect.gen(function* () {
        const { logins, server } = airflow3({ login: (_, count) => (count < 3 ? failure() : undefined) })
        const result = yield* settled(Effect.provide(get, server.layer({ auth: jwt })))
        assert.strictEqual(result._tag, "Right")
        assert.strictEqual(logins(), 3)
        const lasting = airflow3({ login: failure })
        const error = yield* settled(Effect.provide(get, lasting.server.layer({ auth: jwt })))
        assert(error._tag === "Left")
        assert.deepInclude(error.left, { _tag: tag, attempts: 0 })
        assert.strictEqual(lasting.logins(), 3)
        assert.strictEqual(lasting.calls(), 0)
      })
    )

    it.effect(`${what} to the login of a call that may not be sent twice: it was not sent yet`, () =>
      Effect.gen(function* () {
        const { calls, logins, server } = airflow3({
          login: (_, count) => (count < 3 ? failure() : undefined)
        })
        yield* settled(Effect.provide(triggerDagRun({ dag_id: "d" }), server.layer({ auth: jwt })))
        assert.strictEqual(logins(), 3)
        assert.strictEqual(calls(), 1)
      })
    )
  }

  it.effect("a call that may not be sent twice is not, with a token as without", () =>
    Effect.gen(function* () {
      const server = scripted(({ url }) =>
        url.pathname === "/auth/token" ? json({ access_token: "t" }, 201) : status(503)
      )
      const result = yield* settled(
        Effect.provide(triggerDagRun({ dag_id: "d" }), server.layer({ auth: jwt }))
      )
      assert(result._tag === "Left")
      assert.deepInclude(result.left, { _tag: "ServerError", attempts: 1 })
      assert.strictEqual(server.arrivals.length, 2)
    })
  )
})
