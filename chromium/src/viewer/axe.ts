/** What axe finds on a page. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"

interface Finding {
  readonly id: string
  readonly impact: string | null
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>
}
interface Axe {
  readonly run: () => Promise<{
    readonly violations: ReadonlyArray<Finding>
    readonly passes: ReadonlyArray<unknown>
  }>
}

let source: string | undefined

/** Fails if there is anything serious or critical; gives all there is. */
export const check = async (page: Page, view: string): Promise<ReadonlyArray<Finding>> => {
  source ??= readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
  // By the debugger, which the page's policy does not bind.
  await page.evaluate(source)
  const { passes, violations } = await page.evaluate(() => (globalThis as unknown as { axe: Axe }).axe.run())
  assert.ok(passes.length > 5, `${view}: axe looked at nothing`)
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical")
  assert.deepEqual(
    bad.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map((node) => `${node.html} ${node.failureSummary}`)
          .join("; ")
          .slice(0, 1200)}`
    ),
    [],
    view
  )
  return violations
}
