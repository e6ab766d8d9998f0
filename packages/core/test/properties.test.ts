import { readToken } from "@effect-airflow/core/v1/Log"
import * as Pagination from "@effect-airflow/core/Pagination"
import type { Warning } from "@effect-airflow/core/AirflowClient"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Actions2 from "@effect-airflow/core/v2/TaskInstanceActions"
import * as TaskInstances2 from "@effect-airflow/core/v2/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { page2, row2 } from "./operationCases.js"
import { json, row, scripted, task } from "./scripted.js"

const check = <T>(
  arbitrary: FastCheck.Arbitrary<T>,
  property: (value: T) => Effect.Effect<void>,
  numRuns = 300
) =>
  Effect.promise(() =>
    FastCheck.assert(
      FastCheck.asyncProperty(arbitrary, (value) => Effect.runPromise(property(value))),
      { numRuns }
    )
  )

/** Without lone surrogates. */
const wellFormed = (text: string): string => text.replaceAll(/\p{Cs}/gu, "\ufffd")

const isLegal = (text: string): boolean =>
  text !== "" && text !== "." && text !== ".." && text === wellFormed(text)

const anyText = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.string({ unit: "grapheme" }),
  FastCheck.constantFrom(
    "a/b",
    "100%",
    "%2e%2e",
    "a?b#c",
    "~",
    "a b",
    "+:@&=",
    "%2F",
    "\\",
    "...",
    ";x=1",
    "\n",
    "ü"
  )
)

describe("paths", () => {
  it.effect("every legal id comes back from its segment as it was", () =>
    check(
      FastCheck.tuple(anyText, anyText, anyText).filter((ids) => ids.every(isLegal)),
      ([dag_id, dag_run_id, task_id]) =>
        Effect.gen(function* () {
          const server = scripted(() => json(row()))
          yield* Effect.orDie(
            Effect.provide(TaskInstances.getTaskInstance({ dag_id, dag_run_id, task_id }), server.layer())
          )
          const { hash, pathname, search } = server.arrivals[0]!.url
          const segments = pathname.split("/")
          assert.strictEqual(segments.length, 9)
          assert.deepStrictEqual(
            [segments[4], segments[6], segments[8]].map((segment) => decodeURIComponent(segment!)),
            [dag_id, dag_run_id, task_id]
          )
          assert.deepStrictEqual([search, hash], ["", ""])
        })
    )
  )

  it.effect("every list comes back from a query as it was", () =>
    check(
      FastCheck.array(
        anyText.filter((text) => isLegal(text) && !text.includes(",")),
        { minLength: 1 }
      ),
      (pool) =>
        Effect.gen(function* () {
          const server = scripted(() => json({ task_instances: [], total_entries: 0 }))
          yield* Effect.orDie(
            Effect.provide(
              TaskInstances.getTaskInstances({ dag_id: "d", dag_run_id: "r", pool }),
              server.layer()
            )
          )
          assert.deepStrictEqual(server.arrivals[0]!.url.searchParams.getAll("pool"), pool)
        })
    )
  )
})

describe("API v2", () => {
  it.effect("every legal id comes back from its segment as it was, and every list from its query", () =>
    check(
      FastCheck.record({
        ids: FastCheck.tuple(anyText, anyText).filter((ids) => ids.every(isLegal)),
        pool: FastCheck.array(anyText.map(wellFormed), { minLength: 1 }),
        pattern: anyText.map(wellFormed)
      }),
      ({ ids: [dag_id, dag_run_id], pattern, pool }) =>
        Effect.gen(function* () {
          const server = scripted(() => json(page2()))
          yield* Effect.orDie(
            Effect.provide(
              TaskInstances2.getTaskInstances({ dag_id, dag_run_id, pool, dag_id_pattern: pattern }),
              server.layer()
            )
          )
          const { hash, pathname, searchParams } = server.arrivals[0]!.url
          const segments = pathname.split("/")
          assert.strictEqual(segments.length, 8)
          assert.deepStrictEqual(
            [segments[4], segments[6]].map((segment) => decodeURIComponent(segment!)),
            [dag_id, dag_run_id]
          )
          assert.strictEqual(hash, "")
          assert.deepStrictEqual(searchParams.getAll("pool"), pool)
          assert.deepStrictEqual(searchParams.getAll("dag_id_pattern"), [pattern])
        })
    )
  )

  it.effect("every body arrives as it was given", () =>
    check(
      FastCheck.record(
        {
          note: anyText.map(wellFormed),
          task_ids: FastCheck.array(
            FastCheck.oneof(
              anyText.map(wellFormed),
              FastCheck.tuple(anyText.map(wellFormed), FastCheck.integer({ min: -1, max: 1000 }))
            ),
            { minLength: 1 }
          ),
          only_failed: FastCheck.boolean(),
          include_past: FastCheck.boolean()
        },
        { requiredKeys: [] }
      ),
      (body) =>
        Effect.gen(function* () {
          const server = scripted(() => json(page2(row2())))
          yield* Effect.orDie(
            Effect.provide(Actions2.clearTaskInstances({ dag_id: "d", ...body }), server.layer())
          )
          assert.deepStrictEqual(JSON.parse(server.arrivals[0]!.body), body)
        })
    )
  )
})

/** Python's `repr` of a str, as its documentation has it; a real Python is asked in the conformance suite. */
const repr = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = Array.from(text, (character) => {
    const code = character.codePointAt(0)!
    if (character === "\\" || character === quote) return `\\${character}`
    if (character === "\n") return "\\n"
    if (character === "\r") return "\\r"
    if (character === "\t") return "\\t"
    if (character === " " || !/[\p{C}\p{Z}]/u.test(character)) return character
    const hex = code.toString(16)
    return code < 0x100
      ? `\\x${hex.padStart(2, "0")}`
      : code < 0x10000
        ? `\\u${hex.padStart(4, "0")}`
        : `\\U${hex.padStart(8, "0")}`
  })
  return `${quote}${escaped.join("")}${quote}`
}

const parse = (content: string) =>
  Effect.map(
    Effect.provide(
      TaskInstances.getLog({ ...task, task_try_number: 1 }, { retry: false }),
      scripted(() => json({ content, continuation_token: "t" })).layer()
    ),
    (page) => page.content.map(({ host, text }) => [host, text] as const)
  )

describe("log content", () => {
  it.effect("the repr of any list of tuples is read back", () =>
    check(FastCheck.array(FastCheck.tuple(anyText, anyText)), (pairs) =>
      Effect.gen(function* () {
        const clean = pairs.map(([host, text]) => [wellFormed(host), wellFormed(text)] as const)
        const content = `[${clean.map(([host, text]) => `(${repr(host)}, ${repr(text)})`).join(", ")}]`
        assert.deepStrictEqual(yield* Effect.orDie(parse(content)), clean)
      })
    )
  )

  for (const [content, expected] of [
    ["[]", []],
    ["()", []],
    ["(('h', 't'),)", [["h", "t"]]],
    ["[(None, 't')]", [["", "t"]]],
    ["[('', '')]", [["", ""]]],
    [`[('h', "it's")]`, [["h", "it's"]]],
    ["[('h', 'a\\\\')]", [["h", "a\\"]]],
    ["[('h', '\\\\n')]", [["h", "\\n"]]],
    ["[('h', '\\x1b\\udc80\\U0001f680')]", [["h", "\x1b\udc80🚀"]]]
  ] as const) {
    it.effect(`${content}`, () =>
      Effect.map(parse(content), (parsed) => assert.deepStrictEqual(parsed, expected as never))
    )
  }

  it.effect("whatever is no such repr is a DecodeError, and nothing else", () =>
    check(
      FastCheck.oneof(
        anyText,
        FastCheck.stringMatching(/^[[\]('",\\)None x]{0,30}$/),
        FastCheck.constantFrom(
          "[('h', 't'",
          "[('h')]",
          "[('h', 't') ('h', 't')]",
          "[('h', 't')] x",
          "[1]",
          "['h']"
        )
      ),
      (content) =>
        Effect.map(Effect.either(parse(content)), (outcome) => {
          if (outcome._tag === "Left") assert.strictEqual(outcome.left._tag, "DecodeError")
          // What it takes for one is one: written again, it is read as the same.
          else assert.isArray(outcome.right)
        })
    )
  )

  it("a token that is anything is read, or not, and never thrown at", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(anyText, FastCheck.base64String()), (text) => {
        const info = readToken(text)
        assert.isTrue(info === undefined || typeof info === "object")
      })
    )
    const payload = (value: unknown) => `${Buffer.from(JSON.stringify(value)).toString("base64url")}.sig`
    assert.deepStrictEqual(readToken(payload({ end_of_log: true, log_pos: 16 })), {
      end_of_log: true,
      log_pos: 16
    })
    assert.deepStrictEqual(readToken(payload({ offset: "7", end_of_log: false })), { end_of_log: false })
    assert.isUndefined(readToken(payload("true")))
    assert.isUndefined(readToken(".eJyrVkrLz1eyUqpVKkktLlGqBQAupQYx.sig"))
  })
})

interface Server {
  readonly total: number
  /** The most rows it sends in a page, whatever is asked. */
  readonly cap: number
  readonly ignoresOffset?: boolean
  /** The order of the rows for the n-th request. */
  readonly order?: (request: number) => (index: number) => number
}

const listServer = ({ cap, ignoresOffset = false, order = () => (index) => index, total }: Server) => {
  const warnings: Array<Warning> = []
  const server = scripted(({ url }, request) => {
    const limit = Math.min(cap, Number(url.searchParams.get("limit") ?? 100))
    const offset = ignoresOffset ? 0 : Number(url.searchParams.get("offset") ?? 0)
    const place = order(request)
    const rows = Array.from({ length: total }, (_, index) => index).sort((a, b) => place(a) - place(b))
    return json({
      task_instances: rows.slice(offset, offset + limit).map((index) => row({ task_id: `t${index}` })),
      total_entries: total
    })
  })
  const layer = server.layer({ onWarning: (warning) => Effect.sync(() => void warnings.push(warning)) })
  const collect = (limit: number, offset?: number) =>
    Pagination.items(TaskInstances.getTaskInstances, {
      dag_id: "d",
      dag_run_id: "r",
      limit,
      ...(offset === undefined ? {} : { offset })
    }).pipe(
      Stream.map(({ task_id }) => task_id),
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray),
      Effect.provide(layer),
      Effect.orDie
    )
  return { collect, warnings, arrivals: server.arrivals }
}

const all = (total: number) => Array.from({ length: total }, (_, index) => `t${index}`)

describe("paging", () => {
  it.effect("the rows do not depend on the page size, nor on a silent cap", () =>
    check(
      FastCheck.record({
        total: FastCheck.nat(60),
        cap: FastCheck.integer({ min: 1, max: 100 }),
        limit: FastCheck.integer({ min: 1, max: 100 })
      }),
      ({ cap, limit, total }) =>
        Effect.gen(function* () {
          const { arrivals, collect, warnings } = listServer({ total, cap })
          assert.deepStrictEqual(yield* collect(limit), all(total))
          assert.deepStrictEqual(warnings, [])
          // Never more requests than pages.
          assert.strictEqual(arrivals.length, Math.max(1, Math.ceil(total / Math.min(cap, limit))))
        }),
      100
    )
  )

  it.effect("a start offset is kept", () =>
    Effect.gen(function* () {
      const { collect, warnings } = listServer({ total: 25, cap: 100 })
      assert.deepStrictEqual(yield* collect(10, 7), all(25).slice(7))
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.effect("a server that ignores the offset sends everything once, or is told on", () =>
    Effect.gen(function* () {
      const whole = listServer({ total: 25, cap: 100, ignoresOffset: true })
      assert.deepStrictEqual(yield* whole.collect(100), all(25))
      assert.deepStrictEqual(whole.warnings, [])

      const part = listServer({ total: 25, cap: 10, ignoresOffset: true })
      assert.deepStrictEqual(yield* part.collect(10), all(10))
      assert.deepStrictEqual(part.warnings, [
        { _tag: "IncompleteWalk", operation: "getTaskInstances", received: 10, total: 25 }
      ])
    })
  )

  it.effect("rows that change their places between requests come once each; what is missing is said", () =>
    check(
      FastCheck.record({ seed: FastCheck.integer(), total: FastCheck.integer({ min: 1, max: 40 }) }),
      ({ seed, total }) =>
        Effect.gen(function* () {
          const { collect, warnings } = listServer({
            total,
            cap: 7,
            order: (request) => (index) => Math.sin((index + 1) * (request + 1) * ((seed % 1000) + 1.5))
          })
          const rows = yield* collect(7)
          assert.strictEqual(new Set(rows).size, rows.length)
          assert.strictEqual(warnings.length, rows.length < total ? 1 : 0)
        }),
      100
    )
  )

  it.effect("rows missed in one walk are found in the next", () =>
    Effect.gen(function* () {
      // In the first walk the second page repeats a row of the first.
      const { collect, warnings } = listServer({
        total: 4,
        cap: 2,
        order: (request) => (request === 1 ? (index) => [3, 2, 1, 0][index]! : (index) => index)
      })
      assert.deepStrictEqual([...(yield* collect(2))].sort(), all(4))
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.effect("an empty list is one empty page, and pages are asked for only as they are needed", () =>
    Effect.gen(function* () {
      const empty = listServer({ total: 0, cap: 10 })
      assert.deepStrictEqual(yield* empty.collect(10), [])
      assert.strictEqual(empty.arrivals.length, 1)

      const server = scripted(() => json({ task_instances: [row()], total_entries: 100 }))
      yield* Pagination.pages(TaskInstances.getTaskInstances, { dag_id: "d", dag_run_id: "r" }).pipe(
        Stream.take(1),
        Stream.runDrain,
        Effect.provide(server.layer())
      )
      assert.strictEqual(server.arrivals.length, 1)
    })
  )
})
