/** What a browser is told of other origins. That real servers tell the same is shown by the conformance suite. */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { assert, describe, it } from "@effect/vitest"

const origin = "http://page.example"

const ask = async (
  options: FakeAirflow.Options,
  headers: Readonly<Record<string, string>>,
  method = "GET"
): Promise<{ readonly status: number; readonly allowed: string | null; readonly headers: Headers }> => {
  await using fake = await FakeAirflow.start(options)
  const api = options.version?.toString().startsWith("3") === true ? "v2" : "v1"
  const response = await fake.fetch(`${fake.baseUrl}/api/${api}/version`, { method, headers })
  return {
    status: response.status,
    allowed: response.headers.get("access-control-allow-origin"),
    headers: response.headers
  }
}

const preflight = (more: Readonly<Record<string, string>>) => ({
  origin,
  "access-control-request-method": "GET",
  ...more
})

for (const version of ["2.11.0", "3.3.2"]) {
  describe(`the fake of ${version}, and pages of another origin`, () => {
    it("allows none unless told", async () => {
      assert.isNull((await ask({ version }, { origin })).allowed)
    })

    it("allows those it was told of, and no other", async () => {
      const cors = { origins: [origin] }
      assert.strictEqual((await ask({ version, cors }, { origin })).allowed, origin)
      assert.isNull((await ask({ version, cors }, { origin: "http://other.example" })).allowed)
    })

    it("tells which headers and methods, unless told otherwise the usual ones", async () => {
      const allowed = async (cors: NonNullable<FakeAirflow.Options["cors"]>) => {
        const { headers } = await ask({ version, cors }, preflight({}), "OPTIONS")
        return [headers.get("access-control-allow-methods"), headers.get("access-control-allow-headers")]
      }
      const [methods, headers] = await allowed({ origins: [origin] })
      assert.strictEqual(methods, "GET, POST, PATCH, DELETE, OPTIONS")
      assert.include(headers, "authorization, content-type")
      const [own, ownHeaders] = await allowed({ origins: [origin], methods: ["GET"], headers: ["x-team"] })
      assert.strictEqual(own, "GET")
      assert.include(ownHeaders, "x-team")
      assert.notInclude(ownHeaders, "authorization")
    })
  })
}

it("the fake of 3.3.2 refuses a preflight for what is not allowed", async () => {
  const status = async (more: Readonly<Record<string, string>>) =>
    (await ask({ version: "3.3.2", cors: { origins: [origin] } }, preflight(more), "OPTIONS")).status
  assert.strictEqual(await status({ "access-control-request-headers": "authorization" }), 200)
  assert.strictEqual(await status({ "access-control-request-headers": "x-team" }), 400)
  assert.strictEqual(await status({ "access-control-request-method": "PUT" }), 400)
  assert.strictEqual(await status({ origin: "http://other.example" }), 400)
})
