/** What a user does with the viewer's page, and what can be read there. */
import type * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import assert from "node:assert/strict"
import type { Page } from "playwright-core"

export interface Env {
  /** Where the built page is served, with the fake behind it: see `serve.ts`. */
  readonly viewerUrl: string
  /** Started with the options of `scenario.ts`. */
  readonly fake: FakeAirflow.FakeAirflow
  /** That of the fake. */
  readonly version: string
}

export interface Case {
  readonly name: string
  readonly run: (page: Page, env: Env) => Promise<void>
}

export interface Place {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  readonly map_index?: number
}

let runs = 0

/** A run of its own, so that no case sees another's. */
export const trigger = ({ fake }: Env, dag_id: string): string =>
  fake.trigger(dag_id, { dag_run_id: `viewer-${++runs}-${Date.now().toString(36)}` })

/** The address that names this. */
export const link = ({ viewerUrl }: Env, place?: Partial<Place>): string => {
  const url = new URL("/", viewerUrl)
  if (place === undefined) return url.href
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(place)) params.set(name, String(value))
  url.hash = params.toString()
  return url.href
}

export const logIn = async (page: Page, username = "admin", password = username): Promise<void> => {
  await page.getByLabel("User name").fill(username)
  await page.getByLabel("Password").fill(password)
  await page.getByRole("button", { name: "Log in", exact: true }).click()
}

/** The form is gone, and there is the page. */
export const loggedIn = (page: Page): Promise<void> =>
  page.getByRole("complementary", { name: "Choose a task" }).waitFor()

export const open = async (page: Page, env: Env, place?: Partial<Place>): Promise<void> => {
  await page.goto(link(env, place))
  await logIn(page)
  await loggedIn(page)
}

/** Triggers a run of this DAG, and opens the log of one of its tasks. */
export const follow = async (page: Page, env: Env, dag_id: string, task_id: string): Promise<Place> => {
  const place = { dag_id, dag_run_id: trigger(env, dag_id), task_id }
  await open(page, env, place)
  return place
}

/** The same, and waits for its end. */
export const followToEnd = async (page: Page, env: Env, dag_id: string, task_id: string): Promise<Place> => {
  const place = await follow(page, env, dag_id, task_id)
  await ended(page)
  return place
}

/** Opens a log that goes on and on, and waits for its first lines. */
export const followTicks = async (page: Page, env: Env): Promise<void> => {
  await follow(page, env, "steady", "tick")
  await rowWith(page, "tick 3").first().waitFor()
}

/** A window that holds all rows of a short log: those out of sight are not in the document. */
export const tall = { width: 1000, height: 1600 }

/** Where a DAG or a run is chosen. */
export const choice = (page: Page, what: "DAG" | "Run") => page.getByLabel(what, { exact: true })
/** That it can be chosen there. */
export const offered = (page: Page, what: "DAG" | "Run", name: string): Promise<void> =>
  choice(page, what).locator("option", { hasText: name }).waitFor({ state: "attached" })

export const rowWith = (page: Page, text: string) => page.locator(".row", { hasText: text })
/** What the search says of how much it has found. */
export const found = (page: Page, text: string | RegExp) => page.locator(".found", { hasText: text })
export const attemptLinks = (page: Page) =>
  page.getByRole("navigation", { name: "Attempts" }).getByRole("button")
export const words = (page: Page) => page.locator(".status .words")
export const trouble = (page: Page) => page.getByRole("alert").filter({ hasText: /./ })

export const following = (page: Page): Promise<void> =>
  words(page).filter({ hasText: "Following attempt 1" }).waitFor()

export const until = async (
  what: string,
  holds: () => Promise<boolean> | boolean,
  millis = 20_000
): Promise<void> => {
  const end = Date.now() + millis
  while (!(await holds())) {
    if (Date.now() > end) assert.fail(`it did not happen in ${millis} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const ended = async (page: Page): Promise<string> => {
  const found = words(page).filter({ hasText: "The task has ended" })
  await found.waitFor({ timeout: 40_000 })
  return (await found.textContent()) ?? ""
}

/** The texts of the rows in the document, in their order; of a header, its button's. */
export const texts = (page: Page): Promise<ReadonlyArray<string>> =>
  page
    .locator(".log .row")
    .evaluateAll((rows) =>
      rows.map((row) => row.querySelector(".text, .toggle")?.textContent ?? row.textContent ?? "")
    )

/** How far the log is scrolled, and how far it can be. */
export const scrolled = (page: Page) =>
  page.locator(".log").evaluate((log) => ({ top: log.scrollTop, max: log.scrollHeight - log.clientHeight }))

export const atEnd = async (page: Page): Promise<boolean> => {
  const { max, top } = await scrolled(page)
  return max - top < 20
}

/** Notes whatever a page must not do: dialogs, violations of its policy, errors of its own. */
export const guard = async (page: Page): Promise<() => Promise<void>> => {
  const dialogs: Array<string> = []
  const errors: Array<string> = []
  const reports: Array<string> = []
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  page.on("pageerror", (error) => errors.push(error.message))
  page.on("console", (message) => {
    if (/content security policy|refused to/i.test(message.text())) reports.push(message.text())
  })
  await page.addInitScript(() => {
    const violations: Array<string> = []
    Object.assign(globalThis, { violations })
    document.addEventListener("securitypolicyviolation", (event) =>
      violations.push(`${event.violatedDirective} ${event.blockedURI}`)
    )
  })
  return async () => {
    const violations = await page.evaluate(() => (globalThis as { violations?: Array<string> }).violations)
    assert.deepEqual(
      { dialogs, errors, reports, violations },
      { dialogs: [], errors: [], reports: [], violations: [] }
    )
  }
}

/** Whether it is Airflow 2 behind the page. */
export const isV1 = async ({ fake }: Env): Promise<boolean> =>
  !(await fake.fetch(`${fake.baseUrl}/api/v2/version`)).ok

/** That these texts are there, one after the other, with whatever between them. */
export const inOrder = (found: ReadonlyArray<string>, wanted: ReadonlyArray<string>): void => {
  let from = 0
  for (const text of wanted) {
    const at = found.indexOf(text, from)
    assert.ok(
      at >= 0,
      `${JSON.stringify(text.slice(0, 80))} is missing after ${JSON.stringify(found[from - 1])}`
    )
    from = at + 1
  }
}
