/** Calls from a page of another origin: what is sent, what is asked for before, and what comes of each status. */
import { strict as assert } from "node:assert"
import type { Arrived } from "../recorder.js"
import { type Case, call, newRun, unauthenticated, until } from "../suite.js"
import * as Site from "../site.js"

/** What Chromium sends of its own accord. */
const itsOwn =
  /^(host|connection|origin|referer|user-agent|accept-.+|sec-.+|cache-control|pragma|content-length|priority)$/

const ownHeaders = ({ headers }: Arrived): ReadonlyArray<string> =>
  Object.keys(headers)
    .filter((name) => !itsOwn.test(name))
    .sort()

const preflights = (arrived: ReadonlyArray<Arrived>) => arrived.filter(({ method }) => method === "OPTIONS")

const asked = ({ headers }: Arrived): string => headers["access-control-request-headers"] ?? ""

export const cases: ReadonlyArray<Case> = [
  {
    name: "a list: authorization and accept are sent, and authorization alone is asked for before",
    run: async ({ open, say, target }) => {
      const dag_run_id = newRun()
      await target.trigger("ticker", dag_run_id, { lines: 1, every: 0.1 })
      const page = await open()
      target.arrived.length = 0
      const result = await call(page, "list", target.as("admin"), { dag_id: "ticker", dag_run_id })
      assert.equal(result._tag, "Success", JSON.stringify(result))
      const rows = (result["value"] as { task_instances: ReadonlyArray<{ task_id: string }> }).task_instances
      assert.deepEqual(
        rows.map(({ task_id }) => task_id),
        ["tick"]
      )
      const sent = target.arrived.filter(({ method }) => method !== "OPTIONS")
      assert.ok(sent.length > 0)
      for (const one of sent) {
        const isLogin = one.path === "/auth/token"
        assert.deepEqual(ownHeaders(one), isLogin ? ["accept", "content-type"] : ["accept", "authorization"])
      }
      const before = preflights(target.arrived)
      assert.ok(before.length > 0)
      for (const one of before) {
        assert.equal(asked(one), one.path === "/auth/token" ? "content-type" : "authorization")
      }
      say(`${sent.length} requests, ${before.length} preflights`)
    }
  },
  {
    name: "a batch: content-type besides",
    run: async ({ open, target }) => {
      const page = await open()
      target.arrived.length = 0
      const result = await call(page, "batch", target.as("admin"), ["ticker"])
      assert.equal(result._tag, "Success", JSON.stringify(result))
      const sent = target.arrived.find(({ method, path }) => method === "POST" && path !== "/auth/token")!
      assert.deepEqual(ownHeaders(sent), ["accept", "authorization", "content-type"])
      const before = preflights(target.arrived).find(({ path }) => path === sent.path)!
      assert.equal(asked(before), "authorization,content-type")
    }
  },
  {
    name: "errors by their status",
    run: async ({ open, target }) => {
      const page = await open()
      const dag_run_id = newRun()
      await target.trigger("ticker", dag_run_id, { lines: 1, every: 0.1 })
      const task = { dag_id: "ticker", dag_run_id, task_id: "tick" }
      const missing = await call(page, "get", target.as("admin"), { ...task, dag_run_id: "none" })
      assert.deepEqual([missing._tag, missing["status"]], ["NotFound", 404])
      const refused = await call(page, "get", target.as("admin", "wrong"), task)
      const status = unauthenticated(target.version)
      const tag = status === 401 ? "Unauthorized" : "Forbidden"
      assert.deepEqual([refused._tag, refused["status"]], [tag, status])
      const forbidden = await call(page, "note", target.as("viewer"), task, "x")
      assert.deepEqual([forbidden._tag, forbidden["status"]], ["Forbidden", 403])
    }
  },
  {
    name: "another origin than the server allows: no answer, typed",
    run: async ({ context, target }) => {
      const site = await Site.open()
      try {
        const page = await context.newPage()
        await page.goto(`${site.origin}/__page`)
        const result = await call(
          page,
          "get",
          { ...target.as("admin"), retry: false },
          { dag_id: "ticker", dag_run_id: "none", task_id: "tick" }
        )
        assert.deepEqual([result._tag, result["description"]], ["TransportError", "Failed to fetch"])
      } finally {
        await site.close()
      }
    }
  },
  {
    name: "a header of the user's own is asked for, and refused by a server that does not list it",
    run: async ({ open, target }) => {
      const page = await open()
      target.arrived.length = 0
      const settings = { ...target.as("admin"), headers: { "x-request-id": "1" }, retry: false as const }
      const result = await call(page, "get", settings, {
        dag_id: "ticker",
        dag_run_id: "none",
        task_id: "tick"
      })
      assert.equal(result._tag, "TransportError", JSON.stringify(result))
      assert.ok(preflights(target.arrived).some((one) => asked(one).includes("x-request-id")))
      assert.ok(
        target.arrived.every(({ headers, method }) => method === "OPTIONS" || !headers["x-request-id"])
      )
    }
  },
  {
    name: "follow: ticker to its end",
    run: async ({ open, say, target }) => {
      const page = await open()
      const dag_run_id = newRun()
      await target.trigger("ticker", dag_run_id, { lines: 60, every: 0.25 })
      const task = { dag_id: "ticker", dag_run_id, task_id: "tick" }
      const follow = await call(page, "follow", target.as("admin"), task)
      const { end, lines, over, tags } = await until(
        "the end",
        () => call(page, "following", follow),
        ({ over }) => over !== undefined,
        180
      )
      assert.deepEqual([over, end], ["ended", "complete"])
      const ticks = lines.filter((line) => line.startsWith("tick "))
      assert.deepEqual(
        ticks,
        Array.from({ length: 60 }, (_, index) => `tick ${String(index).padStart(6, "0")}`)
      )
      assert.ok(!tags.includes("Gap"))
      say(`${lines.length} lines, 60 ticks, each once and in order`)
    }
  }
]
