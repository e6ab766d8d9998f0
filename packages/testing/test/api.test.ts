import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, task } from "@effect-airflow/testing/Scenario"
import * as StandardScenario from "@effect-airflow/testing/StandardScenario"
import { assert, describe, it } from "@effect/vitest"
import { base, batch, hour, json, request, type RequestOptions, rows, still } from "./fixtures.js"

const hello = `${base}/quick/dagRuns/r/taskInstances/hello`
const all = `${base}/~/dagRuns/~/taskInstances`
const routingText =
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."

const page = (name: string) =>
  `https://airflow.apache.org/docs/apache-airflow/2.11.0/stable-rest-api-ref.html#section/Errors/${name}`

describe("who asks", () => {
  for (const [what, user] of [
    ["nobody at all", null],
    ["a wrong password", "admin:wrong"],
    ["an unknown user", "stranger"],
    ["an empty password", "admin:"]
  ] as const) {
    it(`${what}: 401`, () =>
      still(["quick"], async (fake) => {
        assert.deepStrictEqual(await json(fake, hello, { user }), {
          status: 401,
          type: "application/problem+json",
          body: { detail: null, status: 401, title: "Unauthorized", type: page("Unauthenticated") }
        })
      }))
  }

  it("another scheme: 401", () =>
    still(["quick"], async (fake) => {
      const headers = { authorization: "Bearer admin" }
      assert.strictEqual((await request(fake, hello, { user: null, headers })).status, 401)
    }))

  it("a user who may do nothing: 403", () =>
    still(["quick"], async (fake) => {
      assert.deepStrictEqual(await json(fake, hello, { user: "nobody" }), {
        status: 403,
        type: "application/problem+json",
        body: { detail: null, status: 403, title: "Forbidden", type: page("PermissionDenied") }
      })
    }))

  it("a viewer may read, also by the POST that only reads, and may not write", () =>
    still(["quick"], async (fake) => {
      const as = (options: RequestOptions): RequestOptions => ({
        user: "viewer",
        headers: { "content-type": "application/json" },
        ...options
      })
      assert.strictEqual((await request(fake, hello, as({}))).status, 200)
      const list = await request(fake, `${all}/list`, as({ method: "POST", body: "{}" }))
      assert.strictEqual(list.status, 200)
      const patch = await json(fake, hello, as({ method: "PATCH", body: "{}" }))
      assert.deepStrictEqual([patch.status, patch.body["title"]], [403, "Forbidden"])
      const trigger = as({ method: "POST", body: '{"dag_run_id":"x"}' })
      assert.strictEqual((await request(fake, `${base}/quick/dagRuns`, trigger)).status, 403)
      assert.strictEqual((await request(fake, `${base}/quick/dagRuns/x`)).status, 404)
    }))

  it("the version and the health need nobody", () =>
    still([], async (fake) => {
      const version = await json(fake, "/api/v1/version", { user: null })
      assert.deepInclude(version, { status: 200, body: { git_version: ".release:fake", version: "2.11.0" } })
      for (const path of ["/health", "/api/v1/health"]) {
        const health = await json(fake, path, { user: null })
        assert.deepInclude(health.body["scheduler"], {
          status: "healthy",
          latest_scheduler_heartbeat: "2024-01-01T00:00:00.000Z"
        })
      }
    }))

  it("users can be others", () =>
    still(
      ["quick"],
      async (fake) => {
        assert.strictEqual((await request(fake, hello, { user: "ü:pass:wörd" })).status, 200)
        assert.strictEqual((await request(fake, hello, { user: "admin" })).status, 401)
      },
      { users: [{ username: "ü", password: "pass:wörd", role: "Admin" }] }
    ))
})

describe("a query that is refused", () => {
  it("for an unknown parameter, with a title that is null", () =>
    still(["quick"], async (fake) => {
      assert.deepStrictEqual(await json(fake, `${all}?limit=1&order_by=state&bogus=1`), {
        status: 400,
        type: "application/problem+json",
        body: {
          detail: "Extra query parameter(s) bogus, order_by not in spec",
          status: 400,
          title: null,
          type: page("BadRequest")
        }
      })
      // Also where no parameter is known at all.
      assert.deepInclude((await json(fake, `${hello}?x=`)).body, { status: 400, title: null })
    }))

  for (const value of [
    "nonsense",
    "2024-01-01",
    "2024-01-01T00:00:00",
    "2024-01-01 00:00:00Z",
    "2024-01-01t00:00:00z",
    // A plus that is not encoded is a blank.
    "2024-01-01T00:00:00+00:00",
    "2024-13-01T00:00:00Z"
  ]) {
    it(`for a bad date: ${value}`, () =>
      still(["quick"], async (fake) => {
        const { body, status } = await json(fake, `${all}?start_date_gte=${value}`)
        const seen = value.replace("+", " ")
        assert.strictEqual(status, 400)
        assert.strictEqual(body["title"], "Bad Request")
        assert.isTrue((body["detail"] as string).startsWith(`'${seen}' is not a 'date-time'\n`))
      }))
  }

  it("not for a good one", () =>
    still(["quick"], async (fake) => {
      for (const value of ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.123Z", "2024-01-01T00:00:00%2B00:00"])
        assert.strictEqual((await request(fake, `${all}?end_date_lte=${value}`)).status, 200, value)
    }))

  for (const [query, detail] of [
    ["limit=abc", "Wrong type, expected 'integer' for query parameter 'limit'"],
    ["limit=", "Wrong type, expected 'integer' for query parameter 'limit'"],
    ["limit=1.5", "Wrong type, expected 'integer' for query parameter 'limit'"],
    ["offset=x", "Wrong type, expected 'integer' for query parameter 'offset'"],
    ["duration_gte=long", "Wrong type, expected 'number' for query parameter 'duration_gte'"],
    [
      "offset=-1",
      "-1 is less than the minimum of 0\n\nFailed validating 'minimum' in schema:\n    {'type': 'integer', 'minimum': 0}\n\nOn instance:\n    -1"
    ]
  ] as const) {
    it(`for ${query}`, () =>
      still(["quick"], async (fake) => {
        const { body } = await json(fake, `${all}?${query}`)
        assert.deepInclude(body, { status: 400, title: "Bad Request", detail })
      }))
  }

  it("for a flag that is none", () =>
    still(["quick"], async (fake) => {
      const statusOf = async (value: string) =>
        (await request(fake, `${hello}/logs/1?full_content=${value}`)).status
      assert.deepStrictEqual(
        await Promise.all(["1", "yes", "", "true", "False"].map(statusOf)),
        [400, 400, 400, 200, 200]
      )
    }))

  it("before it is looked who asks, and whether they may", () =>
    still(["quick"], async (fake) => {
      assert.strictEqual((await request(fake, `${all}?bogus=1`, { user: "nobody" })).status, 400)
      assert.strictEqual((await request(fake, `${all}?bogus=1`, { user: null })).status, 400)
    }))

  it("an unknown state crashes the server: 500 as HTML", () =>
    still(["quick"], async (fake) => {
      const response = await request(fake, `${all}?state=bogus`)
      assert.strictEqual(response.status, 500)
      assert.match(response.headers.get("content-type") ?? "", /^text\/html/)
      assert.include(await response.text(), "<title>Internal Server Error</title>")
    }))
})

describe("what is not there", () => {
  for (const [what, path, title, detail] of [
    ["an unknown task", "quick/dagRuns/r/taskInstances/nope", "Task instance not found", null],
    ["an unknown DAG", "nope/dagRuns/r/taskInstances/hello", "Task instance not found", null],
    [
      "a mapped task without its index",
      "mapped/dagRuns/r/taskInstances/square",
      "Task instance not found",
      "Task instance is mapped, add the map_index value to the URL"
    ],
    ["an index that is too high", "mapped/dagRuns/r/taskInstances/square/5", "Task instance not found", null],
    ["a list of an unknown DAG", "nope/dagRuns/r/taskInstances/x/listMapped", "DAG nope not found", null],
    ["a list of an unknown task", "mapped/dagRuns/r/taskInstances/x/listMapped", "Task id x not found", null],
    [
      "a list of a task that is not mapped",
      "quick/dagRuns/r/taskInstances/hello/listMapped",
      "Task id hello is not mapped",
      null
    ],
    ["the log of an unknown task", "quick/dagRuns/r/taskInstances/x/logs/1", "TaskInstance not found", null],
    [
      "the log of a mapped task without its index",
      "mapped/dagRuns/r/taskInstances/square/logs/1",
      "TaskInstance not found",
      null
    ],
    [
      "the log of a task that is not mapped, with an index",
      "quick/dagRuns/r/taskInstances/hello/logs/1?map_index=0",
      "TaskInstance not found",
      null
    ],
    [
      "links of an unknown DAG",
      "nope/dagRuns/r/taskInstances/x/links",
      "DAG not found",
      'DAG with ID = "nope" not found'
    ],
    [
      "links of an unknown task",
      "quick/dagRuns/r/taskInstances/x/links",
      "Task not found",
      'Task with ID = "x" not found'
    ],
    [
      "links in an unknown run",
      "quick/dagRuns/x/taskInstances/hello/links",
      "DAG Run not found",
      'DAG Run with ID = "x" not found'
    ]
  ] as const) {
    it(`${what}: 404 of the view`, () =>
      still(["quick", "mapped"], async (fake, clock) => {
        clock.advance(hour)
        assert.deepStrictEqual(await json(fake, `${base}/${path}`), {
          status: 404,
          type: "application/problem+json",
          body: { detail, status: 404, title, type: page("NotFound") }
        })
      }))
  }

  for (const [what, path] of [
    ["an unknown path", "/api/v1/nope"],
    ["a negative map index", `${base}/mapped/dagRuns/r/taskInstances/square/-1`],
    ["a map index that is no number", `${base}/mapped/dagRuns/r/taskInstances/square/abc`],
    ["a negative attempt", `${hello}/logs/-1`],
    ["an encoded slash", `${base}/a%2Fb/dagRuns/r/taskInstances/hello`]
  ] as const) {
    it(`${what}: 404 of routing`, () =>
      still(["quick", "mapped"], async (fake) => {
        assert.deepStrictEqual(await json(fake, path), {
          status: 404,
          type: "application/problem+json",
          body: { detail: routingText, status: 404, title: "Not Found", type: "about:blank" }
        })
      }))
  }

  it("an unknown run or DAG in a list is an empty list", () =>
    still(["quick"], async (fake) => {
      for (const path of ["quick/dagRuns/nope", "nope/dagRuns/r"]) {
        const { body, status } = await json(fake, `${base}/${path}/taskInstances`)
        assert.deepStrictEqual([status, body], [200, { task_instances: [], total_entries: 0 }])
      }
    }))

  it("another method: 405, and it is not the view's 404", () =>
    still(["quick"], async (fake) => {
      assert.deepStrictEqual(await json(fake, hello, { method: "DELETE" }), {
        status: 405,
        type: "application/problem+json",
        body: {
          detail: "The method is not allowed for the requested URL.",
          status: 405,
          title: "Method Not Allowed",
          type: "about:blank"
        }
      })
      assert.strictEqual((await request(fake, `${hello}/links`, { method: "POST" })).status, 405)
    }))

  it("a page outside the API: HTML, and redirects to the login", () =>
    still([], async (fake) => {
      const missing = await request(fake, "/airflow/api/v1/dags")
      assert.strictEqual(missing.status, 404)
      assert.match(missing.headers.get("content-type") ?? "", /^text\/html/)
      const home = await request(fake, "/")
      assert.deepStrictEqual([home.status, home.headers.get("location")], [302, "/home"])
      const login = await request(fake, "/home")
      assert.strictEqual(login.status, 302)
      assert.match(login.headers.get("location") ?? "", /^\/login\//)
    }))

  it("an escape that is no UTF-8 is no reason to fall over", () =>
    still(["quick"], async (fake) => {
      for (const segment of ["%ff", "%E0%A4%A", "100%"])
        assert.strictEqual((await request(fake, `${hello}${segment}`)).status, 404, segment)
      assert.strictEqual((await request(fake, hello)).status, 200)
    }))

  it("HEAD is GET without its body", () =>
    still(["quick"], async (fake) => {
      const head = await request(fake, hello, { method: "HEAD" })
      const get = await request(fake, hello)
      assert.strictEqual(head.status, 200)
      assert.strictEqual(head.headers.get("content-length"), get.headers.get("content-length"))
      assert.strictEqual(await head.text(), "")
    }))
})

describe("lists", () => {
  it("~ stands for all DAGs or all runs", () =>
    still(
      [],
      async (fake) => {
        const ids = async (path: string) =>
          rows((await json(fake, `${base}/${path}/taskInstances`)).body).map(
            (row) => `${String(row["dag_id"])} ${String(row["dag_run_id"])} ${String(row["task_id"])}`
          )
        assert.deepStrictEqual(await ids("~/dagRuns/~"), ["a r1 t", "a r2 t", "b r1 t"])
        assert.deepStrictEqual(await ids("a/dagRuns/~"), ["a r1 t", "a r2 t"])
        assert.deepStrictEqual(await ids("~/dagRuns/r1"), ["a r1 t", "b r1 t"])
        assert.deepStrictEqual(await ids("b/dagRuns/r1"), ["b r1 t"])
      },
      {
        dags: [dag("a", [task("t")]), dag("b", [task("t")])],
        runs: [
          { dag_id: "a", dag_run_id: "r1" },
          { dag_id: "b", dag_run_id: "r1" },
          { dag_id: "a", dag_run_id: "r2" }
        ]
      }
    ))

  it("pages: a hundred rows unless asked, and the count of all", () =>
    still(["wide"], async (fake) => {
      const wide = `${base}/wide/dagRuns/r/taskInstances`
      for (const [query, first, length] of [
        ["", "t000", 100],
        ["?offset=100", "t100", 50],
        ["?limit=7&offset=3", "t003", 7],
        // No cap is applied.
        ["?limit=500", "t000", 150],
        ["?limit=-1", "t000", 150],
        ["?limit=0", undefined, 0],
        ["?offset=150", undefined, 0],
        // The last of two scalars wins.
        ["?limit=1&limit=2", "t000", 2]
      ] as const) {
        const { body } = await json(fake, `${wide}${query}`)
        assert.strictEqual(body["total_entries"], 150)
        assert.lengthOf(rows(body), length, query)
        assert.strictEqual(rows(body)[0]?.["task_id"], first)
      }
    }))

  it("states: repeated, joined by a comma, none for no state", () =>
    still(["mapped", "quick"], async (fake, clock) => {
      clock.advance(hour)
      fake.trigger("quick", { dag_run_id: "new" })
      const count = async (query: string) =>
        (await json(fake, `${all}?${query}`)).body["total_entries"] as number
      assert.strictEqual(await count(""), 10)
      assert.strictEqual(await count("state=success"), 7)
      assert.strictEqual(await count("state=failed"), 1)
      assert.strictEqual(await count("state=success&state=failed"), 8)
      assert.strictEqual(await count("state=success,failed"), 8)
      assert.strictEqual(await count("state=none"), 2)
      assert.strictEqual(await count("pool=other"), 0)
      assert.strictEqual(await count("pool=default_pool&queue=default"), 10)
      assert.strictEqual((await request(fake, `${all}?state=`)).status, 500)
    }))

  it("ranges include their bounds; a row without the value is left out", () =>
    still(["quick"], async (fake, clock) => {
      clock.advance(hour)
      fake.trigger("quick", { dag_run_id: "new" })
      const row = (await json(fake, hello)).body
      const count = async (name: string, value: unknown) =>
        (await json(fake, `${all}?${name}=${encodeURIComponent(String(value))}`)).body["total_entries"]
      for (const field of ["start_date", "end_date", "duration"]) {
        const ended = [
          (await count(`${field}_gte`, row[field])) as number,
          (await count(`${field}_lte`, row[field])) as number
        ]
        // hello is the first of two that have ended, and both take the same time.
        assert.deepStrictEqual(ended, field === "duration" ? [2, 2] : [2, 1], field)
      }
      assert.strictEqual(await count("execution_date_gte", row["execution_date"]), 4)
      assert.strictEqual(await count("execution_date_lte", row["execution_date"]), 2)
      assert.strictEqual(await count("updated_at_lte", row["end_date"]), 1)
    }))

  it("of a mapped task, in the order asked for", () =>
    still(["mapped"], async (fake, clock) => {
      clock.advance(hour)
      const ordered = async (query: string) =>
        rows((await json(fake, `${base}/mapped/dagRuns/r/taskInstances/square/listMapped${query}`)).body).map(
          (row) => row["map_index"]
        )
      assert.deepStrictEqual(await ordered(""), [0, 1, 2, 3, 4])
      assert.deepStrictEqual(await ordered("?order_by=-map_index"), [4, 3, 2, 1, 0])
      assert.deepStrictEqual(await ordered("?order_by=state"), [3, 0, 1, 2, 4])
      assert.deepStrictEqual(await ordered("?order_by=-state&limit=2&offset=3"), [4, 3])
      assert.deepStrictEqual(await ordered("?state=failed"), [3])
      const { body } = await json(
        fake,
        `${base}/mapped/dagRuns/r/taskInstances/square/listMapped?order_by=map_index`
      )
      assert.deepInclude(body, { status: 400, detail: "Ordering with 'map_index' is not supported" })
    }))

  it("rows are pretty-printed JSON in ASCII, with sorted keys, not to be stored", () =>
    still(["größe"], async (fake, clock) => {
      clock.advance(hour)
      const path = `${base}/gr%C3%B6%C3%9Fe/dagRuns/r/taskInstances/messen.%C2%B5-1`
      const response = await request(fake, path)
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      const text = await response.text()
      assert.match(text, /^\{\n {2}"dag_id": "gr\\u00f6\\u00dfe",\n/)
      assert.isTrue(text.endsWith("}\n"))
      const row = JSON.parse(text) as Record<string, unknown>
      assert.deepStrictEqual(Object.keys(row), Object.keys(row).sort())
      assert.deepInclude(row, {
        dag_id: "größe",
        task_id: "messen.µ-1",
        map_index: -1,
        state: "success",
        try_number: 1,
        execution_date: "2024-01-01T00:00:00+00:00",
        start_date: "2024-01-01T00:00:01.200000+00:00",
        sla_miss: null,
        trigger: null
      })
    }))
})

describe("the batch", () => {
  it("filters by lists; an empty one filters nothing, and ~ is no wildcard", () =>
    still(["quick", "mapped"], async (fake, clock) => {
      clock.advance(hour)
      const count = async (body: object) => (await batch(fake, JSON.stringify(body))).body["total_entries"]
      assert.strictEqual(await count({}), 8)
      assert.strictEqual(await count({ dag_ids: ["quick"] }), 2)
      assert.strictEqual(await count({ dag_ids: ["quick", "mapped"], task_ids: ["bye", "numbers"] }), 2)
      assert.strictEqual(await count({ dag_run_ids: ["other"] }), 0)
      assert.strictEqual(await count({ dag_ids: [] }), 8)
      assert.strictEqual(await count({ dag_ids: ["~"] }), 0)
      assert.strictEqual(await count({ state: ["failed", null] }), 1)
      fake.trigger("quick", { dag_run_id: "new" })
      assert.strictEqual(await count({ state: [null] }), 2)
      assert.strictEqual(await count({ state: ["none"] }), 2)
    }))

  it("pages at a hundred, or as asked", () =>
    still(["wide"], async (fake) => {
      for (const [body, length] of [
        [{}, 100],
        [{ page_offset: 100 }, 50],
        [{ page_limit: 40, page_offset: 120 }, 30],
        [{ page_limit: 1000 }, 150]
      ] as const) {
        const answer = await batch(fake, JSON.stringify(body))
        assert.strictEqual(answer.body["total_entries"], 150)
        assert.lengthOf(rows(answer.body), length)
      }
    }))

  for (const [body, detail] of [
    ['{"dag_ids":null}', "None is not of type 'array' - 'dag_ids'"],
    ['{"dag_ids":"quick"}', "'quick' is not of type 'array' - 'dag_ids'"],
    ['{"dag_ids":[1]}', "1 is not of type 'string' - 'dag_ids.0'"],
    ['{"bogus":1}', "{'bogus': ['Unknown field.']}"],
    ['{"order_by":"state"}', "{'order_by': ['Unknown field.']}"],
    ['{"page_limit":0}', "0 is less than the minimum of 1 - 'page_limit'"],
    ['{"page_offset":-1}', "-1 is less than the minimum of 0 - 'page_offset'"],
    ['{"start_date_gte":"2024-01-01"}', "'2024-01-01' is not a 'date-time' - 'start_date_gte'"],
    ["null", "Request body is not valid JSON"],
    ["[]", "[] is not of type 'object'"],
    ["{", "Request body is not valid JSON"],
    ["", "Request body must not be empty"]
  ] as const) {
    it(`refuses ${body === "" ? "no body" : body}`, () =>
      still(["quick"], async (fake) => {
        assert.deepStrictEqual(await batch(fake, body), {
          status: 400,
          type: "application/problem+json",
          body: { detail, status: 400, title: "Bad Request", type: page("BadRequest") }
        })
      }))
  }

  it("refuses an unknown state, and names those it knows", () =>
    still(["quick"], async (fake) => {
      const { body, status } = await batch(fake, '{"state":["success","weird"]}')
      assert.strictEqual(status, 400)
      assert.match(body["detail"] as string, /^'weird' is not one of \[None, 'success', .*\] - 'state\.1'$/)
    }))

  it("wants JSON: 415 for another content type", () =>
    still(["quick"], async (fake) => {
      assert.strictEqual((await batch(fake, "{}", "application/json; charset=utf-8")).status, 200)
      assert.deepStrictEqual(await batch(fake, "{}", "text/plain"), {
        status: 415,
        type: "application/problem+json",
        body: {
          detail: "Invalid Content-type (text/plain), expected JSON data",
          status: 415,
          title: "Unsupported Media Type",
          type: "about:blank"
        }
      })
    }))
})

describe("links", () => {
  it("are a flat map, empty where there are none, and lead to the run that was triggered", () =>
    still(["links", "quick"], async (fake, clock) => {
      const links = `${base}/links/dagRuns/r/taskInstances/trigger/links`
      assert.deepStrictEqual((await json(fake, links)).body, {})
      assert.deepStrictEqual((await json(fake, `${hello}/links`)).body, {})
      clock.advance(hour)
      const { body } = await json(fake, links)
      assert.deepStrictEqual(Object.keys(body), ["Triggered DAG"])
      const href = new URL(String(body["Triggered DAG"]), fake.baseUrl)
      assert.strictEqual(href.pathname, "/dags/quick/grid")
      const id = href.searchParams.get("dag_run_id")!
      const run = await json(fake, `${base}/quick/dagRuns/${encodeURIComponent(id)}`)
      assert.deepInclude(run.body, { dag_run_id: id, state: "success" })
    }))

  it("of a mapped task need its index", () =>
    still(["mapped"], async (fake, clock) => {
      clock.advance(hour)
      const links = `${base}/mapped/dagRuns/r/taskInstances/square/links`
      assert.deepStrictEqual(await json(fake, `${links}?map_index=0`), {
        status: 200,
        type: "application/json",
        body: {}
      })
      assert.strictEqual((await request(fake, links)).status, 404)
    }))
})

describe("runs", () => {
  const trigger = (fake: FakeAirflow.FakeAirflow, dag_id: string, body: string) =>
    json(fake, `${base}/${dag_id}/dagRuns`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" }
    })

  it("are triggered by a POST, with a conf that the tasks get", () =>
    still([], async (fake, clock) => {
      const made = await trigger(fake, "ticker", '{"dag_run_id":"x","conf":{"lines":3,"every":0}}')
      assert.strictEqual(made.status, 200)
      assert.deepInclude(made.body, { dag_run_id: "x", state: "queued", conf: { lines: 3, every: 0 } })
      clock.advance(hour)
      const run = await json(fake, `${base}/ticker/dagRuns/x`)
      assert.deepInclude(run.body, { state: "success" })
      const lines = fake.written({ dag_id: "ticker", dag_run_id: "x", task_id: "tick" })
      assert.lengthOf(
        lines.filter((line) => line.includes(" - tick ")),
        3
      )
    }))

  it("get a name from the time; one that is there already is a conflict", () =>
    still(["quick"], async (fake) => {
      assert.strictEqual(
        (await trigger(fake, "quick", "{}")).body["dag_run_id"],
        "manual__2024-01-01T00:00:00+00:00"
      )
      const again = await trigger(fake, "quick", '{"dag_run_id":"r"}')
      assert.deepInclude(again.body, { status: 409, title: "Conflict", type: page("AlreadyExists") })
      assert.strictEqual((await trigger(fake, "nope", "{}")).status, 404)
      assert.strictEqual((await trigger(fake, "quick", '{"bogus":1}')).status, 400)
    }))

  it("by the handle throw when they cannot be", () =>
    still(["quick"], async (fake) => {
      assert.throws(() => fake.trigger("nope"), "no such DAG: nope")
      assert.throws(() => fake.trigger("quick", { dag_run_id: "r" }), "the run is there already: r")
      assert.strictEqual(fake.trigger("quick", { dag_run_id: "s" }), "s")
      assert.throws(
        () => fake.written({ dag_id: "quick", dag_run_id: "r", task_id: "nope" }),
        "no such task instance"
      )
    }))

  it("a DAG whose tasks cannot be put in order is refused", async () => {
    const start = async (...tasks: ReadonlyArray<ReturnType<typeof task>>) => {
      await using fake = await FakeAirflow.start({ dags: [dag("d", tasks)] })
      fake.trigger("d")
    }
    const message = (promise: Promise<void>) =>
      promise.then(
        () => "it was not refused",
        (error: unknown) => (error as Error).message
      )
    assert.include(
      await message(start(task("a", { upstream: ["b"] }), task("b", { upstream: ["a"] }))),
      "has a cycle"
    )
    assert.include(await message(start(task("a", { upstream: ["x"] }))), "unknown upstream: x")
  })

  it("all DAGs are listed, sorted", () =>
    still([], async (fake) => {
      const { body } = await json(fake, base)
      const ids = (body["dags"] as ReadonlyArray<{ dag_id: string }>).map(({ dag_id }) => dag_id)
      assert.deepStrictEqual(ids, StandardScenario.dags.map(({ dag_id }) => dag_id).sort())
      assert.strictEqual(body["total_entries"], ids.length)
    }))
})
