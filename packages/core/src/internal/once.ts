import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"

interface Flight<A, E> {
  readonly result: Deferred.Deferred<A, E>
  fiber: Fiber.RuntimeFiber<void> | undefined
  waiters: number
}

/**
 * Runs an effect when first asked, once for all who ask meanwhile, and keeps what it gave; a failure is shared
 * by those who wait, and not kept. It ends with its last waiter, so that an interrupted call leaves nothing
 * running, and not with its first one, so that one caller's interruption is not another's.
 */
export const once = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  let kept: { readonly value: A } | undefined
  let flight: Flight<A, E> | undefined
  const board = Effect.suspend(() => {
    if (flight !== undefined) {
      flight.waiters++
      return Effect.succeed(flight)
    }
    const started: Flight<A, E> = { result: Deferred.unsafeMake(FiberId.none), fiber: undefined, waiters: 1 }
    flight = started
    const run = Effect.flatMap(Effect.exit(effect), (exit) => {
      if (flight === started) flight = undefined
      if (exit._tag === "Success") kept = { value: exit.value }
      return Effect.asVoid(Deferred.done(started.result, exit))
    })
    return Effect.map(Effect.forkDaemon(Effect.interruptible(run)), (fiber) => {
      started.fiber = fiber
      return started
    })
  })
  const leave = (left: Flight<A, E>) =>
    Effect.suspend(() => {
      if (--left.waiters > 0 || left.fiber === undefined) return Effect.void
      if (flight === left) flight = undefined
      return Fiber.interrupt(left.fiber)
    })
  return Effect.suspend(() =>
    kept !== undefined
      ? Effect.succeed(kept.value)
      : Effect.acquireUseRelease(board, ({ result }) => Deferred.await(result), leave)
  )
}
