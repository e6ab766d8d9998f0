import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, emptyTask, task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import { hour } from "./fixtures.js"
import { api, call, instances, type Json, login, rows, still, versions } from "./fixturesV2.js"

const quick = "/dags/quick/dagRuns/r/taskInstances"
const mapped = "/dags/mapped/dagRuns/r/taskInstances/square"

const detail = ({ body }: { readonly body: Json }) => body["detail"]

const wide = dag(
  "wide",
  Array.from({ length: 130 }, (_, index) => emptyTask(`t${String(index).padStart(3, "0")}`))
)

describe("where a request goes", () => {
  for (const version of versions) {
    it(`${version}: the version and the health need nobody`, () =>
      still(version, [], async (fake) => {
        const answer = await api(fake, "/version", { token: null })
        assert.deepStrictEqual([answer.status, answer.body["version"]], [200, version])
        const health = await api(fake, "/monitor/health", { token: null })
        assert.deepStrictEqual(
          (health.body["scheduler"] as Json)["latest_scheduler_heartbeat"],
          "2024-01-01T00:00:00.000000+00:00"
        )
      }))
  }

  it("elsewhere it is the UI's page, API v1's farewell, or no route", () =>
    still("3.3.2", [], async (fake) => {
      for (const path of ["/", "/home", "/nonsense", "/prefix/api/v2/version", "/auth/nope"]) {
        const answer = await call(fake, path, { token: null })
        assert.deepStrictEqual([answer.status, answer.type], [200, "text/html; charset=utf-8"], path)
        assert.isTrue(answer.text.startsWith("<!doctype html>"))
      }
      const error = async (path: string) => (await call(fake, path, { token: null })).body
      assert.deepStrictEqual(await error("/api/v1/dags"), {
        error: "/api/v1 has been removed in Airflow 3, please use its upgraded version /api/v2 instead."
      })
      assert.deepStrictEqual(await error("/health"), {
        error: "Moved in Airflow 3. Please change config to check `/api/v2/monitor/health`"
      })
      for (const path of [
        "/api/v2/nope",
        "/api/v2/version/",
        "/api/v2/dags//dagRuns",
        "/api/v2/dags/a%2Fb/x/y"
      ])
        assert.deepStrictEqual(await error(path), { error: "API route not found" }, path)
    }))

  it("with another method it is a 405 that names one", () =>
    still("3.2.1", [], async (fake) => {
      for (const [method, path] of [
        ["POST", "/nonsense"],
        ["PATCH", "/api/v2/nope"],
        ["DELETE", "/api/v2/version"]
      ] as const) {
        const answer = await call(fake, path, { method })
        assert.deepStrictEqual(
          [answer.status, answer.headers.get("allow"), answer.body],
          [405, "GET", { detail: "Method Not Allowed" }]
        )
      }
    }))

  it("what a version does not have is no route", () =>
    still("3.0.6", ["quick"], async (fake) => {
      assert.strictEqual((await api(fake, `${quick}/hello/externalLogUrl/1`)).status, 404)
      assert.strictEqual((await api(fake, `${quick}/hello`, { method: "DELETE" })).status, 405)
    }))
})

describe("a query", () => {
  for (const [query, fault] of [
    [
      "limit=abc",
      {
        type: "int_parsing",
        loc: ["query", "limit"],
        msg: "Input should be a valid integer, unable to parse string as an integer",
        input: "abc"
      }
    ],
    [
      "offset=-1",
      {
        type: "greater_than_equal",
        loc: ["query", "offset"],
        msg: "Input should be greater than or equal to 0",
        input: "-1",
        ctx: { ge: 0 }
      }
    ],
    [
      "duration_gte=long",
      {
        type: "float_parsing",
        loc: ["query", "duration_gte"],
        msg: "Input should be a valid number, unable to parse string as a number",
        input: "long"
      }
    ],
    [
      "start_date_gte=2024-13-01T00:00:00Z",
      {
        type: "datetime_from_date_parsing",
        loc: ["query", "start_date_gte"],
        msg: "Input should be a valid datetime or date, month value is outside expected range of 1-12",
        input: "2024-13-01T00:00:00Z",
        ctx: { error: "month value is outside expected range of 1-12" }
      }
    ],
    [
      "map_index=x",
      {
        type: "int_parsing",
        loc: ["query", "map_index", 0],
        msg: "Input should be a valid integer, unable to parse string as an integer",
        input: "x"
      }
    ]
  ] as const) {
    it(`that is wrong is told with its place: ${query}`, () =>
      still("3.2.1", [], async (fake) => {
        const answer = await api(fake, `${instances}?${query}`)
        assert.deepStrictEqual([answer.status, detail(answer)], [422, [fault]])
      }))
  }

  it("tells all that is wrong at once", () =>
    still("3.2.1", [], async (fake) => {
      const faults = detail(await api(fake, `${instances}?limit=-1&offset=x`)) as ReadonlyArray<Json>
      assert.deepStrictEqual(
        faults.map(({ loc }) => loc),
        [
          ["query", "limit"],
          ["query", "offset"]
        ]
      )
    }))

  it("of an unknown state is told in a sentence, before all else", () =>
    still("3.3.2", [], async (fake) => {
      for (const state of ["bogus", "", "success,failed"]) {
        const answer = await api(fake, `${instances}?limit=abc&state=${state}`)
        assert.strictEqual(answer.status, 422)
        assert.match(
          String(detail(answer)),
          /^Invalid value for state\. Valid values are .*, awaiting_input$/
        )
      }
      for (const state of ["none", "no_status", "success"])
        assert.strictEqual((await api(fake, `${instances}?state=${state}`)).status, 200)
    }))

  it("of a time without an offset makes the server crash", async () => {
    for (const [version, type] of [
      ["3.2.1", "text/plain; charset=utf-8"],
      ["3.3.2", "application/json"]
    ] as const) {
      await still(version, [], async (fake) => {
        const answer = await api(fake, `${instances}?start_date_gte=2024-01-01T00:00:00`)
        assert.deepStrictEqual([answer.status, answer.type], [500, type])
      })
    }
  })

  it("that is not known is passed over, and so is a filter of a later version", () =>
    still("3.0.6", [], async (fake) => {
      assert.strictEqual(
        (await api(fake, `${instances}?bogus=1&try_number=x&map_index=x&cursor=x`)).status,
        200
      )
    }))

  it("of an order that there is not: 400", () =>
    still("3.2.1", [], async (fake) => {
      const answer = await api(fake, `${instances}?order_by=-start_date&order_by=nope`)
      assert.deepStrictEqual(
        [answer.status, detail(answer)],
        [400, "Ordering with 'nope' is disallowed or the attribute does not exist on the model"]
      )
    }))
})

describe("a row", () => {
  for (const version of versions) {
    it(`${version}: has the fields of its version, in their order`, () =>
      still(version, ["quick"], async (fake, clock) => {
        clock.advance(hour)
        const { body } = await api(fake, `${quick}/hello`)
        const since31 = version !== "3.0.6"
        assert.deepStrictEqual(Object.keys(body), [
          "id",
          "task_id",
          "dag_id",
          "dag_run_id",
          "map_index",
          "logical_date",
          "run_after",
          "start_date",
          "end_date",
          "duration",
          "state",
          "try_number",
          "max_tries",
          "task_display_name",
          ...(since31 ? ["dag_display_name"] : []),
          "hostname",
          "unixname",
          "pool",
          "pool_slots",
          "queue",
          "priority_weight",
          "operator",
          ...(since31 ? ["operator_name"] : []),
          "queued_when",
          "scheduled_when",
          "pid",
          "executor",
          "executor_config",
          "note",
          "rendered_map_index",
          "rendered_fields",
          "trigger",
          "triggerer_job",
          "dag_version"
        ])
        assert.match(String(body["id"]), /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
        assert.deepInclude(body, {
          logical_date: null,
          run_after: "2024-01-01T00:00:00Z",
          scheduled_when: "2024-01-01T00:00:00.200000Z",
          queued_when: "2024-01-01T00:00:00.700000Z",
          start_date: "2024-01-01T00:00:01.200000Z",
          state: "success",
          try_number: 1
        })
      }))
  }

  it("is another one after each attempt that fails", () =>
    still("3.3.2", ["flaky"], async (fake, clock) => {
      const path = "/dags/flaky/dagRuns/r/taskInstances/fails_twice"
      const seen: Array<unknown> = []
      for (let second = 0; second < 30; second++) {
        const { body } = await api(fake, path)
        const now = [body["id"], body["state"] === "up_for_retry"]
        if (seen.at(-1) !== now[0]) seen.push(now[0])
        clock.advance(500)
      }
      assert.lengthOf(seen, 3)
      assert.deepStrictEqual([...seen].sort(), seen)
    }))

  it("in a list has no rendered fields before 3.3", async () => {
    for (const [version, fields] of [
      ["3.2.1", {}],
      ["3.3.2", { templates_dict: null, op_args: [], op_kwargs: {} }]
    ] as const) {
      await still(version, ["quick"], async (fake, clock) => {
        clock.advance(hour)
        assert.deepStrictEqual(rows(await api(fake, quick))[0]?.["rendered_fields"], fields)
        assert.isNotEmpty((await api(fake, `${quick}/hello`)).body["rendered_fields"])
      })
    }
  })

  it("of a deferred task has its trigger", () =>
    still("3.2.1", ["deferred"], async (fake, clock) => {
      clock.advance(4000)
      const { body } = await api(fake, "/dags/deferred/dagRuns/r/taskInstances/waits")
      assert.strictEqual(body["state"], "deferred")
      assert.deepInclude(body["trigger"], { id: 1, queue: null, triggerer_id: 2 })
      assert.deepInclude(body["triggerer_job"], { job_type: "TriggererJob", dag_display_name: null })
    }))
})

describe("what is not there", () => {
  const missed = async (version: string, path: string) => {
    let found: unknown
    await still(version, ["quick", "mapped"], async (fake, clock) => {
      clock.advance(hour)
      const answer = await api(fake, path)
      assert.strictEqual(answer.status, 404, path)
      found = detail(answer)
    })
    return found
  }

  for (const [what, version, path, said] of [
    [
      "a task",
      "3.2.1",
      `${quick}/nope`,
      "The Task Instance with dag_id: `quick`, run_id: `r` and task_id: `nope` was not found"
    ],
    [
      "an index",
      "3.2.1",
      `${mapped}/99`,
      "The Mapped Task Instance with dag_id: `mapped`, run_id: `r`, task_id: `square`, and map_index: `99` was not found"
    ],
    [
      "a mapped task without its index",
      "3.2.1",
      mapped,
      "Task instance is mapped, add the map_index value to the URL"
    ],
    [
      "a run, 3.2",
      "3.2.1",
      "/dags/quick/dagRuns/x/taskInstances",
      "DagRun with dag_id: `quick` and run_id: `x` was not found"
    ],
    ["a run, 3.1", "3.1.8", "/dags/quick/dagRuns/x/taskInstances", "DagRun with run_id: `x` was not found"],
    ["a DAG, 3.0", "3.0.6", "/dags/x/dagRuns/~/taskInstances", "DAG with dag_id: `x` was not found"],
    ["a DAG, 3.1", "3.1.8", "/dags/x/dagRuns/~/taskInstances", "The Dag with ID: `x` was not found"],
    ["a mapped task", "3.2.1", `${quick}/hello/listMapped`, "Task id hello is not mapped"],
    ["a task to list", "3.2.1", `${quick}/nope/listMapped`, "Task id nope not found"],
    ["the links of a task", "3.2.1", `${quick}/nope/links`, "Task with ID = nope not found"],
    ["the links of a task, 3.3", "3.3.2", `${quick}/nope/links`, "TaskInstance not found"],
    [
      "an attempt",
      "3.3.2",
      `${quick}/hello/tries/9`,
      "The Task Instance with dag_id: `quick`, run_id: `r`, task_id: `hello`, try_number: `9` and map_index: `-1` was not found"
    ],
    [
      "a run by itself",
      "3.3.2",
      "/dags/quick/dagRuns/x",
      "The DagRun with dag_id: `quick` and run_id: `x` was not found"
    ]
  ] as const) {
    it(what, async () => assert.strictEqual(await missed(version, path), said))
  }

  it("the dependencies of a task say so in a list", async () =>
    assert.deepStrictEqual(await missed("3.2.1", `${quick}/nope/dependencies`), [
      "The Task Instance with dag_id: `quick`, run_id: `r`, task_id: `nope` and map_index: `-1` was not found"
    ]))

  it("a run of all DAGs cannot be asked for since 3.2", async () => {
    for (const [version, status] of [
      ["3.1.8", 200],
      ["3.2.1", 400]
    ] as const) {
      await still(version, ["quick"], async (fake) =>
        assert.strictEqual((await api(fake, "/dags/~/dagRuns/r/taskInstances")).status, status)
      )
    }
  })
})

describe("a list", () => {
  it("is cut to a hundred silently since 3.1.7, and to fifty when no limit is given", async () => {
    for (const [version, most] of [
      ["3.0.6", 130],
      ["3.1.6", 130],
      ["3.1.8", 100],
      ["3.3.2", 100]
    ] as const) {
      await still(
        version,
        ["wide"],
        async (fake, clock) => {
          clock.advance(hour)
          const answer = await api(fake, `${instances}?limit=500`)
          assert.deepStrictEqual([rows(answer).length, answer.body["total_entries"]], [most, 130], version)
          assert.lengthOf(rows(await api(fake, instances)), 50)
          const batch = { method: "POST", body: { page_limit: 500 } }
          assert.lengthOf(rows(await api(fake, `${instances}/list`, batch)), 130)
        },
        { dags: [wide] }
      )
    }
  })

  it("walked by offsets has each row once, in one order", () =>
    still(
      "3.2.1",
      ["wide"],
      async (fake, clock) => {
        clock.advance(hour)
        const ids: Array<unknown> = []
        for (let offset = 0; offset < 130; offset += 40)
          ids.push(...rows(await api(fake, `${instances}?limit=40&offset=${offset}`)).map(({ id }) => id))
        assert.lengthOf(ids, 130)
        assert.lengthOf([...new Set(ids)], 130)
        assert.deepStrictEqual([...ids].sort(), ids)
      },
      { dags: [wide] }
    ))

  it("walked by cursors has each row once, forward and back", () =>
    still(
      "3.3.2",
      ["wide"],
      async (fake, clock) => {
        clock.advance(hour)
        const at = (cursor: unknown) =>
          api(fake, `${instances}?limit=40&cursor=${encodeURIComponent(String(cursor))}`)
        const pages: Array<ReadonlyArray<unknown>> = []
        let answer = await at("")
        assert.isNull(answer.body["previous_cursor"])
        for (;;) {
          assert.deepInclude(answer.body, { total_entries: 130, total_entries_limit: 50_000 })
          pages.push(rows(answer).map(({ task_id }) => task_id))
          const next = answer.body["next_cursor"]
          if (next === null) break
          answer = await at(next)
        }
        assert.deepStrictEqual(
          pages.map((page) => page.length),
          [40, 40, 40, 10]
        )
        assert.lengthOf([...new Set(pages.flat())], 130)
        assert.match(String(answer.body["previous_cursor"]), /^~/)
        const back = await at(answer.body["previous_cursor"])
        assert.deepStrictEqual(
          rows(back).map(({ task_id }) => task_id),
          pages[2]
        )
      },
      { dags: [wide] }
    ))

  it("refuses a cursor that it does not know, or of another order", () =>
    still("3.2.2", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      assert.deepInclude(await api(fake, `${instances}?cursor=x`), {
        status: 400,
        body: { detail: "Invalid cursor token" }
      })
      const { body } = await api(fake, `${instances}?limit=1&cursor=`)
      assert.isNull(body["total_entries"])
      const other = await api(
        fake,
        `${instances}?limit=1&order_by=state&order_by=map_index&cursor=${String(body["next_cursor"])}`
      )
      assert.deepInclude(other, {
        status: 400,
        body: { detail: "Cursor token does not match current query shape" }
      })
    }))

  it("knows no cursors before 3.2.2", () =>
    still("3.2.1", ["quick"], async (fake) => {
      const { body } = await api(fake, `${instances}?cursor=x`)
      assert.deepStrictEqual(Object.keys(body), ["task_instances", "total_entries"])
    }))

  it("is filtered by each of the parameters", () =>
    still("3.3.2", ["quick", "mapped", "failing"], async (fake, clock) => {
      clock.advance(hour)
      const count = async (query: string) => (await api(fake, `${instances}?${query}`)).body["total_entries"]
      for (const [query, found] of [
        ["state=failed", 2],
        ["state=failed&state=upstream_failed", 3],
        ["state=none", 0],
        ["map_index=3", 1],
        ["task_id=hello", 1],
        ["try_number=0", 1],
        ["operator=_PythonDecoratedOperator", 10],
        ["pool=default_pool", 10],
        ["pool=default_pool,other", 0],
        ["version_number=1", 10],
        ["version_number=2", 0],
        ["dag_id_pattern=qui%25", 2],
        ["task_display_name_pattern=squ_re", 5],
        ["start_date_gt=2024-01-01T00:00:01.2Z", 7],
        ["start_date_gte=2024-01-01T00:00:01.2Z", 10],
        ["run_after_lt=2024-01-01T00:00:00Z", 0],
        ["duration_gte=100", 0]
      ] as const)
        assert.strictEqual(await count(query), found, query)
    }))

  it("puts what has no value first since 3.2, as SQLite does, and last before", async () => {
    for (const [version, order] of [
      ["3.1.8", ["hello", "bye"]],
      ["3.3.2", ["bye", "hello"]]
    ] as const) {
      await still(version, ["quick"], async (fake, clock) => {
        clock.advance(1500)
        const answer = await api(fake, `${instances}?order_by=start_date`)
        assert.deepStrictEqual(
          rows(answer).map(({ task_id }) => task_id),
          [...order]
        )
      })
    }
  })
})

describe("the batch", () => {
  const batch = (fake: Parameters<typeof api>[0], body: unknown, headers = {}) =>
    api(fake, `${instances}/list`, { method: "POST", body, headers })

  it("refuses what it does not know, and takes null for nothing", () =>
    still("3.2.1", ["quick"], async (fake) => {
      assert.deepStrictEqual(detail(await batch(fake, { bogus: 1 })), [
        {
          type: "extra_forbidden",
          loc: ["body", "bogus"],
          msg: "Extra inputs are not permitted",
          input: 1
        }
      ])
      const weird = detail(await batch(fake, { state: ["weird", null] })) as ReadonlyArray<Json>
      assert.deepInclude(weird[0], { type: "enum", loc: ["body", "state", 0], input: "weird" })
      assert.lengthOf(weird, 1)
      const answer = await batch(fake, { dag_ids: null, state: [null], page_limit: 10 })
      assert.deepStrictEqual([answer.status, rows(answer).length], [200, 2])
    }))

  for (const [body, fault] of [
    ["", { type: "missing", loc: ["body"], msg: "Field required", input: null }],
    ["null", { type: "missing", loc: ["body"], msg: "Field required", input: null }],
    [
      "[]",
      {
        type: "model_attributes_type",
        loc: ["body"],
        msg: "Input should be a valid dictionary or object to extract fields from",
        input: []
      }
    ],
    [
      "{",
      {
        type: "json_invalid",
        loc: ["body", 1],
        msg: "JSON decode error",
        input: {},
        ctx: { error: "Expecting property name enclosed in double quotes" }
      }
    ]
  ] as const) {
    it(`is told what is wrong with the body ${JSON.stringify(body)}`, () =>
      still("3.2.1", [], async (fake) => assert.deepStrictEqual(detail(await batch(fake, body)), [fault])))
  }

  it("of a DAG is not there: the ids must be ~", () =>
    still("3.2.1", ["quick"], async (fake) => {
      const answer = await api(fake, `${quick}/list`, { method: "POST", body: {} })
      assert.deepStrictEqual(
        (detail(answer) as ReadonlyArray<Json>).map(({ loc, type }) => [type, loc]),
        [
          ["literal_error", ["path", "dag_id"]],
          ["literal_error", ["path", "dag_run_id"]]
        ]
      )
    }))

  it("wants an offset with a time", () =>
    still("3.2.1", [], async (fake) => {
      const faults = detail(await batch(fake, { start_date_gte: "2024-01-01" })) as ReadonlyArray<Json>
      assert.deepInclude(faults[0], { type: "timezone_aware", loc: ["body", "start_date_gte"] })
    }))

  it("may be read by a viewer", () =>
    still("3.2.1", ["quick"], async (fake) => {
      const answer = await api(fake, `${instances}/list`, { method: "POST", body: {}, user: "viewer" })
      assert.lengthOf(rows(answer), 2)
    }))
})

describe("mapped tasks", () => {
  it("are listed in the order that is asked for", () =>
    still("3.2.1", ["mapped"], async (fake, clock) => {
      clock.advance(hour)
      const answer = await api(fake, `${mapped}/listMapped?limit=2&offset=1&order_by=-map_index`)
      assert.deepStrictEqual(
        rows(answer).map(({ map_index, rendered_map_index }) => [map_index, rendered_map_index]),
        [
          [3, "4"],
          [2, "3"]
        ]
      )
      assert.strictEqual(answer.body["total_entries"], 5)
    }))

  it("that are not mapped have the index -1", () =>
    still("3.2.1", ["quick"], async (fake) => {
      assert.strictEqual((await api(fake, `${quick}/hello/-1`)).status, 200)
      assert.strictEqual((await api(fake, `${quick}/hello/0`)).status, 404)
      assert.strictEqual((await api(fake, `${quick}/hello/x`)).status, 422)
    }))
})

describe("links", () => {
  it("lead to the run that was triggered", () =>
    still("3.2.1", ["links"], async (fake, clock) => {
      clock.advance(hour)
      const { body } = await api(fake, "/dags/links/dagRuns/r/taskInstances/trigger/links")
      assert.strictEqual(body["total_entries"], 1)
      assert.match(
        String((body["extra_links"] as Json)["Triggered DAG"]),
        /^\/dags\/quick\/runs\/manual__2024-01-01T[\d:.]+\+00:00$/
      )
      assert.deepStrictEqual((await api(fake, `${quick}/hello/links`)).status, 404)
    }))
})

describe("attempts", () => {
  it("are told of with those before, but for one that waits", () =>
    still("3.3.2", ["flaky"], async (fake, clock) => {
      const path = "/dags/flaky/dagRuns/r/taskInstances/fails_twice/tries"
      const tried = async () =>
        rows(await api(fake, path)).map(({ state, try_number }) => [try_number, state])
      assert.deepStrictEqual(await tried(), [[0, null]])
      clock.advance(3000)
      assert.deepStrictEqual(await tried(), [[1, "failed"]])
      clock.advance(hour)
      assert.deepStrictEqual(await tried(), [
        [1, "failed"],
        [2, "failed"],
        [3, "success"]
      ])
      assert.deepInclude((await api(fake, `${path}/2`)).body, { try_number: 2, state: "failed" })
    }))
})

describe("dependencies", () => {
  it("say why a task has not been started", () =>
    still("3.2.1", ["quick"], async (fake, clock) => {
      const { body } = await api(fake, `${quick}/bye/dependencies`)
      assert.deepStrictEqual(
        (body["dependencies"] as ReadonlyArray<Json>).map(({ name }) => name),
        ["Dagrun Running", "Task Instance State", "Trigger Rule"]
      )
      clock.advance(hour)
      assert.deepStrictEqual((await api(fake, `${quick}/bye/dependencies`)).body, { dependencies: [] })
    }))
})

describe("runs", () => {
  it("are triggered with a conf and a note, and are found", () =>
    still("3.3.2", [], async (fake, clock) => {
      const answer = await api(fake, "/dags/quick/dagRuns", {
        method: "POST",
        body: { dag_run_id: "x", logical_date: null, conf: { a: 1 }, note: "n" }
      })
      assert.strictEqual(answer.status, 200)
      assert.deepInclude(answer.body, { dag_run_id: "x", state: "queued", conf: { a: 1 }, note: "n" })
      clock.advance(hour)
      assert.deepInclude((await api(fake, "/dags/quick/dagRuns/x")).body, { state: "success" })
      const list = await api(fake, "/dags/quick/dagRuns")
      assert.deepInclude(list.body, { total_entries: 1, next_cursor: null })
    }))

  for (const [what, body, status, said] of [
    [
      "without a date",
      {},
      422,
      [{ type: "missing", loc: ["body", "logical_date"], msg: "Field required", input: {} }]
    ],
    ["with an odd id", { logical_date: null, dag_run_id: "bad id!" }, 400, undefined],
    ["that is there already", { logical_date: null, dag_run_id: "r" }, 409, undefined]
  ] as const) {
    it(`${what} are refused`, () =>
      still("3.2.1", ["quick"], async (fake) => {
        const answer = await api(fake, "/dags/quick/dagRuns", { method: "POST", body })
        assert.strictEqual(answer.status, status)
        if (said !== undefined) assert.deepStrictEqual(detail(answer), said)
        if (status === 409)
          assert.deepInclude(detail(answer), { reason: "Unique constraint violation", statement: "hidden" })
      }))
  }

  it("of the same date are refused, too", () =>
    still("3.2.1", [], async (fake) => {
      const body = { logical_date: "2024-01-01T00:00:00Z" }
      const trigger = (dag_run_id: string) =>
        api(fake, "/dags/quick/dagRuns", { method: "POST", body: { ...body, dag_run_id } })
      assert.strictEqual((await trigger("a")).status, 200)
      assert.strictEqual((await trigger("b")).status, 409)
    }))

  it("all DAGs are listed, sorted", () =>
    still(
      "3.2.1",
      [],
      async (fake) => {
        const { body } = await api(fake, "/dags?limit=2")
        assert.deepStrictEqual(
          (body["dags"] as ReadonlyArray<Json>).map(({ dag_id }) => dag_id),
          ["a", "b"]
        )
        assert.strictEqual(body["total_entries"], 3)
      },
      { dags: ["c", "a", "b"].map((id) => dag(id, [task("t")])) }
    ))
})

describe("compression", () => {
  it("is there for who accepts it, over the socket", () =>
    still("3.2.1", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      const headers = { authorization: `Bearer ${await login(fake)}` }
      const ask = (coding: string) =>
        fetch(`${fake.baseUrl}/api/v2${instances}`, { headers: { ...headers, "accept-encoding": coding } })
      const [zipped, plain] = [await ask("gzip"), await ask("identity")]
      assert.deepStrictEqual(
        [zipped, plain].map((response) => [
          response.headers.get("content-encoding"),
          response.headers.get("content-length") === null
        ]),
        [
          ["gzip", true],
          [null, false]
        ]
      )
      assert.strictEqual(await zipped.text(), await plain.text())
    }))
})

describe("versions", () => {
  it("that there are not are refused", async () => {
    for (const version of ["4.0.0", "1.10.15", "2.6.3", "three"]) {
      let message = ""
      await FakeAirflow.start({ version }).then(
        (fake) => fake.close(),
        (error: unknown) => {
          message = String(error)
        }
      )
      assert.include(message, version)
    }
  })

  it("of several web servers answer in turn, and must speak one API", async () => {
    await still(["3.2.1", "3.3.2"], [], async (fake) => {
      const seen: Array<unknown> = []
      for (let index = 0; index < 4; index++)
        seen.push((await api(fake, "/version", { token: null })).body["version"])
      assert.deepStrictEqual(seen, ["3.2.1", "3.3.2", "3.2.1", "3.3.2"])
      assert.throws(() => fake.setVersion(["2.11.0", "3.3.2"]), /same API/)
    })
  })

  it("can change while a task runs: its records stay, and go on", () =>
    still("3.2.1", ["ticker"], async (fake, clock) => {
      const tick = { dag_id: "ticker", dag_run_id: "r", task_id: "tick" }
      clock.advance(5000)
      const before = fake.records(tick)
      fake.setVersion("3.3.2")
      assert.strictEqual((await api(fake, "/version", { token: null })).body["version"], "3.3.2")
      assert.deepStrictEqual(fake.records(tick), before)
      clock.advance(hour)
      assert.deepStrictEqual(fake.records(tick).slice(0, before.length), before)
      assert.notInclude(fake.written(tick), "::group::Pre Execute")
      fake.trigger("ticker", { dag_run_id: "later" })
      clock.advance(hour)
      assert.include(fake.written({ ...tick, dag_run_id: "later" }), "::group::Pre Execute")
    }))
})
