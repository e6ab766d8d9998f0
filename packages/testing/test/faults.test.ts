import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { connect } from "node:net"
import { base, type Fake, hour, json, request, type RequestOptions, still } from "./fixtures.js"

const path = `${base}/quick/dagRuns/r/taskInstances/hello`

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => assert.fail("it did not reject"),
    (error: unknown) => error as Error
  )

const until = async (what: string, isSo: () => boolean) => {
  for (let look = 0; look < 500 && !isSo(); look++) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.isTrue(isSo(), what)
}

/** Both ways to a fake: they must not differ. */
const ways: Readonly<
  Record<string, (fake: Fake, path: string, options?: RequestOptions) => Promise<Response>>
> = {
  "over a socket": request,
  "in memory": (fake, path, options) => request(fake, path, options, fake.fetch)
}

for (const [way, ask] of Object.entries(ways)) {
  describe(`faults, ${way}`, () => {
    const struck = (
      fault: Fault.Fault,
      test: (fake: Fake, good: string) => Promise<void>,
      injection?: Fault.Injection
    ) =>
      still(["quick"], async (fake, clock) => {
        clock.advance(hour)
        const good = await (await ask(fake, path)).text()
        fake.inject(fault, injection)
        await test(fake, good)
        // It strikes once, and then all is well.
        const after = await ask(fake, path)
        assert.strictEqual(after.status, 200)
        assert.strictEqual(await after.text(), good)
      })

    it("a status", () =>
      struck(Fault.status(503), async (fake) => {
        const response = await ask(fake, path)
        assert.strictEqual(response.status, 503)
        assert.strictEqual(response.headers.get("content-type"), "text/html")
        assert.isNull(response.headers.get("retry-after"))
        assert.include(await response.text(), "<h1>503</h1>")
      }))

    it("a status with its text, type and Retry-After", () =>
      struck(
        Fault.status(429, { retryAfter: "7", body: "{}", contentType: "application/json" }),
        async (fake) => {
          const response = await ask(fake, path)
          assert.strictEqual(response.status, 429)
          assert.strictEqual(response.headers.get("retry-after"), "7")
          assert.strictEqual(response.headers.get("content-type"), "application/json")
          assert.strictEqual(await response.text(), "{}")
        }
      ))

    it("a status without a body", () =>
      struck(Fault.status(204, { body: "" }), async (fake) => {
        const response = await ask(fake, path)
        assert.deepStrictEqual([response.status, await response.text()], [204, ""])
      }))

    it("a login page", () =>
      struck(Fault.loginPage, async (fake) => {
        const response = await ask(fake, path)
        assert.strictEqual(response.status, 200)
        assert.match(response.headers.get("content-type") ?? "", /^text\/html/)
        assert.include(await response.text(), "Sign In")
      }))

    it("a redirect to the login", () =>
      struck(Fault.redirectToLogin, async (fake) => {
        const response = await ask(fake, path)
        assert.deepStrictEqual(
          [response.status, response.headers.get("location")],
          [302, "/login/?next=%2Fhome"]
        )
      }))

    it("another content type for the same body", () =>
      struck(Fault.contentType("text/plain"), async (fake, good) => {
        const response = await ask(fake, path)
        assert.strictEqual(response.headers.get("content-type"), "text/plain")
        assert.strictEqual(await response.text(), good)
      }))

    it("no body", () =>
      struck(Fault.emptyBody, async (fake) => {
        const response = await ask(fake, path)
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.headers.get("content-type"), "application/json")
        assert.strictEqual(await response.text(), "")
      }))

    it("a body that is cut, and says nothing of it", () =>
      struck(Fault.truncated(20), async (fake, good) => {
        assert.strictEqual(await (await ask(fake, path)).text(), good.slice(0, 20))
      }))

    it("a connection that breaks before the answer", () =>
      struck(Fault.drop(), async (fake) => {
        assert.instanceOf(await rejection(ask(fake, path)), TypeError)
      }))

    for (const bytes of [0, 10]) {
      it(`a connection that breaks after ${bytes} bytes of the body, which do arrive`, () =>
        struck(Fault.drop(bytes), async (fake, good) => {
          const response = await ask(fake, path)
          assert.strictEqual(response.status, 200)
          const reader = response.body!.getReader()
          let seen = ""
          const read = async () => {
            for (;;) {
              const { done, value } = await reader.read()
              if (done) return
              seen += new TextDecoder().decode(value)
            }
          }
          assert.instanceOf(await rejection(read()), TypeError)
          assert.strictEqual(seen, good.slice(0, bytes))
        }))
    }

    it("silence before the answer", () =>
      struck(Fault.stall(150), async (fake, good) => {
        const started = performance.now()
        const response = await ask(fake, path)
        assert.isAtLeast(performance.now() - started, 140)
        assert.strictEqual(await response.text(), good)
      }))

    it("silence in the middle of the body", () =>
      struck(Fault.stall(150, 10), async (fake, good) => {
        const started = performance.now()
        const response = await ask(fake, path)
        const reader = response.body!.getReader()
        const first = await reader.read()
        assert.isBelow(performance.now() - started, 120)
        assert.strictEqual(new TextDecoder().decode(first.value), good.slice(0, 10))
        let rest = ""
        for (let next = await reader.read(); !next.done; next = await reader.read())
          rest += new TextDecoder().decode(next.value)
        assert.isAtLeast(performance.now() - started, 140)
        assert.strictEqual(rest, good.slice(10))
      }))

    it("the answer before, once more", () =>
      still(["quick"], async (fake, clock) => {
        const state = async () => ((await (await ask(fake, path)).json()) as { state: unknown }).state
        assert.strictEqual(await state(), null)
        clock.advance(hour)
        fake.inject(Fault.repeat, { times: 2 })
        assert.deepStrictEqual([await state(), await state(), await state()], [null, null, "success"])
        // Of a path that was never asked for there is none: the answer is the true one.
        fake.inject(Fault.repeat)
        assert.strictEqual((await ask(fake, `${path}/links`)).status, 200)
      }))

    it("a silence holds up nobody else", () =>
      still(["quick"], async (fake) => {
        fake.inject(Fault.stall(300))
        let silent = true
        const reading = ask(fake, path).then((response) => {
          silent = false
          return response.text()
        })
        await until("the first arrives", () => fake.requests.length === 1)
        assert.strictEqual((await ask(fake, path)).status, 200)
        assert.isTrue(silent)
        await reading
      }))
  })
}

describe("which requests a fault strikes", () => {
  const statuses = async (fake: Fake, count: number, at = path) => {
    const seen: Array<number> = []
    for (let asked = 0; asked < count; asked++) seen.push((await request(fake, at)).status)
    return seen
  }

  it("the next one, unless told otherwise", () =>
    still(["quick"], async (fake) => {
      fake.inject(Fault.status(503))
      assert.deepStrictEqual(await statuses(fake, 3), [503, 200, 200])
    }))

  it("times: as many", () =>
    still(["quick"], async (fake) => {
      fake.inject(Fault.status(503), { times: 2 })
      assert.deepStrictEqual(await statuses(fake, 3), [503, 503, 200])
      fake.inject(Fault.status(503), { times: 0 })
      assert.deepStrictEqual(await statuses(fake, 1), [200])
      fake.inject(Fault.status(503), { times: Infinity })
      assert.deepStrictEqual(
        await statuses(fake, 20),
        Array.from({ length: 20 }, () => 503)
      )
    }))

  it("after: lets so many pass", () =>
    still(["quick"], async (fake) => {
      fake.inject(Fault.status(503), { after: 2, times: 2 })
      assert.deepStrictEqual(await statuses(fake, 5), [200, 200, 503, 503, 200])
    }))

  it("when: only those that match, and only those are counted", () =>
    still(["quick"], async (fake) => {
      fake.inject(Fault.status(503), { after: 1, when: (request) => request.path.endsWith("/links") })
      assert.deepStrictEqual(await statuses(fake, 2), [200, 200])
      assert.deepStrictEqual(await statuses(fake, 1, `${path}/links`), [200])
      assert.deepStrictEqual(await statuses(fake, 2), [200, 200])
      assert.deepStrictEqual(await statuses(fake, 2, `${path}/links`), [503, 200])
    }))

  it("when sees the request as it arrived", () =>
    still(["quick"], async (fake, clock) => {
      clock.advance(5)
      const seen: Array<Fault.ArrivedRequest> = []
      fake.inject(Fault.status(503), {
        when: (request) => {
          seen.push(request)
          return false
        }
      })
      await request(fake, `${path}?a=1&a=2`, {
        method: "POST",
        body: "grüße",
        headers: { "x-mine": "yes", "content-type": "text/plain" }
      })
      assert.lengthOf(seen, 1)
      const { at, body, headers, method, path: arrived, query } = seen[0]!
      assert.deepStrictEqual(
        { at, body, method, arrived, a: query.getAll("a"), mine: headers["x-mine"] },
        { at: clock.now(), body: "grüße", method: "POST", arrived: path, a: ["1", "2"], mine: "yes" }
      )
    }))

  it("of several, the first that is due", () =>
    still(["quick"], async (fake) => {
      fake.inject(Fault.status(502), { after: 1 })
      fake.inject(Fault.status(503))
      fake.inject(Fault.status(504), { times: 2 })
      assert.deepStrictEqual(await statuses(fake, 5), [503, 502, 504, 504, 200])
    }))

  it("clearFaults takes all of them back", () =>
    still(["quick"], async (fake) => {
      fake.inject(Fault.status(503), { times: Infinity })
      fake.inject(Fault.status(502), { after: 1 })
      assert.deepStrictEqual(await statuses(fake, 1), [503])
      fake.clearFaults()
      assert.deepStrictEqual(await statuses(fake, 3), [200, 200, 200])
    }))
})

describe("the record of requests", () => {
  it("holds all that arrived, in order, with what was answered", () =>
    still(["quick"], async (fake, clock) => {
      await request(fake, path)
      clock.advance(1000)
      fake.inject(Fault.status(503))
      await request(fake, `${path}/links?map_index=0`, { user: "viewer" })
      await request(fake, path, { user: null, method: "PATCH", body: "{}" }, fake.fetch)
      assert.deepStrictEqual(
        fake.requests.map(({ at, body, method, path: arrived, query, status }) => ({
          at: at - Date.UTC(2024, 0, 1),
          body,
          method,
          path: arrived.slice(path.length),
          query: String(query),
          status
        })),
        [
          { at: 0, body: "", method: "GET", path: "", query: "", status: 200 },
          { at: 1000, body: "", method: "GET", path: "/links", query: "map_index=0", status: 503 },
          { at: 1000, body: "{}", method: "PATCH", path: "", query: "", status: 401 }
        ]
      )
      assert.strictEqual(fake.requests[1]?.headers["authorization"], `Basic ${btoa("viewer:viewer")}`)
    }))

  it("has the path as it was sent, with its escapes", () =>
    still(["größe"], async (fake) => {
      const escaped = `${base}/gr%C3%B6%C3%9Fe/dagRuns/r/taskInstances`
      for (const send of Object.values(ways)) await send(fake, escaped)
      assert.deepStrictEqual(
        fake.requests.map(({ path: arrived, status }) => [arrived, status]),
        [
          [escaped, 200],
          [escaped, 200]
        ]
      )
    }))
})

describe("in memory", () => {
  it("takes what fetch takes, and needs no socket", () =>
    still(["quick"], async (fake) => {
      const headers = { authorization: `Basic ${btoa("admin:admin")}` }
      const url = `https://anywhere.example.com${path}`
      for (const input of [url, new URL(url), new Request(url, { headers })])
        assert.strictEqual((await fake.fetch(input, { headers })).status, 200)
      assert.strictEqual(fake.openSockets(), 0)
      assert.lengthOf(fake.requests, 3)
    }))

  it("answers the same as over the socket", () =>
    still(["quick", "text"], async (fake, clock) => {
      clock.advance(hour)
      for (const [at, options] of [
        [path, {}],
        [`${base}/text/dagRuns/r/taskInstances/speak/logs/1`, { headers: { accept: "text/plain" } }],
        [`${base}/~/dagRuns/~/taskInstances?state=bogus`, {}],
        [path, { user: null }],
        [path, { method: "HEAD" }],
        ["/", {}]
      ] as const) {
        const [one, other] = await Promise.all(
          Object.values(ways).map(async (ask) => {
            const response = await ask(fake, at, options)
            const { "content-type": type, location } = Object.fromEntries(response.headers)
            return { status: response.status, type, location, body: await response.text() }
          })
        )
        assert.deepStrictEqual(one, other)
      }
    }))

  it("an abort rejects with its reason: before, in a silence, and in the middle of a body", () =>
    still(["quick"], async (fake) => {
      const mine = new Error("mine")
      const headers = { authorization: `Basic ${btoa("admin:admin")}` }
      const url = `http://fake${path}`
      assert.strictEqual(await rejection(fake.fetch(url, { signal: AbortSignal.abort(mine) })), mine)
      assert.lengthOf(fake.requests, 0)
      for (const fault of [Fault.stall(60_000), Fault.stall(60_000, 10)]) {
        fake.inject(fault)
        const controller = new AbortController()
        const reading = fake
          .fetch(url, { signal: controller.signal, headers })
          .then((response) => response.text())
        setTimeout(() => controller.abort(mine), 20)
        assert.strictEqual(await rejection(reading), mine)
      }
    }))
})

describe("a fake's end", () => {
  it("close leaves no connection, ends what is under way, and can be called again", async () => {
    const fake = await FakeAirflow.start({ runs: [{ dag_id: "quick", dag_run_id: "r" }] })
    const { hostname, port } = new URL(fake.baseUrl)
    const idle = connect(Number(port), hostname)
    await once(idle, "connect")
    const idleEnds = once(idle, "close")
    fake.inject(Fault.stall(60_000), { times: 1 })
    fake.inject(Fault.stall(60_000, 10), { times: 1 })
    const silent = rejection(request(fake, path))
    await until("the first arrives", () => fake.requests.length === 1)
    const cut = rejection(request(fake, path).then((response) => response.text()))
    await until("both arrive", () => fake.requests.length === 2)
    assert.isAtLeast(fake.openSockets(), 3)
    await fake.close()
    await Promise.all([silent, cut, idleEnds])
    await until("no connection is left", () => fake.openSockets() === 0)
    await rejection(request(fake, path))
    await fake.close()
    assert.lengthOf(fake.requests, 2)
  })

  it("await using closes it", async () => {
    let left: Fake | undefined
    {
      await using fake = await FakeAirflow.start()
      left = fake
      assert.strictEqual((await json(fake, "/api/v1/version")).status, 200)
    }
    await rejection(request(left, "/api/v1/version"))
    await until("no connection is left", () => left.openSockets() === 0)
  })

  it("a scope closes it", async () => {
    const left = await Effect.runPromise(
      Effect.scoped(
        Effect.tap(FakeAirflow.make(), (fake) =>
          Effect.promise(async () => assert.strictEqual((await json(fake, "/api/v1/version")).status, 200))
        )
      )
    )
    await rejection(request(left, "/api/v1/version"))
    await until("no connection is left", () => left.openSockets() === 0)
  })

  it("two at a time know nothing of each other", async () => {
    await using one = await FakeAirflow.start({ runs: [{ dag_id: "quick", dag_run_id: "r" }] })
    await using other = await FakeAirflow.start()
    assert.notStrictEqual(one.baseUrl, other.baseUrl)
    one.inject(Fault.status(503))
    assert.strictEqual((await request(other, path)).status, 404)
    assert.strictEqual((await request(one, path)).status, 503)
    assert.lengthOf(other.requests, 1)
  })
})
