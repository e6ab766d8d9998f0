/** What ends the polling: an abort, another address, a closed tab. And a body is read as it comes. */
import { strict as assert } from "node:assert"
import type { Page } from "playwright-core"
import { type Case, call, type Env, newRun, quiet, until } from "../suite.js"

/** A page that follows a ticker which goes on for long, some lines of it read. */
const following = async (
  { open, target }: Env,
  how: "follow" | "promiseFollow"
): Promise<{ readonly page: Page; readonly follow: number }> => {
  const page = await open()
  const dag_run_id = newRun()
  await target.trigger("ticker", dag_run_id, { lines: 600, every: 0.25 })
  const task = { dag_id: "ticker", dag_run_id, task_id: "tick" }
  const follow = await call(page, how, target.as("admin"), task)
  await until(
    "some lines",
    () => call(page, "following", follow),
    ({ lines }) => lines.includes("tick 000005")
  )
  return { page, follow }
}

/** Longer than a follower would wait while lines come. */
const longer = 4000

const stops =
  (how: "follow" | "promiseFollow", stop: (page: Page, follow: number) => Promise<unknown>) =>
  async (env: Env): Promise<void> => {
    const { follow, page } = await following(env, how)
    const before = env.target.arrived.length
    await quiet(env.target, longer)
    assert.ok(env.target.arrived.length > before, "it goes on when nothing stops it")
    await stop(page, follow)
    // What is on its way may arrive.
    await quiet(env.target, 200)
    assert.equal(await quiet(env.target, longer), 0)
    env.say(`no request in ${longer / 1000} s after it`)
  }

export const cases: ReadonlyArray<Case> = [
  {
    name: "an interrupted follower asks no more",
    on: "fake",
    run: stops("follow", (page, follow) => call(page, "stop", follow))
  },
  {
    name: "an AbortController ends a follower, and it says AbortError",
    on: "fake",
    run: async (env) => {
      let over: string | undefined
      await stops("promiseFollow", async (page, follow) => {
        await call(page, "stop", follow)
        over = (
          await until(
            "its end",
            () => call(page, "following", follow),
            ({ over }) => over !== undefined,
            5
          )
        ).over
      })(env)
      assert.equal(over, "AbortError")
    }
  },
  {
    name: "another address ends it",
    on: "fake",
    run: stops("follow", (page) => page.goto("about:blank"))
  },
  {
    name: "a closed tab ends it",
    on: "fake",
    run: stops("promiseFollow", (page) => page.close())
  },
  {
    name: "a log is handed on while the rest of its body is still to come",
    on: "fake",
    api: "v2",
    run: async ({ open, target }) => {
      const page = await open()
      const dag_run_id = newRun()
      await target.trigger("ticker", dag_run_id, { lines: 3000, every: 0.01 })
      const task = { dag_id: "ticker", dag_run_id, task_id: "tick" }
      await until(
        "its end",
        () => call(page, "get", target.as("admin"), task),
        (result) => (result["value"] as { state?: string } | undefined)?.state === "success"
      )
      // It stalls inside the body, of which it has sent a part.
      target.fake!.inject(
        { _tag: "Stall", millis: 20_000, afterBytes: 8000 },
        { when: ({ method, path }) => method === "GET" && path.includes("/logs/") }
      )
      let whole = 0
      page.on("requestfinished", (request) => {
        if (request.url().includes("/logs/")) whole++
      })
      const follow = await call(page, "follow", target.as("admin"), task)
      const some = await until(
        "lines",
        () => call(page, "following", follow),
        ({ lines }) => lines.length > 0,
        15
      )
      assert.ok(some.lines.length < 3000)
      assert.equal(whole, 0, "its body is not over")
      const all = await until(
        "its end",
        () => call(page, "following", follow),
        ({ over }) => over !== undefined
      )
      assert.deepEqual([all.over, all.end], ["ended", "complete"])
      assert.equal(all.lines.filter((line) => line.startsWith("tick ")).length, 3000)
      assert.ok(whole > 0)
    }
  }
]
