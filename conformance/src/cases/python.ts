/** Log content is what Python's `repr` makes of a list of tuples: asked of a real Python, for any text. */
import * as AirflowClient from "@effect-airflow/core/AirflowClient"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import { execFileSync } from "node:child_process"
import { isDeepStrictEqual } from "node:util"
import * as assert from "../assert.js"
import { group } from "../suite.js"

const test = group("repr", { api: "v1" })

const program = `
import json, sys
def combine(text):
    # JSON carries a character beyond the basic plane as two: Python wants one.
    return text.encode("utf-16", "surrogatepass").decode("utf-16")
print(json.dumps([str([tuple(combine(text) for text in pair) for pair in pairs]) for pairs in json.load(sys.stdin)]))
`

/** What Python writes for each list of pairs. */
const reprs = (lists: ReadonlyArray<ReadonlyArray<readonly [string, string]>>): ReadonlyArray<string> =>
  JSON.parse(
    execFileSync("python3", ["-c", program], { input: JSON.stringify(lists), maxBuffer: 1 << 28 }).toString()
  ) as ReadonlyArray<string>

/** `getLog` over a server that answers with this content. */
const parse = (content: string) =>
  TaskInstances.getLog({ dag_id: "d", dag_run_id: "r", task_id: "t", task_try_number: 1 }).pipe(
    Effect.provide(
      AirflowClient.layer({ baseUrl: "http://127.0.0.1" }).pipe(
        Layer.provide(
          Layer.succeed(
            HttpClient.HttpClient,
            HttpClient.make((request) =>
              Effect.succeed(
                HttpClientResponse.fromWeb(request, Response.json({ content, continuation_token: "t" }))
              )
            )
          )
        )
      )
    ),
    Effect.map((page) => page.content.map(({ host, text }) => [host, text]))
  )

const check = (lists: ReadonlyArray<ReadonlyArray<readonly [string, string]>>) =>
  Effect.gen(function* () {
    const contents = reprs(lists)
    assert.equal(contents.length, lists.length)
    for (const [index, content] of contents.entries()) {
      const parsed = yield* parse(content)
      assert.ok(
        isDeepStrictEqual(parsed, lists[index]),
        `list ${index} is parsed wrongly: ${content.slice(0, 200)}`
      )
    }
  })

const anyText = FastCheck.oneof(
  FastCheck.string({ unit: "binary", maxLength: 200 }),
  FastCheck.string({ unit: "grapheme", maxLength: 200 }),
  FastCheck.stringMatching(/^['"\\nrtxuU0-9a-f\n\r\t]{0,60}$/)
)

export const cases = [
  test("1,000 lists of any Unicode text parse back to what they were", () =>
    check(
      FastCheck.sample(FastCheck.array(FastCheck.tuple(anyText, anyText), { maxLength: 4 }), {
        numRuns: 1000,
        seed: 2110
      })
    )),
  test("every character of the basic plane, and some beyond", () => {
    const codes = [...Array.from({ length: 0xffff }, (_, code) => code), 0x10000, 0x1f680, 0xe0001, 0x10ffff]
    const characters = codes
      .filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCodePoint(code))
    return check([
      [["host", characters.join("")]],
      ...characters.slice(0, 300).map((one) => [[one, `'${one}"`]] as const)
    ])
  })
]
