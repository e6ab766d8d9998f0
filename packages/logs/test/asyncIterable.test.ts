import * as AsyncIterable from "@effect-airflow/logs/AsyncIterable"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"

const iterate = <A, E>(stream: Stream.Stream<A, E>, signal?: AbortSignal) =>
  AsyncIterable.fromStream(stream, Runtime.defaultRuntime, signal === undefined ? {} : { signal })

const collect = async <A>(iterable: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const found: Array<A> = []
  for await (const item of iterable) found.push(item)
  return found
}

/** Elements, and then nothing for ever; counts its finalizers. */
const stuck = (...items: ReadonlyArray<number>) => {
  const state = { finalized: 0 }
  const stream = Stream.concat(Stream.fromIterable(items), Stream.never).pipe(
    Stream.ensuring(Effect.sync(() => state.finalized++))
  )
  return { state, stream }
}

describe("an async iterable of a Stream", () => {
  it("gives every element, in order, and then done for ever", async () => {
    const stream = Stream.fromIterable(Array.from({ length: 10_000 }, (_, index) => index)).pipe(
      Stream.rechunk(7)
    )
    assert.deepStrictEqual(
      await collect(iterate(stream)),
      Array.from({ length: 10_000 }, (_, index) => index)
    )
    const iterator = iterate(Stream.empty)
    for (let turn = 0; turn < 3; turn++)
      assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
  })

  it("calls of next settle in their order", async () => {
    const iterator = iterate(
      Stream.range(1, 5).pipe(
        Stream.rechunk(1),
        Stream.tap(() => Effect.sleep(1))
      )
    )
    const settled: Array<unknown> = []
    await Promise.all(
      Array.from({ length: 7 }, () => iterator.next().then(({ value }) => settled.push(value)))
    )
    assert.deepStrictEqual(settled, [1, 2, 3, 4, 5, undefined, undefined])
  })

  it("asks for nothing before next is called, and for no more than is read", async () => {
    let pulled = 0
    const stream = Stream.repeatEffect(Effect.sync(() => ++pulled)).pipe(Stream.rechunk(1))
    const iterator = iterate(stream)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(pulled, 0)
    await iterator.next()
    await iterator.next()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(pulled, 2)
    await iterator.return!()
  })

  // Tried again where the machine was busy with something else for that long.
  it(
    "return settles a next that waits, runs the finalizers, and settles itself, at once",
    { retry: 2 },
    async () => {
      const { state, stream } = stuck(1)
      const iterator = iterate(stream)
      await iterator.next()
      const waiting = [iterator.next(), iterator.next()]
      await new Promise((resolve) => setTimeout(resolve, 5))
      const started = performance.now()
      const returned = iterator.return!()
      assert.deepStrictEqual(await Promise.all(waiting), [
        { done: true, value: undefined },
        { done: true, value: undefined }
      ])
      assert.deepStrictEqual(await returned, { done: true, value: undefined })
      assert.isBelow(performance.now() - started, 50)
      assert.strictEqual(state.finalized, 1)
      assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
      await iterator.return!()
      assert.strictEqual(state.finalized, 1)
    }
  )

  it("break and throw inside a loop run the finalizers", async () => {
    for (const leave of [
      () => "break" as const,
      () => {
        throw new Error("mine")
      }
    ]) {
      const { state, stream } = stuck(1, 2, 3)
      const loop = async () => {
        for await (const item of iterate(stream)) if (item === 2 && leave() === "break") break
      }
      await loop().catch((error: unknown) => assert.strictEqual((error as Error).message, "mine"))
      assert.strictEqual(state.finalized, 1)
    }
  })

  it("an abort rejects who waits with an AbortError, and runs the finalizers", async () => {
    for (const reason of [undefined, new Error("mine"), "text"]) {
      const { state, stream } = stuck(1)
      const controller = new AbortController()
      const iterator = iterate(stream, controller.signal)
      await iterator.next()
      const waiting = iterator.next()
      setTimeout(() => controller.abort(reason), 5)
      const error = await waiting.then(
        () => assert.fail("it did not reject"),
        (error: unknown) => error as Error
      )
      assert.strictEqual(error.name, "AbortError")
      if (reason !== undefined) assert.strictEqual(error.cause, reason)
      await iterator.return!()
      assert.strictEqual(state.finalized, 1)
      assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
    }
  })

  it("an abort between two elements rejects the next one; one before the first starts nothing", async () => {
    const { state, stream } = stuck(1, 2)
    const controller = new AbortController()
    const iterator = iterate(stream, controller.signal)
    await iterator.next()
    controller.abort()
    const error = await iterator.next().catch((error: unknown) => error as Error)
    assert.strictEqual((error as Error).name, "AbortError")
    await iterator.return!()
    assert.strictEqual(state.finalized, 1)

    const early = stuck(1)
    const rejected = await iterate(early.stream, AbortSignal.abort())
      .next()
      .catch((error: unknown) => error as Error)
    assert.strictEqual((rejected as Error).name, "AbortError")
    assert.strictEqual(early.state.finalized, 0)
  })

  it("a failure rejects one next with the error itself, after the finalizers; then it is done", async () => {
    const failure = { _tag: "Mine" }
    let finalized = false
    const stream = Stream.concat(Stream.make(1), Stream.fail(failure)).pipe(
      Stream.ensuring(Effect.sync(() => (finalized = true)))
    )
    const iterator = iterate(stream)
    assert.deepStrictEqual(await iterator.next(), { done: false, value: 1 })
    const both = await Promise.allSettled([iterator.next(), iterator.next()])
    assert.deepStrictEqual(both[0], { status: "rejected", reason: failure })
    assert.deepStrictEqual(both[1], { status: "fulfilled", value: { done: true, value: undefined } })
    assert.isTrue(finalized)
  })

  it("a defect rejects with what was thrown", async () => {
    const thrown = new Error("bug")
    const error = await iterate(Stream.die(thrown))
      .next()
      .catch((error: unknown) => error)
    assert.strictEqual(error, thrown)
  })
})
