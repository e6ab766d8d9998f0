/**
 * Calls into the addon. Each keeps one of the few threads that Node has for such work (four, for files and names, too)
 * until it ends, which takes long when a KDC does not answer; it cannot be ended before. So only some run at a time, in
 * the whole process, and who gives up does not wait for its end.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

const atOnce = 2

const threads = /*#__PURE__*/ Effect.unsafeMakeSemaphore(atOnce)

/** Runs it when there is a thread for it. An interruption takes effect at once; the thread is free when the call has ended. */
export const call = <A>(run: () => Promise<A>): Effect.Effect<A, unknown> =>
  Effect.uninterruptibleMask((restore) =>
    restore(threads.take(1)).pipe(
      Effect.zipRight(
        Effect.forkDaemon(
          Effect.ensuring(Effect.tryPromise({ try: run, catch: (error) => error }), threads.release(1))
        )
      ),
      Effect.flatMap((fiber) => restore(Fiber.join(fiber)))
    )
  )
