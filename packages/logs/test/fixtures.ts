/** A follower over a fake Airflow, in memory, in simulated time. */
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as Auth from "@effect-airflow/core/Auth"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogTarget } from "@effect-airflow/logs/LogLine"
import type * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"

/**
 * Tells which server it is by itself, so that faults strike what a test is about and requests can be counted.
 */
export const introduced =
  (fetch: FakeAirflow.FakeAirflow["fetch"], version = "2.11.0"): FakeAirflow.FakeAirflow["fetch"] =>
  (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (!/^\/api\/v[12]\/version$/.test(url.pathname)) return fetch(input, init)
    const spoken = url.pathname.includes("v2") === version.startsWith("3")
    return Promise.resolve(
      spoken ? Response.json({ version }) : new Response("<html></html>", { status: 404 })
    )
  }

export const clientOf = (
  fake: Pick<FakeAirflow.FakeAirflow, "baseUrl" | "fetch">,
  version?: string,
  options: BrowserAirflow.Options = {}
) =>
  Layer.orDie(
    BrowserAirflow.layer({
      ...options,
      baseUrl: fake.baseUrl,
      auth: version?.startsWith("3")
        ? Auth.jwt({ username: "admin", password: Redacted.make("admin") })
        : Auth.basic("admin", Redacted.make("admin")),
      fetch: introduced(fake.fetch, version) as typeof globalThis.fetch
    })
  )

/** Lets what is under way settle: the fake answers at once, but in turns of the event loop. */
export const turns = Effect.promise(async () => {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
})

/** Moves the time on in small steps until a fiber is done. */
export const untilDone = <A, E>(
  fiber: Fiber.RuntimeFiber<A, E>,
  stepMillis = 250,
  steps = 20_000
): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    for (let step = 0; step < steps; step++) {
      yield* turns
      if ((yield* Fiber.poll(fiber))._tag === "Some") return yield* Fiber.join(fiber)
      yield* TestClock.adjust(stepMillis)
    }
    return yield* Effect.dieMessage("not done in the time it was given")
  })

/** Follows to the end, in no real time. */
export const followAll = (
  fake: FakeAirflow.FakeAirflow,
  target: LogTarget,
  options: LogFollower.Options = {},
  version?: string
) =>
  LogFollower.follow(target, options).pipe(
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray),
    Effect.provide(clientOf(fake, version)),
    Effect.fork,
    Effect.flatMap((fiber) => untilDone(fiber))
  )

export const linesOf = (events: ReadonlyArray<LogEvent>) =>
  events.flatMap((event) => (event._tag === "Line" ? [event.line] : []))

export const tagsOf = (events: ReadonlyArray<LogEvent>) =>
  events.flatMap((event) =>
    event._tag === "Line" || event._tag === "SourceNotice" || event._tag === "Retrying"
      ? []
      : event._tag === "StateChanged"
        ? [`state ${event.to}`]
        : [`${event._tag} ${event.try_number}`]
  )
