/** Pictures of the page. They go into the documentation (`docs/images`) when VIEWER_PICTURES is set, else nowhere that lasts. */
import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"
import { attemptLinks, type Case, followToEnd, open, trigger, trouble } from "./pages.js"

const folder =
  process.env["VIEWER_PICTURES"] === undefined
    ? mkdtempSync(`${tmpdir()}/viewer-`)
    : fileURLToPath(new URL("../../../docs/images", import.meta.url))

const shoot = async (page: Page, name: string): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  const path = `${folder}/viewer-${name}.png`
  await page.screenshot({ path })
  const { size } = statSync(path)
  assert.ok(size > 5000 && size < 150_000, `${name}: ${size} bytes`)
}

export const cases: ReadonlyArray<Case> = [
  {
    name: "pictures",
    run: async (page, env) => {
      await page.setViewportSize({ width: 960, height: 560 })
      await page.emulateMedia({ colorScheme: "light" })
      await followToEnd(page, env, "words", "ramp")
      await page.getByRole("searchbox").fill("needle")
      await page.locator("mark").first().waitFor()
      await shoot(page, "light")
      await page.emulateMedia({ colorScheme: "dark" })
      await shoot(page, "dark")
      await page.goto("about:blank")
      await page.emulateMedia({ colorScheme: "light" })
      await followToEnd(page, env, "retries", "thrice")
      await attemptLinks(page).first().click()
      await page.waitForTimeout(300)
      await shoot(page, "folded")
      await page.goto("about:blank")
      await open(page, env, { dag_id: "words", dag_run_id: trigger(env, "words"), task_id: "no-such-task" })
      await trouble(page).waitFor()
      await shoot(page, "error")
    }
  }
]
