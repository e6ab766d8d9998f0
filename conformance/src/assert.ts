/** Node's assertions, but for `ok` without a message: to put one together Node reads the source, and with tsx takes minutes. */
import { AssertionError } from "node:assert/strict"

export { deepEqual, doesNotMatch, equal, fail, match, notEqual } from "node:assert/strict"

export function ok(value: unknown, message: string = "it is not so"): asserts value {
  if (value) return
  throw new AssertionError({ message, actual: value, expected: true, operator: "ok", stackStartFn: ok })
}
