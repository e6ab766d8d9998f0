/** What pages of other origins are told: the settings of our servers allow one origin, two headers and five methods. */
import * as Airflow from "airflow/Airflow"
import * as Effect from "effect/Effect"
import { strict as assert } from "node:assert"
import { type Case, group } from "../suite.js"
import type { Target } from "../target.js"

const test = group("CORS")

const methods = "GET, POST, PATCH, DELETE, OPTIONS"
const strange = "http://strange.example"

interface Heard {
  readonly status: number
  readonly text: string
  /** Those that a browser decides by, without their prefix. */
  readonly allowed: Readonly<Record<string, string>>
}

const ask = (
  { baseUrl }: Target,
  path: string,
  init: { readonly method?: string; readonly headers: Readonly<Record<string, string>> }
) =>
  Effect.promise(async (): Promise<Heard> => {
    const response = await fetch(`${baseUrl}${path}`, { ...init, redirect: "manual" })
    const prefix = "access-control-"
    return {
      status: response.status,
      text: await response.text(),
      allowed: Object.fromEntries(
        [...response.headers].flatMap(([name, value]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : []
        )
      )
    }
  })

const row = ({ api }: Target): string => `/api/${api}/dags/none/dagRuns/none/taskInstances/none`

const preflight = (target: Target, origin: string, method: string, headers: string) =>
  ask(target, row(target), {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": method,
      "access-control-request-headers": headers
    }
  })

/** Airflow 2 says all the time what it allows. */
const v1 = {
  "allow-headers": "authorization, content-type",
  "allow-methods": methods
}

/** Airflow 3 says it before, and in the end only who may look. */
const v2 = {
  "allow-headers": "Accept, Accept-Language, Content-Language, Content-Type, authorization, content-type",
  "allow-methods": methods,
  "allow-credentials": "true",
  "max-age": "600"
}

const here = { "allow-origin": Airflow.pageOrigin }

export const cases: ReadonlyArray<Case> = [
  test("what is allowed may be sent, whoever asks", (target) =>
    Effect.gen(function* () {
      for (const [method, headers] of [
        ["GET", "authorization"],
        ["POST", "authorization,content-type"],
        ["PATCH", "authorization,content-type"]
      ] as const) {
        const { allowed, status } = yield* preflight(target, Airflow.pageOrigin, method, headers)
        assert.equal(status, 200)
        assert.deepEqual(allowed, { ...(target.api === "v1" ? v1 : v2), ...here })
      }
    })),
  test("a header of tracing may not: Airflow 2 does not name it, Airflow 3 refuses it", (target) =>
    Effect.gen(function* () {
      const heard = yield* preflight(target, Airflow.pageOrigin, "GET", "authorization,traceparent")
      if (target.api === "v1") {
        assert.deepEqual([heard.status, heard.allowed], [200, { ...v1, ...here }])
      } else {
        assert.deepEqual([heard.status, heard.text], [400, "Disallowed CORS headers"])
      }
    })),
  test("a method beyond them may not", (target) =>
    Effect.gen(function* () {
      const heard = yield* preflight(target, Airflow.pageOrigin, "PUT", "authorization")
      if (target.api === "v1") assert.deepEqual([heard.status, heard.allowed], [200, { ...v1, ...here }])
      else assert.deepEqual([heard.status, heard.text], [400, "Disallowed CORS method"])
    })),
  test("another origin may not", (target) =>
    Effect.gen(function* () {
      const heard = yield* preflight(target, strange, "GET", "authorization")
      if (target.api === "v1") assert.deepEqual([heard.status, heard.allowed], [200, v1])
      else {
        assert.deepEqual([heard.status, heard.text], [400, "Disallowed CORS origin"])
        assert.deepEqual(heard.allowed, v2)
      }
    })),
  test("answers and errors are marked", (target) =>
    Effect.gen(function* () {
      const always = target.api === "v1" ? v1 : { "allow-credentials": "true" }
      const asked = (origin: string) => ask(target, row(target), { headers: { origin } })
      const refused = yield* asked(Airflow.pageOrigin)
      assert.ok(refused.status === 401 || refused.status === 403)
      assert.deepEqual(refused.allowed, { ...always, ...here })
      const others = yield* asked(strange)
      assert.deepEqual([others.status, others.allowed], [refused.status, always])
      const version = yield* ask(target, `/api/${target.api}/version`, {
        headers: { origin: Airflow.pageOrigin }
      })
      assert.deepEqual([version.status, version.allowed], [200, { ...always, ...here }])
    })),
  test("of an API that is not there, Airflow 2 says nothing", (target) =>
    Effect.gen(function* () {
      const other = target.api === "v1" ? "v2" : "v1"
      const heard = yield* ask(target, `/api/${other}/version`, { headers: { origin: Airflow.pageOrigin } })
      assert.equal(heard.status, 404)
      assert.deepEqual(heard.allowed, target.api === "v1" ? {} : { "allow-credentials": "true", ...here })
    }))
]
