/** All of it by keyboard alone, and what axe says. */
import assert from "node:assert/strict"
import type { Page } from "playwright-core"
import * as Axe from "./axe.js"
import {
  atEnd,
  type Case,
  ended,
  followTicks,
  followToEnd,
  found,
  guard,
  link,
  loggedIn,
  logIn,
  offered,
  open,
  rowWith,
  scrolled,
  tall,
  trigger,
  trouble,
  until
} from "./pages.js"

/** What has the focus: its name, and whether that can be seen. */
const focus = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement as HTMLElement
    const { outlineStyle, outlineWidth } = getComputedStyle(at)
    return {
      tag: at.tagName.toLowerCase(),
      name: at.getAttribute("aria-label") ?? at.textContent?.trim() ?? "",
      label: (at as HTMLInputElement).labels?.[0]?.textContent ?? "",
      seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2
    }
  })

type Focus = Awaited<ReturnType<typeof focus>>

/** Goes on with Tab until that has the focus, which must be seen wherever it stops. */
const tabTo = async (page: Page, what: string, is: (at: Focus) => boolean, key = "Tab"): Promise<void> => {
  for (let presses = 0; presses < 80; presses++) {
    const at = await focus(page)
    if (is(at)) return
    await page.keyboard.press(key)
    const now = await focus(page)
    assert.ok(now.tag === "body" || now.seen, `the focus is not seen at ${JSON.stringify(now)}`)
  }
  assert.fail(`by ${key} alone one does not get to ${what}`)
}

export const cases: ReadonlyArray<Case> = [
  {
    name: "by keyboard alone: from the login to a log, search, fold, filter, the end",
    run: async (page, env) => {
      const verify = await guard(page)
      await page.setViewportSize({ width: 1000, height: 500 })
      const dag_run_id = trigger(env, "words")
      const keys = page.keyboard
      await page.goto(link(env))
      await tabTo(page, "the user's name", ({ label }) => label === "User name")
      await keys.type("admin")
      await tabTo(page, "the password", ({ label }) => label === "Password")
      await keys.type("admin")
      await keys.press("Enter")
      await loggedIn(page)
      await offered(page, "DAG", "words")
      await tabTo(page, "the DAGs", ({ label }) => label === "DAG")
      await keys.type("words")
      await until("the DAG is in the address", () => page.url() === link(env, { dag_id: "words" }))
      await offered(page, "Run", dag_run_id)
      await tabTo(page, "the runs", ({ label }) => label === "Run")
      await keys.type(dag_run_id)
      await page.getByRole("link", { name: /^ramp/ }).waitFor()
      await tabTo(page, "the task", ({ name, tag }) => tag === "a" && name.startsWith("ramp"))
      await keys.press("Enter")
      await ended(page)
      // The link to the log goes by all that stands before it.
      await tabTo(page, "the link to the log", ({ name }) => name === "Skip to the log", "Shift+Tab")
      await keys.press("Enter")
      assert.equal((await focus(page)).name, "Lines of the log")
      assert.ok((await focus(page)).seen)
      await keys.press("Home")
      await until("it is at the start", async () => (await scrolled(page)).top === 0)
      await until("it is scrolled", async () => {
        await keys.press("PageDown")
        return (await scrolled(page)).top > 40
      })
      await keys.press("/")
      assert.equal((await focus(page)).label, "Search")
      await keys.type("needle")
      await found(page, "1 of 3 lines").waitFor()
      await keys.press("Enter")
      await found(page, "2 of 3 lines").waitFor()
      await keys.press("Shift+Enter")
      await found(page, "1 of 3 lines").waitFor()
      await tabTo(page, "a group", ({ name, tag }) => tag === "button" && name === "Needles")
      await keys.press("Enter")
      await rowWith(page, "one needle in here").waitFor({ state: "detached" })
      assert.equal((await focus(page)).name, "Needles")
      await keys.press("Space")
      await rowWith(page, "one needle in here").waitFor()
      await tabTo(page, "the level", ({ label }) => label === "Level", "Shift+Tab")
      await keys.type("ERROR")
      await rowWith(page, "calm words").waitFor({ state: "detached" })
      await keys.press("Home")
      await rowWith(page, "calm words").waitFor()
      await tabTo(page, "the jump to the end", ({ name }) => name.startsWith("Jump to the end"))
      await keys.press("Enter")
      await until("it is at the end", () => atEnd(page))
      assert.equal((await focus(page)).name, "Lines of the log")
      await verify()
    }
  },
  {
    name: "axe finds nothing serious in any view, dark and light",
    run: async (page, env) => {
      const minor = new Set<string>()
      const look = async (view: string) => {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme })
          await page.waitForTimeout(100)
          for (const { id, impact } of await Axe.check(page, `${view}, ${colorScheme}`))
            minor.add(`${id} (${impact})`)
        }
      }
      await page.goto(link(env))
      await look("login")
      await logIn(page, "admin", "wrong")
      await trouble(page).waitFor()
      await look("login refused")
      await followTicks(page, env)
      await page.getByRole("searchbox").fill("tick 1")
      await page.locator("mark").first().waitFor()
      await look("live")
      await page.goto("about:blank")
      await followToEnd(page, env, "words", "ramp")
      await page.setViewportSize(tall)
      await rowWith(page, "red and bold").waitFor()
      await look("finished")
      await page.goto("about:blank")
      await followToEnd(page, env, "retries", "thrice")
      await look("failed attempts folded")
      await page.goto("about:blank")
      await open(page, env, { dag_id: "words", dag_run_id: "no-such-run", task_id: "ramp" })
      await trouble(page).first().waitFor()
      await look("error")
      await page.goto("about:blank")
      await open(page, env)
      await look("nothing chosen")
      console.log(`  less than serious: ${[...minor].join(", ") || "nothing"}`)
    }
  },
  {
    name: "the theme is the system's until one is chosen",
    run: async (page, env) => {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      await page.emulateMedia({ colorScheme: "light" })
      await page.goto(link(env))
      const light = await ground()
      await page.emulateMedia({ colorScheme: "dark" })
      const dark = await ground()
      assert.notEqual(dark, light)
      const toggle = page.getByRole("button", { name: "Dark" })
      assert.equal(await toggle.getAttribute("aria-pressed"), "true")
      await toggle.click()
      assert.equal(await ground(), light)
      await page.reload()
      assert.equal(await ground(), light)
    }
  }
]
