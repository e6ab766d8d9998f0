import {
  dag,
  defer,
  emptyTask,
  lines,
  log,
  lose,
  print,
  raise,
  reschedule,
  skip,
  type Task,
  task
} from "@effect-airflow/testing/Scenario"
import { awkwardTexts } from "@effect-airflow/testing/StandardScenario"
import type * as FakeClock from "@effect-airflow/testing/FakeClock"
import { assert, describe, it } from "@effect/vitest"
import { type Fake, hour, tokenAt } from "./fixtures.js"
import {
  afterHeader,
  api,
  call,
  type Json,
  logPage,
  login,
  still,
  type Version,
  versions
} from "./fixturesV2.js"

const id = { dag_id: "d", dag_run_id: "r", task_id: "t" }
const logs = (attempt: number | string, task_id = "t") =>
  `/dags/d/dagRuns/r/taskInstances/${task_id}/logs/${attempt}`

const withTask = (
  version: string,
  t: Task,
  test: (fake: Fake, clock: FakeClock.ManualClock) => Promise<void>
) => still(version, [], test, { dags: [dag("d", [t])], runs: [{ dag_id: "d", dag_run_id: "r" }] })

const ticking = task("t", { run: [lines(10, 1000, (index) => `line ${index} 🚀`)] })

/** What the tasks themselves printed. */
const printed = (content: ReadonlyArray<Json>) =>
  content
    .filter(({ chan, logger }) => logger === "task.stdout" || chan === "stdout")
    .map(({ event }) => event)

const file = "/opt/airflow/logs/dag_id=d/run_id=r/task_id=t/attempt=1.log"
const served = "http://fake:8793/log/dag_id=d/run_id=r/task_id=t/attempt=1.log"
const start = "::group::Log message source details"
const notOnWorker =
  "Log file not found on worker 'fake'. This attempt may have run on a different worker whose logs are no longer accessible. Consider configuring remote logging (S3, GCS, etc.) for log persistence."

/** The records before the log. */
const header = (version: Version, sources: ReadonlyArray<string>): ReadonlyArray<Json> =>
  version === "3.3.2"
    ? [{ event: start }, ...sources.map((event) => ({ event })), { event: "::endgroup::" }]
    : [{ event: start, sources }, { event: "::endgroup::" }]

describe("negotiation", () => {
  for (const [accept, answer] of [
    ["application/json", "application/json"],
    ["application/json; charset=utf-8", "application/json"],
    ["application/json, text/plain", "application/json"],
    ["*/*", "application/json"],
    [undefined, "application/json"],
    ["application/x-ndjson", "application/x-ndjson"],
    ["application/x-ndjson, application/json", "application/x-ndjson"],
    ["text/plain", undefined],
    ["text/plain, application/json", undefined],
    ["application/*", undefined],
    ["APPLICATION/JSON", undefined]
  ] as const) {
    it(`Accept: ${accept ?? "(none)"} gets ${answer ?? "a 406"}`, () =>
      withTask("3.2.1", ticking, async (fake, clock) => {
        clock.advance(hour)
        const authorization = `Bearer ${await login(fake)}`
        const response = await fake.fetch(`http://fake/api/v2${logs(1)}`, {
          headers: { authorization, ...(accept === undefined ? {} : { accept }) }
        })
        if (answer === undefined) {
          assert.strictEqual(response.status, 406)
          assert.deepStrictEqual(await response.json(), {
            detail: "Only application/json or application/x-ndjson is supported"
          })
        } else {
          assert.deepStrictEqual([response.status, response.headers.get("content-type")], [200, answer])
        }
      }))
  }

  it("as ndjson each record has a time, and the token says nothing", () =>
    withTask("3.3.2", ticking, async (fake, clock) => {
      clock.advance(4000)
      const [json, nd] = [
        await logPage(fake, logs(1)),
        await api(fake, logs(1), { headers: { accept: "application/x-ndjson" } })
      ]
      const records = nd.text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Json)
      assert.deepStrictEqual(
        records,
        json.content.map((record) => ({ timestamp: null, ...record }))
      )
      assert.isTrue(nd.text.startsWith('{"timestamp":null,"event":'))
      const token = nd.headers.get("airflow-continuation-token") ?? ""
      assert.deepStrictEqual(JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()), {
        download_logs: false
      })
    }))
})

describe("the records", () => {
  for (const version of versions) {
    it(`${version}: of a task's lines are between Airflow's own, with their times`, () =>
      withTask(
        version,
        task("t", { run: [print("one"), log("careful", "WARNING"), print("two")] }),
        async (fake, clock) => {
          clock.advance(hour)
          const page = await logPage(fake, logs(1))
          assert.deepStrictEqual(
            page.content.slice(0, page.content.length - afterHeader(page).length),
            header(version as Version, [file])
          )
          const own = afterHeader(page)
          assert.isNull(page.token)
          assert.deepStrictEqual<ReadonlyArray<unknown>>(
            own.map(({ event }) => event),
            fake.written(id)
          )
          assert.deepStrictEqual(
            own.map((record) => JSON.stringify(record)),
            fake.records(id)
          )
          assert.deepStrictEqual(printed(own), ["one", "two"])
          const times = own.map(({ timestamp }) => String(timestamp))
          assert.isTrue(times.every((time) => /^2024-01-01T00:00:\d\d\.\d{6}Z$/.test(time)))
          assert.deepStrictEqual([...new Set(times)].sort(), times)
          const careful = own.find(({ event }) => event === "careful")
          assert.deepInclude(careful, { level: "warning" })
          assert.strictEqual(careful?.["lineno"] !== undefined, version !== "3.0.6")
          assert.strictEqual(own[0]?.["event"] === "::group::Pre Execute", version === "3.3.2")
          assert.include(fake.written(id), "Done. Returned value was: None")
        }
      ))
  }

  it("of an exception have its structure", () =>
    withTask("3.2.1", task("t", { run: [raise("ValueError", "boom")] }), async (fake, clock) => {
      clock.advance(hour)
      const { content } = await logPage(fake, logs(1))
      const failed = content.find(({ event }) => event === "Task failed with exception")
      assert.deepInclude(failed, { level: "error", logger: "task", filename: "task_runner.py", lineno: 1347 })
      const [error = {}] = (failed?.["error_detail"] ?? []) as ReadonlyArray<Json>
      assert.deepStrictEqual(Object.keys(error), [
        "exc_type",
        "exc_value",
        "exc_notes",
        "syntax_error",
        "is_cause",
        "frames",
        "is_group",
        "exceptions"
      ])
      assert.deepInclude(error, { exc_type: "ValueError", exc_value: "boom" })
      assert.deepStrictEqual((error["frames"] as ReadonlyArray<Json>).at(-1), {
        filename: "/opt/airflow/dags/d.py",
        lineno: 10,
        name: "t"
      })
    }))

  it("of awkward texts hold them as they were printed: colours, carriage returns, nothing", () =>
    withTask("3.3.2", task("t", { run: awkwardTexts.map(print) }), async (fake, clock) => {
      clock.advance(hour)
      assert.deepStrictEqual(printed((await logPage(fake, logs(1))).content), [...awkwardTexts])
    }))

  it("are as many as the lines that were printed at once", () =>
    withTask("3.3.2", task("t", { run: [print("a\nb\n\nc")] }), async (fake, clock) => {
      clock.advance(hour)
      assert.deepStrictEqual(printed((await logPage(fake, logs(1))).content), ["a", "b", "", "c"])
    }))

  it("that are equal but for their times are all there", () =>
    withTask("3.2.1", task("t", { run: [lines(5, 0, () => "same")] }), async (fake, clock) => {
      clock.advance(hour)
      assert.deepStrictEqual(printed((await logPage(fake, logs(1))).content), Array(5).fill("same"))
    }))

  it("of 3.3 name the task instance, by the id of its row", () =>
    withTask("3.3.2", task("t", { attempts: [[raise("E", "x")], [print("y")]] }), async (fake, clock) => {
      clock.advance(hour)
      const { body } = await api(fake, "/dags/d/dagRuns/r/taskInstances/t")
      const { content } = await logPage(fake, logs(2))
      const ids = new Set(content.flatMap(({ ti_id }) => (ti_id === undefined ? [] : [ti_id])))
      assert.deepStrictEqual([...ids], [body["id"]])
    }))
})

describe("a token", () => {
  it("3.3.2: goes on where the page before ended, in records, without a header", () =>
    withTask("3.3.2", ticking, async (fake, clock) => {
      clock.advance(3000)
      const first = await logPage(fake, logs(1))
      assert.deepStrictEqual(first.info, { end_of_log: false, log_pos: afterHeader(first).length })
      const nothing = await logPage(fake, logs(1), first.token)
      assert.deepStrictEqual([nothing.content, nothing.info], [[], first.info])
      clock.advance(2000)
      const second = await logPage(fake, logs(1), nothing.token)
      clock.advance(hour)
      const last = await logPage(fake, logs(1), second.token)
      assert.isNull(last.token)
      assert.deepStrictEqual<ReadonlyArray<unknown>>(
        [...afterHeader(first), ...second.content, ...last.content].map(({ event }) => event),
        fake.written(id)
      )
      // The same again brings the same again.
      assert.deepStrictEqual(await logPage(fake, logs(1), second.token), last)
    }))

  for (const version of ["3.0.6", "3.1.8"]) {
    it(`${version}: is ignored: the whole log again, without the header`, () =>
      withTask(version, ticking, async (fake, clock) => {
        clock.advance(3000)
        const first = await logPage(fake, logs(1))
        clock.advance(2000)
        const second = await logPage(fake, logs(1), first.token)
        const whole = await logPage(fake, logs(1))
        assert.deepStrictEqual(second.content, afterHeader(whole))
        assert.deepStrictEqual(second.info, whole.info)
        clock.advance(hour)
        const last = await logPage(fake, logs(1), second.token)
        assert.isNull(last.token)
        assert.deepStrictEqual(last.events, fake.written(id))
      }))
  }

  for (const version of ["3.2.0", "3.2.1", "3.3.0"]) {
    it(`${version}: makes the server crash, for a task that runs and one that is over`, () =>
      withTask(version, ticking, async (fake, clock) => {
        clock.advance(3000)
        const { token } = await logPage(fake, logs(1))
        for (const millis of [0, hour]) {
          clock.advance(millis)
          const answer = await api(fake, `${logs(1)}?token=${String(token)}`)
          assert.deepStrictEqual(
            [answer.status, answer.type, answer.text],
            [500, "text/plain; charset=utf-8", "Internal Server Error"]
          )
          assert.isAbove((await logPage(fake, logs(1))).content.length, 2)
        }
        // As ndjson it is left out of account.
        const nd = await api(fake, `${logs(1)}?token=${String(token)}`, {
          headers: { accept: "application/x-ndjson" }
        })
        assert.strictEqual(nd.status, 200)
      }))
  }

  for (const version of versions) {
    it(`${version}: that was signed with another key is refused, an empty one is none`, () =>
      withTask(version, ticking, async (fake, clock) => {
        clock.advance(3000)
        const { token } = await logPage(fake, logs(1))
        fake.rotateSecretKey()
        for (const bad of ["bad", String(token)]) {
          const answer = await api(fake, `${logs(1)}?token=${bad}`)
          assert.deepStrictEqual(
            [answer.status, answer.body],
            [400, { detail: "Bad Signature. Please use only the tokens provided by the API." }]
          )
        }
        assert.strictEqual((await api(fake, `${logs(1)}?token=`)).status, 200)
      }))
  }

  it("that points beyond the end brings nothing", () =>
    withTask("3.3.2", ticking, async (fake, clock) => {
      clock.advance(3000)
      assert.deepStrictEqual((await logPage(fake, logs(1), tokenAt(1000))).content, [])
    }))
})

describe("where a log is", () => {
  for (const version of versions) {
    it(`${version}: there is none before the task is scheduled; then it is empty, and not said to go on`, () =>
      withTask(version, ticking, async (fake, clock) => {
        const early = await api(fake, logs(1))
        assert.deepStrictEqual([early.status, early.body], [404, { detail: "TaskInstance not found" }])
        for (const millis of [300, 600]) {
          clock.advance(millis)
          const page = await logPage(fake, logs(1))
          assert.deepStrictEqual([page.content, page.token], [header(version as Version, []), null])
        }
      }))

    it(`${version}: while the task runs it is said where it is, twice; later once`, () =>
      withTask(version, ticking, async (fake, clock) => {
        clock.advance(4000)
        const running = await logPage(fake, logs(1))
        assert.deepStrictEqual(
          running.content.slice(0, running.content.length - afterHeader(running).length),
          header(version as Version, [file, served])
        )
        clock.advance(hour)
        const over = await logPage(fake, logs(1))
        assert.deepStrictEqual(
          over.content.slice(0, over.content.length - afterHeader(over).length),
          header(version as Version, [file])
        )
      }))

    it(`${version}: of an attempt that never was there is none`, () =>
      withTask(version, ticking, async (fake, clock) => {
        clock.advance(hour)
        for (const path of [logs(2), logs(0), `${logs(1)}?map_index=0`, logs(1, "nope")]) {
          const answer = await api(fake, path)
          assert.deepStrictEqual([answer.status, answer.body], [404, { detail: "TaskInstance not found" }])
        }
        assert.strictEqual((await api(fake, logs("x"))).status, 422)
        assert.strictEqual((await api(fake, logs(-1))).status, 422)
      }))

    it(`${version}: a lost one is a 200 that says so`, () =>
      withTask(version, ticking, async (fake, clock) => {
        clock.advance(hour)
        fake.deleteLog(id)
        const page = await logPage(fake, logs(1))
        const said =
          version < "3.2"
            ? `Could not read served logs: 404 Client Error: Not Found for url: ${served}`
            : notOnWorker
        assert.deepStrictEqual(page.content, header(version as Version, [said]))
        assert.isNull(page.token)
      }))
  }

  it("deleted while the task runs: nothing, and what is written later is lost, too", () =>
    withTask("3.3.2", ticking, async (fake, clock) => {
      clock.advance(4000)
      fake.deleteLog(id)
      for (const millis of [0, 2000]) {
        clock.advance(millis)
        const page = await logPage(fake, logs(1))
        assert.deepStrictEqual(page.content, header("3.3.2", [notOnWorker]))
        assert.deepStrictEqual(page.info, { end_of_log: false, log_pos: 0 })
      }
      assert.isAbove(fake.written(id).length, 6)
    }))

  it("of a server with another key than the workers' is said so", () =>
    withTask("3.2.1", ticking, async (fake, clock) => {
      clock.advance(4000)
      fake.comeBack({ secretKey: true })
      const [first] = (await logPage(fake, logs(1))).content
      const sources = first?.["sources"] as ReadonlyArray<string>
      assert.strictEqual(sources[0], file)
      assert.isTrue(sources[1]?.startsWith("!!!! Please make sure that all your Airflow components"))
    }))

  it("of a task that nothing runs there is none", async () => {
    for (const [version, said] of [
      ["3.2.1", "Operator inherits from empty operator and thus does not have logs"],
      [
        "3.3.2",
        "Could not read served logs: Hostname not available for worker. Please check your `hostname_callable` configuration."
      ]
    ] as const) {
      await withTask(version, emptyTask("t"), async (fake, clock) => {
        clock.advance(hour)
        assert.deepStrictEqual((await logPage(fake, logs(1))).content, header(version, [said]))
      })
    }
  })

  it("of a task whose upstream failed is attempt 0, and a sentence", async () => {
    const tasks = [task("up", { run: [raise("E", "x")] }), task("t", { upstream: ["up"] })]
    for (const [version, events] of [
      ["3.0.6", ["Error fetching the logs. Try number 0 is invalid."]],
      ["3.1.8", [start, "::endgroup::", "Task did not run because upstream task(s) failed."]]
    ] as const) {
      await still(
        version,
        ["d"],
        async (fake, clock) => {
          clock.advance(hour)
          assert.deepStrictEqual((await logPage(fake, logs(0))).events, [...events])
        },
        { dags: [dag("d", tasks)] }
      )
    }
  })

  it("elsewhere there is none", () =>
    withTask("3.2.1", ticking, async (fake, clock) => {
      clock.advance(hour)
      const answer = await api(fake, logs(1).replace("logs", "externalLogUrl"))
      assert.deepStrictEqual(
        [answer.status, answer.body],
        [400, { detail: "Task log handler does not support external logs." }]
      )
    }))
})

describe("attempts", () => {
  it("have logs of their own, also while the next is waited for", () =>
    withTask(
      "3.3.2",
      task("t", { attempts: [[print("first"), raise("E", "x")], [print("second")]], retryDelay: 10_000 }),
      async (fake, clock) => {
        clock.advance(5000)
        assert.deepStrictEqual(printed((await logPage(fake, logs(1))).content), ["first"])
        assert.strictEqual((await api(fake, logs(2))).status, 404)
        clock.advance(hour)
        assert.deepStrictEqual(printed((await logPage(fake, logs(1))).content), ["first"])
        assert.deepStrictEqual(printed((await logPage(fake, logs(2))).content), ["second"])
      }
    ))

  it("go on in the same log after a deferral, with the triggerer's between", () =>
    withTask(
      "3.3.2",
      task("t", { run: [print("a"), defer(3000), print("b"), reschedule(3000), print("c")] }),
      async (fake, clock) => {
        clock.advance(3000)
        const deferred = await logPage(fake, logs(1))
        assert.strictEqual(deferred.info?.["end_of_log"], false)
        assert.include(deferred.events, `${file}.trigger.2.log`)
        assert.include(
          deferred.events,
          "http://fake:8794/log/dag_id=d/run_id=r/task_id=t/attempt=1.log.trigger.2.log"
        )
        assert.deepStrictEqual(
          fake.logFiles(id).map(({ source }) => source),
          ["worker", "trigger"]
        )
        clock.advance(hour)
        const { content, token } = await logPage(fake, logs(1))
        assert.deepStrictEqual(printed(content), ["a", "b", "c"])
        assert.isNull(token)
        const events = content.map(({ event }) => String(event))
        const order = [
          "a",
          "Pausing task as DEFERRED. ",
          "trigger d/r/t/-1/1 (ID 1) starting",
          "trigger completed",
          "b",
          "Rescheduling task, marking task as UP_FOR_RESCHEDULE",
          "c"
        ].map((event) => events.indexOf(event))
        assert.isTrue(
          order.every((place, index) => place > (order[index - 1] ?? -1)),
          String(order)
        )
      }
    ))

  it("of 3.3 write one more line when they are over", () =>
    withTask("3.3.2", task("t", { run: [print("a")] }), async (fake, clock) => {
      for (let state: unknown; state !== "success"; clock.advance(1))
        state = (await api(fake, "/dags/d/dagRuns/r/taskInstances/t")).body["state"]
      const early = await logPage(fake, logs(1))
      clock.advance(100)
      const late = await logPage(fake, logs(1))
      assert.deepStrictEqual(late.content.slice(0, -1), early.content)
      assert.strictEqual(late.events.at(-1), "::endgroup::")
      assert.isNull(early.token)
    }))

  it("that are skipped say why", () =>
    withTask("3.3.2", task("t", { run: [skip] }), async (fake, clock) => {
      clock.advance(hour)
      const { content } = await logPage(fake, logs(1))
      assert.deepInclude(
        content.find(({ event }) => event === "Skipping task."),
        { reason: "skipped on purpose", level: "info" }
      )
    }))

  it("whose worker vanishes have no end", () =>
    withTask("3.3.2", task("t", { run: [print("a"), lose(20_000)] }), async (fake, clock) => {
      clock.advance(hour)
      const { content, token } = await logPage(fake, logs(1))
      assert.isNull(token)
      assert.strictEqual(content.at(-1)?.["event"], "a")
    }))
})

describe("a damaged file", () => {
  it("is read as it is: records, texts with times of their own, and texts without", () =>
    withTask("3.2.1", ticking, async (fake, clock) => {
      clock.advance(hour)
      fake.replaceLog(id, [
        "plain line",
        "2026-01-01T00:00:00Z stamped line",
        "[2026-01-01T00:00:01.000+0000] {x.py:1} INFO - two style",
        '{"event":"json no time"}',
        '{"timestamp":"2026-01-01T00:00:02.5+02:00","event":"json time","extra":{"a":1},"z":null}',
        '{"foo":1}',
        '"str"',
        "",
        "  ",
        "same",
        "same",
        '{"event":"ev","timestamp":"nonsense"}',
        '{"timestamp":"2025-01-01T00:00:00Z","event":"earlier"}',
        '{"event":7}',
        '{"timestamp":1704067200,"event":"epoch"}',
        "uni\u2028sep\u0085nel"
      ])
      // What real servers of 3.0, 3.1, 3.2 and 3.3 made of the same file.
      const after = (event: string) => ({ timestamp: "2026-01-01T00:00:01Z", event })
      assert.deepStrictEqual(afterHeader(await logPage(fake, logs(1))), [
        { timestamp: null, event: "plain line" },
        { timestamp: "2024-01-01T00:00:00Z", event: "epoch" },
        { timestamp: "2025-01-01T00:00:00Z", event: "earlier" },
        { timestamp: "2026-01-01T00:00:02.500000+02:00", event: "json time", extra: { a: 1 }, z: null },
        { timestamp: "2026-01-01T00:00:00Z", event: "2026-01-01T00:00:00Z stamped line" },
        after("[2026-01-01T00:00:01.000+0000] {x.py:1} INFO - two style"),
        { event: "json no time" },
        after('{"foo":1}'),
        after('"str"'),
        after("  "),
        after("same"),
        after('{"event":"ev","timestamp":"nonsense"}'),
        after('{"event":7}'),
        after("uni\u2028sep\u0085nel")
      ])
    }))

  it("that was cut goes on from there", () =>
    withTask("3.3.2", ticking, async (fake, clock) => {
      clock.advance(5000)
      const { token } = await logPage(fake, logs(1))
      fake.truncateLog(id, 5)
      assert.lengthOf(fake.records(id), 5)
      assert.deepStrictEqual((await logPage(fake, logs(1), token)).content, [])
      clock.advance(2000)
      const page = await logPage(fake, logs(1))
      assert.deepStrictEqual(printed(page.content).length, 2)
      assert.deepStrictEqual(
        afterHeader(page).map((record) => JSON.stringify(record)),
        fake.records(id)
      )
    }))
})

describe("what is printed late", () => {
  const chatty = task("t", { run: [print("a"), print("b")] })
  const options = { dags: [dag("d", [chatty])], runs: [{ dag_id: "d", dag_run_id: "r" }], stdoutDelay: 40 }
  const isOurs = (event: unknown) =>
    event === "a" || event === "b" || event === "Done. Returned value was: None"

  it("stands after a record that is written after it: a position then means another line", () =>
    still(
      "3.3.2",
      [],
      async (fake, clock) => {
        // It runs from 1200 on; what it prints at 1300 is written at 1340.
        clock.advance(1339)
        assert.deepStrictEqual((await logPage(fake, logs(1))).events.filter(isOurs), [])
        clock.advance(2)
        const before = await logPage(fake, logs(1))
        assert.deepStrictEqual(before.events.filter(isOurs), ["a", "b"])
        clock.advance(40)
        const after = await logPage(fake, logs(1))
        assert.deepStrictEqual(after.events.filter(isOurs), ["Done. Returned value was: None", "a", "b"])
        const next = await logPage(fake, logs(1), before.token)
        assert.deepStrictEqual(next.events, after.events.slice(after.events.length - next.events.length))
        assert.notInclude(next.events, "Done. Returned value was: None")
        assert.include(next.events, "b")
      },
      options
    ))

  it("is written before the task is over", () =>
    still(
      "3.1.8",
      [],
      async (fake, clock) => {
        for (let state: unknown; state !== "success"; clock.advance(1))
          state = (await api(fake, "/dags/d/dagRuns/r/taskInstances/t")).body["state"]
        const first = await logPage(fake, logs(1))
        clock.advance(hour)
        assert.deepStrictEqual(await logPage(fake, logs(1)), first)
      },
      options
    ))
})

describe("clearing", () => {
  it("a running task lets it write on for a while, kills it, and tries it again", () =>
    withTask("3.3.2", task("t", { run: [lines(100, 500, String)] }), async (fake, clock) => {
      const row = async () => {
        const { body } = await api(fake, "/dags/d/dagRuns/r/taskInstances/t")
        return [body["state"], body["try_number"], body["max_tries"]]
      }
      clock.advance(4000)
      const { body: before } = await api(fake, "/dags/d/dagRuns/r/taskInstances/t")
      fake.clear(id)
      assert.deepStrictEqual(await row(), ["restarting", 1, 0])
      const early = await logPage(fake, logs(1))
      assert.isNull(early.token)
      clock.advance(4000)
      const later = await logPage(fake, logs(1))
      assert.isAbove(printed(later.content).length, printed(early.content).length)
      clock.advance(7000)
      assert.deepStrictEqual(await row(), [null, 1, 1])
      const dead = await logPage(fake, logs(1))
      assert.deepInclude(dead.content.at(-1), { event: "Task killed!", level: "error", logger: "task" })
      clock.advance(3000)
      assert.deepStrictEqual(await row(), ["running", 2, 1])
      const { body: after } = await api(fake, "/dags/d/dagRuns/r/taskInstances/t")
      assert.notStrictEqual(after["id"], before["id"])
      assert.isAbove(printed((await logPage(fake, logs(2))).content).length, 0)
      assert.deepStrictEqual((await logPage(fake, logs(1))).content, dead.content)
    }))

  it("a running task of 3.0 kills it, and leaves it so until it is cleared once more", () =>
    withTask("3.0.6", task("t", { run: [lines(100, 500, String)] }), async (fake, clock) => {
      const row = async () => {
        const { body } = await api(fake, "/dags/d/dagRuns/r/taskInstances/t")
        return [body["state"], body["try_number"], body["max_tries"]]
      }
      const tries = async () => {
        const { body } = await api(fake, "/dags/d/dagRuns/r/taskInstances/t/tries")
        return (body["task_instances"] as ReadonlyArray<Record<string, unknown>>).map((one) => [
          one["state"],
          one["try_number"]
        ])
      }
      clock.advance(4000)
      fake.clear(id)
      clock.advance(hour)
      assert.deepStrictEqual(await row(), ["restarting", 1, 0])
      assert.deepStrictEqual(await tries(), [
        ["failed", 1],
        ["restarting", 1]
      ])
      const dead = await logPage(fake, logs(1))
      assert.isNull(dead.token)
      assert.deepInclude(dead.content.at(-1), { event: "Task killed!", level: "error", logger: "task" })
      fake.clear(id)
      clock.advance(3000)
      assert.deepStrictEqual(await row(), ["running", 2, 1])
      assert.deepStrictEqual(await tries(), [
        ["failed", 1],
        ["running", 2]
      ])
      assert.deepStrictEqual((await logPage(fake, logs(1))).content, dead.content)
    }))
})

describe("the page of the UI", () => {
  it("is what a log behind a wrong prefix gets", () =>
    withTask("3.3.2", ticking, async (fake) => {
      const answer = await call(fake, `/prefix/api/v2${logs(1)}`)
      assert.deepStrictEqual([answer.status, answer.type], [200, "text/html; charset=utf-8"])
    }))
})
