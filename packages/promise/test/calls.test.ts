import * as AirflowError from "@effect-airflow/core/AirflowError"
import * as Auth from "@effect-airflow/core/Auth"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import { basic, bearer, connect, isAirflowError } from "@effect-airflow/promise"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import { inspect } from "node:util"
import { collect, connected, layerOf, rejection, wait } from "./fixtures.js"

const hello = { dag_id: "quick", dag_run_id: "r", task_id: "hello" }
const square = { dag_id: "mapped", dag_run_id: "r", task_id: "square" }
const wide = { dag_id: "wide", dag_run_id: "r" }

/** The fake's own answer, asked for without any client. */
const answered = async (fake: FakeAirflow.FakeAirflow, path: string, accept = "application/json") => {
  const response = await fake.fetch(`http://fake/api/v1/dags/${path}`, {
    headers: { authorization: `Basic ${btoa("admin:admin")}`, accept }
  })
  assert.strictEqual(response.status, 200)
  return response
}

describe("operations", () => {
  it("a task instance", () =>
    connected(async ({ v1 }, fake) => {
      const found = await v1.taskInstances.getTaskInstance(hello)
      assert.deepStrictEqual(
        { ...found },
        await (await answered(fake, "quick/dagRuns/r/taskInstances/hello")).json()
      )
      assert.strictEqual(found.state, "success")
    }, "quick"))

  it("an instance of a mapped task", () =>
    connected(async ({ v1 }, fake) => {
      const found = await v1.taskInstances.getMappedTaskInstance({ ...square, map_index: 3 })
      assert.deepStrictEqual(
        { ...found },
        await (await answered(fake, "mapped/dagRuns/r/taskInstances/square/3")).json()
      )
      assert.deepInclude(found, { map_index: 3, state: "failed" })
    }, "mapped"))

  it("the task instances of a run, of all runs, and those that pass a filter", () =>
    connected(
      async ({ v1 }, fake) => {
        const { getTaskInstances } = v1.taskInstances
        const one = await getTaskInstances({ dag_id: "quick", dag_run_id: "r" })
        assert.deepStrictEqual(one, await (await answered(fake, "quick/dagRuns/r/taskInstances")).json())
        assert.deepStrictEqual(
          one.task_instances.map(({ task_id }) => task_id),
          ["hello", "bye"]
        )
        const all = await getTaskInstances({ dag_id: "~", dag_run_id: "~" })
        assert.strictEqual(all.total_entries, 8)
        const failed = await getTaskInstances({ dag_id: "~", dag_run_id: "~", state: ["failed"] })
        assert.deepStrictEqual(
          failed.task_instances.map(({ map_index, task_id }) => [task_id, map_index]),
          [["square", 3]]
        )
      },
      "quick",
      "mapped"
    ))

  it("the instances of a mapped task", () =>
    connected(async ({ v1 }, fake) => {
      const found = await v1.taskInstances.getMappedTaskInstances({ ...square, order_by: "-map_index" })
      assert.deepStrictEqual(
        found,
        await (
          await answered(fake, "mapped/dagRuns/r/taskInstances/square/listMapped?order_by=-map_index")
        ).json()
      )
      assert.deepStrictEqual(
        found.task_instances.map(({ map_index }) => map_index),
        [4, 3, 2, 1, 0]
      )
    }, "mapped"))

  it("the task instances of a batch", () =>
    connected(
      async ({ v1 }, fake) => {
        const found = await v1.taskInstances.getTaskInstancesBatch({
          dag_ids: ["mapped"],
          task_ids: ["square"],
          state: ["success"]
        })
        assert.deepStrictEqual(
          found.task_instances.map(({ map_index }) => map_index),
          [0, 1, 2, 4]
        )
        const [arrived] = fake.requests
        assert.strictEqual(arrived?.method, "POST")
        assert.deepStrictEqual(JSON.parse(arrived?.body ?? ""), {
          dag_ids: ["mapped"],
          task_ids: ["square"],
          state: ["success"]
        })
      },
      "quick",
      "mapped"
    ))

  it("a run", () =>
    connected(async ({ v1 }, fake) => {
      const found = await v1.dagRuns.getDagRun({ dag_id: "quick", dag_run_id: "r" })
      assert.deepStrictEqual(found, await (await answered(fake, "quick/dagRuns/r")).json())
      assert.strictEqual(found.state, "success")
    }, "quick"))

  it("extra links", () =>
    connected(async ({ v1 }, fake) => {
      const found = await v1.taskInstances.getExtraLinks({
        dag_id: "links",
        dag_run_id: "r",
        task_id: "trigger"
      })
      assert.match(found["Triggered DAG"] ?? "", /^\/dags\/quick\/grid\?dag_run_id=manual__2\d{3}-/)
      assert.deepStrictEqual(
        found,
        await (await answered(fake, "links/dagRuns/r/taskInstances/trigger/links")).json()
      )
    }, "links"))

  it("a log, page by page and as text", () =>
    connected(async ({ v1 }, fake) => {
      const target = { dag_id: "text", dag_run_id: "r", task_id: "speak", task_try_number: 1 }
      const written = fake
        .written({ dag_id: "text", dag_run_id: "r", task_id: "speak", try_number: 1 })
        .join("\n")
      const page = await v1.taskInstances.getLog(target)
      assert.lengthOf(page.content, 1)
      assert.strictEqual(page.content[0]?.host, "fake")
      assert.isTrue(page.content[0]?.text.endsWith(`::endgroup::\n${written}`))
      const next = await v1.taskInstances.getLog({ ...target, token: page.continuation_token })
      assert.deepStrictEqual(next.content, [{ host: "fake", text: "" }])
      const text = await v1.taskInstances.getLogText(target)
      assert.isTrue(text.endsWith(`::endgroup::\n${written}\n`))
      assert.strictEqual(
        text,
        await (await answered(fake, "text/dagRuns/r/taskInstances/speak/logs/1", "text/plain")).text()
      )
    }, "text"))

  it("a call's own options win over the connection's", () =>
    connected(async ({ v1 }, fake) => {
      fake.inject(Fault.status(503), { times: 2 })
      await v1.taskInstances.getTaskInstance(hello)
      assert.lengthOf(fake.requests, 3)
      fake.inject(Fault.status(503))
      const error = await rejection(
        v1.taskInstances.getTaskInstance(hello, { retry: false, headers: { "x-mine": "1" } })
      )
      assert.instanceOf(error, AirflowError.ServerError)
      assert.lengthOf(fake.requests, 4)
      assert.strictEqual(fake.requests[3]?.headers["x-mine"], "1")
    }, "quick"))
})

describe("all rows of a list", () => {
  it("items gives every row once, over as many pages as the server needs", () =>
    connected(async ({ v1 }, fake) => {
      const rows = await collect(v1.taskInstances.getTaskInstances.items(wide))
      assert.deepStrictEqual(
        rows.map(({ task_id }) => task_id),
        Array.from({ length: 150 }, (_, index) => `t${String(index).padStart(3, "0")}`)
      )
      assert.deepStrictEqual(
        fake.requests.map(({ query }) => query.get("offset")),
        [null, "100"]
      )
    }, "wide"))

  it("pages gives the pages themselves", () =>
    connected(async ({ v1 }, fake) => {
      const pages = await collect(v1.taskInstances.getTaskInstances.pages({ ...wide, limit: 40 }))
      assert.deepStrictEqual(
        pages.map(({ task_instances, total_entries }) => [task_instances.length, total_entries]),
        [40, 40, 40, 30].map((length) => [length, 150])
      )
      assert.lengthOf(fake.requests, 4)
    }, "wide"))

  it("break stops asking: a page is asked for when its first row is", () =>
    connected(async ({ v1 }, fake) => {
      for (const [rows, requests] of [
        [1, 1],
        [40, 1],
        [41, 2]
      ] as const) {
        const before = fake.requests.length
        let read = 0
        for await (const _ of v1.taskInstances.getTaskInstances.items({ ...wide, limit: 40 })) {
          if (++read === rows) break
        }
        await wait(50)
        assert.strictEqual(fake.requests.length - before, requests, `${rows} rows`)
      }
      const before = fake.requests.length
      for await (const _ of v1.taskInstances.getTaskInstances.pages({ ...wide, limit: 40 })) break
      await wait(50)
      assert.strictEqual(fake.requests.length - before, 1)
    }, "wide"))

  it("nothing is asked before the first next", () =>
    connected(async ({ v1 }, fake) => {
      const rows = v1.taskInstances.getTaskInstances.items(wide)
      await wait(30)
      assert.lengthOf(fake.requests, 0)
      assert.strictEqual((await rows.next()).value?.task_id, "t000")
      assert.lengthOf(fake.requests, 1)
    }, "wide"))

  it("the batch pages in its body, and a mapped task's instances in the query", () =>
    connected(
      async ({ v1 }, fake) => {
        const batch = v1.taskInstances.getTaskInstancesBatch
        assert.lengthOf(await collect(batch.items({ dag_ids: ["wide"], page_limit: 60 })), 150)
        assert.deepStrictEqual(
          fake.requests.map(({ body }) => (JSON.parse(body) as { page_offset?: number }).page_offset),
          [undefined, 60, 120]
        )
        const mapped = await collect(v1.taskInstances.getMappedTaskInstances.pages({ ...square, limit: 2 }))
        assert.deepStrictEqual(
          mapped.map(({ task_instances }) => task_instances.map(({ map_index }) => map_index)),
          [[0, 1], [2, 3], [4]]
        )
      },
      "wide",
      "mapped"
    ))

  it("a page that fails rejects with its error, after the rows before it", () =>
    connected(async ({ v1 }, fake) => {
      fake.inject(Fault.status(403), { after: 1 })
      let read = 0
      const loop = async () => {
        for await (const _ of v1.taskInstances.getTaskInstances.items({ ...wide, limit: 40 })) read++
      }
      assert.instanceOf(await rejection(loop()), AirflowError.Forbidden)
      assert.strictEqual(read, 40)
    }, "wide"))
})

describe("rejections", () => {
  it("are the typed errors themselves", () =>
    connected(async ({ v1 }) => {
      const error = await rejection(v1.taskInstances.getTaskInstance({ ...hello, task_id: "nope" }))
      assert.isTrue(error instanceof AirflowError.NotFound)
      assert.isTrue(error instanceof Error)
      assert.isFalse(error instanceof AirflowError.Forbidden)
      assert.deepInclude(error, {
        _tag: "NotFound",
        status: 404,
        operation: "getTaskInstance",
        path: "/api/v1/dags/quick/dagRuns/r/taskInstances/nope",
        attempts: 1
      })
      assert.strictEqual((error as Error).name, "NotFound")
    }, "quick"))

  it("are instances of another copy's classes too", () =>
    connected(async ({ v1 }) => {
      const file = createRequire(import.meta.url).resolve("@effect-airflow/core/AirflowError")
      const copy = (await import(`${pathToFileURL(file).href}?copy`)) as typeof AirflowError
      assert.notStrictEqual(copy.NotFound, AirflowError.NotFound)
      const error = await rejection(v1.taskInstances.getTaskInstance({ ...hello, task_id: "nope" }))
      assert.isTrue(error instanceof copy.NotFound)
      assert.isTrue(error instanceof AirflowError.NotFound)
      assert.isFalse(error instanceof copy.Forbidden)
      assert.isTrue(copy.isAirflowError(error))
      assert.isTrue(AirflowError.isAirflowError(error))
    }, "quick"))

  it("tell a wrong parameter before anything is sent", () =>
    connected(async ({ logs, v1 }, fake) => {
      for (const promise of [
        v1.taskInstances.getTaskInstance({ ...hello, dag_id: ".." }),
        v1.taskInstances.getTaskInstances.items({ dag_id: "quick", dag_run_id: "" }).next(),
        logs.lines({ ...hello, map_index: -2 }).next(),
        logs.lines(hello, { from: 0 }).next()
      ]) {
        assert.instanceOf(await rejection(promise), AirflowError.InvalidInput)
      }
      assert.lengthOf(fake.requests, 0)
    }, "quick"))

  it("are told from other errors by isAirflowError", () =>
    connected(async ({ v1 }) => {
      assert.isTrue(
        isAirflowError(await rejection(v1.taskInstances.getTaskInstance({ ...hello, task_id: "x" })))
      )
      assert.isFalse(isAirflowError(new Error("mine")))
    }, "quick"))

  it("of wrong credentials are Unauthorized", async () => {
    await using fake = await FakeAirflow.start()
    await using airflow = await connect(layerOf(fake, { auth: Auth.basic("admin", Redacted.make("wrong")) }))
    const error = await rejection(airflow.v1.taskInstances.getTaskInstance(hello))
    assert.instanceOf(error, AirflowError.Unauthorized)
  })
})

describe("credentials as plain text", () => {
  it("basic is what the server takes, in any script", async () => {
    const users = [{ username: "jürgen", password: "größe:世界", role: "Admin" }] as const
    await using fake = await FakeAirflow.start({ users, runs: [{ dag_id: "quick", dag_run_id: "r" }] })
    await using airflow = await connect(layerOf(fake, { auth: basic("jürgen", "größe:世界") }))
    assert.strictEqual((await airflow.v1.taskInstances.getTaskInstance(hello)).task_id, "hello")
    await using other = await connect(layerOf(fake, { auth: basic("jürgen", "größe") }))
    const error = await rejection(other.v1.taskInstances.getTaskInstance(hello))
    assert.instanceOf(error, AirflowError.Unauthorized)
  })

  it("bearer is sent as the header it is", async () => {
    await using fake = await FakeAirflow.start({ runs: [{ dag_id: "quick", dag_run_id: "r" }] })
    await using airflow = await connect(layerOf(fake, { auth: bearer("canary-token") }))
    const error = await rejection(airflow.v1.taskInstances.getTaskInstance(hello))
    assert.instanceOf(error, AirflowError.Unauthorized)
    assert.strictEqual(fake.requests[0]?.headers["authorization"], "Bearer canary-token")
    assert.notInclude(inspect(error, { depth: 9, showHidden: true }), "canary")
  })

  it("is shown nowhere", () => {
    for (const auth of [basic("admin", "canary"), bearer("canary")]) {
      const encoded = btoa("admin:canary")
      for (const shown of [inspect(auth, { depth: 9 }), JSON.stringify(auth), String(auth)]) {
        assert.notInclude(shown, "canary")
        assert.notInclude(shown, encoded)
      }
    }
  })
})

describe("connect", () => {
  it("sends nothing by itself", () =>
    connected(async (_, fake) => {
      await wait(50)
      assert.lengthOf(fake.requests, 0)
      assert.strictEqual(fake.openSockets(), 0)
    }))

  it("rejects with the layer's own error when a setting is wrong", async () => {
    for (const baseUrl of ["", "airflow:8080/x", "ftp://airflow", "http://admin:admin@airflow"]) {
      const error = await rejection(connect(NodeAirflow.layer({ baseUrl })))
      assert.instanceOf(error, AirflowError.InvalidInput)
      assert.deepInclude(error, { _tag: "InvalidInput", field: "baseUrl" })
    }
    const error = await rejection(connect(NodeAirflow.layer({ baseUrl: "http://airflow", connections: 0 })))
    assert.deepInclude(error, { _tag: "InvalidInput", field: "connections" })
  })
})
