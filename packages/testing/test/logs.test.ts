import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import {
  dag,
  defer,
  emptyTask,
  lines,
  log,
  print,
  raise,
  reschedule,
  skip,
  type Task,
  task
} from "@effect-airflow/testing/Scenario"
import { awkwardTexts } from "@effect-airflow/testing/StandardScenario"
import { assert, describe, it } from "@effect/vitest"
import { afterHeader, base, type Fake, hour, json, logPage, readContent, request, still } from "./fixtures.js"
import type * as FakeClock from "@effect-airflow/testing/FakeClock"

const hello = "quick/dagRuns/r/taskInstances/hello/logs"
const helloId = { dag_id: "quick", dag_run_id: "r", task_id: "hello" }

const withTask = (t: Task, test: (fake: Fake, clock: FakeClock.ManualClock) => Promise<void>) =>
  still([], test, { dags: [dag("d", [t])], runs: [{ dag_id: "d", dag_run_id: "r" }] })

const path = (task_id: string, attempt: number) => `d/dagRuns/r/taskInstances/${task_id}/logs/${attempt}`

/** What the tasks themselves printed, out of the records. */
const printed = (texts: ReadonlyArray<string>) =>
  texts.flatMap((line) => /\{logging_mixin\.py:190\} INFO - (.*)$/.exec(line)?.[1] ?? [])

describe("negotiation", () => {
  for (const [accept, type] of [
    ["application/json", "application/json"],
    ["application/json, */*;q=0.1", "application/json"],
    ["*/*, application/json", "application/json"],
    ["text/html", "application/json"],
    ["application/x-ndjson", "application/json"],
    ["text/plain;q=0.5, application/json", "application/json"],
    ["application/*, text/plain;q=0.9", "application/json"],
    ["", "application/json"],
    ["text/plain", "text/plain"],
    ["*/*", "text/plain"],
    ["text/*", "text/plain"],
    ["application/json, text/plain", "text/plain"],
    ["application/json, text/plain, */*", "text/plain"],
    ["text/plain, application/json;q=0.9", "text/plain"]
  ] as const) {
    it(`Accept: ${accept === "" ? "(none)" : accept} gets ${type}`, () =>
      still(["quick"], async (fake, clock) => {
        clock.advance(hour)
        const response = await fake.fetch(`http://fake${base}/${hello}/1`, {
          headers: {
            authorization: `Basic ${btoa("admin:admin")}`,
            ...(accept === "" ? {} : { accept })
          }
        })
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.headers.get("content-type"), type)
        const text = await response.text()
        if (type === "text/plain") assert.isTrue(text.startsWith("fake\n INFO - ::group::"))
        else assert.strictEqual(readContent((JSON.parse(text) as { content: string }).content)[0], "fake")
      }))
  }
})

describe("content", () => {
  it("is the repr of a list of one tuple, with the server's header before the log", () =>
    still(["quick"], async (fake, clock) => {
      clock.advance(hour)
      const { body } = await json(fake, `${base}/${hello}/1`)
      assert.deepStrictEqual(Object.keys(body).sort(), ["content", "continuation_token"])
      // Python takes double quotes for a text that holds single ones only.
      const start = `[('fake', " INFO - ::group::Log message source details\\n*** Found local files:\\n***   * /opt/airflow/logs/dag_id=quick/run_id=r/task_id=hello/attempt=1.log\\n INFO - ::endgroup::\\n[2024-01-01T00:00:01.200+0000] {local_task_job_runner.py:123} INFO - `
      assert.strictEqual((body["content"] as string).slice(0, start.length), start)
      assert.isTrue((body["content"] as string).endsWith('")]'))
      const page = await logPage(fake, `${hello}/1`)
      assert.strictEqual(afterHeader(page.text), fake.written(helloId).join("\n"))
    }))

  it("as text is the same after the host's name", () =>
    still(["text"], async (fake, clock) => {
      clock.advance(hour)
      const target = "text/dagRuns/r/taskInstances/speak/logs/1"
      const page = await logPage(fake, target)
      const text = await request(fake, `${base}/${target}`, { headers: { accept: "text/plain" } })
      assert.strictEqual(await text.text(), `fake\n${page.text}\n`)
    }))

  it("survives every awkward text: what Python would not print is escaped", () =>
    still(["text"], async (fake, clock) => {
      clock.advance(hour)
      const { text } = await logPage(fake, "text/dagRuns/r/taskInstances/speak/logs/1")
      // Airflow prints no line for an empty text, takes colours out, and Python splits lines at \r too.
      const expected = awkwardTexts
        .filter((line) => line !== "")
        // oxlint-disable-next-line no-control-regex -- ESC is what the colours begin with
        .map((line) => line.replaceAll(/\x1b\[\d+m/g, ""))
      const seen = printed(text.split("\n"))
      assert.deepStrictEqual(
        seen,
        expected.map((line) => line.split("\r")[0])
      )
      assert.include(text, "inside")
      const raw = await json(fake, `${base}/text/dagRuns/r/taskInstances/speak/logs/1`)
      const content = raw.body["content"] as string
      for (const escaped of ["nbsp\\xa0", "zero-width\\u200b", "\\u202e end", "back\\\\slash", "tab\\there"])
        assert.include(content, escaped)
      assert.include(content, "grüße, 世界 🚀")
    }))

  it("that holds both kinds of quotes is in single ones, and those inside are escaped", () =>
    withTask(task("t", { run: [print(`it's "so"`)] }), async (fake, clock) => {
      clock.advance(hour)
      const content = (await json(fake, `${base}/${path("t", 1)}`)).body["content"] as string
      assert.isTrue(content.startsWith("[('fake', ' INFO - "))
      assert.include(content, `INFO - it\\'s "so"\\n`)
      assert.isTrue(content.endsWith("')]"))
    }))

  it("of a log call has its level and place, of an exception its traceback", () =>
    withTask(
      task("t", { run: [log("careful", "WARNING"), raise("ValueError", "boom")] }),
      async (fake, clock) => {
        clock.advance(hour)
        const text = afterHeader((await logPage(fake, path("t", 1))).text)
        assert.match(text, /^\[[^\]]+\] \{d\.py:12\} WARNING - careful$/m)
        assert.match(text, /ERROR - Task failed with exception\nTraceback \(most recent call last\):\n/)
        assert.match(text, /^ValueError: boom$/m)
      }
    ))

  it("knows which attempt, index and conf it is of", () =>
    still(["mapped"], async (fake, clock) => {
      clock.advance(hour)
      const page = await logPage(fake, "mapped/dagRuns/r/taskInstances/square/logs/1?map_index=2")
      assert.include(page.text, "task_id=square/map_index=2/attempt=1.log")
      assert.deepStrictEqual(printed(page.text.split("\n")), ["square of 3 is 9"])
      assert.strictEqual(
        afterHeader(page.text),
        fake.written({ dag_id: "mapped", dag_run_id: "r", task_id: "square", map_index: 2 }).join("\n")
      )
    }))
})

describe("a token", () => {
  const ticking = task("t", { run: [lines(10, 1000, (index) => `line ${index} 🚀`)] })

  it("goes on where the page before ended, without a header", () =>
    withTask(ticking, async (fake, clock) => {
      clock.advance(3000)
      const first = await logPage(fake, path("t", 1))
      assert.strictEqual(first.info["end_of_log"], false)
      const nothing = await logPage(fake, path("t", 1), first.token)
      assert.deepStrictEqual([nothing.host, nothing.text], ["fake", ""])
      assert.deepStrictEqual(nothing.info, first.info)
      clock.advance(1500)
      const second = await logPage(fake, path("t", 1), nothing.token)
      assert.isTrue(second.text.startsWith("\n["), second.text.slice(0, 20))
      clock.advance(hour)
      const last = await logPage(fake, path("t", 1), second.token)
      assert.strictEqual(last.info["end_of_log"], true)
      assert.strictEqual(
        afterHeader(first.text) + second.text + last.text,
        fake.written({ dag_id: "d", dag_run_id: "r", task_id: "t" }).join("\n")
      )
      // After the end, the same again brings nothing and hurts nobody.
      const after = await logPage(fake, path("t", 1), last.token)
      assert.deepStrictEqual([after.text, after.info], ["", last.info])
    }))

  it("counts characters as Python does", () =>
    withTask(ticking, async (fake, clock) => {
      clock.advance(hour)
      const page = await logPage(fake, path("t", 1))
      const text = afterHeader(page.text)
      assert.strictEqual(page.info["log_pos"], [...text].length)
      assert.isBelow(page.info["log_pos"] as number, text.length)
    }))

  it("is ignored by the log as text", () =>
    withTask(ticking, async (fake, clock) => {
      clock.advance(hour)
      const { token } = await logPage(fake, path("t", 1))
      const whole = await request(fake, `${base}/${path("t", 1)}`, { headers: { accept: "text/plain" } })
      const again = await request(fake, `${base}/${path("t", 1)}?token=${token}`, {
        headers: { accept: "text/plain" }
      })
      assert.strictEqual(await again.text(), await whole.text())
    }))

  it("is signed as itsdangerous signs: one of a real server with the same key is taken", () =>
    withTask(ticking, async (fake, clock) => {
      clock.advance(hour)
      const { token } = await logPage(fake, path("t", 1))
      assert.match(token, /^[\w-]+\.[\w-]{27}$/)
      // URLSafeSerializer("fake-secret").dumps({"end_of_log": True, "log_pos": 0}) of itsdangerous 2.2.
      const real = "eyJlbmRfb2ZfbG9nIjp0cnVlLCJsb2dfcG9zIjowfQ.igPYV12o503tB-P6zxAaXO0BlIg"
      const page = await logPage(fake, path("t", 1), real)
      assert.strictEqual(page.text, fake.written({ dag_id: "d", dag_run_id: "r", task_id: "t" }).join("\n"))
    }))

  for (const [what, spoil] of [
    ["nonsense", () => "bad"],
    ["an empty one", () => ""],
    ["one whose signature is cut", (token: string) => token.slice(0, -4)],
    ["one whose payload was changed", (token: string) => `${btoa("{}")}.${token.split(".")[1]}`]
  ] as const) {
    it(`that is ${what} is refused`, () =>
      withTask(ticking, async (fake, clock) => {
        clock.advance(hour)
        const { token } = await logPage(fake, path("t", 1))
        const answer = await json(fake, `${base}/${path("t", 1)}?token=${encodeURIComponent(spoil(token))}`)
        assert.strictEqual(answer.status, 400)
        assert.deepInclude(answer.body, {
          title: "Bad Signature. Please use only the tokens provided by the API.",
          detail: null
        })
      }))
  }

  it("from before the key was changed is refused, and new ones are taken", () =>
    withTask(ticking, async (fake, clock) => {
      clock.advance(3000)
      const before = await logPage(fake, path("t", 1))
      fake.rotateSecretKey()
      const refused = await json(fake, `${base}/${path("t", 1)}?token=${before.token}`)
      assert.strictEqual(refused.status, 400)
      const after = await logPage(fake, path("t", 1))
      assert.deepStrictEqual([after.text, after.info], [before.text, before.info])
      assert.strictEqual((await logPage(fake, path("t", 1), after.token)).text, "")
    }))
})

describe("a log that is not there", () => {
  it("before the task starts: 200, the header alone, and the end", () =>
    still(["quick"], async (fake, clock) => {
      for (const millis of [0, 300, 600]) {
        clock.advance(millis)
        const page = await logPage(fake, `${hello}/1`)
        assert.deepStrictEqual(
          [page.host, page.text],
          ["", " INFO - ::group::Log message source details\n INFO - ::endgroup::\n"]
        )
        assert.deepStrictEqual(page.info, { end_of_log: true, log_pos: 0 })
      }
    }))

  it("of an attempt that never ran: 200, and the reason in the header", () =>
    still(["quick"], async (fake, clock) => {
      clock.advance(hour)
      const page = await logPage(fake, `${hello}/99`)
      assert.match(
        page.text,
        /\*\*\* Could not read served logs: 404 .*attempt=99\.log\n INFO - ::endgroup::\n$/
      )
      assert.deepStrictEqual(page.info, { end_of_log: true, log_pos: 0 })
    }))

  it("of attempt 0: 200, by the default host, with a token of its own kind", () =>
    still(["quick"], async (fake, clock) => {
      clock.advance(hour)
      const page = await logPage(fake, `${hello}/0`)
      assert.deepStrictEqual(
        [page.host, page.text, page.info],
        ["default_host", "Error fetching the logs. Try number 0 is invalid.", { end_of_log: true }]
      )
    }))

  it("because it was deleted: 200, the reason in the header, and nothing else is touched", () =>
    still(["quick", "flaky"], async (fake, clock) => {
      clock.advance(hour)
      const flaky = { dag_id: "flaky", dag_run_id: "r", task_id: "fails_twice" }
      fake.deleteLog(helloId)
      fake.deleteLog({ ...flaky, try_number: 2 })
      const lost = await logPage(fake, `${hello}/1`)
      assert.match(lost.text, /\*\*\* Could not read served logs: 404 .*task_id=hello\/attempt=1\.log/)
      assert.notInclude(lost.text, "hello from quick")
      assert.deepStrictEqual(lost.info, { end_of_log: true, log_pos: 0 })
      for (const [attempt, there] of [
        [1, true],
        [2, false],
        [3, true]
      ] as const) {
        const { text } = await logPage(fake, `flaky/dagRuns/r/taskInstances/fails_twice/logs/${attempt}`)
        assert.strictEqual(text.includes(`attempt ${attempt} starts`), there, `attempt ${attempt}`)
      }
    }))

  it("of a task that nothing ran: there was no host to ask", () =>
    withTask(emptyTask("t"), async (fake, clock) => {
      clock.advance(hour)
      const page = await logPage(fake, path("t", 1))
      assert.strictEqual(page.host, "")
      assert.include(page.text, "No host supplied")
    }))
})

describe("attempts", () => {
  it("have logs of their own", () =>
    still(["flaky"], async (fake, clock) => {
      clock.advance(hour)
      for (const attempt of [1, 2, 3]) {
        const page = await logPage(fake, `flaky/dagRuns/r/taskInstances/fails_twice/logs/${attempt}`)
        assert.deepStrictEqual(printed(page.text.split("\n")), [
          `attempt ${attempt} starts`,
          ...(attempt === 3 ? ["third time lucky"] : [])
        ])
        assert.strictEqual(page.info["end_of_log"], true)
      }
    }))

  it("go on in the same log after a deferral and a rescheduling, and do not end before", () =>
    withTask(
      task("t", { run: [print("a"), defer(60_000), print("b"), reschedule(60_000), print("c")] }),
      async (fake, clock) => {
        clock.advance(30_000)
        const deferred = await logPage(fake, path("t", 1))
        assert.strictEqual(deferred.info["end_of_log"], false)
        assert.deepStrictEqual(printed(deferred.text.split("\n")), ["a"])
        clock.advance(60_000)
        const waiting = await logPage(fake, path("t", 1), deferred.token)
        // Airflow says so while a task waits to be started again.
        assert.strictEqual(waiting.info["end_of_log"], true)
        clock.advance(hour)
        const last = await logPage(fake, path("t", 1), waiting.token)
        assert.deepStrictEqual(printed(`${deferred.text}${waiting.text}${last.text}`.split("\n")), [
          "a",
          "b",
          "c"
        ])
        assert.include(last.text, "Marking task as SUCCESS.")
      }
    ))

  it("that are skipped say so", () =>
    withTask(task("t", { run: [print("a"), skip, print("never")] }), async (fake, clock) => {
      clock.advance(hour)
      const { text } = await logPage(fake, path("t", 1))
      assert.deepStrictEqual(printed(text.split("\n")), ["a"])
      assert.include(text, "Marking task as SKIPPED.")
    }))

  it("written tells what a reader should have by now", () =>
    withTask(task("t", { attempts: [[raise("E", "1")], [lines(5, 1000, String)]] }), async (fake, clock) => {
      const id = { dag_id: "d", dag_run_id: "r", task_id: "t" }
      assert.deepStrictEqual(fake.written(id), [])
      clock.advance(1200)
      assert.isNotEmpty(fake.written(id))
      clock.advance(7000)
      const now = fake.written(id)
      assert.isAbove(printed(now).length, 0)
      assert.deepStrictEqual(now, fake.written({ ...id, try_number: 2 }))
      assert.notDeepEqual(now, fake.written({ ...id, try_number: 1 }))
      clock.advance(hour)
      assert.deepStrictEqual(printed(fake.written(id)), ["0", "1", "2", "3", "4"])
      assert.deepStrictEqual(fake.written({ ...id, try_number: 9 }), [])
    }))
})

describe("a fake of one's own scenario", () => {
  it("passes the conf and the context to the steps", async () => {
    await using fake = await FakeAirflow.start({
      dags: [
        dag("d", [
          task("t", {
            mapped: ["x", "y"],
            run: ({ conf, map_index, try_number }) => [
              print(`${String(conf["name"])} ${map_index} ${try_number}`)
            ]
          })
        ])
      ],
      runs: [{ dag_id: "d", dag_run_id: "r", conf: { name: "n" }, ago: hour }]
    })
    assert.deepStrictEqual(
      [0, 1].flatMap((map_index) =>
        printed(fake.written({ dag_id: "d", dag_run_id: "r", task_id: "t", map_index }))
      ),
      ["n 0 1", "n 1 1"]
    )
    const row = await json(fake, `${base}/d/dagRuns/r/taskInstances/t/1`)
    assert.deepInclude(row.body, { map_index: 1, rendered_map_index: "y" })
  })
})
