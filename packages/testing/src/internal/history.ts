/** The attempts of a task instance: those that did not last, and the one that is. */
import type * as Timeline from "./timeline.js"
import { type Instance, statusAt } from "./world.js"

type Status = Timeline.Change

/** How the attempts before ended; one that was tried again or killed has failed. */
export const past = ({ timeline }: Instance, now: number): ReadonlyArray<Status> => {
  const found: Array<Status> = []
  let before: Status | undefined
  for (const change of timeline.changes) {
    if (change.at > now) break
    if (before !== undefined && before.try_number > 0) {
      if (change.state === "up_for_retry" && before.state !== "restarting") {
        found.push({ ...change, state: "failed" })
      } else if (change.state === "restarting") {
        found.push({ ...before, state: "failed", ended: change.ended, duration: change.duration })
      } else if (change.state === null && before.state !== "restarting" && before.state !== null) {
        found.push(before)
      }
    }
    before = change
  }
  return found
}

/** All attempts by a time. One that waits to be tried again is over, and told of once. */
export const attempts = (instance: Instance, now: number): ReadonlyArray<Status> => {
  const before = past(instance, now)
  const status = statusAt(instance, now)
  return status.state === "up_for_retry" ? before : [...before, status]
}

/** One attempt: as it is now, or else as it was. */
export const attempt = (instance: Instance, try_number: number, now: number): Status | undefined => {
  const status = statusAt(instance, now)
  return status.try_number === try_number
    ? status
    : past(instance, now).findLast((one) => one.try_number === try_number)
}
