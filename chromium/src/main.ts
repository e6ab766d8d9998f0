/** `pnpm chromium [--fake VERSION…] [--airflow VERSION…] [--only TEXT]`: see the README. */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Airflow from "airflow/Airflow"
import { parseArgs } from "node:util"
import type { Browser } from "playwright-core"
import { all } from "./cases/index.js"
import { launch } from "./launch.js"
import * as Site from "./site.js"
import { type Case, call, type Env, within } from "./suite.js"
import * as Target from "./target.js"
import type { Case as ViewerCase } from "./viewer/pages.js"
import * as Viewer from "./viewer/cases.js"
import { fakeOptions } from "./viewer/scenario.js"
import * as Serve from "./viewer/serve.js"

const { values } = parseArgs({
  options: {
    fake: { type: "string", multiple: true },
    airflow: { type: "string", multiple: true },
    only: { type: "string", multiple: true, default: [""] }
  }
})
const chosen = values.fake !== undefined || values.airflow !== undefined
const fakes = values.fake ?? (chosen ? [] : ["2.11.0", "3.3.2"])
const targets = [
  ...fakes.map((version) => () => Target.fake(version)),
  ...(values.airflow ?? []).map((version) => () => Target.real(version))
]

/** Seconds for each case. */
const limit = 300

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
    await within(limit, one.run(env))
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

/** Runs one, and says what came of it. */
const count = async (where: string, name: string, run: () => Promise<void>): Promise<void> => {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  try {
    await run()
    passed++
    console.log(`  ok    ${name} (${seconds()})`)
  } catch (error) {
    failed.push(`${where}: ${name}`)
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    console.log(`  FAIL  ${name} (${seconds()})\n        ${text.split("\n").join("\n        ")}`)
  }
}

/** The log viewer as it is built, before a fake of this version. */
const runViewer = async (
  browser: Browser,
  version: string,
  all: ReadonlyArray<ViewerCase>
): Promise<void> => {
  const cases = all.filter(({ name }) => values.only.some((text) => name.includes(text)))
  if (cases.length === 0) return
  Serve.build()
  const fake = await FakeAirflow.start({ ...fakeOptions, version })
  const served = await Serve.serve(fake.baseUrl)
  console.log(`the log viewer, fake ${version}: ${cases.length} cases`)
  try {
    for (const { name, run } of cases) {
      const context = await browser.newContext({ viewport: { width: 1000, height: 700 } })
      const page = await context.newPage()
      page.setDefaultTimeout(20_000)
      await count(`the log viewer, fake ${version}`, name, () =>
        within(limit, run(page, { viewerUrl: served.url, fake, version }))
      )
      fake.clearFaults()
      await context.close()
    }
  } finally {
    await served.close()
    await fake.close()
  }
}

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
        await count(target.name, one.name, () => run(one, browser, target, site))
      }
    } finally {
      await target.close()
    }
  }
  for (const [place, version] of fakes.entries()) {
    // Keys, long logs and looks do not depend on the version: once is enough.
    const isLast = place === fakes.length - 1
    await runViewer(browser, version, isLast ? Viewer.cases : Viewer.ofEachVersion)
  }
} finally {
  await site.close()
  await browser.close()
}
for (const name of failed) console.log(`failed: ${name}`)
console.log(`${passed} passed, ${failed.length} failed`)
process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0
