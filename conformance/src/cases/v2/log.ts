/** Logs over API v2: a page of records, and the same as it comes. */
import * as Log from "@effect-airflow/core/v2/Log"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import { awkwardTexts } from "@effect-airflow/testing/StandardScenario"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as assert from "../../assert.js"
import { byVersion, group, isSince } from "../../suite.js"
import type { Target } from "../../target.js"
import * as common from "./common.js"
import { fails, never, notSent, refused, square, start, until } from "./common.js"

const test = group("v2 getLog", { api: "v2" })
const streamed = group("v2 streamLog", { api: "v2" })
const external = group("v2 getExternalLogUrl", { api: "v2" })

const hello = { ...common.hello, try_number: 1 }
const speak = { dag_id: "text", dag_run_id: "c1", task_id: "speak", try_number: 1 }

const groupStart = "::group::Log message source details"

/** What the server says before the log, and the log. */
const split = ({ content }: Log.LogPage) => {
  const end = content.findIndex(({ event }) => event === "::endgroup::")
  return { header: content.slice(0, end + 1), records: content.slice(end + 1) }
}

/** Where it says that it found the log. */
const sources = (target: Target, { header }: ReturnType<typeof split>): ReadonlyArray<string> =>
  byVersion<() => ReadonlyArray<string>>(
    target,
    [
      "3.0",
      () => {
        assert.deepEqual(
          header.map(({ event }) => event),
          [groupStart, "::endgroup::"]
        )
        return header[0]!.sources ?? []
      }
    ],
    [
      "3.3",
      () => {
        assert.deepEqual(header[0], { event: groupStart })
        return header.slice(1, -1).map(({ event }) => event)
      }
    ]
  )()

const eventsOf = (records: ReadonlyArray<Log.LogRecord>) =>
  records.flatMap(({ event }) => event.split(/\r?\n/))

const none = {
  "401": undefined,
  "404": "TaskInstance not found"
}

const pages = [
  test("the first page begins with where it was read", (target) =>
    Effect.map(TaskInstances.getLog(hello), (page) => {
      const parts = split(page)
      const found = sources(target, parts)
      assert.equal(found.length, 1)
      assert.match(found[0]!, /\/dag_id=quick\/run_id=c1\/task_id=hello\/attempt=1\.log$/)
      for (const record of parts.header) assert.equal(record.timestamp, undefined)
    })),
  test("its records are those of the log file, each with its time, level and logger", (target) =>
    Effect.gen(function* () {
      const { records } = split(yield* TaskInstances.getLog(hello))
      const files = yield* Effect.promise(() => target.files(hello))
      assert.deepEqual(eventsOf(records), files[0])
      for (const record of records) {
        assert.match(record.timestamp ?? "", common.zulu)
        assert.match(record.level ?? "", /^(debug|info|warning|error)$/)
      }
      const printed = records.find(({ event }) => event === "hello from quick")
      assert.deepEqual(
        [printed?.level, printed?.logger, printed?.["chan"]],
        byVersion<ReadonlyArray<string | undefined>>(
          target,
          ["3.0", ["info", "task", "stdout"]],
          ["3.1", ["info", "task.stdout", undefined]]
        )
      )
      assert.ok(eventsOf(records).some((event) => event.startsWith("Done. Returned value was: ")))
    })),
  test("the page is what the server sends, and no token when it is over", (target) =>
    Effect.gen(function* () {
      const page = yield* TaskInstances.getLog(hello)
      const { json } = yield* Effect.promise(() =>
        target.request("/dags/quick/dagRuns/c1/taskInstances/hello/logs/1")
      )
      assert.deepEqual(page, json)
      assert.equal(page.continuation_token, null)
    })),
  test("full_content makes no difference to a log file", () =>
    Effect.gen(function* () {
      const part = yield* TaskInstances.getLog(hello)
      assert.deepEqual(yield* TaskInstances.getLog({ ...hello, full_content: true }), part)
      assert.deepEqual(yield* TaskInstances.getLog({ ...hello, full_content: false, map_index: -1 }), part)
    })),
  test("awkward text arrives as it was printed", () =>
    Effect.map(TaskInstances.getLog(speak), (page) => {
      const printed = split(page).records.flatMap(({ chan, event, logger }) =>
        logger === "task.stdout" || chan === "stdout" ? [event] : []
      )
      assert.deepEqual(printed, awkwardTexts)
    })),
  test("of a mapped instance", () =>
    Effect.map(TaskInstances.getLog({ ...square, try_number: 1, map_index: 2 }), (page) =>
      assert.ok(page.content.some(({ event }) => event === "square of 3 is 9"))
    )),
  test("of a task that failed, with its exception", () =>
    Effect.map(TaskInstances.getLog({ ...fails, try_number: 1 }), (page) => {
      const failure = page.content.find(({ error_detail }) => error_detail !== undefined)
      assert.deepEqual([failure?.level, failure?.event], ["error", "Task failed with exception"])
      const [raised] = failure!.error_detail as ReadonlyArray<Record<string, unknown>>
      assert.deepEqual(
        [raised?.["exc_type"], raised?.["exc_value"], raised?.["is_cause"]],
        ["ValueError", "fails on purpose", false]
      )
      const frames = raised?.["frames"] as ReadonlyArray<Record<string, unknown>>
      assert.equal(frames.at(-1)?.["name"], "fails")
    })),
  test("of a task that runs: a token, and what it brings on this version", (target) =>
    Effect.gen(function* () {
      const run = yield* start(target, "ticker")
      const tick = { ...run, task_id: "tick", try_number: 1 }
      const ask = Effect.catchTag(TaskInstances.getLog(tick), "NotFound", () => Effect.succeed(undefined))
      const first = (yield* until(
        ask,
        (page) =>
          page?.continuation_token != null && page.content.some(({ event }) => event === "tick 000003")
      ))!
      const token = first.continuation_token!
      const { records } = split(first)
      assert.deepEqual(Log.readToken(token), { end_of_log: false, log_pos: records.length })
      const again = TaskInstances.getLog({ ...tick, token }, { retry: false })
      if (isSince(target.version, "3.2") && !isSince(target.version, "3.3.1")) {
        const error = yield* refused(again, "ServerError")
        assert.equal(error.status, 500)
        return
      }
      const { content, continuation_token } = yield* again
      assert.ok(content.every(({ event }) => event !== groupStart))
      if (isSince(target.version, "3.3.1")) {
        assert.ok(content.every(({ event }) => event !== "tick 000000"))
        const read = Log.readToken(continuation_token!)
        assert.deepEqual(read, { end_of_log: false, log_pos: records.length + content.length })
      } else {
        // All of it once more, but for what the server says before it.
        assert.deepEqual(content.slice(0, records.length), records)
      }
    })),
  test("attempt 0 of a task that did not run says why", (target) =>
    Effect.map(TaskInstances.getLog({ ...never, try_number: 0 }), ({ content, continuation_token }) => {
      assert.equal(
        content.at(-1)?.event,
        byVersion(
          target,
          ["3.0", "Error fetching the logs. Try number 0 is invalid."],
          ["3.1", "Task did not run because upstream task(s) failed."]
        )
      )
      assert.equal(content.length, byVersion(target, ["3.0", 1], ["3.1", 3]))
      assert.equal(continuation_token, null)
    })),
  test("an operator that nothing runs has none", (target) =>
    Effect.map(
      TaskInstances.getLog({ dag_id: "wide", dag_run_id: "c1", task_id: "t000", try_number: 1 }),
      (page) => {
        const parts = split(page)
        assert.deepEqual(parts.records, [])
        assert.deepEqual(
          sources(target, parts),
          byVersion(
            target,
            ["3.0", ["Operator inherits from empty operator and thus does not have logs"]],
            [
              "3.3",
              [
                "Could not read served logs: Hostname not available for worker. Please check your `hostname_callable` configuration."
              ]
            ]
          )
        )
      }
    )),
  ...["bad", "eyJlbmRfb2ZfbG9nIjpmYWxzZSwibG9nX3BvcyI6MX0.AAAAAAAAAAAAAAAAAAAAAAAAAAA"].map((token) =>
    test(`400: a token that was not signed (${token.slice(0, 8)})`, () =>
      Effect.map(refused(TaskInstances.getLog({ ...hello, token }), "BadRequest"), ({ problem }) =>
        assert.deepEqual(problem, {
          detail: "Bad Signature. Please use only the tokens provided by the API."
        })
      ))
  ),
  ...[
    { what: "an attempt that there was not", ids: { ...hello, try_number: 2 } },
    { what: "attempt 0 of a task that ran", ids: { ...hello, try_number: 0 } },
    { what: "an unknown task", ids: { ...hello, task_id: "nope" } },
    { what: "an unknown run", ids: { ...hello, dag_run_id: "nope" } },
    { what: "a mapped task without its index", ids: { ...square, try_number: 1 } },
    { what: "a map index of a task that is not mapped", ids: { ...hello, map_index: 0 } }
  ].map(({ ids, what }) =>
    test(`404: ${what}`, () =>
      Effect.map(refused(TaskInstances.getLog(ids), "NotFound"), ({ problem }) =>
        assert.deepEqual(problem, { detail: none["404"] })
      ))
  ),
  test("an attempt that cannot be is not sent", () =>
    Effect.gen(function* () {
      for (const try_number of [-1, 1.5, Number.NaN]) {
        yield* notSent(TaskInstances.getLog({ ...hello, try_number }), "InvalidInput", "try_number")
      }
    }))
]

const recordsOf = (parts: Chunk.Chunk<Log.LogPart>) =>
  Chunk.toReadonlyArray(parts).flatMap((part) => (part._tag === "Records" ? part.records : []))

const streams = [
  ...[hello, speak, { ...square, map_index: 3, try_number: 1 }, { ...never, try_number: 0 }].map((of) =>
    streamed(`${of.task_id}: the same as the page, and the end once`, () =>
      Effect.gen(function* () {
        const parts = yield* Stream.runCollect(Log.streamLog(of))
        const page = yield* TaskInstances.getLog(of)
        assert.deepEqual(recordsOf(parts), page.content)
        const last = Chunk.toReadonlyArray(parts).at(-1)
        assert.deepEqual(last, { _tag: "End", continuation_token: page.continuation_token })
        assert.equal(Chunk.size(Chunk.filter(parts, ({ _tag }) => _tag === "End")), 1)
      })
    )
  ),
  streamed("big_log, in parts of at most 2000 records, each line once", (target) =>
    Effect.gen(function* () {
      const run = yield* start(target, "big_log", { lines: 7000 })
      yield* Effect.promise(() => target.finished(run.dag_id, run.dag_run_id))
      const parts = yield* Stream.runCollect(Log.streamLog({ ...run, task_id: "many", try_number: 1 }))
      const lines = recordsOf(parts).flatMap(({ event }) => /^line (\d{8}) x{60}$/.exec(event)?.[1] ?? [])
      assert.deepEqual(
        lines,
        Array.from({ length: 7000 }, (_, index) => String(index).padStart(8, "0"))
      )
      for (const part of parts) assert.ok(part._tag === "End" || part.records.length <= 2000)
      assert.ok(Chunk.size(parts) > 4)
    })
  ),
  ...[
    { what: "404: an attempt that there was not", of: { ...hello, try_number: 2 }, tag: "NotFound" },
    { what: "400: a token that is none", of: { ...hello, token: "bad" }, tag: "BadRequest" }
  ].map(({ of, tag, what }) =>
    streamed(what, () => Effect.asVoid(refused(Stream.runCollect(Log.streamLog(of)), tag)))
  ),
  streamed("an attempt that cannot be is not sent", () =>
    notSent(Stream.runCollect(Log.streamLog({ ...hello, try_number: -1 })), "InvalidInput", "try_number")
  )
]

const externals = [
  external(
    "400: a log handler that has no logs elsewhere",
    () =>
      Effect.map(refused(TaskInstances.getExternalLogUrl(hello), "BadRequest"), ({ problem }) =>
        assert.deepEqual(problem, { detail: "Task log handler does not support external logs." })
      ),
    { since: "3.1", why: "there is no such operation before" }
  ),
  external(
    "404: there is no such operation",
    () =>
      Effect.map(refused(TaskInstances.getExternalLogUrl(hello), "NotFound"), ({ problem }) =>
        assert.deepEqual(problem, { detail: "API route not found" })
      ),
    { before: "3.1", why: "there is one since then" }
  ),
  external("attempt 0 is not sent", () =>
    notSent(TaskInstances.getExternalLogUrl({ ...hello, try_number: 0 }), "InvalidInput", "try_number")
  )
]

export const cases = [...pages, ...streams, ...externals]
