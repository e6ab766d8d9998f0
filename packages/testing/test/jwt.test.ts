import { assert, describe, it } from "@effect/vitest"
import type { Fake } from "./fixtures.js"
import { api, call, login, type Options, still } from "./fixturesV2.js"

const claims = (token: string) =>
  token
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>)

const token = (fake: Fake, options: Options, path = "/auth/token") =>
  call(fake, path, { method: "POST", token: null, ...options })

const look = async (fake: Fake, options: Options) => {
  const { body, status } = await api(fake, "/dags", options)
  return [status, body["detail"]]
}

describe("a login", () => {
  it("gives a token that says whose it is and until when", () =>
    still("3.3.2", [], async (fake) => {
      const [header, payload] = claims(await login(fake, "viewer"))
      assert.deepStrictEqual(header, { alg: "HS512", kid: "not-used", typ: "JWT" })
      const at = Date.UTC(2024, 0, 1) / 1000
      assert.deepInclude(payload, {
        sub: "viewer",
        role: "viewer",
        aud: "apache-airflow",
        iat: at,
        nbf: at,
        exp: at + 86_400
      })
    }))

  it("gives another one each time, and one for an hour to the command line", () =>
    still("3.3.2", [], async (fake) => {
      assert.notStrictEqual(await login(fake), await login(fake))
      const { body, status } = await token(
        fake,
        { body: { username: "admin", password: "admin" } },
        "/auth/token/cli"
      )
      assert.strictEqual(status, 201)
      const [, { exp, iat } = {}] = claims(String(body["access_token"]))
      assert.strictEqual(Number(exp) - Number(iat), 3600)
    }))

  for (const [what, body, status, detail] of [
    ["a wrong password", { username: "admin", password: "x" }, 401, "Invalid credentials"],
    ["an unknown user", { username: "x", password: "x" }, 401, "Invalid credentials"],
    ["an empty password", { username: "admin", password: "" }, 400, "Username and password must be provided"]
  ] as const) {
    it(`with ${what}: ${status}`, () =>
      still("3.2.1", [], async (fake) => {
        const answer = await token(fake, { body })
        assert.deepStrictEqual([answer.status, answer.body], [status, { detail }])
      }))
  }

  it("with another body: in 3.0 the faults, later pydantic's own words", async () => {
    await still("3.0.6", [], async (fake) => {
      const { body, status } = await token(fake, { body: { username: "admin" } })
      assert.deepStrictEqual(
        [status, body["detail"]],
        [
          422,
          [
            {
              type: "missing",
              loc: ["body", "password"],
              msg: "Field required",
              input: { username: "admin" }
            }
          ]
        ]
      )
    })
    await still("3.2.1", [], async (fake) => {
      const { body, status } = await token(fake, { body: {} })
      assert.strictEqual(status, 422)
      assert.match(
        String(body["detail"]),
        /^2 validation errors for LoginBody\nusername\n {2}Field required \[type=missing, input_value=\{\}, input_type=dict\]\n/
      )
      assert.strictEqual((await token(fake, { body: "" })).status, 500)
    })
  })

  it("as a form is understood since 3.1, and anything else is not", () =>
    still("3.2.1", [], async (fake) => {
      const form = (type: string) =>
        token(fake, { body: "username=admin&password=admin", headers: { "content-type": type } })
      assert.strictEqual((await form("application/x-www-form-urlencoded")).status, 201)
      assert.strictEqual((await form("text/plain")).status, 415)
    }))

  it("by GET is only for servers where all are admins", () =>
    still("3.2.1", [], async (fake) => {
      assert.strictEqual((await token(fake, { method: "GET" })).status, 403)
      assert.strictEqual((await token(fake, { method: "PUT" })).status, 405)
    }))
})

describe("a request", () => {
  it("without a token: 401, with one that is none: 403", () =>
    still("3.2.1", [], async (fake) => {
      assert.deepStrictEqual(await look(fake, { token: null }), [401, "Not authenticated"])
      assert.deepStrictEqual(
        await look(fake, { token: null, headers: { authorization: `Basic ${btoa("admin:admin")}` } }),
        [401, "Not authenticated"]
      )
      assert.deepStrictEqual(await look(fake, { token: "nonsense" }), [403, "Invalid JWT token"])
      const good = await login(fake)
      assert.deepStrictEqual(await look(fake, { token: good.slice(0, -4) }), [403, "Invalid JWT token"])
      assert.deepStrictEqual(await look(fake, { token: good }), [200, undefined])
      assert.deepStrictEqual(
        await look(fake, { token: null, headers: { authorization: `bearer ${good}` } }),
        [200, undefined]
      )
    }))

  it("is told the scheme in 3.0 only, where there is no cookie", async () => {
    for (const [version, scheme, status] of [
      ["3.0.6", "Bearer", 401],
      ["3.1.8", null, 200]
    ] as const) {
      await still(version, [], async (fake) => {
        const answer = await api(fake, "/dags", { token: null })
        assert.deepStrictEqual([answer.status, answer.headers.get("www-authenticate")], [401, scheme])
        const cookie = `a=b; _token=${await login(fake)}`
        assert.strictEqual((await api(fake, "/dags", { token: null, headers: { cookie } })).status, status)
      })
    }
  })

  it("is asked who it is before what it wants is looked at", () =>
    still("3.2.1", ["quick"], async (fake) => {
      const path = "/dags/quick/dagRuns/r/taskInstances/hello"
      const patch = { method: "PATCH", body: { bogus: 1 } }
      assert.strictEqual((await api(fake, path, { ...patch, token: null })).status, 401)
      assert.deepInclude(await api(fake, path, { ...patch, user: "viewer" }), {
        status: 403,
        body: { detail: "Forbidden" }
      })
      assert.strictEqual((await api(fake, path, patch)).status, 422)
    }))

  it("of a user without a role may do nothing", () =>
    still(
      "3.2.1",
      [],
      async (fake) => assert.deepStrictEqual(await look(fake, { user: "nobody" }), [403, "Forbidden"]),
      { users: [{ username: "nobody", password: "nobody", role: "Public" }] }
    ))
})

describe("the end of a token", () => {
  it("comes after its life, and ten seconds more", () =>
    still(
      "3.3.2",
      [],
      async (fake, clock) => {
        const old = await login(fake)
        clock.advance(5000)
        assert.deepStrictEqual(await look(fake, { token: old }), [200, undefined])
        clock.advance(9999)
        assert.deepStrictEqual(await look(fake, { token: old }), [200, undefined])
        clock.advance(1)
        assert.deepStrictEqual(await look(fake, { token: old }), [401, "Token Expired"])
        assert.deepStrictEqual(await look(fake, {}), [200, undefined])
      },
      { jwtLife: 5000 }
    ))

  it("comes with another secret", () =>
    still("3.3.2", [], async (fake) => {
      const old = await login(fake)
      fake.rotateJwtSecret()
      assert.deepStrictEqual(await look(fake, { token: old }), [403, "Invalid JWT token"])
      assert.deepStrictEqual(await look(fake, {}), [200, undefined])
    }))

  it("does not come with the user's, who cannot log in again", () =>
    still("3.3.2", [], async (fake) => {
      const old = await login(fake, "viewer")
      fake.removeUser("viewer")
      assert.deepStrictEqual(await look(fake, { token: old }), [200, undefined])
      const answer = await token(fake, { body: { username: "viewer", password: "viewer" } })
      assert.deepStrictEqual([answer.status, answer.body], [401, { detail: "Invalid credentials" }])
    }))
})
