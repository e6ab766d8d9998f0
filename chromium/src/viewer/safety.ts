/** What is written in a log is text, and the page's policy holds. */
import assert from "node:assert/strict"
import * as Policy from "../policy.js"
import { hostile, huge } from "./hostile.js"
import {
  type Case,
  choice,
  ended,
  followToEnd,
  guard,
  inOrder,
  isV1,
  link,
  logIn,
  open,
  rowWith,
  texts
} from "./pages.js"

export const cases: ReadonlyArray<Case> = [
  {
    name: "hostile lines are text",
    run: async (page, env) => {
      assert.ok(hostile.length >= 30)
      const verify = await guard(page)
      await page.setViewportSize({ width: 1000, height: 2400 })
      await followToEnd(page, env, "hostile", "speak")
      await rowWith(page, "last of the hostile lines").waitFor()
      const found = await texts(page)
      const first = found.indexOf(hostile[0]![1])
      assert.ok(first >= 0, `the first line is not there: ${JSON.stringify(found)}`)
      // Airflow 2 cuts text there, as Python does.
      const cut = await isV1(env)
      const wanted = hostile.flatMap(([, shown]) => (cut ? shown.split("\\u2028") : [shown]))
      assert.deepEqual(found.slice(first, first + wanted.length), wanted)
      const tags = await page
        .locator(".log *")
        .evaluateAll((all) => [...new Set(all.map((element) => element.tagName.toLowerCase()))].sort())
      assert.deepEqual(
        tags.filter((tag) => !["button", "div", "span"].includes(tag)),
        []
      )
      const strange = await page
        .locator(".log *")
        .evaluateAll((all) =>
          all
            .flatMap((element) => [...element.attributes].map(({ name }) => name))
            .filter((name) => /^on|^href|^src/.test(name))
        )
      assert.deepEqual(strange, [])
      assert.equal(await page.title(), "speak · Airflow log")
      await verify()
    }
  },
  {
    name: "a huge line is cut, and shown whole when that is asked for",
    run: async (page, env) => {
      const verify = await guard(page)
      const place = await followToEnd(page, env, "words", "ramp")
      env.fake.replaceLog(place, [huge, "after it"])
      await page.reload()
      await logIn(page)
      await ended(page)
      const row = rowWith(page, "<b>huge</b>")
      const more = row.getByRole("button", { name: /show all [\d,]+ characters/ })
      await more.waitFor()
      assert.equal(((await row.locator(".text").textContent()) ?? "").slice(0, 4000), huge.slice(0, 4000))
      await more.click()
      await more.waitFor({ state: "detached" })
      assert.equal(await row.locator(".text").textContent(), huge)
      inOrder(await texts(page), [huge, "after it"])
      await verify()
    }
  },
  {
    name: "the policy is in force, as a header and in the page",
    run: async (page, env) => {
      const answer = await page.goto(link(env))
      const policy = answer?.headers()["content-security-policy"]
      assert.equal(policy, Policy.toldIn("examples/log-viewer/README.md"))
      const meta = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content")
      assert.equal(`${meta}; frame-ancestors 'none'`, policy)
      assert.equal(await page.locator("[style], style, script:not([src])").count(), 0)
      // That it would be noticed if it did not hold.
      const blocked = await page.evaluate(
        () =>
          new Promise<string>((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective))
            const script = document.createElement("script")
            script.textContent = "globalThis.ran = true"
            document.body.append(script)
            setTimeout(() => resolve("nothing"), 2000)
          })
      )
      assert.equal(blocked, "script-src-elem")
      assert.equal(await page.evaluate(() => "ran" in globalThis), false)
    }
  },
  {
    name: "the password is kept nowhere",
    run: async (page, env) => {
      const verify = await guard(page)
      await open(page, env)
      await choice(page, "DAG").waitFor()
      const kept = await page.evaluate(() =>
        JSON.stringify([
          { ...localStorage },
          { ...sessionStorage },
          document.cookie,
          location.href,
          document.body.innerHTML
        ])
      )
      assert.ok(!/password/i.test(kept), kept)
      await page.reload()
      await page.getByLabel("Password").waitFor()
      assert.equal(await page.getByLabel("Password").inputValue(), "")
      await verify()
    }
  }
]
