import * as Auth from "@effect-airflow/core/Auth"
import { type LogPart, streamLog } from "@effect-airflow/core/v2/Log"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { json, type Reply, scripted, status } from "./scripted.js"

const target = { dag_id: "d", dag_run_id: "r", task_id: "t", try_number: 1 }

const page = { content: [{ event: "a", level: "info" }, { event: "b" }], continuation_token: "t.s" }

const parts: ReadonlyArray<LogPart> = [
  { _tag: "Records", records: page.content, bytes: JSON.stringify(page.content).length - 2 },
  { _tag: "End", continuation_token: "t.s" }
]

/** A body whose pieces a test sends when it likes; it knows whether its reader has left. */
const piecewise = () => {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = { cancelled: false }
  const stream = new ReadableStream<Uint8Array>({
    start: (it) => {
      controller = it
    },
    cancel: () => {
      body.cancelled = true
    }
  })
  return {
    body,
    response: new Response(stream, { headers: { "content-type": "application/json" } }),
    send: (text: string) => controller!.enqueue(new TextEncoder().encode(text)),
    end: () => controller!.close(),
    fail: () => controller!.error(Object.assign(new Error("reset"), { code: "ECONNRESET" }))
  }
}

/** Lets promises settle that no clock drives. */
const settle = Effect.promise(async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
})

const outcome = (reply: (index: number) => Reply, options: Parameters<typeof streamLog>[1] = {}) =>
  Effect.gen(function* () {
    const server = scripted((_, index) => reply(index))
    const fiber = yield* streamLog(target, options).pipe(
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray),
      Effect.either,
      Effect.provide(server.layer()),
      Effect.fork
    )
    for (let i = 0; i < 5; i++) {
      yield* settle
      yield* TestClock.adjust("1 minute")
    }
    return { result: yield* Fiber.join(fiber), arrivals: server.arrivals }
  })

describe("streamLog", () => {
  it.effect("asks as the others do, and gives records and the end", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(page))
      const got = yield* streamLog({ ...target, map_index: 3, token: "x.y", full_content: false }).pipe(
        Stream.runCollect,
        Effect.provide(server.layer({ auth: Auth.bearer(Redacted.make("abc")) }))
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(got), parts)
      const { headers, method, url } = server.arrivals[0]!
      assert.strictEqual(method, "GET")
      assert.strictEqual(url.pathname, "/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/1")
      assert.strictEqual(url.search, "?map_index=3&token=x.y&full_content=false")
      assert.strictEqual(headers["accept"], "application/json")
      assert.strictEqual(headers["authorization"], "Bearer abc")
    })
  )

  it.effect("each time that it is run it asks anew", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(page))
      const stream = streamLog(target)
      const got = yield* Stream.runCollect(Stream.concat(stream, stream)).pipe(Effect.provide(server.layer()))
      assert.strictEqual(got.length, 4)
      assert.strictEqual(server.arrivals.length, 2)
    })
  )

  it.effect("what has come is there before the rest", () =>
    Effect.gen(function* () {
      const { body, end, response, send } = piecewise()
      const seen: Array<LogPart> = []
      const fiber = yield* streamLog(target).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part))),
        Effect.provide(scripted(() => response).layer()),
        Effect.fork
      )
      send('{"content":[{"event":"a"},{"eve')
      yield* settle
      assert.deepStrictEqual(seen, [{ _tag: "Records", records: [{ event: "a" }], bytes: 13 }])
      send('nt":"b"}],"continuation_token":null}')
      end()
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(seen.slice(1), [
        { _tag: "Records", records: [{ event: "b" }], bytes: 13 },
        { _tag: "End", continuation_token: null }
      ])
      assert.isFalse(body.cancelled)
    })
  )

  it.effect("no more is read than its reader takes", () =>
    Effect.gen(function* () {
      let sent = 0
      const piece = new TextEncoder().encode(`{"event":"${"x".repeat(10_000)}"},`)
      const endless = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"content":[')),
        pull: (controller) => {
          sent++
          controller.enqueue(piece)
        }
      })
      const response = new Response(endless, { headers: { "content-type": "application/json" } })
      let taken = 0
      yield* streamLog(target).pipe(
        Stream.take(50),
        Stream.runForEach(() =>
          Effect.flatMap(settle, () => Effect.sync(() => assert.isAtMost(sent - ++taken, 4)))
        ),
        Effect.provide(scripted(() => response).layer())
      )
      assert.strictEqual(taken, 50)
    })
  )

  it.effect("is sent again until an answer begins", () =>
    Effect.gen(function* () {
      const { arrivals, result } = yield* outcome((index) =>
        index === 0 ? { code: "ECONNREFUSED" } : index === 1 ? status(503) : json(page)
      )
      assert.deepInclude(result, { _tag: "Right", right: parts })
      assert.strictEqual(arrivals.length, 3)
    })
  )

  it.effect("credentials that are refused are obtained again", () =>
    Effect.gen(function* () {
      let acquired = 0
      const auth = Auth.provider(
        Effect.sync(() => ({ authorization: Redacted.make(`Bearer ${++acquired}`) }))
      )
      const server = scripted(({ headers }) =>
        headers["authorization"] === "Bearer 2" ? json(page) : status(401)
      )
      const got = yield* Stream.runCollect(streamLog(target)).pipe(Effect.provide(server.layer({ auth })))
      assert.strictEqual(got.length, 2)
    })
  )

  for (const [code, tag] of [
    [400, "BadRequest"],
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [409, "UnexpectedStatus"],
    [422, "UnprocessableContent"],
    [429, "RateLimited"],
    [500, "ServerError"]
  ] as const) {
    it.effect(`${code} is ${tag}, with what the server says`, () =>
      Effect.gen(function* () {
        const { result } = yield* outcome(() => json({ detail: "because" }, code), { retry: false })
        assert(result._tag === "Left")
        assert.deepInclude(result.left, { _tag: tag, status: code, attempts: 1, operation: "streamLog" })
        assert.include(result.left.message, "because")
      })
    )
  }

  it.effect("a page as 200 is a DecodeError that shows its beginning", () =>
    Effect.gen(function* () {
      const { result } = yield* outcome(() => status(200))
      assert(result._tag === "Left")
      assert.deepInclude(result.left, { _tag: "DecodeError", status: 200, firstBytes: "<html>200</html>" })
    })
  )

  for (const [what, end, expected] of [
    ["breaks off", "fail", { _tag: "TransportError", reason: "Dropped", code: "ECONNRESET" }],
    ["ends early", "end", { _tag: "TransportError", reason: "Dropped" }]
  ] as const) {
    it.effect(`a body that ${what}: what came before, and then the error; it is not asked for again`, () =>
      Effect.gen(function* () {
        const source = piecewise()
        const server = scripted(() => source.response)
        const seen: Array<LogPart> = []
        const fiber = yield* streamLog(target).pipe(
          Stream.runForEach((part) => Effect.sync(() => seen.push(part))),
          Effect.flip,
          Effect.provide(server.layer()),
          Effect.fork
        )
        source.send('{"content":[{"event":"a"},{"event":"b"}')
        yield* settle
        source[end]()
        assert.deepInclude(yield* Fiber.join(fiber), { ...expected, attempts: 1 })
        assert.strictEqual(seen.length, 1)
        assert.strictEqual(server.arrivals.length, 1)
      })
    )
  }

  it.effect("a body that is no JSON is a DecodeError that quotes nothing", () =>
    Effect.gen(function* () {
      const source = piecewise()
      source.send('{"content":[{"event":"s3cret"},}]')
      const { result } = yield* outcome(() => source.response)
      assert(result._tag === "Left")
      assert.deepInclude(result.left, { _tag: "DecodeError", status: 200 })
      assert.notInclude(JSON.stringify(result.left), "s3cret")
      assert.isTrue(source.body.cancelled)
    })
  )

  it.effect("the time-out bounds the wait for the answer, tried again", () =>
    Effect.gen(function* () {
      const { arrivals, result } = yield* outcome(() => "never", { timeout: "2 seconds" })
      assert(result._tag === "Left")
      assert.deepInclude(result.left, { _tag: "TimeoutError", limit: "attempt", millis: 2000, attempts: 3 })
      assert.strictEqual(arrivals.length, 3)
    })
  )

  it.effect("the time-out bounds each wait for more, not the whole and not its reader's time", () =>
    Effect.gen(function* () {
      const source = piecewise()
      const fiber = yield* streamLog(target, { timeout: "2 seconds", retry: false }).pipe(
        Stream.runForEach(() => Effect.sleep("10 seconds")),
        Effect.flip,
        Effect.provide(scripted(() => source.response).layer()),
        Effect.fork
      )
      source.send('{"content":[{"event":"0"},')
      for (let i = 1; i < 4; i++) {
        yield* settle
        yield* TestClock.adjust("10 seconds")
        yield* settle
        yield* TestClock.adjust("1500 millis")
        source.send(`{"event":"${i}"},`)
      }
      yield* settle
      yield* TestClock.adjust("10 seconds")
      yield* settle
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TimeoutError", limit: "attempt", millis: 2000 })
      assert.isTrue(source.body.cancelled)
    })
  )

  for (const [how, leave] of [
    ["leaving", true],
    ["interrupting", false]
  ] as const) {
    it.effect(`${how} it cancels the body`, () =>
      Effect.gen(function* () {
        const source = piecewise()
        const fiber = yield* streamLog(target).pipe(
          leave ? Stream.take(1) : (stream) => stream,
          Stream.runDrain,
          Effect.provide(scripted(() => source.response).layer()),
          Effect.fork
        )
        source.send('{"content":[{"event":"a"},')
        yield* settle
        assert.strictEqual(source.body.cancelled, leave)
        yield* Fiber.interrupt(fiber)
        assert.isTrue(source.body.cancelled)
      })
    )
  }

  it.effect("a wrong parameter sends nothing", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(page))
      const error = yield* streamLog({ ...target, dag_id: ".." }).pipe(
        Stream.runDrain,
        Effect.flip,
        Effect.provide(server.layer())
      )
      assert.deepInclude(error, { _tag: "InvalidInput", field: "dag_id" })
      assert.strictEqual(server.arrivals.length, 0)
    })
  )
})
