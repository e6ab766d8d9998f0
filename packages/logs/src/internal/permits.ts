/**
 * So many at a time, in the order in which they came. (Effect's semaphore wakes all who wait at each release:
 * with a thousand of them it takes seconds and hundreds of megabytes, and the order is lost.)
 */
import * as Effect from "effect/Effect"

interface Ticket {
  state: "waiting" | "granted" | "done"
  grant: () => void
}

export interface Permits {
  readonly run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make = (permits: number): Permits => {
  const queue = new Set<Ticket>()
  let free = permits
  const serve = () => {
    for (const ticket of queue) {
      if (free === 0) return
      queue.delete(ticket)
      free--
      ticket.state = "granted"
      ticket.grant()
    }
  }
  const wait = (ticket: Ticket): Effect.Effect<void> =>
    Effect.async((resume) => {
      ticket.grant = () => resume(Effect.void)
      queue.add(ticket)
      serve()
    })
  const leave = (ticket: Ticket) =>
    Effect.sync(() => {
      if (ticket.state === "granted") free++
      ticket.state = "done"
      queue.delete(ticket)
      serve()
    })
  return {
    // Whoever is interrupted leaves, whether it waits, was just let in, or is at work.
    run: (effect) =>
      Effect.suspend(() => {
        const ticket: Ticket = { state: "waiting", grant: () => undefined }
        return Effect.ensuring(Effect.zipRight(wait(ticket), effect), leave(ticket))
      })
  }
}
