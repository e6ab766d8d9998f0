import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type { Auth, Credentials } from "../Auth.js"

/** One acquisition of credentials, shared by all requests that use it. */
export interface Lease {
  readonly credentials: Effect.Effect<Credentials, unknown>
}

/**
 * The credentials of one client. `current` gives the lease in force; `replace` takes the one a server
 * refused and gives its successor, the same for everybody who holds the refused one, so that many 401s make
 * one refresh. `undefined`: there is nothing to refresh.
 */
export interface CredentialStore {
  readonly current: () => Lease
  readonly replace: (refused: Lease) => Lease | undefined
}

interface Flight {
  readonly result: Deferred.Deferred<Credentials, unknown>
  fiber: Fiber.RuntimeFiber<void> | undefined
  waiters: number
}

/**
 * Runs `acquire` when first asked, once for all who ask meanwhile, and keeps what it gave; a failure is not
 * kept. It ends with its last waiter, so that an interrupted call leaves nothing running, and does not end
 * with its first one, so that one caller's interruption is not another's.
 */
const acquireOnce = (acquire: Effect.Effect<Credentials, unknown>): Lease => {
  let kept: Credentials | undefined
  let flight: Flight | undefined
  const board = Effect.suspend(() => {
    if (flight !== undefined) {
      flight.waiters++
      return Effect.succeed(flight)
    }
    const started: Flight = { result: Deferred.unsafeMake(FiberId.none), fiber: undefined, waiters: 1 }
    flight = started
    const run = Effect.flatMap(Effect.exit(acquire), (exit) => {
      if (flight === started) flight = undefined
      if (exit._tag === "Success") kept = exit.value
      return Effect.asVoid(Deferred.done(started.result, exit))
    })
    return Effect.map(Effect.forkDaemon(Effect.interruptible(run)), (fiber) => {
      started.fiber = fiber
      return started
    })
  })
  const leave = (left: Flight) =>
    Effect.suspend(() => {
      if (--left.waiters > 0 || left.fiber === undefined) return Effect.void
      if (flight === left) flight = undefined
      return Fiber.interrupt(left.fiber)
    })
  return {
    credentials: Effect.suspend(() =>
      kept !== undefined
        ? Effect.succeed(kept)
        : Effect.acquireUseRelease(board, ({ result }) => Deferred.await(result), leave)
    )
  }
}

export const make = (auth: Auth): CredentialStore => {
  if (auth._tag === "Static") {
    const lease: Lease = { credentials: Effect.succeed(auth.credentials) }
    return { current: () => lease, replace: () => undefined }
  }
  let lease = acquireOnce(auth.acquire)
  return {
    current: () => lease,
    replace: (refused) => {
      if (refused === lease) lease = acquireOnce(auth.acquire)
      return lease
    }
  }
}
