/** Pictures of the page. They go into the documentation (`docs/images`) when VIEWER_PICTURES is set, else nowhere that lasts. */
import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"
import { attemptLinks, type Case, type Env, followToEnd, open, trigger, trouble } from "./pages.js"

/** The folder is given to who uses it. */
const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  if (process.env["VIEWER_PICTURES"] !== undefined) {
    const images = fileURLToPath(new URL("../../../docs/images", import.meta.url))
    mkdirSync(images, { recursive: true })
    return use(images)
  }
  const folder = mkdtempSync(join(tmpdir(), "viewer-"))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const take = async (page: Page, env: Env, folder: string): Promise<void> => {
  const shoot = async (name: string): Promise<void> => {
    const path = join(folder, `viewer-${name}.png`)
    await page.screenshot({ path })
    const { size } = statSync(path)
    assert.ok(size > 5000 && size < 150_000, `${name}: ${size} bytes`)
  }
  await page.setViewportSize({ width: 960, height: 560 })
  await page.emulateMedia({ colorScheme: "light" })
  await followToEnd(page, env, "words", "ramp")
  await page.getByRole("searchbox").fill("needle")
  await page.locator("mark").first().waitFor()
  await shoot("light")
  await page.emulateMedia({ colorScheme: "dark" })
  await shoot("dark")
  await page.goto("about:blank")
  await page.emulateMedia({ colorScheme: "light" })
  await followToEnd(page, env, "retries", "thrice")
  await attemptLinks(page).first().click()
  await page.waitForTimeout(300)
  await shoot("folded")
  await page.goto("about:blank")
  await open(page, env, { dag_id: "words", dag_run_id: trigger(env, "words"), task_id: "no-such-task" })
  await trouble(page).waitFor()
  await shoot("error")
}

export const cases: ReadonlyArray<Case> = [
  { name: "pictures", run: (page, env) => withFolder((folder) => take(page, env, folder)) }
]
