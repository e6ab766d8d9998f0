import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { parseText } from "@effect-airflow/logs/LogLine"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Splitter from "../src/internal/lineSplitter.js"
import * as Header from "../src/internal/v1Header.js"

const text = FastCheck.array(
  FastCheck.oneof(
    FastCheck.string({ unit: "grapheme", maxLength: 12 }),
    FastCheck.constantFrom("\n", "\r\n", "\r", "\n\n", "", "🚀", "\u2028")
  ),
  { maxLength: 30 }
).map((parts) => parts.join(""))

/** What a text's lines are. */
const reference = (whole: string): ReadonlyArray<string> => {
  const lines = whole.split(/\r?\n/)
  return lines.at(-1) === ""
    ? lines.slice(0, -1)
    : lines.map((line, index) => (index === lines.length - 1 ? line.replace(/\r$/, "") : line))
}

const splitAll = (pieces: ReadonlyArray<string>): ReadonlyArray<string> => {
  let splitter = Splitter.empty
  const lines: Array<string> = []
  for (const piece of pieces) {
    const split = Splitter.push(splitter, piece)
    for (const { continued, text, whole } of split.pieces) {
      assert.isFalse(continued)
      assert.strictEqual(text, whole)
      lines.push(whole!)
    }
    splitter = split.splitter
  }
  return [...lines, ...Splitter.flush(splitter).pieces.map(({ text }) => text!.replace(/\r$/, ""))]
}

/** Cuts a text at some places. */
const cut = <T extends { readonly length: number; slice: (from: number, to?: number) => T }>(
  whole: T,
  places: ReadonlyArray<number>
): ReadonlyArray<T> => {
  const at = [0, ...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  return at.slice(1).map((to, index) => whole.slice(at[index]!, to))
}

describe("splitting", () => {
  it("a text cut at any characters gives the same lines", () => {
    FastCheck.assert(
      FastCheck.property(text, FastCheck.array(FastCheck.nat()), (whole, places) => {
        assert.deepStrictEqual(splitAll(cut(whole, places)), reference(whole))
      }),
      { numRuns: 2000 }
    )
  })

  it("its UTF-8 cut at any bytes gives the same lines", () => {
    FastCheck.assert(
      FastCheck.property(text, FastCheck.array(FastCheck.nat()), (whole, places) => {
        const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
        const clean = Buffer.from(whole).toString()
        const pieces = cut(Buffer.from(whole), places).map((bytes) => decoder.decode(bytes, { stream: true }))
        assert.deepStrictEqual(splitAll([...pieces, decoder.decode()]), reference(clean))
      }),
      { numRuns: 2000 }
    )
  })

  it("lines passed on before their end are continued, and none is lost, repeated or made up", () => {
    FastCheck.assert(
      FastCheck.property(
        text,
        FastCheck.array(FastCheck.nat()),
        FastCheck.array(FastCheck.boolean()),
        (source, places, flushes) => {
          let splitter = Splitter.empty
          const shown: Array<string> = []
          const wholes: Array<string> = []
          const take = ({ pieces, splitter: next }: Splitter.Split) => {
            for (const { continued, text, whole } of pieces) {
              if (text !== undefined) shown.push(continued ? `${shown.pop()}${text}` : text)
              if (whole !== undefined) wholes.push(whole)
            }
            splitter = next
          }
          cut(source, places).forEach((piece, index) => {
            take(Splitter.push(splitter, piece))
            if (flushes[index] === true) take(Splitter.flush(splitter))
          })
          if (splitter.open + splitter.rest !== "") take(Splitter.push(splitter, "\n"))
          assert.deepStrictEqual(wholes, reference(source))
          // A `\r` that is passed on before its `\n` cannot be told from a lone one.
          assert.deepStrictEqual(
            shown.map((line) => line.replaceAll("\r", "")),
            reference(source).map((line) => line.replaceAll("\r", ""))
          )
        }
      ),
      { numRuns: 2000 }
    )
  })

  it("a line that was passed on, and then its break, is one line", () => {
    const first = Splitter.push(Splitter.empty, "a\nb")
    const flushed = Splitter.flush(first.splitter)
    const next = Splitter.push(flushed.splitter, "\nc\n")
    assert.deepStrictEqual(
      [first, flushed, next].map(({ pieces }) => pieces),
      [
        [{ text: "a", continued: false, whole: "a" }],
        [{ text: "b", continued: false, whole: undefined }],
        [
          { text: undefined, continued: true, whole: "b" },
          { text: "c", continued: false, whole: "c" }
        ]
      ]
    )
  })

  it("a line of which a part was passed on is found again, or said to be another", () => {
    const whole = { open: "", rest: "abcdef" }
    assert.deepStrictEqual(Splitter.reopen(whole, "abc"), { open: "abc", rest: "def" })
    assert.isUndefined(Splitter.reopen(whole, "abd"))
  })
})

describe("the header", () => {
  for (const [what, page, notices, rest] of [
    [
      "2.11",
      " INFO - ::group::Log message source details\n*** Found local files:\n***   * /x/attempt=1.log\n INFO - ::endgroup::\n[2026] a",
      ["Found local files:", "* /x/attempt=1.log"],
      "[2026] a"
    ],
    [
      "2.7",
      "*** Found local files:\n***   * /x/attempt=1.log\n[2023] a\n*** b",
      ["Found local files:", "* /x/attempt=1.log"],
      "[2023] a\n*** b"
    ],
    ["2.11, nothing yet", " INFO - ::group::Log message source details\n INFO - ::endgroup::\n", [], ""],
    ["none", "[2026] a\n INFO - ::endgroup::\n", [], "[2026] a\n INFO - ::endgroup::\n"],
    [
      "a task's own stars after the header",
      " INFO - ::group::Log message source details\n*** Found\n INFO - ::endgroup::\n*** mine",
      ["Found"],
      "*** mine"
    ],
    ["empty", "", [], ""]
  ] as const) {
    it(what, () => assert.deepStrictEqual(Header.split(page), { notices: [...notices], text: rest }))
  }

  for (const [notice, lost] of [
    ["Could not read served logs: 404 Client Error: NOT FOUND for url: http://x", true],
    ["Could not read served logs: Client error '404 NOT FOUND' for url 'http://x'", true],
    ["Log file not found on worker 'vm'. This attempt may have run on a different worker", true],
    ["Could not read served logs: Invalid URL 'http://:8793/log/x': No host supplied", false],
    ["Found local files:", false],
    ["Found logs served from host http://vm:8793/log", false]
  ] as const) {
    it(`${notice}: ${lost ? "lost" : "not lost"}`, () => assert.strictEqual(Header.saysLost(notice), lost))
  }
})

describe("parseText", () => {
  it("a line of Airflow 2.x", () => {
    const raw = "[2026-11-24T01:42:47.306+0000] {logging_mixin.py:190} WARNING - a - b] {c}"
    assert.deepStrictEqual(parseText(raw), {
      text: "a - b] {c}",
      timestamp: "2026-11-24T01:42:47.306+00:00",
      level: "WARNING",
      location: "logging_mixin.py:190",
      raw
    })
  })
  it("anything else is its own text", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), (raw) => {
        const record = parseText(raw)
        assert.strictEqual(record.raw, raw)
        assert.isTrue(raw.endsWith(record.text))
      })
    )
  })
})

// The fake's own lines are of that form: what the other tests build on.
it("the fake's lines are read", async () => {
  await using fake = await FakeAirflow.start({ runs: [{ dag_id: "quick", dag_run_id: "r", ago: 60_000 }] })
  for (const line of fake.written({ dag_id: "quick", dag_run_id: "r", task_id: "hello" })) {
    assert.property(parseText(line), "timestamp")
  }
})
