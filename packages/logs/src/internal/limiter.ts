/**
 * How fast one client's followers may ask, all together: so many requests each second, so many at a time, in
 * the order in which they came. A server that goes on asking for a pause (`Retry-After`), after the client's own retries,
 * gets it from all of them.
 */
import { AirflowClient, type Service } from "@effect-airflow/core/AirflowClient"
import { isAirflowError } from "@effect-airflow/core/AirflowError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Patience from "./patience.js"
import * as Permits from "./permits.js"

export interface Limiter {
  readonly run: <A, E, R>(request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make = (perSecond: number, concurrent: number): Limiter => {
  const permits = Permits.make(concurrent)
  const gap = 1000 / perSecond
  // A quarter of a second's requests may come at once.
  const tolerance = gap * (Math.max(1, Math.ceil(perSecond / 4)) - 1)
  let next = 0
  let pausedUntil = 0
  const turn: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const due = Math.max(next, now)
    next = due + gap
    const at = Math.max(due - tolerance, pausedUntil)
    // A pause that begins meanwhile holds back those who wait already.
    return at <= now ? Effect.void : Effect.zipRight(Effect.sleep(at - now), checkPause)
  })
  const checkPause: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    pausedUntil > now ? turn : Effect.void
  )
  const heed = (error: unknown): Effect.Effect<void> => {
    const pause = isAirflowError(error) ? Patience.asked(error) : 0
    if (pause === 0) return Effect.void
    return Effect.map(Clock.currentTimeMillis, (now) => {
      pausedUntil = Math.max(pausedUntil, now + pause)
    })
  }
  return {
    run: (request) => permits.run(Effect.zipRight(turn, Effect.tapError(request, heed)))
  }
}

interface Paced {
  readonly client: Service
  readonly limiter: Limiter
}

const known = new WeakMap<Service, Paced>()

/** A client whose calls are held to what all followers of the one it comes from may ask together. */
const of = (client: Service): Paced => {
  const found = known.get(client)
  if (found !== undefined) return found
  const { concurrent, perSecond } = client.polling
  const limiter = make(perSecond, concurrent)
  const paced: Paced = {
    client: {
      ...client,
      execute: (endpoint, params, options) => limiter.run(client.execute(endpoint, params, options))
    },
    limiter
  }
  known.set(client, paced)
  known.set(paced.client, paced)
  return paced
}

/** All calls in it are held to the pace; what is read as a stream takes its {@link turn} itself. */
export const paced = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | AirflowClient> =>
  Effect.flatMap(AirflowClient, (client) => Effect.provideService(self, AirflowClient, of(client).client))

/** The same of a Stream. */
export const pacedStream = <A, E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<A, E, R | AirflowClient> =>
  Stream.unwrap(
    Effect.map(AirflowClient, (client) => Stream.provideService(self, AirflowClient, of(client).client))
  )

/** A request that is no call of the client. */
export const turn = <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | AirflowClient> =>
  Effect.flatMap(AirflowClient, (client) => of(client).limiter.run(request))
