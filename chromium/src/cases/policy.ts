/** The page's policy forbids code made of text, and nothing of ours needs it. */
import { strict as assert } from "node:assert"
import { type Case, call, newRun } from "../suite.js"

export const cases: ReadonlyArray<Case> = [
  {
    name: "a strict Content-Security-Policy: it is in force, and nothing we do is against it",
    on: "fake",
    run: async ({ context, open, site, target }) => {
      const page = await open()
      const dag_run_id = newRun()
      await target.trigger("mapped", dag_run_id)
      const admin = target.as("admin")
      for (const result of [
        await call(page, "detect", admin),
        await call(page, "list", admin, { dag_id: "mapped", dag_run_id }),
        await call(page, "batch", admin, ["mapped"]),
        await call(page, "get", admin, { dag_id: "mapped", dag_run_id, task_id: "missing" })
      ]) {
        assert.ok(["Success", "NotFound"].includes(result._tag), JSON.stringify(result))
      }
      assert.deepEqual(await call(page, "violations"), [])
      // The check itself can fail.
      const other = await context.newPage()
      await other.goto(`${site.origin}/__page`)
      assert.equal(await call(other, "canEval"), false)
      assert.deepEqual(await call(other, "violations"), ["script-src: eval"])
      await other.close()
    }
  }
]
