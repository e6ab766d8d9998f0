import { assert, it } from "@effect/vitest"
import * as Allowance from "../src/internal/allowance.js"

it("is the client's own until that was too short", () => {
  const allowance = Allowance.make()
  allowance.waited(29_000)
  allowance.read()
  assert.isUndefined(allowance.current())
})

it("doubles, up to ten minutes, and halves again with answers that come quickly as a whole", () => {
  const allowance = Allowance.make()
  const after = (millis: number) => {
    allowance.exceeded(millis)
    return allowance.current()
  }
  assert.deepStrictEqual(
    [30_000, 60_000, 120_000, 240_000, 480_000, 600_000].map(after),
    [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]
  )
  const read = (...waits: ReadonlyArray<number>) => {
    waits.forEach(allowance.waited)
    allowance.read()
    return allowance.current()
  }
  assert.strictEqual(read(10, 20), 300_000)
  // It is not quick that waits for so long in the middle of an answer.
  assert.strictEqual(read(10, 100_000, 20), 300_000)
  assert.strictEqual(read(10), 150_000)
  assert.strictEqual(read(10), 75_000)
  assert.strictEqual(read(10), 37_500)
  assert.strictEqual(read(10), 30_000)
  assert.strictEqual(read(10), 30_000)
  assert.strictEqual(after(30_000), 60_000)
})

it("is never less than the client's own", () => {
  const allowance = Allowance.make()
  allowance.exceeded(1_000_000)
  assert.strictEqual(allowance.current(), 1_000_000)
  allowance.read()
  assert.strictEqual(allowance.current(), 1_000_000)
})
