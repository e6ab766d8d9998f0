import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"

/** As a server does whose only backend is kerberos_auth; each answer was seen on 2.11.0. */
describe("Kerberos", () => {
  let fake: FakeAirflow.FakeAirflow
  beforeAll(async () => {
    fake = await FakeAirflow.start({ auth: "negotiate", runs: [{ dag_id: "quick", dag_run_id: "r" }] })
  })
  afterAll(() => fake.close())

  const ask = async (authorization: string | undefined, path = "/dags/quick/dagRuns/r", body?: object) => {
    const response = await fetch(`${fake.baseUrl}/api/v1${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        "content-type": "application/json",
        ...(authorization === undefined ? {} : { authorization })
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return {
      status: response.status,
      challenge: response.headers.get("www-authenticate"),
      type: response.headers.get("content-type"),
      text: await response.text()
    }
  }
  const token = (user = "admin") => fake.negotiateToken(user)

  it("a token is taken once, and nothing is said to the one who sends it", async () => {
    const one = token()
    assert.deepInclude(await ask(`Negotiate ${one}`), { status: 200, challenge: null })
    const again = await ask(`Negotiate ${one}`)
    assert.deepInclude(again, { status: 401, challenge: null, type: "application/problem+json" })
    assert.deepInclude(JSON.parse(again.text), { title: "Unauthorized", detail: null })
    assert.strictEqual((await ask(`Negotiate ${token()}`)).status, 200)
  })

  it("tokens are different", () => {
    assert.strictEqual(new Set(Array.from({ length: 50 }, () => token())).size, 50)
  })

  it("without one, or with what is none: 401 without a challenge", async () => {
    for (const header of [
      undefined,
      "Negotiate d3Jvbmc=",
      "Negotiate !!!",
      `Negotiate ${token().slice(0, -8)}`,
      `Basic ${btoa("admin:admin")}`,
      "Bearer abc"
    ]) {
      assert.deepInclude(await ask(header), { status: 401, challenge: null }, String(header))
    }
  })

  it("it looks at what stands behind the scheme, whatever that is", async () => {
    const halves = token()
    for (const header of [
      `negotiate ${token()}`,
      `Bearer ${token()}`,
      `Negotiate ${halves.slice(0, 10)} ${halves.slice(10)}`
    ]) {
      assert.strictEqual((await ask(header)).status, 200, header)
    }
  })

  it("where nothing stands behind it, it stumbles", async () => {
    for (const header of ["Negotiate", token()]) {
      assert.deepInclude(await ask(header), { status: 500, type: "text/html; charset=utf-8" })
    }
  })

  it("a request that is refused before anybody is asked for takes no token", async () => {
    for (const [path, status] of [
      ["/version", 200],
      ["/nowhere", 404],
      ["/dags?colour=red", 400]
    ] as const) {
      const one = token()
      assert.strictEqual((await ask(`Negotiate ${one}`, path)).status, status)
      assert.strictEqual((await ask(`Negotiate ${one}`)).status, 200, path)
    }
    const one = token()
    assert.strictEqual((await ask(`Negotiate ${one}`, "/dags/quick/dagRuns/nope")).status, 404)
    assert.strictEqual((await ask(`Negotiate ${one}`)).status, 401)
  })

  it("who is it: one who may read, one who may do nothing, one who is not known", async () => {
    const clear = { dry_run: true }
    const path = "/dags/quick/clearTaskInstances"
    assert.strictEqual((await ask(`Negotiate ${token("viewer")}`)).status, 200)
    assert.strictEqual((await ask(`Negotiate ${token("viewer")}`, path, clear)).status, 403)
    assert.strictEqual((await ask(`Negotiate ${token("admin")}`, path, clear)).status, 200)
    for (const user of ["nobody", "guest", "jürgen@EXAMPLE.COM"]) {
      assert.strictEqual((await ask(`Negotiate ${token(user)}`)).status, 403, user)
    }
  })

  it("is not there with Airflow 3", async () => {
    const error = await FakeAirflow.start({ auth: "negotiate", version: "3.2.1" }).catch((it: unknown) => it)
    assert.match(String(error), /Airflow 3 takes no Kerberos/)
  })

  it("does not become an Airflow 3", () => {
    assert.throws(() => fake.setVersion("3.2.1"), /Airflow 3 takes no Kerberos/)
  })
})
