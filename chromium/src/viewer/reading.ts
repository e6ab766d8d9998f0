/** Following, folding, searching, filtering, and taking a log away. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import type { Page } from "playwright-core"
import * as Serving from "../serving.js"
import {
  atEnd,
  attemptLinks,
  type Case,
  choice,
  ended,
  type Env,
  follow,
  following,
  followToEnd,
  found,
  guard,
  inOrder,
  link,
  logIn,
  offered,
  open,
  rowWith,
  scrolled,
  tall,
  texts,
  trigger,
  until
} from "./pages.js"

const attempts = (page: Page) =>
  page.getByRole("heading", { level: 3 }).getByRole("button", { name: /^Attempt/ })

/** Opens a short log that has ended, all of it in sight. */
const readWords = async (page: Page, env: Env): Promise<void> => {
  await page.setViewportSize(tall)
  await followToEnd(page, env, "words", "ramp")
}

/** What is said to who listens. */
const announced = (page: Page, text: string) => page.locator(".announcement[role=status]", { hasText: text })

const downloaded = async (page: Page): Promise<string> => {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download the log" }).click()
  ])
  return readFileSync(await file.path(), "utf8")
}

export const cases: ReadonlyArray<Case> = [
  {
    name: "attempts are sections, and those that failed are folded",
    run: async (page, env) => {
      const verify = await guard(page)
      await page.setViewportSize(tall)
      await follow(page, env, "retries", "thrice")
      assert.match(await ended(page), /success\. The log is complete\./)
      assert.deepEqual(await attempts(page).allTextContents(), ["Attempt 1", "Attempt 2", "Attempt 3"])
      const expanded = () =>
        attempts(page).evaluateAll((all) => all.map((one) => one.getAttribute("aria-expanded")))
      assert.deepEqual(await expanded(), ["false", "false", "true"])
      let rows = await texts(page)
      assert.ok(!rows.includes("first attempt works") && !rows.includes("second attempt works"))
      inOrder(rows, [
        "Attempt 1",
        "Attempt 2",
        "Attempt 3",
        "third attempt works",
        "Details",
        "a detail",
        "done"
      ])
      await attempts(page).first().click()
      await rowWith(page, "first attempt works").waitFor()
      assert.deepEqual(await expanded(), ["true", "false", "true"])
      rows = await texts(page)
      inOrder(rows, ["Attempt 1", "first attempt works", "Attempt 2", "Attempt 3", "third attempt works"])
      assert.ok(rows.some((text) => text.includes("ValueError: the first one fails")))
      assert.deepEqual(await attemptLinks(page).allTextContents(), [
        "Attempt 1: failed",
        "Attempt 2: failed",
        "Attempt 3: success"
      ])
      await verify()
    }
  },
  {
    name: "groups fold and open",
    run: async (page, env) => {
      await readWords(page, env)
      const group = page.locator(".row.group", { hasText: "Needles" })
      const row = rowWith(page, "one needle in here")
      await row.waitFor()
      await group.getByRole("button").click()
      await row.waitFor({ state: "detached" })
      assert.match((await group.textContent()) ?? "", /2 lines/)
      assert.equal(await group.getByRole("button").getAttribute("aria-expanded"), "false")
      inOrder(await texts(page), ["Needles", "no more to find"])
      await page.getByRole("button", { name: "Fold groups" }).click()
      await page.getByRole("button", { name: "Open groups" }).click()
      await row.waitFor()
    }
  },
  {
    name: "the end is followed until one scrolls up, and again after the jump",
    run: async (page, env) => {
      await page.setViewportSize({ width: 1000, height: 500 })
      await follow(page, env, "steady", "tick")
      await until("the log is longer than the window", async () => (await scrolled(page)).max > 200)
      assert.ok(await atEnd(page))
      const before = (await scrolled(page)).max
      await until(
        "the end is followed",
        async () => (await scrolled(page)).max > before + 40 && (await atEnd(page))
      )
      await page.locator(".log").hover()
      await page.mouse.wheel(0, -150)
      await until("it is scrolled up", async () => !(await atEnd(page)))
      await page.waitForTimeout(300)
      const { max, top } = await scrolled(page)
      await until("more lines came", async () => (await scrolled(page)).max > max + 60)
      assert.equal((await scrolled(page)).top, top)
      const jump = page.getByRole("button", { name: /^Jump to the end \([\d,]+ new lines\)$/ })
      await jump.waitFor()
      await jump.click()
      await until("it is at the end", () => atEnd(page))
      const then = (await scrolled(page)).max
      await until(
        "the end is followed again",
        async () => (await scrolled(page)).max > then + 40 && (await atEnd(page))
      )
    }
  },
  {
    name: "a search counts, goes to the next and the one before, and opens what is folded",
    run: async (page, env) => {
      await readWords(page, env)
      const search = page.getByRole("searchbox", { name: "Search" })
      await search.fill("needle")
      await found(page, "1 of 3 lines").waitFor()
      assert.deepEqual(await page.locator("mark").allTextContents(), ["Needle", "needle", "NEEDLE", "needle"])
      // It is said once, and not with each part that was searched.
      assert.equal(await page.locator(".found").getAttribute("aria-live"), "off")
      await announced(page, "Search: 1 of 3 lines.").waitFor()
      await page.getByLabel("Match case").check()
      await found(page, "1 of 2 lines").waitFor()
      await announced(page, "Search: 1 of 2 lines.").waitFor()
      assert.deepEqual(await page.locator("mark").allTextContents(), ["needle", "needle"])
      await page.getByRole("button", { name: "Next match" }).click()
      await found(page, "2 of 2 lines").waitFor()
      assert.match((await page.locator(".row.current").textContent()) ?? "", /two: NEEDLE and needle/)
      await page.getByRole("button", { name: "Previous match" }).click()
      await found(page, "1 of 2 lines").waitFor()
      await page.getByRole("button", { name: "Fold groups" }).click()
      await rowWith(page, "two: NEEDLE").waitFor({ state: "detached" })
      await search.press("Enter")
      await page.locator(".row.current", { hasText: "two: NEEDLE" }).waitFor()
      await search.fill("nowhere to be found")
      await found(page, "not found").waitFor()
      await search.fill("")
      assert.equal(await page.locator("mark").count(), 0)
    }
  },
  {
    name: "the filter shows a level and those above",
    run: async (page, env) => {
      await readWords(page, env)
      const level = page.getByLabel("Level")
      await level.selectOption("ERROR and above")
      await rowWith(page, "calm words").waitFor({ state: "detached" })
      let rows = await texts(page)
      inOrder(rows, ["angry words", "last words"])
      assert.ok(!rows.includes("uneasy words") && !rows.includes("one needle in here"))
      await level.selectOption("WARNING and above")
      await rowWith(page, "uneasy words").waitFor()
      rows = await texts(page)
      inOrder(rows, ["uneasy words", "angry words", "last words"])
      assert.ok(!rows.includes("calm words"))
      await level.selectOption("All levels")
      await rowWith(page, "quiet words").waitFor()
      inOrder(await texts(page), [
        "quiet words",
        "calm words",
        "uneasy words",
        "angry words",
        "last words",
        "Needles"
      ])
    }
  },
  {
    name: "colours are classes, and seen",
    run: async (page, env) => {
      await readWords(page, env)
      const row = rowWith(page, "red and bold")
      assert.deepEqual(
        await row
          .locator(".text span")
          .evaluateAll((all) => all.map((one) => [one.className, one.textContent])),
        [
          ["ansi-fg-1 ansi-bold", "red and bold"],
          ["ansi-fg-208", "orange"],
          ["ansi-bg-4", "on blue"]
        ]
      )
      const colour = (classes: string) =>
        row.locator(`.${classes}`).evaluate((one) => getComputedStyle(one).color)
      const plain = await row.locator(".text").evaluate((one) => getComputedStyle(one).color)
      assert.notEqual(await colour("ansi-fg-1"), plain)
      assert.notEqual(await colour("ansi-fg-208"), plain)
      assert.equal(await row.locator("[style]").count(), 0)
    }
  },
  {
    name: "what is downloaded and copied is the log",
    run: async (page, env) => {
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"])
      const place = await followToEnd(page, env, "words", "ramp")
      const text = await downloaded(page)
      const messages = env.fake.written(place)
      const shown = text.split("\n")
      assert.equal(shown.pop(), "")
      // A record of Airflow 3 that tells of an exception is more lines; here is none.
      assert.deepEqual(shown, messages)
      assert.ok(text.includes("\u001b[1;31mred and bold"))
      await page.getByRole("button", { name: "Copy the log" }).click()
      await page.getByRole("status").filter({ hasText: "copied" }).waitFor()
      const copied = await page.evaluate(() => navigator.clipboard.readText())
      // eslint-disable-next-line no-control-regex
      assert.equal(copied, text.replace(/\u001b\[[\d;]*m/g, ""))
    }
  },
  {
    name: "the address names all of it, and back and forward go along",
    run: async (page, env) => {
      const one = { dag_id: "words", dag_run_id: trigger(env, "words"), task_id: "ramp" }
      const mapped = { dag_id: "steady", dag_run_id: trigger(env, "steady"), task_id: "mapped", map_index: 1 }
      await open(page, env, one)
      await rowWith(page, "no more to find").waitFor()
      await page.getByRole("link", { name: /^other/ }).click()
      await rowWith(page, "another log").waitFor()
      assert.equal(page.url(), link(env, { ...one, task_id: "other" }))
      assert.equal(await page.getByRole("link", { name: /^other/ }).getAttribute("aria-current"), "page")
      await choice(page, "DAG").selectOption("steady")
      await offered(page, "Run", mapped.dag_run_id)
      assert.equal(page.url(), link(env, { dag_id: "steady" }))
      await choice(page, "Run").selectOption(mapped.dag_run_id)
      await page.getByRole("link", { name: /^mapped\[1\]/ }).click()
      await rowWith(page, "part 1, tick 1").first().waitFor()
      assert.equal(page.url(), link(env, mapped))
      for (let back = 0; back < 3; back++) await page.goBack()
      await rowWith(page, "another log").waitFor()
      assert.equal(await choice(page, "DAG").inputValue(), "words")
      await page.goBack()
      await rowWith(page, "no more to find").waitFor()
      await page.goForward()
      await rowWith(page, "another log").waitFor()
      // A query does as well.
      const url = new URL(link(env, mapped))
      url.search = url.hash.slice(1)
      url.hash = ""
      await page.goto(url.href)
      await logIn(page)
      await rowWith(page, "part 1, tick 1").first().waitFor()
      await following(page)
      // And what it named can be left again.
      await choice(page, "DAG").selectOption("")
      await page.getByRole("heading", { name: "Choose a task" }).waitFor()
      assert.equal(await choice(page, "DAG").inputValue(), "")
      assert.equal(page.url(), `${link(env)}#`)
    }
  },
  {
    name: "the page works below a prefix",
    run: async (page, env) => {
      const prefix = "/log-viewer/"
      // As `location /log-viewer/` of a proxy does it, with Airflow at all other paths.
      const proxy = await Serving.serve(0, (incoming, response) => {
        const { url = "/" } = incoming
        if (!url.startsWith(prefix)) return Serving.passOn(env.fake.baseUrl, incoming, response)
        incoming.url = url.slice(prefix.length - 1)
        Serving.passOn(env.viewerUrl, incoming, response)
      })
      try {
        const verify = await guard(page)
        const place = { dag_id: "words", dag_run_id: trigger(env, "words"), task_id: "ramp" }
        const { hash } = new URL(link(env, place))
        await page.goto(`${proxy.origin}${prefix}${hash}`)
        await logIn(page)
        await rowWith(page, "no more to find").waitFor()
        assert.equal(page.url(), `${proxy.origin}${prefix}${hash}`)
        await verify()
      } finally {
        await proxy.close()
      }
    }
  }
]
