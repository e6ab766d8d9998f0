import { type LogPart, type LogRecord, readToken } from "@effect-airflow/core/v2/Log"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import type { BodyDecoder } from "../src/internal/jsonParts.js"
import { decoder } from "../src/internal/logRecords.js"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** All that comes out of a body that arrives in these pieces; a text: what is wrong with it. */
const run = (
  pieces: ReadonlyArray<Uint8Array>,
  reader: BodyDecoder<LogPart> = decoder()
): ReadonlyArray<LogPart> | string => {
  const parts: Array<LogPart> = []
  for (const piece of pieces) {
    const some = reader.push(piece)
    if (Either.isLeft(some)) return some.left
    parts.push(...some.right)
  }
  const last = reader.end()
  if (last === undefined) return "cut"
  return Either.isLeft(last) ? last.left : [...parts, ...last.right]
}

/** Pieces that end at these places. */
const split = (whole: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const cuts = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b)
  return [0, ...cuts].map((from, i) => whole.subarray(from, cuts[i] ?? whole.length))
}

const records = (parts: ReadonlyArray<LogPart>): ReadonlyArray<LogRecord> =>
  parts.flatMap((part) => (part._tag === "Records" ? part.records : []))

const token = (parts: ReadonlyArray<LogPart>) =>
  parts.flatMap((part) => (part._tag === "End" ? [part.continuation_token] : []))

/** Any text, also of what means something in JSON. */
const text = FastCheck.oneof(
  FastCheck.fullUnicodeString(),
  FastCheck.stringOf(
    FastCheck.constantFrom('"', "\\", "{", "}", "[", "]", ",", ":", "é", "😀", "\n", "u", " ")
  )
)

const record = FastCheck.record(
  { event: text, timestamp: FastCheck.option(text), more: FastCheck.jsonValue(), level: text },
  { requiredKeys: ["event"] }
)

/** JSON with white space wherever it may stand. */
const spaced = (value: unknown, space: string): string =>
  Array.isArray(value)
    ? `[${space}${value.map((item) => spaced(item, space)).join(`${space},${space}`)}${space}]`
    : typeof value === "object" && value !== null
      ? `{${space}${Object.entries(value)
          .map(([key, item]) => `${JSON.stringify(key)}${space}:${space}${spaced(item, space)}`)
          .join(`${space},${space}`)}${space}}`
      : JSON.stringify(value)

const escapedToAscii = (json: string): string =>
  json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

const body = FastCheck.record({
  content: FastCheck.array(record, { maxLength: 12 }),
  continuation_token: FastCheck.option(text),
  before: FastCheck.dictionary(FastCheck.constantFrom("a", "x]", 'q"', "é"), FastCheck.jsonValue()),
  reversed: FastCheck.boolean(),
  space: FastCheck.constantFrom("", " ", "\n  ", "\r\n\t"),
  ascii: FastCheck.boolean()
}).map(({ ascii, before, content, continuation_token, reversed, space }) => {
  const keys = Object.entries({ ...before, content, continuation_token })
  const json = spaced(Object.fromEntries(reversed ? keys.reverse() : keys), space)
  return `${space}${ascii ? escapedToAscii(json) : json}${space}`
})

describe("a log page that is read as it comes", () => {
  it("is what JSON.parse makes of it, wherever it is cut", () => {
    FastCheck.assert(
      FastCheck.property(body, FastCheck.array(FastCheck.nat(), { maxLength: 30 }), (json, places) => {
        const whole = JSON.parse(json) as { content: unknown; continuation_token: unknown }
        const parts = run(split(bytes(json), places))
        if (typeof parts === "string") throw new Error(parts)
        assert.deepStrictEqual(records(parts), whole.content as ReadonlyArray<LogRecord>)
        assert.deepStrictEqual(token(parts), [whole.continuation_token as string | null])
        assert.strictEqual(parts.at(-1)?._tag, "End")
      }),
      { numRuns: 500 }
    )
  })

  it("byte by byte", () => {
    const json =
      '{"content":[{"event":"é 😀 \\" \\\\"},{"event":"b","n":[1,{"x":"]}"}]}],"continuation_token":"t"}'
    const parts = run(Array.from(bytes(json), (byte) => Uint8Array.of(byte)))
    assert.deepStrictEqual(records(parts as ReadonlyArray<LogPart>), JSON.parse(json).content)
  })

  it("of a body that is cut anywhere nothing is taken for the end", () => {
    FastCheck.assert(
      FastCheck.property(body, FastCheck.nat(), (json, place) => {
        const whole = bytes(json.trimEnd())
        assert.strictEqual(run([whole.subarray(0, place % whole.length)]), "cut")
      })
    )
  })

  it("a part has at most 2000 records or about 1 MB, and tells its bytes", () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ event: String(i) }))
    const few = Array.from({ length: 5 }, (_, i) => ({ event: `${i}${"x".repeat(600_000)}` }))
    const parts = run([bytes(JSON.stringify({ content: [...many, ...few], continuation_token: null }))])
    assert.isArray(parts)
    const sizes = (parts as ReadonlyArray<LogPart>).flatMap((part) =>
      part._tag === "Records" ? [[part.records.length, part.bytes]] : []
    )
    assert.deepStrictEqual(
      sizes.map(([count]) => count),
      [2000, 2000, 1002, 2, 1]
    )
    assert.strictEqual(sizes[0]![1], JSON.stringify(many.slice(0, 2000)).length - 2)
    assert.deepStrictEqual(records(parts as ReadonlyArray<LogPart>), [...many, ...few])
  })

  it("what came is passed on, though its part is not full", () => {
    const reader = decoder()
    assert.deepStrictEqual(
      reader.push(bytes('{"content":[{"event":"a"},{"event":"b"},{"eve')),
      Either.right([{ _tag: "Records", records: [{ event: "a" }, { event: "b" }], bytes: 27 }])
    )
    assert.deepStrictEqual(
      reader.push(bytes('nt":"c"}')),
      Either.right([]),
      "whether more of it follows is not known yet"
    )
    assert.deepStrictEqual(
      reader.push(bytes("]")),
      Either.right([{ _tag: "Records", records: [{ event: "c" }], bytes: 13 }])
    )
  })

  for (const [what, json, expected] of [
    ["texts", '{"content":["a",""],"continuation_token":null}', [{ event: "a" }, { event: "" }]],
    ["no records", '{"content":[ ],"continuation_token":null}', []],
    ["no token", '{"content":[{"event":"a"}]}', [{ event: "a" }]],
    ["a byte order mark", '\ufeff{"content":[{"event":"a"}]}', [{ event: "a" }]],
    [
      "odd records",
      '{"content":[1,null,[2],{},{"event":null},{"event":{"a":1},"x":2}]}',
      [
        { event: "1" },
        { event: "null" },
        { event: "[2]" },
        { event: "" },
        { event: "null" },
        { event: '{"a":1}', x: 2 }
      ]
    ]
  ] as const) {
    it(what, () => {
      const parts = run([bytes(json)])
      assert.isArray(parts)
      assert.deepStrictEqual(records(parts as ReadonlyArray<LogPart>), expected as ReadonlyArray<LogRecord>)
      assert.deepStrictEqual(token(parts as ReadonlyArray<LogPart>), [null])
    })
  }

  it("bytes that are not UTF-8 become U+FFFD, in their own record", () => {
    const json = Buffer.from(
      '{"content":[{"event":"\xc3"},{"event":"b"}],"continuation_token":null}',
      "latin1"
    )
    for (const places of [[], [23], [24, 25]]) {
      assert.deepStrictEqual(records(run(split(json, places)) as ReadonlyArray<LogPart>), [
        { event: "\ufffd" },
        { event: "b" }
      ])
    }
  })

  const notJson = "expected JSON, got a text that is not"
  for (const [json, issue] of [
    ["[]", notJson],
    ["null", notJson],
    ["<html>", notJson],
    ["{}", ".content is missing"],
    ['{"continuation_token":null}', ".content is missing"],
    ['{"content":null}', ".content: expected an array"],
    ['{"content":"a"}', ".content: expected an array"],
    ['{"content":{}}', ".content: expected an array"],
    ['{"content":[],"continuation_token":1}', ".continuation_token: expected a string or null"],
    ['{"content":[],"continuation_token":nul}', notJson],
    ['{"content":[],"continuation_token":]}', notJson],
    ['{"content":[,]}', notJson],
    ['{"content":[,{}]}', notJson],
    ['{"content":[{},]}', notJson],
    ['{"content":[{},,{}]}', notJson],
    ['{"content":[{} {}]}', notJson],
    ['{"content":[{]}]}', notJson],
    ['{"content":[{"event":"a\nb"}]}', notJson],
    ['{"content":[}', notJson],
    ['{"content":[]]}', notJson],
    ['{"content":[]} x', notJson],
    ['{"content":[]}}', notJson],
    ['{"content" []}', notJson],
    ["{content:[]}", notJson],
    ['{"a":,"content":[]}', notJson],
    ['{"content":[],}', notJson],
    ['{,"content":[]}', notJson]
  ] as const) {
    it(`is refused: ${json}`, () => {
      assert.strictEqual(run([bytes(json)]), issue)
      assert.strictEqual(run(Array.from(bytes(json), (byte) => Uint8Array.of(byte))), issue)
    })
  }
})

describe("a token of API v2", () => {
  it("tells how many records were read", () => {
    const payload = Buffer.from('{"end_of_log":false,"log_pos":65}').toString("base64url")
    assert.deepStrictEqual(readToken(`${payload}.hS0dHrSmx8kQ`), { end_of_log: false, log_pos: 65 })
    assert.isUndefined(readToken("nothing like it"))
  })
})
