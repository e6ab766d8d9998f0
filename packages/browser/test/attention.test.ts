/** How what polls waits: by whether the page is seen, and whether there is a network. The page is a stub here. */
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { afterEach, beforeEach, vi } from "vitest"

class Page extends EventTarget {
  visibilityState = "visible"
  /** Listeners that are still there. */
  listeners = 0
  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners++
    super.addEventListener(...args)
  }
  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners--
    super.removeEventListener(...args)
  }
  show(visible: boolean): void {
    this.visibilityState = visible ? "visible" : "hidden"
    this.dispatchEvent(new Event("visibilitychange"))
  }
}

let page = new Page()
let network = new Page()

const setOnline = (onLine: boolean) => {
  vi.stubGlobal("navigator", { onLine })
  network.dispatchEvent(new Event(onLine ? "online" : "offline"))
}

beforeEach(() => {
  page = new Page()
  network = new Page()
  vi.stubGlobal("document", page)
  vi.stubGlobal("window", network)
  vi.stubGlobal("navigator", { onLine: true })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Starts a pause, and tells whether it is over. */
const pausing = (millis: number, options: Pick<BrowserAirflow.Options, "whenHidden" | "polling"> = {}) =>
  Effect.gen(function* () {
    const { polling } = yield* Effect.provide(
      AirflowClient,
      BrowserAirflow.layer({ baseUrl: "http://localhost", ...options })
    )
    const fiber = yield* Effect.fork(polling.pause(Duration.millis(millis)))
    for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow()
    const isOver = Effect.gen(function* () {
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow()
      return (yield* Fiber.poll(fiber))._tag === "Some"
    })
    return { fiber, isOver }
  })

describe("a pause between two looks", () => {
  it.effect("of a page that is seen is as long as it should be", () =>
    Effect.gen(function* () {
      const { isOver } = yield* pausing(1000)
      yield* TestClock.adjust(999)
      assert.isFalse(yield* isOver)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isOver)
      assert.strictEqual(page.listeners + network.listeners, 0)
    })
  )

  it.effect("of a hidden page is half a minute", () =>
    Effect.gen(function* () {
      page.show(false)
      const { isOver } = yield* pausing(1000)
      yield* TestClock.adjust(29_999)
      assert.isFalse(yield* isOver)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("of a hidden page is no shorter than it would be otherwise", () =>
    Effect.gen(function* () {
      page.show(false)
      const { isOver } = yield* pausing(60_000, { whenHidden: "2 seconds" })
      yield* TestClock.adjust(59_999)
      assert.isFalse(yield* isOver)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("ends at once when the page is seen again", () =>
    Effect.gen(function* () {
      page.show(false)
      const { isOver } = yield* pausing(1000)
      yield* TestClock.adjust(5000)
      page.show(false)
      assert.isFalse(yield* isOver)
      page.show(true)
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("ends no sooner than that of a page that is seen, however often one comes back", () =>
    Effect.gen(function* () {
      const { isOver } = yield* pausing(60_000)
      for (let second = 0; second < 59; second++) {
        page.show(second % 2 === 0)
        setOnline(second % 2 === 0)
        yield* TestClock.adjust(1000)
      }
      assert.isFalse(yield* isOver)
      page.show(true)
      yield* TestClock.adjust(1000)
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("that began before the page was hidden goes on until half a minute is over", () =>
    Effect.gen(function* () {
      const { isOver } = yield* pausing(1000)
      page.show(false)
      yield* TestClock.adjust(29_999)
      assert.isFalse(yield* isOver)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("lasts while there is no network, and ends when there is", () =>
    Effect.gen(function* () {
      setOnline(false)
      const { isOver } = yield* pausing(1000)
      yield* TestClock.adjust("3 hours")
      assert.isFalse(yield* isOver)
      setOnline(true)
      assert.isTrue(yield* isOver)
      assert.strictEqual(page.listeners + network.listeners, 0)
    })
  )

  it.effect("leaves no listener behind when it is interrupted", () =>
    Effect.gen(function* () {
      page.show(false)
      const { fiber } = yield* pausing(1000)
      yield* TestClock.adjust(2000)
      assert.isAbove(page.listeners, 0)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(page.listeners + network.listeners, 0)
    })
  )

  it.effect("takes no notice of a hidden page when told so", () =>
    Effect.gen(function* () {
      page.show(false)
      const { isOver } = yield* pausing(1000, { whenHidden: 0 })
      yield* TestClock.adjust(1000)
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("is the user's own where one is given", () =>
    Effect.gen(function* () {
      page.show(false)
      const { isOver } = yield* pausing(1000, { polling: { pause: () => Effect.void } })
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("in a worker, which has no document", () =>
    Effect.gen(function* () {
      vi.stubGlobal("document", undefined)
      vi.stubGlobal("window", undefined)
      const { isOver } = yield* pausing(1000)
      yield* TestClock.adjust(1000)
      assert.isTrue(yield* isOver)
    })
  )

  for (const whenHidden of [NaN, "soon"]) {
    it.effect(`is refused where it is ${whenHidden}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(pausing(1, { whenHidden: whenHidden as never }))
        assert.deepInclude({ ...error }, { _tag: "InvalidInput", field: "whenHidden" })
      })
    )
  }
})
