/**
 * A million lines. They are fed to the viewer by a page of its own (`examples/log-viewer/test/page`), as events in the chunks
 * of a follower: what is measured is the viewer, without the network and without what reads answers.
 */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import type { Page } from "playwright-core"
import { atEnd, type Case, follow, found, link, rowWith, scrolled, until, words } from "./pages.js"

interface Checks {
  readonly load: (count: number, size?: number) => Promise<void>
  readonly rate: (perSecond: number, seconds: number) => Promise<void>
  readonly written: () => number
  readonly viewer: {
    readonly model: { readonly lines: number; readonly store: { readonly text: (id: number) => string } }
  }
}
declare const checks: Checks

const million = 1_000_000

/** Several times what is seen, so that a busy machine fails none of them: what is beyond has become another thing. */
const limits = {
  /** Milliseconds on the clock in which the page does not answer. */
  task: 2000,
  /** The same in time that its thread ran, while lines come. */
  threadTask: 200,
  heapMiB: 300,
  processMiB: 1200,
  loadSeconds: 90,
  searchSeconds: 10,
  filterSeconds: 10
}

/** Notes the tasks that kept the page from answering: those of 50 ms and more. */
const watchTasks = (page: Page) =>
  page.addInitScript(() => {
    const tasks: Array<number> = []
    Object.assign(globalThis, { tasks })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration)
    }).observe({ type: "longtask", buffered: true })
  })

/** Those since the last time this was asked. */
const longest = async (page: Page): Promise<string> => {
  const all = await page.evaluate(() => (globalThis as unknown as { tasks: Array<number> }).tasks.splice(0))
  const millis = Math.round(Math.max(0, ...all))
  assert.ok(millis < limits.task, `a task of ${millis} ms`)
  return all.length === 0 ? "none of 50 ms" : `longest ${millis} ms, ${all.length} of 50 ms and more`
}

/** Seconds since then; fails when they are too many. */
const secondsSince = (begun: number, limit: number): string => {
  const seconds = (Date.now() - begun) / 1000
  assert.ok(seconds < limit, `${seconds} s`)
  return `${seconds.toFixed(1)} s`
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Microseconds of the thread, on a machine of its own or not. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/**
 * The longest task of the page's main thread while this is done, in time that the thread ran: on a machine that does other
 * things as well, the time on the clock says more of those.
 */
const longestOfThread = async (page: Page, work: () => Promise<unknown>): Promise<string> => {
  const browser = page.context().browser()
  assert.ok(browser !== null)
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] })
  await work()
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: ReadonlyArray<TraceEvent>
  }
  const all = trace.traceEvents
  const main = new Set(
    all
      .filter(({ args, name }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid}/${tid}`)
  )
  const tasks = all
    .filter(({ name, ph, pid, tid }) => name.endsWith("RunTask") && ph === "X" && main.has(`${pid}/${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000)
  assert.ok(tasks.length > 100, "no tasks were traced")
  const millis = Math.max(...tasks)
  assert.ok(millis < limits.threadTask, `a task of ${millis} ms of the thread's time`)
  return `longest task ${millis.toFixed(1)} ms of the thread's time, ${tasks.filter((one) => one >= 50).length} of 50 ms and more`
}

/** What the page's process holds, as the system sees it. */
const resident = async (page: Page): Promise<number> => {
  const browser = page.context().browser()
  assert.ok(browser !== null)
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send("SystemInfo.getProcessInfo")
  await session.detach()
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => {
      try {
        return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0) / 1024
      } catch {
        return 0
      }
    })
  return Math.max(0, ...sizes)
}

const memory = async (page: Page): Promise<string> => {
  const session = await page.context().newCDPSession(page)
  await session.send("Performance.enable")
  await session.send("HeapProfiler.collectGarbage")
  const { metrics } = await session.send("Performance.getMetrics")
  await session.detach()
  const heap = (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? NaN) / 1_048_576
  const process = await resident(page)
  assert.ok(heap < limits.heapMiB, `a heap of ${heap} MiB`)
  assert.ok(process < limits.processMiB, `a process of ${process} MiB`)
  return `heap ${Math.round(heap)} MiB, process ${Math.round(process)} MiB`
}

const textAt = (page: Page): Promise<string> =>
  page.locator(".log").evaluate((log) => {
    const { top } = log.getBoundingClientRect()
    const first = [...log.querySelectorAll(".row")].find(
      (row) => row.getBoundingClientRect().bottom > top + 1
    )
    return first?.querySelector(".text")?.textContent ?? first?.textContent ?? ""
  })

const numberIn = (text: string): number => Number(/line (\d+)/.exec(text)?.[1] ?? NaN)

export const cases: ReadonlyArray<Case> = [
  {
    name: "a million lines: all there, in order, searched, scrolled, and more of them coming",
    run: async (page, env) => {
      await watchTasks(page)
      await page.setViewportSize({ width: 1000, height: 700 })
      await page.goto(`${link(env)}test/page/index.html`)
      await page.locator(".log").waitFor()
      console.log(`  empty: ${await memory(page)}`)
      const begun = Date.now()
      await page.evaluate((count) => checks.load(count), million)
      await until(
        "all lines were taken",
        () => page.evaluate((count) => checks.viewer.model.lines === count, million),
        180_000
      )
      await words(page).filter({ hasText: "1,000,000 lines so far" }).waitFor()
      console.log(
        `  loaded in ${secondsSince(begun, limits.loadSeconds)}: ${await longest(page)}; ${await memory(page)}`
      )

      // Entry 0 is the header of the attempt.
      const wrong = await page.evaluate(async (count) => {
        for (let index = 0; index < count; index++) {
          const text = checks.viewer.model.store.text(index + 1)
          if (!text.startsWith(`line ${String(index).padStart(8, "0")} `)) return `${index}: ${text}`
          if (index % 50_000 === 0) await new Promise((resolve) => setTimeout(resolve))
        }
        return ""
      }, million)
      assert.equal(wrong, "")
      await longest(page)

      // By scrolling to any place one sees what belongs there.
      assert.ok(await atEnd(page))
      for (const part of [0, 0.25, 0.5, 0.9, 1]) {
        await page.locator(".log").evaluate((log, part) => {
          log.scrollTop = part * (log.scrollHeight - log.clientHeight)
        }, part)
        await page.waitForTimeout(150)
        const { top } = await scrolled(page)
        const row = Math.floor(top / 20)
        assert.equal(row === 0 ? -1 : numberIn(await textAt(page)), row - 1)
        const shown = await page.locator(".log .row .text").allTextContents()
        const numbers = shown.map(numberIn)
        assert.deepEqual(
          numbers,
          numbers.map((_, place) => numbers[0]! + place)
        )
        assert.ok(numbers.length > 20 && numbers.length < 100)
      }
      await page.locator(".log").hover()
      for (let turns = 0; turns < 40; turns++) await page.mouse.wheel(0, turns < 20 ? -900 : 700)
      await page.waitForTimeout(300)
      console.log(`  scrolled: ${await longest(page)}`)

      const search = page.getByRole("searchbox")
      const searched = Date.now()
      await search.fill("needle")
      await found(page, /^\d+ of 10 lines$/).waitFor({ timeout: 60_000 })
      console.log(`  searched in ${secondsSince(searched, limits.searchSeconds)}: ${await longest(page)}`)
      await page.locator(".log").press("Home")
      await page.waitForTimeout(200)
      await search.fill("needle ")
      await found(page, "not found").waitFor({ timeout: 60_000 })
      await search.fill("needle")
      await found(page, "1 of 10 lines").waitFor({ timeout: 60_000 })
      for (let place = 0; place < 10; place++) {
        await found(page, `${place + 1} of 10 lines`).waitFor()
        const current = page.locator(".row.current")
        await current
          .filter({ hasText: `line ${String(place * 100_000 + 77_777).padStart(8, "0")}` })
          .waitFor()
        await search.press("Enter")
      }

      const filtered = Date.now()
      await page.getByLabel("Level").selectOption("ERROR and above")
      await until("the filter holds", async () => (await scrolled(page)).max < 1001 * 20, 60_000)
      await page.locator(".row.level-error").first().waitFor()
      assert.equal(await page.locator(".row.level-info").count(), 0)
      console.log(`  filtered in ${secondsSince(filtered, limits.filterSeconds)}: ${await longest(page)}`)
      await page.getByLabel("Level").selectOption("All levels")
      await search.fill("")
      await until("all are back", async () => (await scrolled(page)).max > 19_000_000, 60_000)
      await longest(page)

      await page.getByRole("button", { name: /^Jump to the end/ }).click()
      const ofThread = await longestOfThread(page, () => page.evaluate(() => checks.rate(1000, 10)))
      await until("the new ones are there", () =>
        page.evaluate((count) => checks.viewer.model.lines === count + 10_000, million)
      )
      await rowWith(page, "line 01009999").waitFor()
      console.log(
        `  1,000 lines a second for 10 s, at the end: ${ofThread}; ${await longest(page)} on the clock; ${await memory(page)}`
      )

      // And while a search goes on, from the middle of the log.
      await page.locator(".log").evaluate((log) => {
        log.scrollTop = log.scrollHeight / 2
      })
      await search.fill("needle")
      await page.evaluate(() => checks.rate(1000, 10))
      await found(page, "of 10 lines").waitFor({ timeout: 60_000 })
      console.log(`  the same while it is searched: ${await longest(page)}; ${await memory(page)}`)

      // That the page answers.
      const answered = Date.now()
      await page.getByRole("button", { name: /^Jump to the end/ }).click()
      await rowWith(page, "line 01019999").waitFor()
      assert.ok(Date.now() - answered < 2000)
    }
  },
  {
    name: "50,000 lines over the network",
    run: async (page, env) => {
      await watchTasks(page)
      await page.goto("about:blank")
      const begun = Date.now()
      const place = await follow(page, env, "big", "many")
      await words(page).filter({ hasText: "The task has ended" }).waitFor({ timeout: 120_000 })
      const written = env.fake.written(place).length
      assert.ok(written >= 50_000)
      console.log(
        `  ${written} lines in ${secondsSince(begun, limits.loadSeconds)}: ${await longest(page)}; ${await memory(page)}`
      )
      await page.locator(".log").focus()
      await page.keyboard.press("End")
      await rowWith(page, "big line 49999").waitFor()
    }
  }
]
