import { dag, defer, emptyTask, lines, lose, print, raise, task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import { base, batch, hour, json, logPage, request, rows, still as stillAny } from "./fixtures.js"
import type { Fake } from "./fixtures.js"
import type * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import type * as FakeClock from "@effect-airflow/testing/FakeClock"

const versions = ["2.7.3", "2.9.3", "2.10.5", "2.11.0", "2.11.2"] as const

const still = (
  version: string,
  dag_ids: ReadonlyArray<string>,
  test: (fake: Fake, clock: FakeClock.ManualClock) => Promise<void>,
  options: FakeAirflow.Options = {}
) => stillAny(dag_ids, test, { version, ...options })

const hello = `${base}/quick/dagRuns/r/taskInstances/hello`
const all = `${base}/~/dagRuns/~/taskInstances`

/** Which versions do it. */
const those = async (
  does: (fake: Fake, clock: FakeClock.ManualClock) => Promise<boolean>,
  dags = ["quick"]
) => {
  const found: Array<string> = []
  for (const version of versions) {
    await still(version, dags, async (fake, clock) => {
      if (await does(fake, clock)) found.push(version)
    })
  }
  return found
}

const isOk = async (fake: Fake, path: string) => (await request(fake, path)).status === 200

describe("Airflow 2, version by version", () => {
  it("says which it is, also in its problems", () =>
    still("2.9.3", [], async (fake) => {
      assert.strictEqual((await json(fake, "/api/v1/version")).body["version"], "2.9.3")
      assert.strictEqual(
        (await json(fake, `${hello}?x=1`)).body["type"],
        "https://airflow.apache.org/docs/apache-airflow/2.9.3/stable-rest-api-ref.html#section/Errors/BadRequest"
      )
    }))

  it("answers no credentials and wrong ones with a 403 in 2.9.3 and 2.11.2", async () => {
    for (const user of [null, "admin:wrong"])
      assert.deepStrictEqual(
        await those(async (fake) => (await json(fake, hello, { user })).status === 403),
        ["2.9.3", "2.11.2"]
      )
  })

  it("knows the executor as a filter since 2.10", async () => {
    assert.deepStrictEqual(await those((fake) => isOk(fake, `${all}?executor=x`)), [
      "2.10.5",
      "2.11.0",
      "2.11.2"
    ])
    assert.deepStrictEqual(
      await those(async (fake) => (await batch(fake, '{"executor":["x"]}')).status === 200),
      ["2.10.5", "2.11.0", "2.11.2"]
    )
  })

  it("knows runs and tasks in the batch since 2.7.1", async () => {
    for (const [version, status] of [
      ["2.7.0", 400],
      ["2.7.3", 200]
    ] as const) {
      await still(version, ["quick"], async (fake) => {
        for (const name of ["dag_run_ids", "task_ids"])
          assert.strictEqual((await batch(fake, `{"${name}":["r"]}`)).status, status)
      })
    }
  })

  it("pages the batch since 2.10.3", async () => {
    for (const [version, length] of [
      ["2.7.3", 150],
      ["2.10.2", 150],
      ["2.10.3", 100]
    ] as const) {
      await still(version, ["wide"], async (fake) => {
        assert.lengthOf(rows((await batch(fake, "{}")).body), length)
        assert.lengthOf(
          rows((await batch(fake, '{"page_limit":10,"page_offset":145}')).body),
          length === 100 ? 5 : 150
        )
      })
    }
  })

  it("has names in its rows since 2.9, and the executor since 2.10", async () => {
    const has = (field: string) => those(async (fake) => field in (await json(fake, hello)).body)
    assert.deepStrictEqual(await has("task_display_name"), versions.slice(1))
    assert.deepStrictEqual(await has("rendered_map_index"), versions.slice(1))
    assert.deepStrictEqual(await has("executor"), versions.slice(2))
  })

  it("tells of attempts and of what a task waits for since 2.10", async () => {
    assert.deepStrictEqual(await those((fake) => isOk(fake, `${hello}/tries`)), versions.slice(2))
    assert.deepStrictEqual(await those((fake) => isOk(fake, `${hello}/dependencies`)), versions.slice(2))
  })

  it("orders mapped ones by more than the state since 2.10", async () => {
    const mapped = `${base}/mapped/dagRuns/r/taskInstances/square/listMapped?order_by=`
    const dags = ["mapped"]
    assert.deepStrictEqual(await those((fake) => isOk(fake, `${mapped}-state`), dags), [...versions])
    assert.deepStrictEqual(await those((fake) => isOk(fake, `${mapped}start_date`), dags), versions.slice(2))
  })

  it("has links of one of several mapped ones since 2.10.5; before, those of the first", async () => {
    for (const [version, statuses] of [
      ["2.9.3", [400, 200]],
      ["2.10.5", [200, 404]]
    ] as const) {
      await still(version, ["mapped"], async (fake, clock) => {
        clock.advance(hour)
        const links = `${base}/mapped/dagRuns/r/taskInstances/square/links`
        const seen = [
          (await request(fake, `${links}?map_index=1`)).status,
          (await request(fake, links)).status
        ]
        assert.deepStrictEqual(seen, [...statuses])
      })
    }
  })

  it("shows the attempt before while one waits, before 2.10", async () => {
    const options = {
      dags: [dag("d", [task("t", { run: [lines(2, 1000, String), defer(5000)] })])],
      runs: [{ dag_id: "d", dag_run_id: "r" }]
    }
    for (const [version, shown] of [
      ["2.9.3", [0, 1, 0, 1]],
      ["2.10.5", [1, 1, 1, 1]]
    ] as const) {
      await still(
        version,
        [],
        async (fake, clock) => {
          const seen: Array<unknown> = []
          const states: Array<unknown> = []
          for (const millis of [800, 1000, 3000, hour]) {
            clock.advance(millis)
            const { body } = await json(fake, `${base}/d/dagRuns/r/taskInstances/t`)
            states.push(body["state"])
            seen.push(body["try_number"])
          }
          assert.deepStrictEqual(states, ["queued", "running", "deferred", "success"])
          assert.deepStrictEqual(seen, [...shown])
          // The log is that of the attempt all the same.
          assert.isNotEmpty((await logPage(fake, "d/dagRuns/r/taskInstances/t/logs/1")).text)
        },
        options
      )
    }
  })

  it("gives what nothing runs no attempt before 2.10, and what was cleared its own", async () => {
    const options = {
      dags: [dag("d", [emptyTask("empty"), task("done", { run: [print("done")] })])],
      runs: [{ dag_id: "d", dag_run_id: "r" }]
    }
    for (const [version, shown] of [
      ["2.9.3", 0],
      ["2.10.5", 1]
    ] as const) {
      await still(
        version,
        [],
        async (fake, clock) => {
          clock.advance(hour)
          await request(fake, `${base}/d/clearTaskInstances`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: '{"dag_run_id":"r","task_ids":["done"],"dry_run":false,"only_failed":false}'
          })
          const seen: Array<unknown> = []
          for (const task_id of ["empty", "done"]) {
            const { body } = await json(fake, `${base}/d/dagRuns/r/taskInstances/${task_id}`)
            seen.push(body["state"], body["try_number"], body["max_tries"])
          }
          assert.deepStrictEqual(seen, ["success", shown, 0, null, 1, 1])
        },
        options
      )
    }
  })

  it("refuses an empty list in its own words, and stumbles over an unknown task in 2.7", async () => {
    for (const [version, words, status] of [
      ["2.7.3", "is too short", 500],
      ["2.9.3", "should be non-empty", 404]
    ] as const) {
      await still(version, ["quick"], async (fake) => {
        const { body } = await json(fake, `${base}/quick/clearTaskInstances`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: '{"dag_run_id":"r","task_ids":[]}'
        })
        assert.strictEqual(body["detail"], `[] ${words} - 'task_ids'`)
        const unknown = `${base}/quick/dagRuns/r/taskInstances/nope/listMapped`
        assert.strictEqual((await request(fake, unknown)).status, status)
      })
    }
  })

  it("asks the worker for an older attempt, too, since 2.9", async () => {
    const options = {
      dags: [
        dag("d", [
          task("t", {
            retries: 1,
            run: ({ try_number }) => (try_number === 1 ? [raise("E", "e")] : [lines(60, 1000, String)])
          })
        ])
      ],
      runs: [{ dag_id: "d", dag_run_id: "r" }]
    }
    for (const [version, asks] of [
      ["2.7.3", [false, true]],
      ["2.9.3", [true, true]]
    ] as const) {
      await still(
        version,
        [],
        async (fake, clock) => {
          clock.advance(20_000)
          const { body } = await json(fake, `${base}/d/dagRuns/r/taskInstances/t`)
          assert.deepStrictEqual([body["state"], body["try_number"]], ["running", 2])
          const seen: Array<boolean> = []
          for (const attempt of [1, 2]) {
            const { text } = await logPage(fake, `d/dagRuns/r/taskInstances/t/logs/${attempt}`)
            seen.push(text.includes("*** Found logs served from host http"))
          }
          assert.deepStrictEqual(seen, [...asks])
        },
        options
      )
    }
  })

  it("says in its own words that a worker does not let it read, and that there is none", async () => {
    for (const [version, refused, none] of [
      [
        "2.7.3",
        /\n\*\*\* Could not read served logs: Client error '403 FORBIDDEN' for url 'http.*'\nFor more information check: \S+\/403\n$/,
        "*** Could not read served logs: Request URL is missing an 'http://' or 'https://' protocol.\n"
      ],
      [
        "2.9.3",
        /\n\*\*\* Could not read served logs: 403 Client Error: FORBIDDEN for url: http\S+\n$/,
        "*** Could not read served logs: Invalid URL 'http://:8793/log/dag_id=wide/run_id=r/task_id=t000/attempt=1.log': No host supplied\n"
      ]
    ] as const) {
      await still(version, ["quick", "wide"], async (fake, clock) => {
        clock.advance(hour)
        fake.goDown()
        fake.comeBack({ secretKey: true })
        fake.deleteLog({ dag_id: "quick", dag_run_id: "r", task_id: "hello" })
        assert.match((await logPage(fake, "quick/dagRuns/r/taskInstances/hello/logs/1")).text, refused)
        assert.strictEqual((await logPage(fake, "wide/dagRuns/r/taskInstances/t000/logs/1")).text, none)
      })
    }
  })

  it("says in the log that it missed the worker, in a file of the scheduler's, in 2.9 alone", async () => {
    const id = { dag_id: "d", dag_run_id: "r", task_id: "t", try_number: 1 }
    const options = {
      dags: [dag("d", [task("t", { run: [print("here"), lose(10_000)] })])],
      runs: [{ dag_id: "d", dag_run_id: "r" }]
    }
    const said = async (fake: Fake) => {
      const { info, text } = await logPage(fake, "d/dagRuns/r/taskInstances/t/logs/1")
      assert.strictEqual(info["end_of_log"], true)
      const found = /\n\[\S+ \{scheduler_job_runner\.py:\d+\} ERROR - Detected zombie job: [^\n]+$/.test(text)
      assert.strictEqual(text.includes("/attempt=1.log.SchedulerJob.log\n"), found)
      assert.deepStrictEqual(
        fake.logFiles(id).map(({ lines, source }) => [source, lines.length > 0]),
        [["worker", true], ...(found ? [["scheduler", true]] : [])]
      )
      // It is no part of the worker's file.
      fake.deleteLog(id)
      assert.strictEqual(fake.logFiles(id).length, found ? 1 : 0)
      return found
    }
    const found: Array<string> = []
    for (const version of versions) {
      await still(
        version,
        [],
        async (fake, clock) => {
          clock.advance(hour)
          if (await said(fake)) found.push(version)
        },
        options
      )
    }
    assert.deepStrictEqual(found, ["2.9.3"])
  })

  it("says where a log is in a group since 2.10.4", async () => {
    for (const [version, start] of [
      ["2.7.3", "*** Found local files:\n***   * /opt/airflow/logs/"],
      ["2.10.3", "*** Found local files:\n***   * /opt/airflow/logs/"],
      ["2.10.4", " INFO - ::group::Log message source details\n*** Found local files:\n"]
    ] as const) {
      await still(version, ["quick"], async (fake, clock) => {
        const early = await logPage(fake, "quick/dagRuns/r/taskInstances/hello/logs/1")
        assert.strictEqual(early.text === "", start.startsWith("***"))
        clock.advance(hour)
        const page = await logPage(fake, "quick/dagRuns/r/taskInstances/hello/logs/1")
        assert.isTrue(page.text.startsWith(start), page.text.slice(0, 80))
      })
    }
  })

  it("says in its own words that a log is lost", async () => {
    for (const [version, said] of [
      [
        "2.7.3",
        /^\*\*\* Could not read served logs: Client error '404 NOT FOUND' for url 'http.*'\nFor more information check: /
      ],
      ["2.9.3", /^\*\*\* Could not read served logs: 404 Client Error: NOT FOUND for url: http/],
      [
        "2.11.2",
        /\n\*\*\* Log file not found on worker 'fake'\. This attempt may have run on a different worker/
      ]
    ] as const) {
      await still(version, ["quick"], async (fake, clock) => {
        clock.advance(hour)
        fake.deleteLog({ dag_id: "quick", dag_run_id: "r", task_id: "hello" })
        assert.match((await logPage(fake, "quick/dagRuns/r/taskInstances/hello/logs/1")).text, said)
      })
    }
  })

  it("writes its own lines around a task's: groups since 2.9", async () => {
    const id = { dag_id: "flaky", dag_run_id: "r", task_id: "fails_twice", try_number: 1 }
    const seen: Record<string, ReadonlyArray<string>> = {}
    for (const version of ["2.7.3", "2.9.3", "2.11.0"]) {
      await still(version, ["flaky"], async (fake, clock) => {
        clock.advance(hour)
        seen[version] = fake
          .written(id)
          .map((line) => / (?:INFO|ERROR) - (?:(::\w+::)|Task (failed|exited)|(Marking|Failed))/.exec(line))
          .flatMap((found) => found?.slice(1).find((part) => part !== undefined) ?? [])
      })
    }
    // What real servers write, in this order.
    assert.deepStrictEqual(seen, {
      "2.7.3": ["failed", "Marking", "Failed", "exited"],
      "2.9.3": [
        "::group::",
        "::endgroup::",
        "::group::",
        "failed",
        "Marking",
        "Failed",
        "exited",
        "::endgroup::"
      ],
      "2.11.0": [
        "::group::",
        "::endgroup::",
        "failed",
        "Marking",
        "::group::",
        "Failed",
        "exited",
        "::endgroup::"
      ]
    })
  })

  it("sets states dry unless told otherwise since 2.9; before, it crashed", async () => {
    const body = JSON.stringify({
      task_id: "hello",
      dag_run_id: "r",
      include_upstream: false,
      include_downstream: false,
      include_future: false,
      include_past: false,
      new_state: "failed"
    })
    const set = (fake: Fake) =>
      request(fake, `${base}/quick/updateTaskInstancesState`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" }
      })
    assert.deepStrictEqual(await those(async (fake) => (await set(fake)).status === 500), ["2.7.3"])
  })

  it("links to a run as each version does", async () => {
    const found: Array<unknown> = []
    for (const version of ["2.7.3", "2.9.3", "2.11.2"]) {
      await still(version, ["links"], async (fake, clock) => {
        clock.advance(hour)
        const { body } = await json(fake, `${base}/links/dagRuns/r/taskInstances/trigger/links`)
        found.push(String(body["Triggered DAG"]).replace(/\d{4}-.*?(?=%2B|\+)/, ""))
      })
    }
    assert.deepStrictEqual(found, [
      "/dags/quick/grid?base_date=%2B00%3A00",
      "/dags/quick/grid?dag_run_id=manual__%2B00%3A00",
      "/dags/quick/grid?dag_run_id=manual__%2B00:00"
    ])
  })
})
