import { dag, lines, print, raise, task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import { base, type Fake, hour, json, type RequestOptions, still as stillV1 } from "./fixtures.js"
import { api, type Json, logPage, rows, still } from "./fixturesV2.js"

const quick = "/dags/quick/dagRuns/r/taskInstances"
const failing = "/dags/failing/dagRuns/r/taskInstances"
const mapped = "/dags/mapped/dagRuns/r/taskInstances/square"

const patch = (fake: Fake, path: string, body: unknown) => api(fake, path, { method: "PATCH", body })
const post = (fake: Fake, path: string, body: unknown) => api(fake, path, { method: "POST", body })

const states = async (fake: Fake, path: string) =>
  Object.fromEntries(rows(await api(fake, path)).map(({ state, task_id }) => [task_id, state]))

const ticking = dag("d", [
  task("t", { run: [lines(100, 500, String)] }),
  task("after", { upstream: ["t"], run: [print("after")] })
])

describe("a patch, API v2", () => {
  it("of nothing changes nothing, and gives the row in a list", () =>
    still("3.2.1", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      const answer = await patch(fake, `${quick}/hello`, {})
      assert.deepStrictEqual([answer.status, answer.body["total_entries"]], [200, 1])
      assert.deepStrictEqual(rows(answer)[0], (await api(fake, `${quick}/hello`)).body)
    }))

  it("sets the note, or takes it away", () =>
    still("3.2.1", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      for (const note of ["n", null]) {
        const changed = await patch(fake, `${quick}/hello?update_mask=note`, { note })
        assert.strictEqual(rows(changed)[0]?.["note"], note)
      }
      const answer = await patch(fake, `${quick}/hello`, { note: "x".repeat(1001) })
      assert.deepInclude((answer.body["detail"] as ReadonlyArray<Json>)[0], { type: "string_too_long" })
    }))

  it("sets the state at once; what failed because of it is tried again", () =>
    still("3.3.2", ["failing"], async (fake, clock) => {
      clock.advance(hour)
      const ended = (await api(fake, `${failing}/fails`)).body["end_date"]
      const [row] = rows(await patch(fake, `${failing}/fails`, { new_state: "success" }))
      assert.deepInclude(row, { state: "success", end_date: ended })
      assert.deepStrictEqual(await states(fake, failing), { fails: "success", never: null })
      clock.advance(hour)
      assert.deepStrictEqual(await states(fake, failing), { fails: "success", never: "success" })
    }))

  it("to the state that is there already: 409", () =>
    still("3.2.1", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      const answer = await patch(fake, `${quick}/hello`, { new_state: "success" })
      assert.deepStrictEqual(
        [answer.status, answer.body],
        [409, { detail: "Task id hello is already in success state" }]
      )
    }))

  it("to a state that cannot be set: 422", () =>
    still("3.2.1", ["quick"], async (fake) => {
      const { body } = await patch(fake, `${quick}/hello`, { new_state: "running" })
      assert.deepStrictEqual(body["detail"], [
        {
          type: "value_error",
          loc: ["body", "new_state"],
          msg: "Value error, 'running' is not one of ['success', 'failed', 'skipped']",
          input: "running",
          ctx: { error: {} }
        }
      ])
    }))

  it("changes only what is in the mask", () =>
    still("3.2.1", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      const both = { note: "n", new_state: "failed" }
      const [row] = rows(await patch(fake, `${quick}/hello?update_mask=note`, both))
      assert.deepInclude(row, { note: "n", state: "success" })
    }))

  it("dry, it says what would be changed", () =>
    still("3.2.1", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      const dry = async (body: unknown) => rows(await patch(fake, `${quick}/hello/dry_run`, body)).length
      assert.strictEqual(await dry({ new_state: "success" }), 0)
      assert.strictEqual(await dry({ new_state: "failed" }), 1)
      assert.strictEqual(await dry({ new_state: "failed", include_downstream: true }), 2)
      assert.deepStrictEqual(await states(fake, quick), { hello: "success", bye: "success" })
    }))

  it("of a mapped task without an index is one of all, since 3.1", async () => {
    for (const [version, status] of [
      ["3.0.6", 404],
      ["3.1.8", 200]
    ] as const) {
      await still(version, ["mapped"], async (fake, clock) => {
        clock.advance(hour)
        assert.strictEqual((await patch(fake, mapped, { note: "all" })).status, status)
        const three = await patch(fake, `${mapped}/3`, { note: "three" })
        assert.deepInclude(rows(three)[0], { map_index: 3, note: "three" })
      })
    }
  })

  it("of a running task stops it a little later", () =>
    still(
      "3.3.2",
      ["d"],
      async (fake, clock) => {
        clock.advance(4000)
        const path = "/dags/d/dagRuns/r/taskInstances/t"
        assert.strictEqual(rows(await patch(fake, path, { new_state: "success" }))[0]?.["state"], "success")
        const before = await logPage(fake, `${path}/logs/1`)
        assert.isNull(before.token)
        clock.advance(hour)
        const after = await logPage(fake, `${path}/logs/1`)
        assert.isAbove(after.content.length, before.content.length)
        assert.strictEqual(
          after.events.at(-1),
          "Server indicated the task shouldn't be running anymore. Terminating process"
        )
        assert.deepStrictEqual(await states(fake, "/dags/d/dagRuns/r/taskInstances"), {
          t: "success",
          after: "success"
        })
      },
      { dags: [ticking] }
    ))
})

describe("clearing, API v2", () => {
  const clear = (fake: Fake, dag_id: string, body: unknown) =>
    post(fake, `/dags/${dag_id}/clearTaskInstances`, body)

  it("is dry unless it is told otherwise, and of what failed", () =>
    still("3.2.1", ["failing", "quick"], async (fake, clock) => {
      clock.advance(hour)
      assert.lengthOf(rows(await clear(fake, "failing", {})), 2)
      assert.lengthOf(rows(await clear(fake, "quick", {})), 0)
      assert.deepStrictEqual(await states(fake, failing), { fails: "failed", never: "upstream_failed" })
    }))

  it("runs again, with the run, and keeps the attempts", () =>
    still("3.2.1", ["failing"], async (fake, clock) => {
      clock.advance(hour)
      const cleared = rows(await clear(fake, "failing", { dry_run: false, dag_run_id: "r" }))
      assert.deepStrictEqual(
        cleared.map(({ max_tries, state, task_id }) => [task_id, state, max_tries]),
        [
          ["fails", null, 1],
          ["never", null, 0]
        ]
      )
      assert.strictEqual((await api(fake, "/dags/failing/dagRuns/r")).body["state"], "queued")
      clock.advance(hour)
      const tries = rows(await api(fake, `${failing}/fails/tries`))
      assert.deepStrictEqual(
        tries.map(({ state, try_number }) => [try_number, state]),
        [
          [1, "failed"],
          [2, "failed"]
        ]
      )
    }))

  it("of one index is of that one", () =>
    still("3.3.2", ["mapped"], async (fake, clock) => {
      clock.advance(hour)
      const found = rows(
        await clear(fake, "mapped", { dag_run_id: "r", task_ids: [["square", 3]], only_failed: false })
      )
      assert.deepStrictEqual(
        found.map(({ map_index }) => map_index),
        [3]
      )
    }))

  it("of what runs is refused when it is told so", () =>
    still(
      "3.3.2",
      ["d"],
      async (fake, clock) => {
        clock.advance(4000)
        const body = { dry_run: false, only_failed: false, dag_run_id: "r", prevent_running_task: true }
        assert.strictEqual((await clear(fake, "d", body)).status, 409)
        const [row] = rows(await clear(fake, "d", { ...body, prevent_running_task: false, task_ids: ["t"] }))
        assert.strictEqual(row?.["state"], "restarting")
      },
      { dags: [ticking] }
    ))

  it("that contradicts itself is a 422 in 3.3, and a crash before", async () => {
    for (const [version, status] of [
      ["3.2.1", 500],
      ["3.3.2", 422]
    ] as const) {
      await still(version, ["quick"], async (fake) => {
        for (const body of [
          { only_failed: true, only_running: true },
          { task_ids: [] },
          { dag_run_id: "r", start_date: "2024-01-01T00:00:00Z" },
          { start_date: "2024-01-02T00:00:00Z", end_date: "2024-01-01T00:00:00Z" }
        ])
          assert.strictEqual((await clear(fake, "quick", body)).status, status, JSON.stringify(body))
      })
    }
  })

  it("of other runs needs a date", () =>
    still("3.2.1", ["quick"], async (fake) => {
      const answer = await clear(fake, "quick", { dag_run_id: "r", include_past: true })
      assert.strictEqual(answer.status, 400)
      assert.strictEqual((await clear(fake, "quick", { dag_run_id: "x" })).status, 404)
    }))
})

describe("many at once, API v2", () => {
  const bulk = async (fake: Fake, actions: unknown) => patch(fake, quick, { actions })

  it("tells of each, in the words of its version", async () => {
    const actions = [
      { action: "update", entities: [{ task_id: "hello", note: "n", dag_id: "quick", dag_run_id: "r" }] },
      { action: "update", action_on_non_existence: "skip", entities: [{ task_id: "x", note: "n" }] },
      { action: "delete", entities: ["x", "bye"] },
      { action: "create", entities: [{ task_id: "y" }] }
    ]
    await still("3.3.2", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      assert.deepStrictEqual((await bulk(fake, actions)).body, {
        create: {
          success: [],
          errors: [{ error: "Task instances bulk create is not supported", status_code: 405 }]
        },
        update: { success: ["quick.r.hello[-1]"], errors: [] },
        delete: {
          success: ["quick.r.bye[-1]"],
          errors: [
            { error: "No task instances found for dag_id: quick, run_id: r, task_id: x", status_code: 404 }
          ]
        }
      })
      assert.deepStrictEqual(await states(fake, quick), { hello: "success" })
    })
    await still("3.1.8", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      const refused = await bulk(fake, actions)
      assert.deepInclude((refused.body["detail"] as ReadonlyArray<Json>)[0], {
        loc: ["body", "actions", 0, "update", "entities", 0, "dag_id"]
      })
      const { body } = await bulk(fake, [
        { action: "update", entities: [{ task_id: "x" }, { task_id: "hello", note: "n" }] },
        { action: "delete", entities: ["bye"] }
      ])
      assert.deepStrictEqual((body["update"] as Json)["success"], [])
      assert.deepStrictEqual((body["delete"] as Json)["success"], ["bye"])
    })
  })

  it("in 3.2 changes nothing where the entity does not say which DAG it is of", () =>
    still("3.2.1", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      const { body } = await bulk(fake, [{ action: "update", entities: [{ task_id: "hello", note: "n" }] }])
      assert.deepStrictEqual(body["update"], { success: [], errors: [] })
      assert.isNull((await api(fake, `${quick}/hello`)).body["note"])
    }))

  it("of another kind of action is a crash", () =>
    still("3.2.1", ["quick"], async (fake) => {
      assert.strictEqual((await bulk(fake, [{ action: "weird", entities: [] }])).status, 500)
      assert.strictEqual((await patch(fake, quick, {})).status, 422)
    }))
})

describe("deleting, API v2", () => {
  it("takes the task instance away, with its log", () =>
    still("3.3.2", ["quick"], async (fake, clock) => {
      clock.advance(hour)
      const remove = () => api(fake, `${quick}/hello`, { method: "DELETE" })
      const answer = await remove()
      assert.deepStrictEqual([answer.status, answer.text], [200, "null"])
      assert.strictEqual((await remove()).status, 404)
      assert.strictEqual((await api(fake, `${quick}/hello/logs/1`)).status, 404)
    }))
})

describe("API v1", () => {
  const send = (fake: Fake, path: string, body: unknown, options: RequestOptions = {}) =>
    json(fake, `${base}${path}`, {
      method: "PATCH",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
      ...options
    })
  const hello = "/quick/dagRuns/r/taskInstances/hello"
  const reference = {
    dag_id: "quick",
    dag_run_id: "r",
    execution_date: "2024-01-01T00:00:00+00:00",
    task_id: "hello"
  }

  it("a patch is dry unless it is told otherwise, and then says nothing", () =>
    stillV1(["quick"], async (fake, clock) => {
      clock.advance(hour)
      assert.deepInclude(await send(fake, hello, { new_state: "failed" }), { status: 200, body: reference })
      const state = async () => (await json(fake, `${base}${hello}`)).body["state"]
      assert.strictEqual(await state(), "success")
      assert.deepInclude(await send(fake, hello, { dry_run: false, new_state: "failed" }), {
        status: 200,
        body: {}
      })
      assert.strictEqual(await state(), "failed")
    }))

  for (const [body, detail] of [
    [{}, "{'new_state': ['Missing data for required field.']}"],
    [{ new_state: "weird" }, "'weird' is not one of ['success', 'failed', 'skipped'] - 'new_state'"],
    [{ new_state: null }, "None is not of type 'string' - 'new_state'"],
    [{ new_state: "success", bogus: 1 }, "{'bogus': ['Unknown field.']}"]
  ] as const) {
    it(`a patch of ${JSON.stringify(body)} is refused`, () =>
      stillV1(["quick"], async (fake) => {
        const answer = await send(fake, hello, body)
        assert.deepStrictEqual([answer.status, answer.body["detail"]], [400, detail])
      }))
  }

  it("a note is set, and is a text", () =>
    stillV1(["quick", "mapped"], async (fake) => {
      assert.strictEqual((await send(fake, `${hello}/setNote`, { note: "n" })).body["note"], "n")
      assert.strictEqual((await json(fake, `${base}${hello}`)).body["note"], "n")
      const said = async (body: unknown) => (await send(fake, `${hello}/setNote`, body)).body["detail"]
      assert.strictEqual(await said({}), "'note' is a required property")
      assert.strictEqual(await said({ note: null }), "None is not of type 'string' - 'note'")
      assert.strictEqual(
        await said({ note: "x".repeat(1001) }),
        "{'note': ['Longer than maximum length 1000.']}"
      )
      const unknown = await send(fake, "/mapped/dagRuns/r/taskInstances/square/9/setNote", { note: "n" })
      assert.deepStrictEqual(
        [unknown.status, unknown.body["title"]],
        [404, "Task Instance not found for dag_id=mapped, run_id=r, task_id=square"]
      )
    }))

  it("attempts are told of; of an unknown task there are none", () =>
    stillV1(["flaky"], async (fake, clock) => {
      clock.advance(hour)
      const path = `${base}/flaky/dagRuns/r/taskInstances/fails_twice/tries`
      const { body } = await json(fake, path)
      const attempts = body["task_instances"] as ReadonlyArray<Json>
      assert.deepStrictEqual(
        attempts.map(({ state, try_number }) => [try_number, state]),
        [
          [1, "failed"],
          [2, "failed"],
          [3, "success"]
        ]
      )
      assert.notProperty(attempts[0], "execution_date")
      assert.deepInclude((await json(fake, `${path}/2`)).body, { try_number: 2 })
      assert.strictEqual((await json(fake, `${path}/9`)).status, 404)
      const unknown = await json(fake, `${base}/flaky/dagRuns/r/taskInstances/x/tries`)
      assert.deepInclude(unknown, { status: 200, body: { task_instances: [], total_entries: 0 } })
    }))

  it("dependencies say why a task waits", () =>
    stillV1(["quick"], async (fake) => {
      const { body } = await json(fake, `${base}/quick/dagRuns/r/taskInstances/bye/dependencies`)
      assert.deepStrictEqual(
        (body["dependencies"] as ReadonlyArray<Json>).map(({ name }) => name),
        ["Dagrun Running", "Task Instance State", "Trigger Rule"]
      )
      assert.strictEqual(
        (await json(fake, `${base}/quick/dagRuns/r/taskInstances/x/dependencies`)).status,
        404
      )
    }))

  const state = {
    task_id: "hello",
    dag_run_id: "r",
    include_upstream: false,
    include_downstream: false,
    include_future: false,
    include_past: false,
    new_state: "failed"
  }
  const setStates = (fake: Fake, body: unknown, dag_id = "quick") =>
    send(fake, `/${dag_id}/updateTaskInstancesState`, body, { method: "POST" })

  it("states are set for a task and those after it", () =>
    stillV1(["quick"], async (fake, clock) => {
      clock.advance(hour)
      const dry = await setStates(fake, { ...state, include_downstream: true })
      assert.lengthOf(dry.body["task_instances"] as ReadonlyArray<Json>, 2)
      const done = await setStates(fake, { ...state, dry_run: false })
      assert.deepStrictEqual(done.body, { task_instances: [reference] })
      assert.strictEqual((await json(fake, `${base}${hello}`)).body["state"], "failed")
    }))

  for (const [what, body, detail] of [
    [
      "a field",
      { ...state, include_upstream: undefined },
      "{'include_upstream': ['Missing data for required field.']}"
    ],
    [
      "a run",
      { ...state, dag_run_id: undefined },
      "{'_schema': ['Exactly one of execution_date or dag_run_id must be provided']}"
    ]
  ] as const) {
    it(`states are not set without ${what}`, () =>
      stillV1(["quick"], async (fake) => {
        const answer = await setStates(fake, body)
        assert.deepStrictEqual([answer.status, answer.body["detail"]], [400, detail])
      }))
  }

  it("states are not set of what is not there", () =>
    stillV1(["quick", "mapped"], async (fake, clock) => {
      clock.advance(hour)
      const said = async (body: unknown, dag_id?: string) => {
        const answer = await setStates(fake, body, dag_id)
        assert.strictEqual(answer.status, 404)
        return answer.body["detail"] ?? answer.body["title"]
      }
      assert.strictEqual(await said(state, "nope"), "Dag ID nope not found")
      assert.strictEqual(await said({ ...state, task_id: "nope" }), "Task ID nope not found")
      assert.strictEqual(
        await said({ ...state, dag_run_id: "nope" }),
        "Task instance not found for task 'hello' on DAG run with ID 'nope'"
      )
      assert.strictEqual(
        await said({ ...state, task_id: "square" }, "mapped"),
        "Task instance not found for task 'square' on DAG run with ID 'r'"
      )
    }))

  it("a state that is set by hand stops the task that runs", () =>
    stillV1(
      [],
      async (fake, clock) => {
        clock.advance(4000)
        await send(fake, "/d/dagRuns/r/taskInstances/t", { dry_run: false, new_state: "success" })
        const id = { dag_id: "d", dag_run_id: "r", task_id: "t" }
        const before = fake.written(id).length
        clock.advance(hour)
        assert.isAbove(fake.written(id).length, before)
        assert.include(fake.written(id).at(-1), "State of this instance has been externally set to success.")
      },
      {
        dags: [dag("d", [task("t", { attempts: [[lines(100, 500, String), raise("E", "x")]] })])],
        runs: [{ dag_id: "d", dag_run_id: "r" }]
      }
    ))
})
