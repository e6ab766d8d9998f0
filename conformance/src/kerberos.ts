/**
 * `pnpm conformance:kerberos [VERSION]`: what can befall who asks by Kerberos, on a real Airflow (2.11.0) and a real KDC. The
 * cases of the suite are run by Kerberos with `pnpm conformance --airflow 2.11.0 --kerberos`.
 */
import type { AirflowError } from "@effect-airflow/core/AirflowError"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Kerberos from "@effect-airflow/kerberos/Kerberos"
import * as KerberosError from "@effect-airflow/kerberos/KerberosError"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Kdc from "kdc/Kdc"
import { once } from "node:events"
import { copyFile, mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout as delay } from "node:timers/promises"
import * as assert from "./assert.js"
import * as Target from "./target.js"

const version = process.argv[2] ?? "2.11.0"
const target = await Target.real(version, { keep: false, kerberos: true })
const { kdc } = await Kdc.status()
if (kdc === undefined) throw new Error("the target did not start the KDC")
const { host, realm } = kdc
const session = Date.now().toString(36)
const say = (text: string) => console.log(`          ${text}`)

const layer = (options: Kerberos.Options = {}, more: Partial<NodeAirflow.Options> = {}) =>
  NodeAirflow.layer({
    baseUrl: target.baseUrl,
    auth: Kerberos.negotiate({ host, ...options }),
    timeout: "10 seconds",
    ...more
  })

const list = TaskInstances.getTaskInstances({ dag_id: "quick", dag_run_id: "k1" })

const failure = async (options: Kerberos.Options, more: Partial<NodeAirflow.Options> = {}) => {
  const started = performance.now()
  const error = await Effect.runPromise(
    Effect.provide(Effect.flip(list), layer(options, more)) as Effect.Effect<AirflowError>
  )
  say(
    `${error.message} [${KerberosError.reasonOf(error) ?? error._tag}, ${Math.round(performance.now() - started)} ms]`
  )
  return error
}

/** Runs with other tickets. */
const withCache = async (cache: string, run: () => Promise<void>): Promise<void> => {
  const usual = process.env["KRB5CCNAME"]
  process.env["KRB5CCNAME"] = cache
  try {
    await run()
  } finally {
    process.env["KRB5CCNAME"] = usual
  }
}

const caches = await mkdtemp(join(tmpdir(), "effect-airflow-"))
const cacheFile = (name: string) => `FILE:${join(caches, name)}`

const tick = (name: string) => ({ dag_id: "ticker", dag_run_id: `${name}-${session}`, task_id: "tick" })

const follow = (of: ReturnType<typeof tick>, options: LogFollower.Options = {}) =>
  LogFollower.follow(of, options).pipe(
    Stream.runCollect,
    Effect.map((events) => [...events])
  )

type Check = readonly [name: string, run: () => Promise<void>]

const checks: ReadonlyArray<Check> = [
  [
    "a token is taken once",
    async () => {
      const authorization = `Negotiate ${await target.negotiation!.token("admin")}`
      const answers = [1, 2].map(() =>
        fetch(`${target.baseUrl}/api/v1/dags?limit=1`, { headers: { authorization } })
      )
      const statuses = (await Promise.all(answers)).map(({ status }) => status).sort()
      say(`the same token twice: ${statuses.join(", ")}`)
      assert.deepEqual(statuses, [200, 401])
    }
  ],
  [
    "a follow of ticker",
    async () => {
      const of = tick("follow")
      await target.trigger(of.dag_id, of.dag_run_id)
      const events = await Effect.runPromise(Effect.provide(follow(of), layer()))
      const end = events.at(-1)
      const lines = events.filter(({ _tag }) => _tag === "Line").length
      await target.finished(of.dag_id, of.dag_run_id)
      const written = (await target.files({ ...of, try_number: 1 })).flat()
      say(
        `${written.length} lines written, ${lines} received; ${end?._tag} ${end?._tag === "Ended" ? end.end : ""}`
      )
      assert.equal(lines, written.length)
      assert.equal(end?._tag === "Ended" ? end.end : "", "complete")
    }
  ],
  [
    "200 list calls, 32 at a time",
    async () => {
      const histogram = monitorEventLoopDelay({ resolution: 1 })
      const calls = Array.from({ length: 200 }, () => Effect.either(list))
      const started = performance.now()
      const outcomes = await Effect.runPromise(
        Effect.gen(function* () {
          yield* list
          histogram.enable()
          return yield* Effect.all(calls, { concurrency: 32 })
        }).pipe(Effect.provide(layer({}, { retry: false, timeout: "2 minutes" })))
      )
      histogram.disable()
      const good = outcomes.filter(({ _tag }) => _tag === "Right").length
      say(
        `${good} of 200 in ${Math.round(performance.now() - started)} ms; event-loop delay p99 ${(histogram.percentile(99) / 1e6).toFixed(1)} ms, max ${(histogram.max / 1e6).toFixed(1)} ms`
      )
      assert.equal(good, 200)
    }
  ],
  [
    "200 tokens, 32 at a time, made and not sent: the event loop is free meanwhile",
    async () => {
      const auth = Kerberos.negotiate({ host })
      if (auth._tag !== "Negotiate") throw new Error("another way")
      const token = auth.getToken({ host })
      const histogram = monitorEventLoopDelay({ resolution: 1 })
      const started = performance.now()
      histogram.enable()
      await Effect.runPromise(
        Effect.all(
          Array.from({ length: 200 }, () => token),
          { concurrency: 32 }
        )
      )
      histogram.disable()
      const whole = performance.now() - started
      const p99 = histogram.percentile(99) / 1e6
      say(`${(whole / 200).toFixed(2)} ms for each; event-loop delay p99 ${p99.toFixed(1)} ms`)
      // Made on the loop's own thread, they would hold it from the first to the last.
      assert.ok(histogram.max / 1e6 < 0.8 * whole, "the event loop stood still")
    }
  ],
  [
    "no ticket",
    () =>
      withCache(cacheFile("none"), async () => {
        assert.equal(KerberosError.reasonOf(await failure({})), "NoTicket")
        assert.equal(KerberosError.reasonOf(await failure({ principal: `admin@${realm}` })), "NoTicket")
      })
  ],
  [
    "an expired ticket",
    async () => {
      const cache = cacheFile("short")
      await Kdc.ticket("admin", 3, cache)
      await withCache(cache, async () => {
        await Effect.runPromise(Effect.provide(list, layer()))
        await delay(4000)
        assert.equal(KerberosError.reasonOf(await failure({})), "TicketExpired")
      })
    }
  ],
  [
    "another service, another host, another realm",
    async () => {
      assert.equal(KerberosError.reasonOf(await failure({ service: "HTTP" })), "UnknownService")
      assert.equal(KerberosError.reasonOf(await failure({ host: "127.0.0.1" })), "UnknownService")
      assert.equal(KerberosError.reasonOf(await failure({ principal: "admin@OTHER.TEST" })), "NoTicket")
    }
  ],
  [
    "a principal that Airflow does not know",
    async () => {
      assert.equal((await failure({ principal: `guest@${realm}` }))._tag, "Forbidden")
    }
  ],
  [
    "the server has other keys",
    async () => {
      const kept = `${Kdc.serviceKeytab}.kept`
      await copyFile(Kdc.serviceKeytab, kept)
      try {
        await copyFile(Kdc.userKeytab, Kdc.serviceKeytab)
        assert.equal((await failure({}))._tag, "Unauthorized")
      } finally {
        await copyFile(kept, Kdc.serviceKeytab)
        await rm(kept)
      }
      await Effect.runPromise(Effect.provide(list, layer()))
    }
  ],
  [
    "the server's own token",
    async () => {
      const error = await failure({ mutual: "required" })
      assert.equal(KerberosError.reasonOf(error), "ServerNotProven")
      // Airflow sends none, so another server does: with the same key.
      const keytab = process.env["KRB5_KTNAME"]
      process.env["KRB5_KTNAME"] = Kdc.serviceKeytab
      const addon = createRequire(import.meta.url)("kerberos") as {
        readonly initializeServer: (
          service: string
        ) => Promise<{ readonly step: (token: string) => Promise<string>; readonly username: string }>
      }
      let replies: "own" | "first" = "own"
      let first: string | undefined
      const users: Array<string> = []
      const server = createServer(async (request, response) => {
        const acceptor = await addon.initializeServer(`airflow@${host}`)
        const reply = await acceptor.step((request.headers.authorization ?? "").split(" ")[1] ?? "")
        users.push(acceptor.username)
        first ??= reply
        response.writeHead(200, {
          "content-type": "application/json",
          "www-authenticate": `Negotiate ${replies === "own" ? reply : first}`
        })
        response.end(JSON.stringify({ task_instances: [], total_entries: 0 }))
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      try {
        const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        await Effect.runPromise(Effect.provide(list, layer({ mutual: "required" }, { baseUrl })))
        await Effect.runPromise(Effect.provide(list, layer({}, { baseUrl })))
        say(`the server saw ${users.join(", ")}, and was believed`)
        replies = "first"
        assert.equal(KerberosError.reasonOf(await failure({}, { baseUrl })), "ServerNotProven")
      } finally {
        if (keytab === undefined) delete process.env["KRB5_KTNAME"]
        else process.env["KRB5_KTNAME"] = keytab
        server.close()
      }
    }
  ],
  [
    "the KDC goes down in mid-follow: a ticket that is there goes on",
    async () => {
      const of = tick("down")
      await target.trigger(of.dag_id, of.dag_run_id)
      let seen = 0
      try {
        const events = await LogFollower.follow(of).pipe(
          Stream.tap((event) =>
            event._tag === "Line" && ++seen === 20 ? Effect.promise(() => Kdc.down()) : Effect.void
          ),
          Stream.runCollect,
          Effect.map((all) => [...all]),
          Effect.provide(layer()),
          Effect.runPromise
        )
        assert.equal((await Kdc.status()).up, false)
        const end = events.at(-1)
        say(
          `the KDC is down since line 20; ${seen} lines received; ${end?._tag} ${end?._tag === "Ended" ? end.end : ""}`
        )
        assert.equal(end?._tag === "Ended" ? end.end : "", "complete")
      } finally {
        await Kdc.resume()
      }
    }
  ],
  [
    "the KDC goes down in mid-follow, and the ticket ends: a typed end",
    async () => {
      const of = tick("end")
      const cache = cacheFile("ending")
      await target.trigger(of.dag_id, of.dag_run_id, { lines: 240 })
      await Kdc.ticket("admin", 20, cache)
      try {
        await withCache(cache, async () => {
          let lines = 0
          const program = LogFollower.follow(of, { patience: "6 seconds" }).pipe(
            Stream.tap((event) =>
              Effect.promise(async () => {
                if (event._tag === "Line" && ++lines === 1) await Kdc.down()
                if (event._tag === "Retrying") say(`Retrying: ${event.error.message}`)
              })
            ),
            Stream.runDrain,
            Effect.flip,
            Effect.provide(layer())
          )
          const fiber = Effect.runFork(Effect.timeout(program, "2 minutes") as Effect.Effect<AirflowError>)
          const error = await Effect.runPromise(Fiber.join(fiber))
          say(`after ${lines} lines: ${error.message} [${KerberosError.reasonOf(error) ?? error._tag}]`)
          assert.ok(lines > 0, "no line came")
          assert.ok(
            ["KdcUnreachable", "TicketExpired"].includes(KerberosError.reasonOf(error) ?? ""),
            "another reason"
          )
        })
      } finally {
        await Kdc.resume()
      }
    }
  ]
]

let [passed, failed] = [0, 0]
try {
  console.log(`${target.name} at ${target.baseUrl}, airflow@${host}, KDC of ${realm} on port ${kdc.port}`)
  await target.trigger("quick", "k1")
  await target.finished("quick", "k1")
  for (const [name, run] of checks) {
    const said = await run().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error))
    )
    console.log(
      said === undefined ? `  ok    ${name}` : `  FAIL  ${name}\n${said.replaceAll(/^/gm, "        ")}`
    )
    if (said === undefined) passed++
    else failed++
  }
} finally {
  await target.close()
  await rm(caches, { recursive: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
