import { readToken } from "@effect-airflow/core/v1/Log"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { parseText } from "@effect-airflow/logs/LogLine"
import { awkwardTexts } from "@effect-airflow/testing/StandardScenario"
import * as Effect from "effect/Effect"
import * as assert from "../assert.js"
import { group } from "../suite.js"
import { found, gone, noWorker, splitHeader } from "../v1Logs.js"

const test = group("getLog", { api: "v1" })
const text = group("getLogText", { api: "v1" })

const hello = { dag_id: "quick", dag_run_id: "c1", task_id: "hello", task_try_number: 1 }
const speak = { dag_id: "text", dag_run_id: "c1", task_id: "speak", task_try_number: 1 }
const square = { dag_id: "mapped", dag_run_id: "c1", task_id: "square", task_try_number: 1 }

const contentOf = ({ content }: { readonly content: ReadonlyArray<{ readonly text: string }> }) =>
  content.map((part) => part.text).join("")

/** What Airflow makes of printed texts: no empty one, no terminal colours, a line for each of Python's breaks. */
const shown = awkwardTexts
  // oxlint-disable-next-line no-control-regex -- ESC is what colours begin with
  .map((line) => line.replaceAll(/\x1b\[\d+m/g, ""))
  .flatMap((line) => line.split("\r"))
  .filter((line) => line !== "")

export const cases = [
  test("the first page begins with where it was read", (target) =>
    Effect.map(TaskInstances.getLog(hello), (page) => {
      assert.equal(page.content.length, 1)
      assert.notEqual(page.content[0]!.host, "")
      const { notices = "", text } = splitHeader(target, contentOf(page))
      assert.match(notices, found)
      assert.match(text, /^\[/)
    })),
  test("and holds what the task printed, without a line break at its end", () =>
    Effect.map(TaskInstances.getLog(hello), (page) => {
      assert.match(contentOf(page), /\] \{logging_mixin\.py:\d+\} INFO - hello from quick\n/)
      assert.match(contentOf(page), /[^\n]$/)
    })),
  test("the token says where the log ends", (target) =>
    Effect.map(TaskInstances.getLog(hello), (page) => {
      const { text } = splitHeader(target, contentOf(page))
      assert.deepEqual(readToken(page.continuation_token), { end_of_log: true, log_pos: [...text].length })
    })),
  test("with the token there is nothing more", () =>
    Effect.gen(function* () {
      const first = yield* TaskInstances.getLog(hello)
      const second = yield* TaskInstances.getLog({ ...hello, token: first.continuation_token })
      assert.equal(contentOf(second), "")
      assert.deepEqual(readToken(second.continuation_token), readToken(first.continuation_token))
    })),
  test("full_content makes no difference to a log file", () =>
    Effect.gen(function* () {
      const part = yield* TaskInstances.getLog(hello)
      const whole = yield* TaskInstances.getLog({ ...hello, full_content: true })
      assert.equal(contentOf(whole), contentOf(part))
    })),
  test("awkward text arrives as it was printed", () =>
    Effect.map(TaskInstances.getLog(speak), (page) => {
      const lines = contentOf(page)
        .split("\n")
        .map((line) => parseText(line).text)
      const first = lines.indexOf(shown[0]!)
      assert.notEqual(first, -1)
      assert.deepEqual(lines.slice(first, first + shown.length), shown)
    })),
  test("of a mapped instance", () =>
    Effect.map(TaskInstances.getLog({ ...square, map_index: 2 }), (page) =>
      assert.match(contentOf(page), /INFO - square of 3 is 9\n/)
    )),
  test("of the instance that failed, with its traceback", () =>
    Effect.map(TaskInstances.getLog({ ...square, map_index: 3 }), (page) =>
      assert.match(
        contentOf(page),
        /\nTraceback \(most recent call last\):\n[\s\S]*\nValueError: four is unlucky\n/
      )
    )),
  test("an attempt that never ran is an answer that says so", (target) =>
    Effect.map(TaskInstances.getLog({ ...hello, task_try_number: 99 }), (page) => {
      assert.match(splitHeader(target, contentOf(page)).notices ?? "", gone(target))
      assert.deepEqual(readToken(page.continuation_token), { end_of_log: true, log_pos: 0 })
    })),
  test("attempt 0 is an answer that says so", () =>
    Effect.map(TaskInstances.getLog({ ...hello, task_try_number: 0 }), (page) => {
      assert.equal(contentOf(page), "Error fetching the logs. Try number 0 is invalid.")
      assert.deepEqual(readToken(page.continuation_token), { end_of_log: true })
    })),
  test("an operator that nothing runs has none", (target) =>
    Effect.map(
      TaskInstances.getLog({ dag_id: "wide", dag_run_id: "c1", task_id: "t000", task_try_number: 1 }),
      (page) => assert.match(splitHeader(target, contentOf(page)).notices ?? "", noWorker(target))
    )),
  test("400: a token that is none", () =>
    Effect.map(Effect.flip(TaskInstances.getLog({ ...hello, token: "bad" })), (error) => {
      assert.equal(error._tag, "BadRequest")
      assert.match(String("problem" in error && error.problem?.title), /^Bad Signature/)
    })),
  test("400: a token signed with another key", () =>
    Effect.gen(function* () {
      const { continuation_token } = yield* TaskInstances.getLog(hello)
      const forged = continuation_token.replace(
        /\.(.)/,
        (_, first: string) => `.${first === "A" ? "B" : "A"}`
      )
      const error = yield* Effect.flip(TaskInstances.getLog({ ...hello, token: forged }))
      assert.equal(error._tag, "BadRequest")
    })),
  ...[
    { what: "an unknown task", ids: { ...hello, task_id: "nope" } },
    { what: "an unknown run", ids: { ...hello, dag_run_id: "nope" } },
    { what: "a mapped task without its index", ids: square },
    { what: "a map index of a task that is not mapped", ids: { ...hello, map_index: 0 } }
  ].map(({ ids, what }) =>
    test(`404: ${what}`, () =>
      Effect.map(Effect.flip(TaskInstances.getLog(ids)), (error) => assert.equal(error._tag, "NotFound")))
  ),
  text("begins with the host, ends with a line break, and holds the same", () =>
    Effect.gen(function* () {
      const whole = yield* TaskInstances.getLogText(hello)
      const page = yield* TaskInstances.getLog(hello)
      assert.equal(whole, `${page.content[0]!.host}\n${contentOf(page)}\n`)
    })
  ),
  text("awkward text is the same as in JSON", () =>
    Effect.gen(function* () {
      const whole = yield* TaskInstances.getLogText(speak)
      const page = yield* TaskInstances.getLog(speak)
      assert.equal(whole, `${page.content[0]!.host}\n${contentOf(page)}\n`)
    })
  ),
  text("of a mapped instance", () =>
    Effect.map(TaskInstances.getLogText({ ...square, map_index: 0, full_content: false }), (whole) =>
      assert.match(whole, /INFO - square of 1 is 1\n/)
    )
  ),
  text("404: an unknown task", () =>
    Effect.map(Effect.flip(TaskInstances.getLogText({ ...hello, task_id: "nope" })), (error) =>
      assert.equal(error._tag, "NotFound")
    )
  )
]
