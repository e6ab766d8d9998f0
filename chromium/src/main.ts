/** `pnpm chromium [--fake VERSION…] [--airflow VERSION…] [--only TEXT]`: see the README. */
import * as Airflow from "airflow/Airflow"
import { parseArgs } from "node:util"
import type { Browser } from "playwright-core"
import { all } from "./cases/index.js"
import { launch } from "./launch.js"
import * as Site from "./site.js"
import { type Case, call, type Env } from "./suite.js"
import * as Target from "./target.js"

const { values } = parseArgs({
  options: {
    fake: { type: "string", multiple: true },
    airflow: { type: "string", multiple: true },
    only: { type: "string", multiple: true, default: [""] }
  }
})
const chosen = values.fake !== undefined || values.airflow !== undefined
const targets = [
  ...(values.fake ?? (chosen ? [] : ["2.11.0", "3.3.2"])).map((version) => () => Target.fake(version)),
  ...(values.airflow ?? []).map((version) => () => Target.real(version))
]

const named = all.filter(({ name }) => values.only.some((text) => name.includes(text)))

const holds = ({ api, on }: Case, { api: spoken, fake }: Target.Target): boolean =>
  (on === undefined || (on === "fake") === (fake !== undefined)) && (api === undefined || api === spoken)

/** Runs one in a context of its own; throws what is wrong. */
const run = async (one: Case, browser: Browser, target: Target.Target, site: Site.Site): Promise<void> => {
  const context = await browser.newContext()
  target.arrived.length = 0
  const wrong: Array<string> = []
  context.on("weberror", (error) => wrong.push(String(error.error())))
  const env: Env = {
    target,
    site,
    context,
    open: async (origin = site.origin) => {
      const page = await context.newPage()
      await page.goto(`${origin}/__page`)
      await page.waitForFunction(() => window.agent !== undefined)
      return page
    },
    say: (line) => console.log(`          ${line}`)
  }
  try {
    await Promise.race([
      one.run(env),
      new Promise<never>((_, reject) =>
        setTimeout(() => reject(new Error("not over after 5 minutes")), 300_000).unref()
      )
    ])
    for (const page of context.pages()) {
      const hasAgent = await page.evaluate(() => window.agent !== undefined).catch(() => false)
      if (hasAgent) wrong.push(...(await call(page, "violations")))
    }
    if (wrong.length > 0) throw new Error(`in the page: ${wrong.join("; ")}`)
  } finally {
    await context.close()
  }
}

let passed = 0
const failed: Array<string> = []
const browser = await launch()
const site = await Site.open({ port: Number(new URL(Airflow.pageOrigin).port) })
console.log(`Chromium ${browser.version()}`)
try {
  for (const start of targets) {
    const target = await start()
    try {
      const cases = named.filter((one) => holds(one, target))
      console.log(`${target.name}: ${cases.length} of ${named.length} cases hold`)
      for (const one of cases) {
        const started = performance.now()
        const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
        try {
          await run(one, browser, target, site)
          passed++
          console.log(`  ok    ${one.name} (${seconds()})`)
        } catch (error) {
          failed.push(`${target.name}: ${one.name}`)
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
          console.log(`  FAIL  ${one.name} (${seconds()})\n        ${text.split("\n").join("\n        ")}`)
        }
      }
    } finally {
      await target.close()
    }
  }
} finally {
  await site.close()
  await browser.close()
}
for (const name of failed) console.log(`failed: ${name}`)
console.log(`${passed} passed, ${failed.length} failed`)
process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0
