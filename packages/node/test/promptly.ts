import { assert } from "@effect/vitest"

/**
 * Fails when something takes 50 ms or more. What other processes take of the machine meanwhile is not counted: the event loop is
 * kept turning, and the time this process had the processor is taken.
 */
export const promptly = async (begin: () => Promise<unknown>): Promise<void> => {
  let waiting = true
  const turn = () => {
    if (waiting) setImmediate(turn)
  }
  const before = process.cpuUsage()
  turn()
  try {
    await begin()
  } finally {
    waiting = false
  }
  const { system, user } = process.cpuUsage(before)
  assert.isBelow((system + user) / 1000, 50)
}
