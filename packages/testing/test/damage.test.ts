/** Harm that comes to files, workers and the server, and tasks that are cleared. */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import * as Fault from "@effect-airflow/testing/Fault"
import {
  dag,
  defer,
  emptyTask,
  lines,
  lose,
  print,
  raise,
  sleep,
  task
} from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import { afterHeader, base, type Fake, hour, json, logPage, request, rows, still } from "./fixtures.js"

const tick = { dag_id: "ticker", dag_run_id: "r", task_id: "tick" }
const tickLog = "ticker/dagRuns/r/taskInstances/tick/logs/1"

const taskInstance = async (fake: Fake, dag_id: string, task_id: string) =>
  (await json(fake, `${base}/${dag_id}/dagRuns/r/taskInstances/${task_id}`)).body

const stateOf = async (fake: Fake, dag_id: string, task_id: string) => {
  const { max_tries, state, try_number } = await taskInstance(fake, dag_id, task_id)
  return [state, try_number, max_tries]
}

const runState = async (fake: Fake, dag_id: string) =>
  (await json(fake, `${base}/${dag_id}/dagRuns/r`)).body["state"]

const clear = (fake: Fake, dag_id: string, body: object) =>
  json(fake, `${base}/${dag_id}/clearTaskInstances`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body)
  })

const messages = (written: ReadonlyArray<string>) => written.map((line) => line.split(" - ").at(-1)!)

describe("a log file", () => {
  it("cut while its task runs: what comes later is appended, and the position is where the file ends", () =>
    still(["ticker"], async (fake, clock) => {
      clock.advance(5000)
      const whole = await logPage(fake, tickLog)
      const before = fake.written(tick)
      fake.truncateLog(tick, 3)
      const cut = await logPage(fake, tickLog, whole.token)
      const kept = before.slice(0, 3).join("\n")
      assert.deepStrictEqual([cut.text, cut.info], ["", { end_of_log: false, log_pos: kept.length }])
      clock.advance(500)
      const next = await logPage(fake, tickLog, cut.token)
      const added = fake.written(tick).slice(before.length)
      assert.lengthOf(added, 2)
      assert.strictEqual(next.text, `\n${added.join("\n")}`)
      assert.deepStrictEqual(fake.logFiles(tick), [
        { source: "worker", lines: [...before.slice(0, 3), ...added] }
      ])
      fake.truncateLog(tick, 0)
      assert.strictEqual((await logPage(fake, tickLog)).info["log_pos"], 0)
    }))

  it("replaced while its task runs, by lines that are read in the order of their times", () =>
    still(["ticker"], async (fake, clock) => {
      clock.advance(5000)
      const before = fake.written(tick)
      const [first, second] = ["[2023-12-31T23:00:02.000+0000] b", "[2023-12-31T23:00:01.000+0000] a"]
      fake.replaceLog(tick, ["plain", "", "plain", first, second, "with a"])
      clock.advance(250)
      const added = fake.written(tick).slice(before.length)
      const { info, text } = await logPage(fake, tickLog)
      const expected = ["plain", second, "with a", first, ...added].join("\n")
      assert.strictEqual(afterHeader(text), expected)
      assert.strictEqual(info["log_pos"], expected.length)
    }))

  it("deleted while its task runs: what comes later is lost, but for another attempt", () =>
    still(
      ["d"],
      async (fake, clock) => {
        const id = { dag_id: "d", dag_run_id: "r", task_id: "t" }
        clock.advance(2000)
        fake.deleteLog(id)
        clock.advance(500)
        assert.deepStrictEqual(fake.logFiles(id), [])
        assert.include(messages(fake.written(id)), "two")
        const { info, text } = await logPage(fake, "d/dagRuns/r/taskInstances/t/logs/1")
        assert.match(text, /\*\*\* Could not read served logs: 404 Client Error: NOT FOUND for url: /)
        assert.strictEqual(afterHeader(text), "")
        assert.deepStrictEqual(info, { end_of_log: false, log_pos: 0 })
        fake.replaceLog(id, ["not seen by the task"])
        clock.advance(hour)
        const lost = { ...id, try_number: 1 }
        assert.deepStrictEqual(fake.logFiles(lost)[0]?.lines, ["not seen by the task"])
        assert.deepStrictEqual(fake.logFiles(id)[0]?.lines, fake.written(id))
      },
      {
        dags: [
          dag("d", [
            task("t", {
              attempts: [
                [print("one"), sleep(1000), print("two"), sleep(500), raise("E", "e")],
                [print("three")]
              ]
            })
          ])
        ]
      }
    ))

  it("deleted while its task is deferred: the triggerer's stays, and the next process makes a new one", () =>
    still(
      ["d"],
      async (fake, clock) => {
        const id = { dag_id: "d", dag_run_id: "r", task_id: "t" }
        clock.advance(3000)
        assert.deepStrictEqual(
          fake.logFiles(id).map(({ source }) => source),
          ["worker", "trigger"]
        )
        const deferred = await logPage(fake, "d/dagRuns/r/taskInstances/t/logs/1")
        assert.match(
          deferred.text,
          /Found logs served from host http:\S+:8794\/\S+attempt=1\.log\.trigger\.2\.log\n/
        )
        fake.deleteLog(id)
        clock.advance(hour)
        const [worker, trigger] = fake.logFiles(id)
        assert.strictEqual(trigger?.source, "trigger")
        assert.notInclude(messages(worker!.lines), "before")
        assert.include(messages(worker!.lines), "after")
        const { text } = await logPage(fake, "d/dagRuns/r/taskInstances/t/logs/1")
        assert.deepStrictEqual(afterHeader(text).split("\n"), [...trigger!.lines, ...worker!.lines])
      },
      { dags: [dag("d", [task("t", { run: [print("before"), defer(5000), print("after")] })])] }
    ))
})

describe("a server that is down", () => {
  it("drops connections, old and new, and comes back as it was", () =>
    still(["quick"], async (fake, clock) => {
      clock.advance(hour)
      const path = "quick/dagRuns/r/taskInstances/hello/logs/1"
      const { token } = await logPage(fake, path)
      fake.inject(Fault.stall(Infinity))
      const pending = [fetch(`${fake.baseUrl}/health`), fake.fetch(`${fake.baseUrl}/health`)]
      fake.inject(Fault.stall(Infinity))
      const failures = Promise.all(
        pending.map((one) =>
          one.then(
            () => "answered",
            (error: unknown) => String(error)
          )
        )
      )
      while (fake.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
      const seen = fake.requests.length
      fake.goDown()
      for (const failure of await failures) assert.match(failure, /fetch failed|terminated/)
      for (const send of [fetch, fake.fetch]) {
        const error = await request(fake, "/health", {}, send).then(
          () => "answered",
          (error: unknown) => error
        )
        assert.instanceOf(error, TypeError)
        assert.strictEqual((error as TypeError).message, "fetch failed")
      }
      assert.lengthOf(fake.requests, seen)
      fake.comeBack()
      assert.strictEqual((await logPage(fake, path, token)).text, "")
    }))

  it("may come back with another key: tokens are refused, and workers do not know it", () =>
    still(["ticker"], async (fake, clock) => {
      clock.advance(5000)
      const { token } = await logPage(fake, tickLog)
      fake.goDown()
      fake.comeBack({ secretKey: true })
      const refused = await json(fake, `${base}/${tickLog}?token=${token}`)
      assert.deepInclude(refused.body, {
        status: 400,
        title: "Bad Signature. Please use only the tokens provided by the API."
      })
      const { text } = await logPage(fake, tickLog)
      assert.match(
        text,
        /\n\*\*\* !!!! Please make sure .*\nSee more at \S+\n\*\*\* Could not read served logs: 403 Client Error: FORBIDDEN for url: \S+\n INFO - ::endgroup::\n\[/
      )
      fake.comeBack({ secretKey: "fake-secret" })
      assert.strictEqual((await logPage(fake, tickLog, token)).text, "")
    }))
})

describe("clearing", () => {
  it("a task that is over: it runs again, and so does its run", () =>
    still(["quick"], async (fake, clock) => {
      clock.advance(hour)
      const first = fake.written({ dag_id: "quick", dag_run_id: "r", task_id: "hello" })
      fake.clear({ dag_id: "quick", dag_run_id: "r", task_id: "hello" })
      const seen: Array<unknown> = []
      for (const millis of [0, 200, 500, 500, 200]) {
        clock.advance(millis)
        seen.push([await runState(fake, "quick"), ...(await stateOf(fake, "quick", "hello"))])
      }
      assert.deepStrictEqual(seen, [
        ["queued", null, 1, 1],
        ["running", "scheduled", 2, 1],
        ["running", "queued", 2, 1],
        ["running", "running", 2, 1],
        ["success", "success", 2, 1]
      ])
      assert.deepStrictEqual(await stateOf(fake, "quick", "bye"), ["success", 1, 0])
      const id = { dag_id: "quick", dag_run_id: "r", task_id: "hello" }
      assert.deepStrictEqual(fake.written({ ...id, try_number: 1 }), first)
      assert.include(messages(fake.written(id)), "Starting attempt 2 of 2")
    }))

  it("shows the last attempt's times until the next one runs, and its duration until that is over", () =>
    still(["ticker"], async (fake, clock) => {
      clock.advance(hour)
      const before = await taskInstance(fake, "ticker", "tick")
      fake.clear(tick)
      clock.advance(1100)
      const waiting = await taskInstance(fake, "ticker", "tick")
      for (const field of ["start_date", "end_date", "duration", "hostname"]) {
        assert.strictEqual(waiting[field], before[field], field)
      }
      clock.advance(200)
      const running = await taskInstance(fake, "ticker", "tick")
      assert.deepInclude(running, { state: "running", end_date: null, duration: before["duration"] })
      assert.isAbove(Date.parse(String(running["start_date"])), Date.parse(String(before["end_date"])))
    }))

  it("gives as many tries as at first; those that are to come wait for it", () =>
    still(
      ["d"],
      async (fake, clock) => {
        // The second task waits when the first is cleared, between its attempts.
        clock.advance(2500)
        assert.deepStrictEqual(await stateOf(fake, "d", "a"), ["up_for_retry", 1, 1])
        fake.clear({ dag_id: "d", dag_run_id: "r", task_id: "a" })
        assert.deepStrictEqual(await stateOf(fake, "d", "a"), [null, 1, 2])
        clock.advance(hour)
        assert.deepStrictEqual(await stateOf(fake, "d", "a"), ["failed", 3, 2])
        assert.deepStrictEqual(await stateOf(fake, "d", "b"), ["upstream_failed", 0, 0])
        assert.strictEqual(await runState(fake, "d"), "failed")
        fake.clear({ dag_id: "d", dag_run_id: "r", task_id: "b" })
        clock.advance(hour)
        assert.deepStrictEqual(await stateOf(fake, "d", "b"), ["upstream_failed", 0, 0])
      },
      {
        dags: [
          dag("d", [
            task("a", { retries: 1, run: [sleep(1000), raise("E", "e")] }),
            task("b", { upstream: ["a"] })
          ])
        ]
      }
    ))

  it("a running task kills it, and it is tried again", () =>
    still(["ticker"], async (fake, clock) => {
      clock.advance(5000)
      fake.clear(tick)
      assert.deepStrictEqual(await stateOf(fake, "ticker", "tick"), ["restarting", 1, 0])
      const { info, text, token } = await logPage(fake, tickLog)
      assert.strictEqual(info["end_of_log"], true)
      assert.notInclude(text, "served")
      clock.advance(1900)
      assert.match((await logPage(fake, tickLog, token)).text, /^\n.* - tick 0000\d\d$/s)
      clock.advance(200)
      assert.deepStrictEqual(await stateOf(fake, "ticker", "tick"), ["up_for_retry", 1, 0])
      const first = fake.written(tick)
      assert.include(first, "airflow.exceptions.AirflowTaskTerminated: Task received SIGTERM signal")
      clock.advance(hour)
      assert.deepStrictEqual(await stateOf(fake, "ticker", "tick"), ["success", 2, 0])
      assert.deepStrictEqual(fake.written({ ...tick, try_number: 1 }), first)
      assert.include(messages(fake.written(tick)), "tick 000059")
    }))

  it("over the API leaves a running task alone, and a run that is over unless it is reset", () =>
    still(["ticker", "quick"], async (fake, clock) => {
      clock.advance(5000)
      const running = await clear(fake, "ticker", { dag_run_id: "r", only_failed: false, dry_run: false })
      assert.lengthOf(rows(running.body), 1)
      assert.deepStrictEqual(await stateOf(fake, "ticker", "tick"), ["running", 1, 0])
      clock.advance(hour)
      assert.deepStrictEqual(await stateOf(fake, "ticker", "tick"), ["success", 1, 0])
      const body = { dag_run_id: "r", task_ids: ["hello"], only_failed: false }
      assert.deepStrictEqual(rows((await clear(fake, "quick", body)).body), [
        {
          dag_id: "quick",
          dag_run_id: "r",
          execution_date: "2024-01-01T00:00:00+00:00",
          task_id: "hello"
        }
      ])
      assert.deepStrictEqual(await stateOf(fake, "quick", "hello"), ["success", 1, 0])
      await clear(fake, "quick", { ...body, dry_run: false })
      clock.advance(hour)
      assert.deepStrictEqual(await stateOf(fake, "quick", "hello"), [null, 1, 1])
      assert.strictEqual(await runState(fake, "quick"), "success")
      await clear(fake, "quick", { ...body, dry_run: false, reset_dag_runs: true })
      clock.advance(hour)
      assert.deepStrictEqual(await stateOf(fake, "quick", "hello"), ["success", 2, 1])
    }))

  it("over the API chooses tasks by their names, their neighbours, their states, and the time of the run", () =>
    still(
      ["d"],
      async (fake, clock) => {
        clock.advance(hour)
        fake.trigger("d", { dag_run_id: "later" })
        clock.advance(hour)
        const chosen = async (body: object) =>
          rows((await clear(fake, "d", { only_failed: false, ...body })).body)
            .map(({ dag_run_id, task_id }) => `${String(dag_run_id)} ${String(task_id)}`)
            .sort()
        const r = { dag_run_id: "r" }
        assert.deepStrictEqual(await chosen({ ...r, task_ids: ["b"] }), ["r b"])
        assert.deepStrictEqual(await chosen({ ...r, task_ids: ["b"], include_upstream: true }), [
          "r a",
          "r b"
        ])
        assert.deepStrictEqual(await chosen({ ...r, task_ids: ["b"], include_downstream: true }), [
          "r b",
          "r c"
        ])
        assert.deepStrictEqual(await chosen({ ...r, only_failed: true }), ["r b", "r c"])
        assert.deepStrictEqual(await chosen({ ...r, only_running: true }), [])
        assert.deepStrictEqual(await chosen({ ...r, task_ids: ["a"], include_future: true }), [
          "later a",
          "r a"
        ])
        assert.deepStrictEqual(await chosen({ task_ids: ["a"], start_date: "2024-01-01T00:30:00Z" }), [
          "later a"
        ])
        assert.deepStrictEqual(await chosen({ task_ids: ["a"], end_date: "2024-01-01T00:30:00Z" }), ["r a"])
        assert.deepStrictEqual(await chosen({ task_ids: ["nope"] }), [])
      },
      {
        dags: [
          dag("d", [
            emptyTask("a"),
            task("b", { upstream: ["a"], run: [raise("E", "e")] }),
            task("c", { upstream: ["b"] })
          ])
        ]
      }
    ))

  it("a task that triggers a run triggers another one", () =>
    still(["links"], async (fake, clock) => {
      const total = async () =>
        (await json(fake, `${base}/quick/dagRuns/~/taskInstances`)).body["total_entries"]
      clock.advance(500)
      // It has not triggered anything yet: the run that was to come is not.
      fake.clear({ dag_id: "links", dag_run_id: "r", task_id: "trigger" })
      clock.advance(hour)
      assert.strictEqual(await total(), 2)
      fake.clear({ dag_id: "links", dag_run_id: "r", task_id: "trigger" })
      clock.advance(hour)
      assert.strictEqual(await total(), 4)
    }))
})

describe("a worker that vanishes", () => {
  it("leaves its attempt running, with no more lines, until it is missed", () =>
    still(
      ["d"],
      async (fake, clock) => {
        const id = { dag_id: "d", dag_run_id: "r", task_id: "t", try_number: 1 }
        clock.advance(2000)
        const written = fake.written(id)
        assert.strictEqual(messages(written).at(-1), "last words")
        clock.advance(59_000)
        assert.deepStrictEqual(await stateOf(fake, "d", "t"), ["running", 1, 1])
        clock.advance(1000)
        assert.deepStrictEqual(await stateOf(fake, "d", "t"), ["up_for_retry", 1, 1])
        assert.deepStrictEqual(fake.written(id), written)
        clock.advance(hour)
        assert.deepStrictEqual(await stateOf(fake, "d", "t"), ["failed", 2, 1])
        assert.strictEqual(messages(fake.written({ ...id, try_number: 2 })).at(-1), "::endgroup::")
      },
      {
        dags: [
          dag("d", [
            task("t", {
              attempts: [
                [print("last words"), lose(60_000), print("never")],
                [lose(1), raise("E", "e")]
              ]
            })
          ])
        ]
      }
    ))
})

describe("a mapped task", () => {
  it("is one row until it is expanded, or for ever when it is not", () =>
    still(
      ["expanding", "d"],
      async (fake, clock) => {
        const indexes = async (dag_id: string) =>
          rows((await json(fake, `${base}/${dag_id}/dagRuns/r/taskInstances`)).body)
            .filter(({ task_id }) => task_id === "part")
            .map(({ map_index, state }) => [map_index, state])
        assert.deepStrictEqual(await indexes("expanding"), [[-1, null]])
        const log = await request(fake, `${base}/expanding/dagRuns/r/taskInstances/part/logs/1`)
        assert.strictEqual(log.status, 500)
        clock.advance(5300)
        assert.deepStrictEqual(
          await indexes("expanding"),
          [0, 1, 2, 3].map((index) => [index, "scheduled"])
        )
        assert.deepStrictEqual(await indexes("d"), [[-1, "upstream_failed"]])
        assert.throws(() => fake.written({ dag_id: "expanding", dag_run_id: "r", task_id: "part" }))
        clock.advance(hour)
        assert.strictEqual(await runState(fake, "expanding"), "success")
        fake.clear({ dag_id: "expanding", dag_run_id: "r", task_id: "part", map_index: 2 })
        clock.advance(hour)
        const { body } = await json(fake, `${base}/expanding/dagRuns/r/taskInstances/part/listMapped`)
        assert.deepStrictEqual(
          rows(body).map(({ rendered_map_index, try_number }) => [rendered_map_index, try_number]),
          [
            ["a", 1],
            ["b", 1],
            ["c", 2],
            ["d", 1]
          ]
        )
      },
      {
        dags: [
          dag("expanding", [
            task("split", { run: [sleep(4000)] }),
            task("part", { upstream: ["split"], mapped: ["a", "b", "c", "d"], run: [lines(3, 500, String)] })
          ]),
          dag("d", [
            task("split", { run: [raise("E", "e")] }),
            task("part", { upstream: ["split"], mapped: ["a"] })
          ])
        ]
      }
    ))

  it("waits for what is upstream of it, when that is cleared", () =>
    still(["expanding"], async (fake, clock) => {
      clock.advance(3000)
      fake.clear({ dag_id: "expanding", dag_run_id: "r", task_id: "split" })
      clock.advance(5000)
      assert.deepStrictEqual(await stateOf(fake, "expanding", "part"), [null, 0, 0])
      clock.advance(hour)
      assert.strictEqual(await runState(fake, "expanding"), "success")
      const { body } = await json(fake, `${base}/expanding/dagRuns/r/taskInstances`)
      assert.strictEqual(body["total_entries"], 6)
    }))
})

const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length

describe("a silence", () => {
  for (const [what, of] of [
    ["over a socket", () => fetch],
    ["in memory", (fake: Fake) => fake.fetch]
  ] as const) {
    for (const afterBytes of [undefined, 4]) {
      it(`${what}, ${afterBytes === undefined ? "before the answer" : "within it"}, ends with the request, and leaves no timer`, async () => {
        await using fake = await FakeAirflow.start({ clock: FakeClock.manual() })
        const before = timers()
        for (const millis of [60_000, Infinity]) {
          fake.inject(Fault.stall(millis, afterBytes))
          const abort = new AbortController()
          const answer = of(fake)(`${fake.baseUrl}/health`, { signal: abort.signal }).then((response) =>
            response.text()
          )
          setTimeout(() => abort.abort(new Error("enough")), 20)
          const error = await answer.then(
            () => "answered",
            (error: unknown) => String(error)
          )
          assert.match(error, /enough/)
        }
        for (let waits = 0; timers() > before && waits < 100; waits++) {
          await new Promise((resolve) => setImmediate(resolve))
        }
        assert.isAtMost(timers(), before)
      })
    }
  }

  it("in memory ends when the fake is closed", async () => {
    const fake = await FakeAirflow.start()
    const before = timers()
    fake.inject(Fault.stall(60_000))
    const answer = fake.fetch(`${fake.baseUrl}/health`).then(
      () => "answered",
      (error: unknown) => String(error)
    )
    await new Promise((resolve) => setTimeout(resolve, 20))
    await fake.close()
    assert.match(await answer, /terminated/)
    assert.isAtMost(timers(), before)
  })
})

describe("a reset", () => {
  it("is one", async () => {
    await using fake = await FakeAirflow.start()
    for (const afterBytes of [undefined, 4]) {
      fake.inject(Fault.reset(afterBytes))
      const error = await fetch(`${fake.baseUrl}/health`)
        .then((response) => response.text())
        .then(
          () => undefined,
          (error: unknown) => error as TypeError
        )
      assert.instanceOf(error, TypeError)
      assert.strictEqual((error.cause as { readonly code?: string }).code, "ECONNRESET")
    }
  })
})
