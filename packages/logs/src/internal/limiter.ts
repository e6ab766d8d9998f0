/**
 * How fast one client's followers may ask, all together: so many requests each second, so many at a time, in
 * the order in which they came. A server that goes on asking for a pause (`Retry-After`), after the client's own retries,
 * gets it from all of them.
 */
import { AirflowClient, type Service } from "@effect-airflow/core/AirflowClient"
import { isAirflowError } from "@effect-airflow/core/AirflowError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
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

const limiters = new WeakMap<Service, Limiter>()

/** The one of a client. */
const of = (client: Service): Limiter => {
  let limiter = limiters.get(client)
  if (limiter === undefined) {
    const { concurrent, perSecond } = client.polling
    limiter = make(perSecond, concurrent)
    limiters.set(client, limiter)
  }
  return limiter
}

/** A request, held to what the client's followers may ask together. */
export const limited = <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | AirflowClient> =>
  Effect.flatMap(AirflowClient, (client) => of(client).run(request))
