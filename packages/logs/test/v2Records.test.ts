/** Records of Airflow 3 as lines, and the header before them. */
import type { LogRecord } from "@effect-airflow/core/v2/Log"
import { assert, describe, it } from "@effect/vitest"
import * as Records from "../src/internal/v2Records.js"

const headerOf = (records: ReadonlyArray<LogRecord>) => {
  const notices: Array<string> = []
  let header: Records.Header | undefined
  const log = records.filter((record) => {
    header = Records.readHeader(header, record)
    notices.push(...header.notices)
    return !header.isPart
  })
  return { notices, log: log.map(({ event }) => event) }
}

const start = "::group::Log message source details"
const at = "2026-11-24T12:14:55.081819Z"

describe("the header", () => {
  it("3.0 to 3.2: all sources in one record", () => {
    assert.deepStrictEqual(
      headerOf([
        { event: start, sources: ["/logs/attempt=1.log", "Could not read served logs: no"] },
        { event: "::endgroup::" },
        { event: "::group::own", timestamp: at },
        { event: "::endgroup::", timestamp: at }
      ]),
      {
        notices: ["/logs/attempt=1.log", "Could not read served logs: no"],
        log: ["::group::own", "::endgroup::"]
      }
    )
  })

  it("3.3: each source in a record of its own; as ndjson with a null time", () => {
    assert.deepStrictEqual(
      headerOf([
        { event: start, timestamp: null },
        { event: "/logs/attempt=1.log", timestamp: null },
        { event: "http://worker:8793/log", timestamp: null },
        { event: "::endgroup::", timestamp: null },
        { event: "first", timestamp: at },
        { event: "without a time" }
      ]),
      { notices: ["/logs/attempt=1.log", "http://worker:8793/log"], log: ["first", "without a time"] }
    )
  })

  it("without sources, without an end, or none at all", () => {
    assert.deepStrictEqual(headerOf([{ event: start }, { event: "::endgroup::" }, { event: "first" }]), {
      notices: [],
      log: ["first"]
    })
    assert.deepStrictEqual(
      headerOf([
        { event: start, sources: ["a"] },
        { event: "first", timestamp: at }
      ]),
      {
        notices: ["a"],
        log: ["first"]
      }
    )
    assert.deepStrictEqual(headerOf([{ event: "first", timestamp: at }, { event: start }]), {
      notices: [],
      log: ["first", start]
    })
  })
})

describe("lines", () => {
  it("a record of a task", () => {
    const [line, ...more] = Records.toLines({
      timestamp: at,
      event: "Filling up the DagBag",
      level: "info",
      logger: "airflow.dag",
      filename: "dagbag.py",
      lineno: 460,
      run_id: "r1"
    })
    assert.deepStrictEqual(more, [])
    assert.deepStrictEqual(line, {
      continued: false,
      whole: `${at} Filling up the DagBag`,
      show: {
        text: "Filling up the DagBag",
        raw: "Filling up the DagBag",
        timestamp: at,
        level: "INFO",
        location: "dagbag.py:460",
        logger: "airflow.dag",
        fields: { run_id: "r1" }
      }
    })
  })

  it("groups, and what is the same whichever server sends it", () => {
    const [line] = Records.toLines({ timestamp: "2026-11-24T12:14:55.081819+00:00", event: "::group::Pre" })
    assert.strictEqual(line!.show!.group, "start")
    assert.strictEqual(
      line!.whole,
      Records.toLines({ timestamp: at, event: "::group::Pre", level: "info" })[0]!.whole
    )
  })

  it("a message of several lines, and one of none", () => {
    const lines = Records.toLines({ timestamp: at, event: "a\r\nb\n\nc" })
    assert.deepStrictEqual(
      lines.map(({ show }) => [show!.text, show!.timestamp]),
      [
        ["a", at],
        ["b", undefined],
        ["", undefined],
        ["c", undefined]
      ]
    )
    assert.deepStrictEqual(
      Records.toLines({ event: "" }).map(({ show }) => show!.text),
      [""]
    )
  })

  it("a failure: the traceback as Python prints it, the cause first", () => {
    const frame = { filename: "dag.py", lineno: 7, name: "run" }
    const lines = Records.toLines({
      timestamp: at,
      event: "Task failed with exception",
      level: "error",
      error_detail: [
        {
          exc_type: "RuntimeError",
          exc_value: "outer",
          exc_notes: ["a note"],
          is_cause: false,
          frames: [frame]
        },
        { exc_type: "ValueError", exc_value: "", exc_notes: [], is_cause: true, frames: [frame] }
      ]
    })
    assert.deepStrictEqual(
      lines.map(({ show }) => show!.text),
      [
        "Task failed with exception",
        "Traceback (most recent call last):",
        '  File "dag.py", line 7, in run',
        "ValueError",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        '  File "dag.py", line 7, in run',
        "RuntimeError: outer",
        "a note"
      ]
    )
  })

  it("whatever stands where a traceback should", () => {
    for (const error_detail of [null, "text", 7, {}, [null, 3], [{ frames: "no" }], [{ exc_type: "E" }]]) {
      assert.isAtLeast(Records.toLines({ event: "x", error_detail }).length, 1)
    }
  })
})
