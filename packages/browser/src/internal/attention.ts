/**
 * Whether somebody looks at the page, and whether there is a network: how long what polls waits between two looks. What the
 * page's world does not have (a worker has no document) counts as seen, and as online.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const isHidden = (): boolean => globalThis.document?.visibilityState === "hidden"

const isOffline = (): boolean => globalThis.navigator?.onLine === false

const happens = (target: EventTarget | undefined, name: string): Effect.Effect<void> =>
  target === undefined
    ? Effect.never
    : Effect.async<void>((resume) => {
        const stop = () => target.removeEventListener(name, listener)
        const listener = () => {
          stop()
          resume(Effect.void)
        }
        target.addEventListener(name, listener)
        return Effect.sync(stop)
      })

/** Somebody comes back to the page. */
const seenAgain: Effect.Effect<void> = Effect.suspend(() =>
  Effect.zipRight(
    happens(globalThis.document, "visibilitychange"),
    Effect.suspend(() => (isHidden() ? seenAgain : Effect.void))
  )
)

const online: Effect.Effect<void> = Effect.suspend(() =>
  happens(globalThis.window ?? globalThis.self, "online")
)

/**
 * Waits so long; while the page is hidden until it is seen again, or `whenHidden` is over; and while there is no network
 * until there is one. Never less than asked: that may be what a server bears.
 */
export const pause =
  (whenHidden: Duration.Duration) =>
  (duration: Duration.Duration): Effect.Effect<void> => {
    const rest = Duration.subtract(whenHidden, duration)
    const hidden = Effect.suspend(() =>
      isHidden() ? Effect.raceFirst(Effect.sleep(rest), seenAgain) : Effect.void
    )
    const offline = Effect.suspend(() => (isOffline() ? online : Effect.void))
    return Effect.sleep(duration).pipe(Effect.zipRight(hidden), Effect.zipRight(offline))
  }
