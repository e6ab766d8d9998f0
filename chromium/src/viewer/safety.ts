/** What is written in a log is text, and the page's policy holds. */
import assert from "node:assert/strict"
import type { Page } from "playwright-core"
import * as Policy from "../policy.js"
import { hostile, huge } from "./hostile.js"
import {
  type Case,
  ended,
  followToEnd,
  guard,
  inOrder,
  isV1,
  link,
  logIn,
  rowWith,
  texts,
  trigger
} from "./pages.js"
import { keeper } from "./scenario.js"

/** The forms in which the keeper's password could stand somewhere. */
const forms = ({ password, username } = keeper): ReadonlyArray<readonly [form: string, text: string]> => [
  ["as it is", password],
  ["base64", Buffer.from(password).toString("base64").replace(/=+$/, "")],
  ["base64 with the name", Buffer.from(`${username}:${password}`).toString("base64").replace(/=+$/, "")],
  ["in an address", encodeURIComponent(password)],
  ["in a form", new URLSearchParams({ "": password }).toString().slice(1)]
]

/** Where the page or the browser holds it, and in which form. */
const kept = async (page: Page): Promise<ReadonlyArray<string>> => {
  const places = await page.evaluate(async () => ({
    localStorage: JSON.stringify({ ...localStorage }),
    sessionStorage: JSON.stringify({ ...sessionStorage }),
    databases: JSON.stringify(await indexedDB.databases()),
    caches: JSON.stringify(await caches.keys()),
    name: window.name,
    history: JSON.stringify(history.state),
    address: location.href,
    document: document.documentElement.outerHTML,
    controls: JSON.stringify([...document.querySelectorAll("input")].map(({ value }) => value))
  }))
  const cookies = JSON.stringify(await page.context().cookies())
  return Object.entries({ ...places, cookies }).flatMap(([where, held]) =>
    forms()
      .filter(([, text]) => held.includes(text))
      .map(([form]) => `${where}: ${form}`)
  )
}

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
      const { password, username } = keeper
      await page.goto(link(env))
      await page.getByLabel("Password").fill(password)
      // That it would be found.
      assert.deepEqual(await kept(page), ["controls: as it is"])
      const place = { dag_id: "words", dag_run_id: trigger(env, "words"), task_id: "ramp" }
      await page.goto(link(env, place))
      await logIn(page, username, password)
      await ended(page)
      assert.deepEqual(await kept(page), [])
      await page.getByRole("button", { name: "Log out" }).click()
      await page.getByLabel("Password").waitFor()
      assert.deepEqual(await kept(page), [])
      await page.reload()
      await page.getByLabel("Password").waitFor()
      assert.deepEqual(await kept(page), [])
      await verify()
    }
  }
]
