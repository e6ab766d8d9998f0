/** Checks that are told one by one, and counted. */
import { AssertionError } from "node:assert"
import { ToolError } from "./shell.js"

export class Report {
  passed = 0
  failed = 0

  /** Runs a check: it fails by throwing; what it gives is told beside its name. */
  async check<A>(
    name: string,
    body: () => Promise<A>,
    detail?: (value: A) => string
  ): Promise<A | undefined> {
    try {
      const value = await body()
      this.passed++
      console.log(`ok   ${name}${detail === undefined ? "" : ` (${detail(value)})`}`)
      return value
    } catch (error) {
      this.failed++
      const expected = error instanceof ToolError || error instanceof AssertionError
      const text = expected ? error.message : error instanceof Error ? error.stack : String(error)
      console.log(`FAIL ${name}: ${(text ?? "").trim().replaceAll("\n", "\n     ")}`)
      return undefined
    }
  }

  /** Prints the totals; gives the code to end with. */
  end(): number {
    console.log(`${this.passed} passed, ${this.failed} failed`)
    return this.failed === 0 && this.passed > 0 ? 0 : 1
  }
}
