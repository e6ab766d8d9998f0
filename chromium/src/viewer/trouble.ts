/** What the page says when something goes wrong. */
import * as Fault from "@effect-airflow/testing/Fault"
import assert from "node:assert/strict"
import type { Page } from "playwright-core"
import { unauthenticated } from "../suite.js"
import {
  attemptLinks,
  type Case,
  ended,
  follow,
  following,
  followTicks,
  guard,
  inOrder,
  link,
  loggedIn,
  logIn,
  offered,
  open,
  rowWith,
  texts,
  trigger,
  trouble,
  words
} from "./pages.js"

const refusal = (status: number) =>
  Fault.status(status, { contentType: "application/json", body: JSON.stringify({ detail: "no", status }) })

const logs = { when: ({ path }: { readonly path: string }) => path.includes("/logs/"), times: 1000 }

/** That its lines are there from the first on, each once: many that came after the trouble, too. */
const allTicks = async (page: Page): Promise<void> => {
  await rowWith(page, "tick 45").first().waitFor()
  const ticks = (await texts(page)).filter((text) => text.startsWith("tick "))
  assert.deepEqual(
    ticks,
    ticks.map((_, index) => `tick ${index}`)
  )
}

export const cases: ReadonlyArray<Case> = [
  {
    name: "a wrong password is told",
    run: async (page, env) => {
      await page.goto(link(env))
      await logIn(page, "admin", "wrong")
      const hasText = unauthenticated(env.version) === 401 ? "Login refused (401)" : "Not allowed (403)"
      await trouble(page).filter({ hasText }).waitFor()
      // The second try works.
      await logIn(page)
      await loggedIn(page)
    }
  },
  {
    name: "without a session of Airflow that is told, with one it is used",
    run: async (page, env) => {
      await page.goto(link(env))
      const use = page.getByRole("button", { name: "Use my Airflow session" })
      await use.click()
      const hasText =
        unauthenticated(env.version) === 401 ? "You are not logged in to Airflow (401)" : "Not allowed (403)"
      await trouble(page).filter({ hasText }).waitFor()
      // What a cookie would do: the requests are those of a user.
      const authorization = await env.fake
        .fetch(`${env.fake.baseUrl}/auth/token`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ username: "admin", password: "admin" })
        })
        .then(async (answer) =>
          answer.ok
            ? `Bearer ${((await answer.json()) as { access_token: string }).access_token}`
            : `Basic ${btoa("admin:admin")}`
        )
      await page.route("**/api/**", (route) =>
        route.continue({ headers: { ...route.request().headers(), authorization } })
      )
      await use.click()
      await page.getByText("with your Airflow session").waitFor()
      await page.reload()
      await page.getByText("with your Airflow session").waitFor()
      // That session is not this page's to end, and it says so.
      await page.getByRole("button", { name: "Leave" }).click()
      await page.getByText("the session goes on: to end it, log out at Airflow").waitFor()
      await page.reload()
      await page.getByLabel("User name").waitFor()
    }
  },
  {
    name: "a login that ends is told (401), and reading begins again after another",
    run: async (page, env) => {
      await followTicks(page, env)
      env.fake.inject(refusal(401), logs)
      await trouble(page).filter({ hasText: "Your login has ended (401)" }).waitFor()
      assert.ok((await texts(page)).some((text) => text.startsWith("tick ")))
      env.fake.clearFaults()
      await page.getByRole("button", { name: "Log in" }).click()
      await logIn(page)
      await following(page)
    }
  },
  {
    name: "what is not allowed is told (403)",
    run: async (page, env) => {
      env.fake.inject(refusal(403), logs)
      try {
        await follow(page, env, "steady", "tick")
        await trouble(page).filter({ hasText: "Not allowed (403)" }).waitFor()
        await page.getByText("Airflow says: no").waitFor()
      } finally {
        env.fake.clearFaults()
      }
      await page.getByRole("button", { name: "Log in" }).waitFor()
    }
  },
  {
    name: "lists that do not come are told, and can be asked for again",
    run: async (page, env) => {
      const dag_run_id = trigger(env, "words")
      const lists = "**/taskInstances?*"
      await page.goto(link(env, { dag_id: "words", dag_run_id }))
      await logIn(page)
      await loggedIn(page)
      await offered(page, "Run", dag_run_id)
      await page.route(lists, (route) => route.fulfill({ status: 403, json: { detail: "no", status: 403 } }))
      const refresh = page.getByRole("button", { name: "Refresh the lists" })
      await refresh.click()
      await trouble(page).filter({ hasText: "Not allowed (403)" }).waitFor()
      for (const what of ["DAG", "Run"] as const) await offered(page, what, "Could not be loaded")
      await page.unroute(lists)
      await refresh.click()
      await offered(page, "Run", "Choose a run")
      await offered(page, "DAG", "words")
    }
  },
  {
    name: "where storage is blocked the page works all the same",
    run: async (page, env) => {
      await page.addInitScript(() => {
        for (const name of ["localStorage", "sessionStorage"])
          Object.defineProperty(globalThis, name, {
            get() {
              throw new DOMException("blocked", "SecurityError")
            }
          })
      })
      const verify = await guard(page)
      await page.goto(link(env))
      await page.getByRole("button", { name: "Dark" }).click()
      await logIn(page)
      await loggedIn(page)
      await page.getByRole("button", { name: "Log out" }).click()
      await page.getByLabel("User name").waitFor()
      await verify()
    }
  },
  {
    name: "an error of the page itself leaves a form to log in with",
    run: async (page, env) => {
      // Something that is asked for only while an error is described.
      await page.addInitScript(() => {
        let told = false
        Object.defineProperty(navigator, "onLine", {
          get() {
            if (told || document.querySelector("form.login button[disabled]") === null) return true
            told = true
            throw new Error("nobody knows")
          }
        })
      })
      await page.goto(link(env))
      await logIn(page, "admin", "wrong")
      await trouble(page).filter({ hasText: "nobody knows" }).waitFor()
      await logIn(page)
      await loggedIn(page)
    }
  },
  {
    name: "what is not there is told (404)",
    run: async (page, env) => {
      await open(page, env, { dag_id: "words", dag_run_id: trigger(env, "words"), task_id: "no-such-task" })
      await trouble(page).filter({ hasText: "There is no such task instance (404)" }).waitFor()
      await page.getByRole("button", { name: "Try again" }).waitFor()
    }
  },
  {
    name: "a network that is down is told, at the login and while a log is read",
    run: async (page, env) => {
      await page.goto(link(env))
      await page.route("**/api/**", (route) => route.abort("connectionrefused"))
      await logIn(page)
      await trouble(page).filter({ hasText: "Airflow cannot be reached" }).waitFor()
      await page.unroute("**/api/**")
      await logIn(page)
      await loggedIn(page)
      const place = { dag_id: "steady", dag_run_id: trigger(env, "steady"), task_id: "tick" }
      await page.goto(link(env, place))
      await rowWith(page, "tick 3").first().waitFor()
      await page.route("**/api/**", (route) => route.abort("connectionrefused"))
      await words(page)
        .filter({ hasText: /Airflow cannot be reached\..*asked again in about \d+ s/ })
        .waitFor()
      await page.unroute("**/api/**")
      await following(page)
    }
  },
  {
    name: "offline is told, and reading goes on without a loss",
    run: async (page, env) => {
      const verify = await guard(page)
      await page.setViewportSize({ width: 1000, height: 3000 })
      await followTicks(page, env)
      await page.context().setOffline(true)
      await words(page).filter({ hasText: "You are offline." }).waitFor()
      await page.context().setOffline(false)
      await following(page)
      await allTicks(page)
      await verify()
    }
  },
  {
    name: "a server that is down is told (502), and reading goes on when it is back",
    run: async (page, env) => {
      await page.setViewportSize({ width: 1000, height: 3000 })
      await followTicks(page, env)
      env.fake.goDown()
      try {
        await words(page)
          .filter({ hasText: /The server failed \(502\)\..*asked again/ })
          .waitFor()
      } finally {
        env.fake.comeBack()
      }
      await following(page)
      await allTicks(page)
    }
  },
  {
    name: "where lines may be missing that is said, there and in the end of the attempt",
    run: async (page, env) => {
      const place = await follow(page, env, "steady", "tick")
      await rowWith(page, "tick 9").first().waitFor()
      env.fake.truncateLog(place, 3)
      await page
        .locator(".row.notice.bad", { hasText: "Lines may be missing or be there twice here" })
        .waitFor()
      await attemptLinks(page).first().click()
      await page.locator(".row.attempt", { hasText: /\d gaps?$/ }).waitFor()
    }
  },
  {
    name: "an end is told in words",
    run: async (page, env) => {
      await follow(page, env, "words", "other")
      assert.match(await ended(page), /^The task has ended: success\. The log is complete\. \d+ lines?\.$/)
      await page.getByRole("button", { name: "Look again" }).click()
      await page.getByRole("button", { name: "Look again" }).waitFor()
      await ended(page)
      inOrder(await texts(page), ["Attempt 1", "another log"])
      assert.equal((await texts(page)).filter((text) => text === "another log").length, 1)
    }
  }
]
