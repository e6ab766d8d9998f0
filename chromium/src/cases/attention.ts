/** A hidden tab polls slowly and comes back fast; without a network nothing is asked. */
import { strict as assert } from "node:assert"
import * as Pipe from "../pipe.js"
import { type Case, call, newRun, quiet, until } from "../suite.js"

export const cases: ReadonlyArray<Case> = [
  {
    name: "a hidden tab polls slowly, and looks at once when it is seen again",
    on: "fake",
    run: async ({ say, site, target }) => {
      const dag_run_id = newRun()
      await target.trigger("ticker", dag_run_id, { lines: 2000, every: 0.25 })
      const task = { dag_id: "ticker", dag_run_id, task_id: "tick" }
      const chromium = await Pipe.start()
      try {
        const tab = await chromium.open(`${site.origin}/__page`)
        await tab.show()
        await until(
          "the page",
          () => tab.evaluate("window.agent !== undefined"),
          (ready) => ready === true,
          30
        )
        const settings = JSON.stringify({ ...target.as("admin"), whenHidden: 120_000 })
        const follow = await tab.evaluate(`agent.follow(${settings}, ${JSON.stringify(task)})`)
        const lines = async () =>
          (await tab.evaluate(`agent.following(${String(follow)}).lines.length`)) as number
        const sees = (state: string) =>
          until(
            `a ${state} page`,
            () => tab.evaluate("document.visibilityState"),
            (found) => found === state,
            10
          )
        await until("some lines", lines, (count) => count > 20)
        const other = await chromium.open("about:blank")
        await other.show()
        await sees("hidden")
        await quiet(target, 1500)
        const hidden = await quiet(target, 8000)
        assert.equal(hidden, 0)
        const before = await lines()
        await tab.show()
        await sees("visible")
        const shown = performance.now()
        // The look that was due while it was hidden is far away still.
        await until("new lines", lines, (count) => count > before, 10)
        const millis = performance.now() - shown
        const visible = await quiet(target, 8000)
        assert.ok(visible > 2)
        say(
          `requests in 8 s: hidden ${hidden}, seen ${visible}; new lines ${millis.toFixed(0)} ms after it was seen again`
        )
      } finally {
        await chromium.close()
      }
    }
  },
  {
    name: "offline nothing is asked; online again it goes on, and no line is lost",
    on: "fake",
    run: async ({ context, open, say, target }) => {
      const page = await open()
      const dag_run_id = newRun()
      await target.trigger("ticker", dag_run_id, { lines: 240, every: 0.25 })
      const task = { dag_id: "ticker", dag_run_id, task_id: "tick" }
      const follow = await call(page, "follow", target.as("admin"), task)
      await until(
        "some lines",
        () => call(page, "following", follow),
        ({ lines }) => lines.includes("tick 000005")
      )
      // Those that the browser itself refuses count as well, so it is the page that is asked.
      let begun = 0
      page.on("request", () => begun++)
      await context.setOffline(true)
      await quiet(target, 1500)
      const before = begun
      assert.equal(await quiet(target, 4000), 0)
      assert.equal(begun, before, "a page that is offline asks nothing")
      const tried = (await call(page, "following", follow)).tags.filter((tag) => tag === "Retrying").length
      // One that was under way.
      assert.ok(tried <= 1, `${tried} requests failed`)
      await context.setOffline(false)
      const { end, lines, over, tags } = await until(
        "the end",
        () => call(page, "following", follow),
        ({ over }) => over !== undefined
      )
      assert.deepEqual([over, end], ["ended", "complete"])
      const ticks = lines.filter((line) => line.startsWith("tick "))
      assert.deepEqual([ticks.length, new Set(ticks).size], [240, 240])
      assert.ok(!tags.includes("Gap"))
      say(`${tried} requests failed meanwhile`)
    }
  }
]
