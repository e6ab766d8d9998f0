/** A built layer, and all that runs on it. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as AsyncIterable from "@effect-airflow/logs/AsyncIterable"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

export interface Session {
  readonly run: <A, E>(
    effect: Effect.Effect<A, E, AirflowClient>,
    signal: AbortSignal | undefined
  ) => Promise<A>
  readonly iterate: <A, E>(
    stream: Stream.Stream<A, E, AirflowClient>,
    signal: AbortSignal | undefined
  ) => AsyncIterableIterator<A, undefined, undefined>
  readonly close: () => Promise<void>
}

/** Settles with what the Effect gives: the failure itself, not a wrapper around it. */
const toPromise = <A, E, R>(
  runtime: Runtime.Runtime<R>,
  effect: Effect.Effect<A, E, R>,
  signals: ReadonlyArray<AbortSignal>
): Promise<A> =>
  new Promise((resolve, reject) => {
    const aborted = signals.find((signal) => signal.aborted)
    if (aborted !== undefined) {
      reject(AsyncIterable.abortError(aborted.reason))
      return
    }
    const fiber = Runtime.runFork(runtime)(effect)
    const abort = (event: Event) => {
      fiber.unsafeInterruptAsFork(FiberId.none)
      reject(AsyncIterable.abortError((event.target as AbortSignal).reason))
    }
    for (const signal of signals) signal.addEventListener("abort", abort, { once: true })
    fiber.addObserver((exit) => {
      for (const signal of signals) signal.removeEventListener("abort", abort)
      if (Exit.isSuccess(exit)) resolve(exit.value)
      else reject(Cause.squash(exit.cause))
    })
  })

/**
 * Ends an iteration when one of the signals is aborted, and leaves nothing behind at a signal that lives longer:
 * on Node 20, AbortSignal.any would leave a weak reference for each iteration. Listens only while it runs.
 */
const endedBy = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  signals: ReadonlyArray<AbortSignal>,
  controller: AbortController
): Stream.Stream<A, E, R> => {
  const abort = (event: Event) => controller.abort((event.target as AbortSignal).reason)
  const stopListening = Effect.sync(() => {
    for (const signal of signals) signal.removeEventListener("abort", abort)
  })
  return Stream.suspend(() => {
    const aborted = signals.find((signal) => signal.aborted)
    if (aborted !== undefined) {
      controller.abort(aborted.reason)
      return Stream.never
    }
    for (const signal of signals) signal.addEventListener("abort", abort)
    return Stream.ensuring(stream, stopListening)
  })
}

export const open = async <E>(layer: Layer.Layer<AirflowClient, E>): Promise<Session> => {
  const scope = Effect.runSync(Scope.make())
  const runtime = await toPromise(
    Runtime.defaultRuntime,
    Scope.extend(Layer.toRuntime(layer), scope),
    []
  ).catch(async (error: unknown) => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    throw error
  })
  const closed = new AbortController()
  const signals = (signal: AbortSignal | undefined) =>
    signal === undefined ? [closed.signal] : [signal, closed.signal]
  let closing: Promise<void> | undefined
  return {
    run: (effect, signal) => toPromise(runtime, effect, signals(signal)),
    iterate: (stream, signal) => {
      const ended = new AbortController()
      return AsyncIterable.fromStream(endedBy(stream, signals(signal), ended), runtime, {
        signal: ended.signal
      })
    },
    close: () => {
      closed.abort(AsyncIterable.abortError(new Error("the connection was closed")))
      return (closing ??= Effect.runPromise(Scope.close(scope, Exit.void)))
    }
  }
}
