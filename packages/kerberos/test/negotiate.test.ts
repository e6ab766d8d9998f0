import type * as AirflowClient from "@effect-airflow/core/AirflowClient"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Kerberos from "@effect-airflow/kerberos/Kerberos"
import * as KerberosError from "@effect-airflow/kerberos/KerberosError"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { fakeAddon, krb5, spnego } from "./fakeAddon.js"

const task = { dag_id: "quick", dag_run_id: "r", task_id: "first" }
const list = TaskInstances.getTaskInstances({ dag_id: "quick", dag_run_id: "r" })
const runs = [{ dag_id: "quick", dag_run_id: "r" }]

const start = Effect.acquireRelease(
  Effect.promise(() => FakeAirflow.start({ auth: "negotiate", runs })),
  (fake) => Effect.promise(fake.close)
)

const run = <A, E>(
  call: Effect.Effect<A, E, AirflowClient.AirflowClient>,
  { baseUrl }: { readonly baseUrl: string },
  options: Kerberos.Options,
  more: Partial<NodeAirflow.Options> = {}
) => Effect.provide(call, NodeAirflow.layer({ baseUrl, auth: Kerberos.negotiate(options), ...more }))

const headers = (fake: FakeAirflow.FakeAirflow) =>
  fake.requests.map((request) => request.headers["authorization"])

/** No server is needed where nothing is sent. */
const nowhere = { baseUrl: "http://airflow.example.com:1" }

const failing = (options: Kerberos.Options, more: Partial<NodeAirflow.Options> = {}) =>
  Effect.orDie(Effect.flip(run(list, nowhere, options, more)))

describe("Kerberos.negotiate", () => {
  it.scopedLive("a token for each request, which a server takes once", () =>
    Effect.gen(function* () {
      const fake = yield* start
      const { addon, asked } = fakeAddon({ begin: async () => fake.negotiateToken("admin") })
      yield* run(Effect.all([list, list, list], { concurrency: 3 }), fake, { addon })
      assert.deepStrictEqual(
        fake.requests.map(({ status }) => status),
        [200, 200, 200]
      )
      assert.strictEqual(new Set(headers(fake)).size, 3)
      for (const header of headers(fake)) assert.match(header!, /^Negotiate [\w+/]+=*$/)
      assert.lengthOf(asked, 3)
    })
  )

  it.scopedLive("the same token again is refused by the server: the check bites", () =>
    Effect.gen(function* () {
      const fake = yield* start
      const token = fake.negotiateToken("admin")
      const { addon } = fakeAddon({ begin: async () => token })
      yield* run(list, fake, { addon })
      const error = yield* Effect.flip(run(list, fake, { addon }))
      assert.deepInclude(error, { _tag: "Unauthorized", attempts: 1 })
    })
  )

  it.scopedLive("another token for each attempt", () =>
    Effect.gen(function* () {
      const fake = yield* start
      const { addon } = fakeAddon({ begin: async () => fake.negotiateToken("admin") })
      fake.inject(Fault.status(503), { times: 2 })
      yield* run(list, fake, { addon }, { retry: { attempts: 3, base: 0 } })
      assert.deepStrictEqual(
        fake.requests.map(({ status }) => status),
        [503, 503, 200]
      )
      assert.strictEqual(new Set(headers(fake)).size, 3)
    })
  )

  it.scopedLive("two hundred calls, 32 at a time: as many tokens, and two calls of the addon at a time", () =>
    Effect.gen(function* () {
      const fake = yield* start
      const { addon, asked, most } = fakeAddon({ begin: async () => fake.negotiateToken("admin") })
      yield* run(
        Effect.all(
          Array.from({ length: 200 }, () => list),
          { concurrency: 32 }
        ),
        fake,
        { addon }
      )
      assert.isTrue(fake.requests.every(({ status }) => status === 200))
      assert.strictEqual(new Set(headers(fake)).size, 200)
      assert.lengthOf(asked, 200)
      assert.strictEqual(most(), 2)
    })
  )

  describe("the names", () => {
    for (const [what, options, expected] of [
      [
        "the host of the base URL",
        {},
        { service: "airflow@airflow.example.com", options: { mechOID: spnego } }
      ],
      ["a host of its own", { host: "web-1" }, { service: "airflow@web-1", options: { mechOID: spnego } }],
      [
        "another service",
        { service: "HTTP" },
        { service: "HTTP@airflow.example.com", options: { mechOID: spnego } }
      ],
      [
        "a principal",
        { principal: "etl@EXAMPLE.COM" },
        {
          service: "airflow@airflow.example.com",
          options: { mechOID: spnego, principal: "etl@EXAMPLE.COM" }
        }
      ]
    ] as const) {
      it.live(what, () =>
        Effect.gen(function* () {
          const { addon, asked } = fakeAddon({ begin: () => Promise.reject(new Error("enough")) })
          yield* failing({ addon, ...options })
          assert.deepStrictEqual(asked, [expected])
        })
      )
    }

    for (const [options, issue] of [
      [{ service: "airflow@host" }, "service must be"],
      [{ service: "airflow/host" }, "service must be"],
      [{ service: "" }, "service must be"],
      [{ host: "http://host" }, "host must be"],
      [{ host: "host:8080" }, "host must be"],
      [{ principal: "" }, "principal must be"],
      // As a program without types may say.
      [{ mutual: true as unknown as "required" }, "mutual must be"]
    ] as const) {
      it.live(`${JSON.stringify(options)} is refused`, () =>
        Effect.gen(function* () {
          const { addon, loads } = fakeAddon()
          const error = yield* failing({ addon, ...options })
          assert.deepInclude(error, { _tag: "CredentialsError", reason: "InvalidOption", attempts: 0 })
          assert.include(error.message, issue)
          assert.strictEqual(loads(), 0)
        })
      )
    }
  })

  describe("what GSS says", () => {
    const none = "No credentials were supplied, or the credentials were unavailable or inaccessible: "
    const unspecified = "Unspecified GSS failure.  Minor code may provide more information: "
    for (const [message, reason] of [
      [`${none}No Kerberos credentials available (default cache: FILE:/nowhere)`, "NoTicket"],
      [`${none}Can't find client principal etl@EXAMPLE.COM in cache collection`, "NoTicket"],
      [`${unspecified}Ticket expired`, "TicketExpired"],
      [`${unspecified}Server HTTP/vm@EXAMPLE.COM not found in Kerberos database`, "UnknownService"],
      [`${unspecified}Server krbtgt/OTHER@EXAMPLE.COM not found in Kerberos database`, "WrongRealm"],
      [`${unspecified}Cannot find KDC for realm "OTHER"`, "WrongRealm"],
      [`${unspecified}Cannot contact any KDC for realm 'EXAMPLE.COM'`, "KdcUnreachable"],
      [`${unspecified}Clock skew too great`, "ClockSkew"],
      [`${unspecified}Request is a replay`, "Other"]
    ] as const) {
      it.live(`${reason}: ${message.split(": ").slice(1).join(": ")}`, () =>
        Effect.gen(function* () {
          const { addon } = fakeAddon({ begin: () => Promise.reject(new Error(message)) })
          const error = yield* failing({ addon })
          assert.deepInclude(error, { _tag: "CredentialsError", reason, issue: message, attempts: 0 })
          assert.strictEqual(KerberosError.reasonOf(error), reason)
        })
      )
    }

    const vague = `${none}SPNEGO cannot find mechanisms to negotiate`

    it.live("of SPNEGO alone: the mechanism is asked why, and its token is not used", () =>
      Effect.gen(function* () {
        const why = `${none}No Kerberos credentials available (default cache: FILE:/nowhere)`
        const { addon, asked } = fakeAddon({
          begin: ({ options }) => Promise.reject(new Error(options.mechOID === spnego ? vague : why))
        })
        assert.deepInclude(yield* failing({ addon }), { reason: "NoTicket", issue: why })
        assert.deepStrictEqual(
          asked.map(({ options }) => options.mechOID),
          [spnego, krb5]
        )
        const other = fakeAddon({
          begin: ({ options }) =>
            options.mechOID === spnego ? Promise.reject(new Error(vague)) : Promise.resolve("dG9rZW4=")
        })
        assert.deepInclude(yield* failing({ addon: other.addon }), { reason: "NoTicket", issue: vague })
      })
    )

    it.live("when it is initialized, too", () =>
      Effect.gen(function* () {
        const message = `${none}Can't find client principal etl@EXAMPLE.COM in cache collection`
        const { addon } = fakeAddon({ initialize: () => Promise.reject(new Error(message)) })
        assert.deepInclude(yield* failing({ addon }), { reason: "NoTicket", issue: message })
      })
    )

    it.live("nothing at all", () =>
      Effect.gen(function* () {
        const { addon } = fakeAddon({ begin: async () => null })
        assert.deepInclude(yield* failing({ addon }), { reason: "Other", issue: "GSS gave no token" })
      })
    )
  })

  describe("the addon", () => {
    it.live("is loaded with the first token, and not before", () =>
      Effect.gen(function* () {
        const { addon, loads } = fakeAddon({ begin: () => Promise.reject(new Error("enough")) })
        Kerberos.negotiate({ addon })
        assert.strictEqual(loads(), 0)
        yield* failing({ addon })
        assert.strictEqual(loads(), 1)
      })
    )

    for (const [what, addon, reason, says] of [
      [
        "is not installed",
        () =>
          Promise.reject(Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" })),
        "AddonMissing",
        /npm install kerberos@7/
      ],
      [
        "is not built",
        () =>
          Promise.reject(
            Object.assign(new Error("Cannot find module '../build/Debug/kerberos.node'"), {
              code: "MODULE_NOT_FOUND"
            })
          ),
        "AddonUnusable",
        /libkrb5-dev.*npm rebuild kerberos.*Cannot find module '\.\.\/build\/Debug\/kerberos\.node'/
      ],
      [
        "lacks a library",
        () => Promise.reject(new Error("Opening library libgssapi_krb5.so.2 failed")),
        "AddonUnusable",
        /libgssapi-krb5-2.*Opening library/
      ],
      ["is another package", async () => ({ default: {} }), "AddonUnusable", /has no initializeClient/]
    ] as const) {
      it.live(`${what}: a typed error that says what to install`, () =>
        Effect.gen(function* () {
          const error = yield* failing({ addon })
          assert.deepInclude(error, { _tag: "CredentialsError", reason, attempts: 0 })
          assert.match(error.message, says)
        })
      )
    }
  })

  describe("a KDC that does not answer", () => {
    it.live("is bounded by the attempt's time-out", () =>
      Effect.gen(function* () {
        const { addon } = fakeAddon({ begin: () => new Promise((resolve) => setTimeout(resolve, 300, null)) })
        const error = yield* failing({ addon }, { timeout: "50 millis", retry: false })
        assert.deepInclude(error, { _tag: "TimeoutError", limit: "attempt", attempts: 0 })
      })
    )

    it.live("an interruption does not wait for it; the next one waits for a thread, and gets it", () =>
      Effect.gen(function* () {
        const fake = yield* start
        const stuck: Array<() => void> = []
        const hanging = fakeAddon({
          begin: () => new Promise((resolve) => stuck.push(() => resolve(null)))
        })
        const both = yield* Effect.forEach([1, 2], () => Effect.fork(run(list, nowhere, hanging)))
        yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => stuck.length === 2 })

        yield* Fiber.interruptAll(both)
        assert.strictEqual(hanging.running(), 2, "they cannot be ended, and were not waited for")

        const next = fakeAddon({ begin: async () => fake.negotiateToken("admin") })
        const waiting = yield* Effect.fork(run(list, fake, next))
        const leaving = yield* Effect.fork(run(list, fake, next))
        yield* Effect.sleep("50 millis")
        assert.lengthOf(next.asked, 0)
        yield* Fiber.interrupt(leaving)
        for (const end of stuck) end()
        yield* Fiber.join(waiting)
        assert.lengthOf(next.asked, 1)
        assert.strictEqual(next.most(), 1)
      }).pipe(Effect.scoped)
    )
  })

  describe("the server's token", () => {
    /** Answers as a server that proves who it is. */
    const proving = (reply: string | undefined) =>
      Effect.acquireRelease(
        Effect.promise(async () => {
          const server = createServer((_, response) => {
            response.writeHead(200, {
              "content-type": "application/json",
              ...(reply === undefined ? {} : { "www-authenticate": `negotiate ${reply}` })
            })
            response.end(JSON.stringify({ task_instances: [], total_entries: 0 }))
          })
          server.listen(0, "127.0.0.1")
          await once(server, "listening")
          return { server, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
        }),
        ({ server }) => Effect.sync(() => server.close())
      )

    const finish = async (reply: string) => {
      if (reply === "Z29vZA==") return true
      if (reply === "bW9yZQ==") return false
      throw new Error("Invalid token was supplied: Unknown error")
    }

    for (const [what, reply, mutual, issue] of [
      ["that is good", "Z29vZA==", "offered", undefined],
      ["that is good, and required", "Z29vZA==", "required", undefined],
      ["that is missing", undefined, "offered", undefined],
      ["that is missing, and required", undefined, "required", /its answer has no token/],
      ["that is wrong", "d3Jvbmc=", "offered", /Invalid token was supplied/],
      ["that is not the last", "bW9yZQ==", "offered", /it wants to go on/]
    ] as const) {
      it.scopedLive(what, () =>
        Effect.gen(function* () {
          const server = yield* proving(reply)
          const { addon } = fakeAddon({ finish })
          const outcome = yield* Effect.either(run(list, server, { addon, mutual, host: "web-1" }))
          if (issue === undefined) assert.isTrue(Either.isRight(outcome))
          else {
            const error = Either.isLeft(outcome) ? outcome.left : undefined
            assert.deepInclude(error, { _tag: "CredentialsError", reason: "ServerNotProven", attempts: 1 })
            assert.match(error!.message, issue)
            assert.match(error!.message, /did not prove that it is airflow@web-1/)
          }
        })
      )
    }
  })

  it.scopedLive("who may not do something, and whom Airflow does not know", () =>
    Effect.gen(function* () {
      const fake = yield* start
      for (const [user, tag] of [
        ["nobody", "Forbidden"],
        ["guest", "Forbidden"]
      ] as const) {
        const { addon } = fakeAddon({ begin: async () => fake.negotiateToken(user) })
        const error = yield* Effect.flip(run(TaskInstances.getTaskInstance(task), fake, { addon }))
        assert.deepInclude(error, { _tag: tag, attempts: 1 })
      }
    })
  )

  it("reasonOf knows its own errors, and no others", () => {
    assert.strictEqual(
      KerberosError.reasonOf(new KerberosError.KerberosError({ reason: "NoTicket", message: "none" })),
      "NoTicket"
    )
    for (const other of [undefined, null, "NoTicket", { _tag: "TransportError", reason: "NoTicket" }])
      assert.isUndefined(KerberosError.reasonOf(other))
    assert.isUndefined(KerberosError.reasonOf({ _tag: "CredentialsError", reason: "Sealed" }))
  })
})
