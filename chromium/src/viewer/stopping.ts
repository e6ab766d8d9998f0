/** A page that no longer shows a log asks for it no more. */
import assert from "node:assert/strict"
import type { Page } from "playwright-core"
import { type Case, choice, type Env, follow, link, type Place, rowWith, until } from "./pages.js"

/** Requests for this log, or for how its task is doing. */
const about = ({ fake }: Env, { dag_run_id, task_id }: Place): number =>
  fake.requests.filter(({ path }) => path.includes(dag_run_id) && path.includes(`/taskInstances/${task_id}`))
    .length

/** That it is asked for again and again; then, after that was done, no more. */
const stops = async (page: Page, env: Env, place: Place, leave: () => Promise<unknown>): Promise<void> => {
  await rowWith(page, "tick 2").first().waitFor()
  const before = about(env, place)
  await until("it is asked for again and again", () => about(env, place) >= before + 3)
  await leave()
  // One can be under way.
  await new Promise((resolve) => setTimeout(resolve, 500))
  const after = about(env, place)
  await new Promise((resolve) => setTimeout(resolve, 5000))
  assert.equal(about(env, place), after)
}

export const cases: ReadonlyArray<Case> = [
  {
    name: "another task: no more requests for the first",
    run: async (page, env) => {
      const place = await follow(page, env, "steady", "tick")
      const other = { ...place, task_id: "mapped", map_index: 0 }
      await stops(page, env, place, async () => {
        await page.getByRole("link", { name: /^mapped\[0\]/ }).click()
        await rowWith(page, "part 0, tick 2").first().waitFor()
      })
      // The other one is read instead.
      const before = about(env, other)
      await until("the other one is asked for", () => about(env, other) > before)
    }
  },
  {
    name: "no task, and a logout: no more requests",
    run: async (page, env) => {
      const place = await follow(page, env, "steady", "tick")
      await stops(page, env, place, () => choice(page, "DAG").selectOption(""))
      await page.goBack()
      await stops(page, env, place, () => page.getByRole("button", { name: "Log out" }).click())
    }
  },
  {
    name: "another page: no more requests",
    run: async (page, env) => {
      const place = await follow(page, env, "steady", "tick")
      await stops(page, env, place, () => page.goto(`${link(env)}test/page/index.html`))
    }
  },
  {
    name: "a closed tab: no more requests",
    run: async (page, env) => {
      const tab = await page.context().newPage()
      const place = await follow(tab, env, "steady", "tick")
      await stops(tab, env, place, () => tab.close())
    }
  }
]
