/** Interrupting each wait of the logs package takes effect at once, and nothing is sent after it. */
import * as Auth from "@effect-airflow/core/Auth"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as Watch from "@effect-airflow/logs/Watch"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { dag, lines, print, raise, sleep, task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { promptly } from "./promptly.js"

const run = { dag_id: "d", dag_run_id: "r" }
const target = { ...run, task_id: "t" }
const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

const slowly = { active: "10 seconds", idle: "10 seconds", settle: "10 seconds" } as const
const quickly = { active: "50 millis", idle: "50 millis", settle: "50 millis" } as const

const drain = <A, E>(stream: Stream.Stream<A, E, AirflowClient>) => Stream.runDrain(stream)

const counts = ({ path }: { readonly path: string }): boolean => !path.endsWith("/version")

interface Waiting {
  readonly effect: Effect.Effect<unknown, unknown, AirflowClient>
  /** What the task does. */
  readonly does?: Parameters<typeof task>[1]
  /** How long ago the run was triggered. */
  readonly ago?: number
  readonly prepare?: (fake: FakeAirflow.FakeAirflow) => void
  /** Requests after which it waits, but for those that find out which API there is. */
  readonly requests: number
  readonly polling?: { readonly perSecond: number; readonly concurrent: number }
}

const waits: Readonly<Record<string, Waiting>> = {
  "for a task to start": {
    effect: drain(LogFollower.follow(target, slowly)),
    does: { queuedFor: 60_000 },
    requests: 1
  },
  "for more lines": {
    effect: drain(LogFollower.follow(target, slowly)),
    does: { run: [sleep(60_000)] },
    ago: 5000,
    requests: 2
  },
  "for the look that confirms the end": {
    effect: drain(LogFollower.follow(target, slowly)),
    does: { run: [print("done")] },
    ago: 60_000,
    requests: 3
  },
  "for the next attempt": {
    effect: drain(LogFollower.follow(target, { ...slowly, settle: "20 millis" })),
    does: { retryDelay: 600_000, attempts: [[raise("E", "no")], []] },
    ago: 60_000,
    requests: 5
  },
  "after a failure": {
    effect: drain(LogFollower.follow(target, { ...quickly, active: "200 millis" })),
    does: { run: [lines(10_000, 100, String)] },
    ago: 5000,
    prepare: (fake) =>
      fake.inject(Fault.status(503, { retryAfter: "20" }), { after: 2, times: Infinity, when: counts }),
    requests: 3
  },
  "for a stalled answer": {
    effect: drain(LogFollower.follow(target, quickly)),
    does: { run: [lines(10_000, 100, String)] },
    ago: 5000,
    prepare: (fake) => fake.inject(Fault.stall(Infinity), { after: 2, times: Infinity, when: counts }),
    requests: 3
  },
  "for its turn": {
    effect: drain(LogFollower.follow(target, quickly)),
    does: { run: [lines(10_000, 100, String)] },
    ago: 5000,
    polling: { perSecond: 0.1, concurrent: 1 },
    // Finding out which API there is takes the first.
    requests: 0
  },
  "for task instances to appear": {
    effect: drain(LogFollower.followRun(run, { ...slowly, discovery: "10 seconds" })),
    does: { queuedFor: 60_000 },
    requests: 2
  },
  "to put lines in order": {
    effect: drain(
      LogFollower.followRun(run, {
        ...slowly,
        discovery: "10 seconds",
        order: "timestamp",
        lag: "10 seconds"
      })
    ),
    does: { run: [print("a"), sleep(60_000)] },
    ago: 5000,
    requests: 4
  },
  "for another state": {
    effect: drain(Watch.states(target, { poll: "10 seconds" })),
    does: { run: [sleep(60_000)] },
    ago: 5000,
    requests: 1
  },
  "for a state that is the last": {
    effect: Watch.waitFor(target, { poll: "10 seconds", deadline: "1 minute" }),
    does: { run: [sleep(60_000)] },
    ago: 5000,
    requests: 1
  },
  "for a run to be over": {
    effect: Watch.waitForRun(run, { poll: "10 seconds" }),
    does: { run: [sleep(60_000)] },
    ago: 5000,
    requests: 1
  }
}

// Once more where the code was cold: what cannot be interrupted fails always.
describe("interrupting a wait", { retry: 2 }, () => {
  for (const [name, { ago = 0, does = {}, effect, polling, prepare, requests }] of Object.entries(waits)) {
    it(name, async () => {
      await using fake = await FakeAirflow.start({
        dags: [dag("d", [task("t", does)])],
        runs: [{ ...run, ago }]
      })
      prepare?.(fake)
      const sent = () => fake.requests.filter(counts).length
      const fiber = Effect.runFork(
        Effect.provide(
          effect,
          NodeAirflow.layer({
            baseUrl: fake.baseUrl,
            auth: Auth.basic("admin", Redacted.make("admin")),
            retry: false,
            ...(polling === undefined ? {} : { polling })
          })
        )
      )
      for (let look = 0; look < 300 && (sent() < requests || fake.requests.length === 0); look++)
        await wait(10)
      await wait(100)
      assert.strictEqual(sent(), requests, "it does not wait where it should")
      assert.strictEqual(fiber.unsafePoll(), null, "it has ended by itself")
      await promptly(() => Effect.runPromise(Fiber.interrupt(fiber)))
      await wait(400)
      assert.strictEqual(sent(), requests, "something was sent after the interruption")
      assert.strictEqual(fake.openSockets(), 0, "a connection was left open")
    })
  }
})
