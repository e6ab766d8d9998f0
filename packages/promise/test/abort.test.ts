import type { Airflow } from "@effect-airflow/promise"
import { connect } from "@effect-airflow/promise"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import { assert, describe, it } from "@effect/vitest"
import { getEventListeners } from "node:events"
import { assertAborted, layerOf, rejection, until, wait } from "./fixtures.js"

const run = { dag_id: "sleeper", dag_run_id: "r" }
const task = { ...run, task_id: "sleep" }
const wide = { dag_id: "wide", dag_run_id: "r", limit: 40 }
/** A request every 100 ms or so: one that is not stopped shows itself at once. */
const often = { active: "100 millis", idle: "100 millis", settle: "100 millis" } as const

const withFake = async (test: (airflow: Airflow, fake: FakeAirflow.FakeAirflow) => Promise<void>) => {
  await using fake = await FakeAirflow.start({
    runs: [
      { dag_id: "sleeper", dag_run_id: "r", ago: 10_000 },
      { dag_id: "wide", dag_run_id: "r", ago: 10_000 }
    ]
  })
  await using airflow = await connect(layerOf(fake))
  await test(airflow, fake)
}

const drain = async (iterable: AsyncIterable<unknown>, read: () => void = () => undefined) => {
  for await (const _ of iterable) read()
}

type Begin = (airflow: Airflow, signal: AbortSignal) => Promise<unknown>

const retried: Readonly<Record<string, Begin>> = {
  "a call": ({ v1 }, signal) => v1.taskInstances.getTaskInstance(task, { signal }),
  "a call of a list": ({ v1 }, signal) => v1.taskInstances.getTaskInstances(wide, { signal }),
  "a log as text": ({ v1 }, signal) =>
    v1.taskInstances.getLogText({ ...task, task_try_number: 1 }, { signal }),
  items: ({ v1 }, signal) => drain(v1.taskInstances.getTaskInstances.items(wide, { signal })),
  pages: ({ v1 }, signal) => drain(v1.taskInstances.getTaskInstances.pages(wide, { signal })),
  "logs.lines": ({ logs }, signal) => drain(logs.lines(task, { ...often, signal })),
  "logs.follow": ({ logs }, signal) => drain(logs.follow(task, { ...often, signal })),
  "logs.followRun": ({ logs }, signal) => drain(logs.followRun(run, { ...often, discovery: 100, signal })),
  "logs.followMapped": ({ logs }, signal) =>
    drain(logs.followMapped(task, { ...often, discovery: 100, signal })),
  "a DAG run": ({ v1 }, signal) => v1.dagRuns.getDagRun(run, { signal })
}

/** To those that watch, the first failure is final. */
const calls: Readonly<Record<string, Begin>> = {
  ...retried,
  "watch.states": ({ watch }, signal) => drain(watch.states(task, { poll: 100, signal })),
  "watch.runStates": ({ watch }, signal) => drain(watch.runStates(run, { poll: 100, signal })),
  "watch.waitFor": ({ watch }, signal) => watch.waitFor(task, { poll: 100, signal }),
  "watch.waitForRun": ({ watch }, signal) => watch.waitForRun(run, { poll: 100, signal })
}

/** Those that go on asking until the task is over, which it never is. */
const lasting = Object.entries(calls).filter(([what]) => /^(logs|watch)\./.test(what))

/** Aborts what is under way: it rejects at once, and nothing is sent any more. */
const assertStops = async (
  fake: FakeAirflow.FakeAirflow,
  promise: Promise<unknown>,
  controller: AbortController,
  underWay = 0
) => {
  const before = fake.requests.length + underWay
  const started = performance.now()
  controller.abort()
  await assertAborted(promise)
  assert.isBelow(performance.now() - started, 50)
  // What was on its way may arrive; what goes on asking does so each tenth of a second.
  await wait(50)
  const sent = Math.max(before, fake.requests.length)
  await wait(300)
  assert.isAtMost(fake.requests.length, sent, "something was sent after the abort")
}

// Tried again where the machine was busy with something else for that long.
describe("an abort", { retry: 2 }, () => {
  for (const [what, begin] of Object.entries(calls)) {
    it(`${what}, while the server is silent`, () =>
      withFake(async (airflow, fake) => {
        fake.inject(Fault.stall(10_000), { times: Infinity })
        const controller = new AbortController()
        const promise = begin(airflow, controller.signal)
        await until("a request arrives", () => fake.requests.length === 1)
        await assertStops(fake, promise, controller)
      }))

    it(`${what}, in the middle of a body`, () =>
      withFake(async (airflow, fake) => {
        fake.inject(Fault.stall(10_000, 5), { times: Infinity })
        const controller = new AbortController()
        const promise = begin(airflow, controller.signal)
        await until("a request arrives", () => fake.requests.length === 1)
        await wait(20)
        await assertStops(fake, promise, controller)
      }))

    it(`${what}, of a signal that was aborted before: nothing is sent`, () =>
      withFake(async (airflow, fake) => {
        await assertAborted(begin(airflow, AbortSignal.abort()))
        await wait(50)
        assert.lengthOf(fake.requests, 0)
      }))
  }

  for (const [what, begin] of Object.entries(retried)) {
    it(`${what}, while it waits to send again`, () =>
      withFake(async (airflow, fake) => {
        fake.inject(Fault.status(503, { retryAfter: "0.2" }), { times: Infinity })
        const controller = new AbortController()
        const promise = begin(airflow, controller.signal)
        await until("a request arrives", () => fake.requests.length === 1)
        await wait(20)
        await assertStops(fake, promise, controller)
      }))
  }

  it("items and pages, after some rows", () =>
    withFake(async ({ v1 }, fake) => {
      const { items, pages } = v1.taskInstances.getTaskInstances
      for (const walk of [items, pages]) {
        const before = fake.requests.length
        fake.inject(Fault.stall(10_000), { after: 1, times: 1 })
        const controller = new AbortController()
        let read = 0
        const promise = drain(walk(wide, { signal: controller.signal }), () => read++)
        await until("the second page is asked for", () => fake.requests.length - before === 2)
        await assertStops(fake, promise, controller)
        assert.strictEqual(read, walk === (items as unknown) ? 40 : 1)
      }
    }))

  for (const [what, begin] of lasting) {
    it(`${what}, while it waits between two requests`, () =>
      withFake(async (airflow, fake) => {
        const controller = new AbortController()
        const promise = begin(airflow, controller.signal)
        await until("it has begun to wait", () => fake.requests.length > 4)
        // Of those that look for task instances and read logs at once, a request may be on its way.
        await assertStops(fake, promise, controller, /logs.follow./.test(what) ? 1 : 0)
      }))
  }

  it("that was not made stops nothing: the follower above would go on asking", () =>
    withFake(async ({ logs }, fake) => {
      const lines = logs.lines(task, often)
      const read = drain(lines)
      await until("lines are asked for", () => fake.requests.length > 2)
      const sent = fake.requests.length
      await wait(300)
      await lines.return?.()
      await read
      assert.isAbove(fake.requests.length, sent)
    }))

  it("leaves nothing at a signal that lives longer than what it could have ended", () =>
    withFake(async ({ logs, v1, watch }, fake) => {
      const { signal } = new AbortController()
      const listening = () => getEventListeners(signal, "abort").length
      const walk = () => v1.taskInstances.getTaskInstances.items(wide, { signal })
      // Never begun, read to its end, left before its end, failed, and returned while it waits.
      walk()
      await drain(walk())
      for await (const _ of walk()) break
      fake.inject(Fault.status(403))
      await rejection(drain(walk()))
      const waiting = logs.lines(task, { ...often, signal })
      const read = drain(waiting)
      await until("it has begun to wait", () => listening() === 1)
      await waiting.return?.()
      await read
      await v1.taskInstances.getTaskInstance(task, { signal })
      await rejection(watch.waitFor(task, { deadline: 50, signal }))
      assert.strictEqual(listening(), 0)
    }))

  it("keeps its reason: as the error itself when it is an AbortError, and else as the cause", () =>
    withFake(async ({ v1 }, fake) => {
      fake.inject(Fault.stall(10_000), { times: Infinity })
      const mine = new Error("mine")
      const aborted = new DOMException("mine too", "AbortError")
      for (const [reason, check] of [
        [mine, (error: Error) => assert.strictEqual(error.cause, mine)],
        ["text", (error: Error) => assert.strictEqual(error.cause, "text")],
        [aborted, (error: Error) => assert.strictEqual(error, aborted)]
      ] as const) {
        const controller = new AbortController()
        const promise = v1.taskInstances.getTaskInstance(task, { signal: controller.signal })
        setTimeout(() => controller.abort(reason), 20)
        const error = (await rejection(promise)) as Error
        assert.strictEqual(error.name, "AbortError")
        check(error)
      }
    }))

  it("by AbortSignal.timeout is an AbortError with the time-out as its cause", () =>
    withFake(async ({ v1 }, fake) => {
      fake.inject(Fault.stall(10_000))
      const error = (await rejection(
        v1.taskInstances.getTaskInstance(task, { signal: AbortSignal.timeout(20) })
      )) as Error
      assert.strictEqual(error.name, "AbortError")
      assert.strictEqual((error.cause as Error).name, "TimeoutError")
    }))

  it("ends one call and leaves the others and the connection alone", () =>
    withFake(async ({ v1 }, fake) => {
      fake.inject(Fault.stall(150), { times: 2 })
      const controller = new AbortController()
      const one = v1.taskInstances.getTaskInstance(task, { signal: controller.signal })
      const other = v1.taskInstances.getTaskInstance(task)
      await until("both are asked for", () => fake.requests.length === 2)
      controller.abort()
      await assertAborted(one)
      assert.strictEqual((await other).state, "running")
      assert.strictEqual((await v1.taskInstances.getTaskInstance(task)).state, "running")
    }))

  it("after the answer changes nothing", () =>
    withFake(async ({ v1 }) => {
      const controller = new AbortController()
      const found = await v1.taskInstances.getTaskInstance(task, { signal: controller.signal })
      controller.abort()
      assert.strictEqual(found.state, "running")
    }))
})

describe("close", () => {
  for (const [what, begin] of Object.entries(calls)) {
    it(`ends ${what} that is under way`, () =>
      withFake(async (airflow, fake) => {
        fake.inject(Fault.stall(10_000), { times: Infinity })
        const promise = begin(airflow, new AbortController().signal)
        await until("a request arrives", () => fake.requests.length === 1)
        const started = performance.now()
        const [, closed] = await Promise.allSettled([assertAborted(promise), airflow.close()])
        assert.isBelow(performance.now() - started, 100)
        assert.strictEqual(closed.status, "fulfilled")
        await assertAborted(promise)
        await until("no connection is left", () => fake.openSockets() === 0)
        await wait(100)
        assert.lengthOf(fake.requests, 1)
      }))
  }

  it("ends a follower that waits", () =>
    withFake(async (airflow, fake) => {
      let read = 0
      const promise = drain(airflow.logs.lines(task, often), () => read++)
      const ended = assertAborted(promise)
      await until("lines are there", () => read > 0)
      await airflow.close()
      const sent = fake.requests.length
      await ended
      await wait(300)
      assert.strictEqual(fake.requests.length, sent)
    }))

  it("can be called again, and at the same time", () =>
    withFake(async (airflow) => {
      await airflow.v1.taskInstances.getTaskInstance(task)
      await Promise.all([airflow.close(), airflow.close()])
      await airflow.close()
      await airflow[Symbol.asyncDispose]()
    }))

  it("lets nothing be sent after it: calls reject with an AbortError", () =>
    withFake(async (airflow, fake) => {
      await airflow.close()
      for (const begin of Object.values(calls))
        await assertAborted(begin(airflow, new AbortController().signal))
      await assertAborted(airflow.v1.taskInstances.getTaskInstance(task))
      await assertAborted(airflow.logs.lines(task).next())
      await wait(50)
      assert.lengthOf(fake.requests, 0)
    }))

  it("await using closes the connections, also when the block throws", async () => {
    await using fake = await FakeAirflow.start({ runs: [{ dag_id: "quick", dag_run_id: "r" }] })
    const block = async (fails: boolean) => {
      await using airflow = await connect(layerOf(fake))
      await airflow.v1.taskInstances.getTaskInstances({ dag_id: "quick", dag_run_id: "r" })
      assert.isAbove(fake.openSockets(), 0)
      if (fails) throw new Error("mine")
    }
    await block(false)
    await until("no connection is left", () => fake.openSockets() === 0)
    assert.strictEqual(((await rejection(block(true))) as Error).message, "mine")
    await until("no connection is left", () => fake.openSockets() === 0)
  })
})
