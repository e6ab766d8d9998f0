/** A page from the server's own origin: cookies instead of credentials, and no preflight. */
import { strict as assert } from "node:assert"
import * as Site from "../site.js"
import { type Case, call, type Env, newRun, until } from "../suite.js"

const withSite = async (airflow: string, use: (origin: string) => Promise<void>) => {
  const site = await Site.open({ airflow })
  try {
    await use(site.origin)
  } finally {
    await site.close()
  }
}

/** As a user does it. */
const logIn = async ({ context, target }: Env, origin: string) => {
  const page = await context.newPage()
  await page.goto(`${origin}/${target.api === "v1" ? "login/" : ""}`)
  await page.locator("input[name=username]").fill("admin")
  await page.locator("input[name=password]").fill("admin")
  await page.locator("input[type=submit], button[type=submit], button:has-text('Sign')").first().click()
  await page.waitForURL((url) => !url.pathname.includes("login"), { timeout: 60_000 })
  await page.close()
}

export const cases: ReadonlyArray<Case> = [
  {
    name: "cookies go to the page's own origin, and to no other",
    on: "fake",
    run: async ({ context, open, target }) => {
      await withSite(target.baseUrl, async (origin) => {
        await context.addCookies([{ name: "session", value: "s3cret", domain: "127.0.0.1", path: "/" }])
        const page = await open(origin)
        const task = { dag_id: "ticker", dag_run_id: "none", task_id: "tick" }
        target.arrived.length = 0
        const { baseUrl: _, ...admin } = target.as("admin")
        const own = await call(page, "get", admin, task)
        assert.equal(own._tag, "NotFound", JSON.stringify(own))
        assert.ok(target.arrived.every(({ method }) => method !== "OPTIONS"))
        assert.ok(target.arrived.every(({ headers }) => headers["cookie"] === "session=s3cret"))
        target.arrived.length = 0
        const other = await open()
        const cross = await call(other, "get", target.as("admin"), task)
        assert.equal(cross._tag, "NotFound", JSON.stringify(cross))
        assert.ok(target.arrived.every(({ headers }) => headers["cookie"] === undefined))
      })
    }
  },
  {
    name: "the session of the user who is logged in is enough",
    on: "real",
    run: async (env) => {
      const { open, say, target } = env
      await withSite(target.baseUrl, async (origin) => {
        const dag_run_id = newRun()
        await target.trigger("ticker", dag_run_id, { lines: 20, every: 0.25 })
        const task = { dag_id: "ticker", dag_run_id, task_id: "tick" }
        const before = await open(origin)
        const stranger = await call(before, "get", {}, task)
        assert.ok(stranger._tag === "Unauthorized" || stranger._tag === "Forbidden", stranger._tag)
        await logIn(env, origin)
        const page = await open(origin)
        const follow = await call(page, "follow", {}, task)
        const { end, lines, over } = await until(
          "the end",
          () => call(page, "following", follow),
          ({ over }) => over !== undefined,
          180
        )
        assert.deepEqual([over, end], ["ended", "complete"])
        assert.equal(lines.filter((line) => line.startsWith("tick ")).length, 20)
        assert.ok(
          target.arrived.every(({ headers, path }) => !path.includes("/logs/") || !headers["authorization"])
        )
        say(`${lines.length} lines by cookie`)
      })
    }
  },
  {
    name: "the example of a plain page, without Effect",
    run: async (env) => {
      const { context, target } = env
      if (target.fake !== undefined) {
        // A server of one's own adds the credentials.
        const { headers } = await credentials(env)
        await context.setExtraHTTPHeaders(headers)
      }
      await withSite(target.baseUrl, async (origin) => {
        const dag_run_id = newRun()
        await target.trigger("ticker", dag_run_id, { lines: 20, every: 0.25 })
        if (target.fake === undefined) await logIn(env, origin)
        const page = await context.newPage()
        await page.goto(`${origin}/__plain?dag_id=ticker&dag_run_id=${dag_run_id}&task_id=tick`)
        const text = await until(
          "the last tick",
          () => page.locator("#log").innerText(),
          (text) => text.includes("tick 000019"),
          180
        )
        assert.equal(text.split("\n").filter((line) => line.startsWith("tick ")).length, 20)
      })
    }
  }
]

const credentials = async ({ target }: Env): Promise<{ readonly headers: Record<string, string> }> => {
  if (target.api === "v1") return { headers: { authorization: `Basic ${btoa("admin:admin")}` } }
  const response = await fetch(`${target.baseUrl}/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password: "admin" })
  })
  const { access_token } = (await response.json()) as { readonly access_token: string }
  return { headers: { authorization: `Bearer ${access_token}` } }
}
