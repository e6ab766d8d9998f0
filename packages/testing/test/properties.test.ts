import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import {
  dag,
  defer,
  print,
  raise,
  reschedule,
  sleep,
  type Step,
  task
} from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { afterHeader, base, hour, readContent, request, tokenAt } from "./fixtures.js"

const id = { dag_id: "d", dag_run_id: "r", task_id: "t" }
const path = `${base}/d/dagRuns/r/taskInstances/t/logs/1`

/** Without lone surrogates: a log file is UTF-8 and cannot hold them. */
const wellFormed = (text: string): string => text.replaceAll(/\p{Cs}/gu, "\ufffd")

/** Texts with astral characters, quotes, breaks of every kind, and nothing at all. */
const text = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.string({ unit: "grapheme" }),
  FastCheck.constantFrom(
    "",
    "🚀",
    "🚀🚀🚀",
    "a\nb",
    "\n",
    "\r\n",
    "\u2028",
    "'",
    "\"'",
    "\\",
    "👩‍👩‍👧",
    "e\u0301"
  )
).map(wellFormed)

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  { weight: 6, arbitrary: text.map(print) },
  { weight: 3, arbitrary: FastCheck.integer({ min: 0, max: 3000 }).map(sleep) },
  { weight: 1, arbitrary: FastCheck.integer({ min: 1, max: 3000 }).map(defer) },
  { weight: 1, arbitrary: FastCheck.integer({ min: 1, max: 3000 }).map(reschedule) },
  { weight: 1, arbitrary: text.map((message) => raise("E", message)) }
)

const scenario = FastCheck.record({
  steps: FastCheck.array(step, { maxLength: 12 }),
  /** How far the clock is moved before each page is read. */
  pauses: FastCheck.array(
    FastCheck.oneof(FastCheck.integer({ min: 0, max: 30 }), FastCheck.integer({ min: 0, max: 4000 })),
    { maxLength: 15 }
  )
})

/** A page in memory: the text of it, and its token. */
const page = async (fake: FakeAirflow.FakeAirflow, token?: string) => {
  const at = token === undefined ? path : `${path}?token=${encodeURIComponent(token)}`
  const response = await request(fake, at, {}, fake.fetch)
  assert.strictEqual(response.status, 200)
  const body = (await response.json()) as { content: string; continuation_token: string }
  return { text: readContent(body.content)[1], token: body.continuation_token }
}

describe("a log", () => {
  it("read page by page, at any times, is the log read at once", async () => {
    let astral = 0
    await FastCheck.assert(
      FastCheck.asyncProperty(scenario, async ({ pauses, steps }) => {
        const clock = FakeClock.manual()
        await using fake = await FakeAirflow.start({
          clock,
          dags: [dag("d", [task("t", { run: steps })])],
          runs: [{ dag_id: "d", dag_run_id: "r" }]
        })
        const pages: Array<string> = []
        let token: string | undefined
        for (const pause of [...pauses, hour]) {
          clock.advance(pause)
          const next = await page(fake, token)
          pages.push(token === undefined ? afterHeader(next.text) : next.text)
          token = next.token
          // What came so far is always the beginning of what is there by then.
          assert.strictEqual(pages.join(""), fake.written({ ...id, try_number: 1 }).join("\n"))
        }
        const whole = afterHeader((await page(fake)).text)
        assert.strictEqual(pages.join(""), whole)
        const plain = await request(fake, path, { headers: { accept: "text/plain" } }, fake.fetch)
        assert.strictEqual(afterHeader(await plain.text()), `${whole}\n`)
        if (/[^\0-\uffff]/u.test(whole)) astral++
      }),
      { numRuns: 300 }
    )
    assert.isAbove(astral, 50, "the texts hardly had astral characters")
  })

  it("read from any position is the rest of it, counted in Python's characters", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.array(text, { minLength: 1, maxLength: 5 }),
        FastCheck.array(FastCheck.nat({ max: 300 }), { minLength: 1, maxLength: 8 }),
        async (texts, offsets) => {
          await using fake = await FakeAirflow.start({
            clock: FakeClock.manual(),
            dags: [dag("d", [task("t", { run: ["🚀🚀🚀", ...texts].map(print) })])],
            runs: [{ dag_id: "d", dag_run_id: "r", ago: hour }]
          })
          const whole = fake.written(id).join("\n")
          const characters = [...whole]
          // Where the texts begin, after what Airflow writes itself, which is ASCII.
          const begin = whole.indexOf("🚀") - 80
          for (const offset of offsets) {
            // Among the texts, and around the end.
            for (const position of [begin + offset, characters.length + offset - 150]) {
              const rest = await page(fake, tokenAt(position))
              assert.strictEqual(rest.text, characters.slice(position).join(""))
            }
          }
        }
      ),
      { numRuns: 100 }
    )
  })
})
