import { AirflowError, connect, cursorJson, label, type LogEvent } from "@effect-airflow/promise"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import * as Fault from "@effect-airflow/testing/Fault"
import { assert, describe, it } from "@effect/vitest"
import { collect, connected, layerOf, rejection, until, wait } from "./fixtures.js"

const target = { dag_id: "flaky", dag_run_id: "r", task_id: "fails_twice" }
const fast = { from: "first", active: "50 millis", idle: "100 millis", settle: "50 millis" } as const

/** A task that fails twice, in half a second of real time. */
const flaky = () =>
  FakeAirflow.start({
    clock: FakeClock.real({ speed: 20 }),
    runs: [{ dag_id: "flaky", dag_run_id: "r" }]
  })

const assertEachOnce = (
  fake: FakeAirflow.FakeAirflow,
  lines: ReadonlyArray<{ readonly try_number: number; readonly index: number; readonly raw: string }>
) => {
  for (const try_number of [1, 2, 3]) {
    const received = lines.filter((line) => line.try_number === try_number)
    const written = fake.written({ ...target, try_number })
    assert.isAbove(written.length, 10)
    assert.deepStrictEqual(
      received.map(({ index, raw }) => [index, raw]),
      written.map((raw, index) => [index, raw])
    )
  }
  assert.deepStrictEqual([...new Set(lines.map(({ try_number }) => try_number))], [1, 2, 3])
}

describe("logs", () => {
  it("lines gives each line of every attempt once, and ends", async () => {
    await using fake = await flaky()
    await using airflow = await connect(layerOf(fake))
    assertEachOnce(fake, await collect(airflow.logs.lines(target, fast)))
  })

  it("follow tells of attempts and states too, and of the end last", async () => {
    await using fake = await flaky()
    await using airflow = await connect(layerOf(fake))
    const events = await collect(airflow.logs.follow(target, fast))
    const lines = events.flatMap((event) => (event._tag === "Line" ? [event.line] : []))
    assertEachOnce(fake, lines)
    assert.deepStrictEqual(
      events.flatMap((event) =>
        event._tag === "AttemptStarted" || event._tag === "AttemptEnded"
          ? [`${event._tag} ${event.try_number}`]
          : []
      ),
      [1, 2, 3].flatMap((n) => [`AttemptStarted ${n}`, `AttemptEnded ${n}`])
    )
    assert.deepInclude({ ...events.at(-1) } as object, {
      _tag: "Ended",
      end: "complete",
      state: "success",
      try_number: 3,
      lines: lines.length
    })
  })

  it("a connection that breaks now and then costs no line", async () => {
    await using fake = await flaky()
    await using airflow = await connect(layerOf(fake))
    // Every third request fails, in turn in one of these ways.
    for (const [turn, fault] of [Fault.drop(), Fault.drop(10), Fault.status(502)].entries()) {
      const when = () => fake.requests.length % 9 === 3 * turn + 1
      fake.inject(fault, { times: Infinity, when })
    }
    assertEachOnce(fake, await collect(airflow.logs.lines(target, fast)))
    assert.isAbove(fake.requests.filter(({ status }) => status === 502).length, 1)
  })

  it("break stops asking", async () => {
    await using fake = await FakeAirflow.start({
      runs: [{ dag_id: "ticker", dag_run_id: "r", conf: { lines: 1000, every: 0.02 }, ago: 3000 }]
    })
    await using airflow = await connect(layerOf(fake))
    let read = 0
    const task = { dag_id: "ticker", dag_run_id: "r", task_id: "tick" }
    for await (const line of airflow.logs.lines(task, fast)) {
      if (line.text.startsWith("tick") && ++read === 5) break
    }
    const sent = fake.requests.length
    await wait(300)
    assert.strictEqual(fake.requests.length, sent)
    await airflow.close()
    await until("no connection is left", () => fake.openSockets() === 0)
  })
})

describe("a cursor", () => {
  const texts = (events: ReadonlyArray<LogEvent>) =>
    events.flatMap((event) => (event._tag === "Line" ? [event.line.raw] : []))

  it("goes on after any event, as itself and as the JSON that was kept of it", () =>
    connected(async ({ logs }, fake) => {
      const all = await collect(logs.follow(target, fast))
      const lines = texts(all)
      assert.lengthOf(
        lines,
        [1, 2, 3].flatMap((try_number) => fake.written({ ...target, try_number })).length
      )
      for (const at of [0, 3, 20, all.length - 2]) {
        const event = all[at]!
        const rest = lines.slice(texts(all.slice(0, at + 1)).length)
        const kept = JSON.parse(JSON.stringify(cursorJson(event))) as ReturnType<typeof cursorJson>
        for (const from of [event.cursor, kept]) {
          assert.deepStrictEqual(texts(await collect(logs.follow(target, { ...fast, from }))), rest)
          assert.deepStrictEqual(
            (await collect(logs.lines(target, { ...fast, from }))).map(({ raw }) => raw),
            rest
          )
        }
      }
    }, "flaky"))

  it("that is none, or not one of this task instance, is refused before anything is sent", () =>
    connected(
      async ({ logs }, fake) => {
        const [event] = await collect(logs.follow(target, fast))
        const sent = fake.requests.length
        const json = cursorJson(event!)
        for (const [from, issue] of [
          [{}, /^is not a cursor/],
          [[], /^is not a cursor/],
          // What JSON makes of a cursor by itself shows nothing of it.
          [JSON.parse(JSON.stringify(event!.cursor)), /^is not a cursor/],
          [{ ...json, version: 7 }, /^is a cursor of version 7/],
          [{ ...json, target: { ...target, task_id: "other" } }, /^is a cursor of another task instance/],
          [JSON.stringify(json), /^must be .* or a cursor$/]
        ] as const) {
          for (const follow of [logs.follow, logs.lines]) {
            const error = await rejection(follow(target, { from: from as never }).next())
            assert.instanceOf(error, AirflowError.InvalidInput)
            assert.strictEqual(error.field, "from")
            assert.match(error.issue, issue)
          }
        }
        assert.strictEqual(fake.requests.length, sent)
      },
      "flaky",
      "ticker"
    ))
})

describe("several task instances", () => {
  it("followMapped gives the lines of all instances, and ends with Finished", () =>
    connected(async (_, fake) => {
      await using airflow = await connect(layerOf(fake, { polling: { perSecond: 200 } }))
      const { logs } = airflow
      const square = { dag_id: "mapped", dag_run_id: "r", task_id: "square" }
      const events = await collect(logs.followMapped(square, { ...fast, discovery: 200 }))
      for (const map_index of [0, 1, 2, 3, 4]) {
        assert.deepStrictEqual(
          events.flatMap((event) =>
            event._tag === "Line" && event.line.map_index === map_index ? [event.line.raw] : []
          ),
          fake.written({ ...square, map_index })
        )
      }
      assert.deepInclude({ ...events.at(-1) }, { _tag: "Finished", sources: 5, complete: 5, failed: 0 })
    }, "mapped"))

  it("followRun gives those of all tasks, in the order of their time when asked", () =>
    connected(async ({ logs }, fake) => {
      const run = { dag_id: "quick", dag_run_id: "r" }
      const events = await collect(
        logs.followRun(run, { ...fast, order: "timestamp", lag: 3000, discovery: 200 })
      )
      const lines = events.flatMap((event) => (event._tag === "Line" ? [event.line] : []))
      assert.deepStrictEqual([...new Set(lines.map(label))], ["hello", "bye"])
      assert.deepStrictEqual(
        lines.map(({ raw }) => raw),
        ["hello", "bye"].flatMap((task_id) => fake.written({ ...run, task_id }))
      )
      assert.deepInclude({ ...events.at(-1) }, { _tag: "Finished", state: "success", sources: 2 })
    }, "quick"))

  it("a run that is not there rejects with NotFound", () =>
    connected(async ({ logs }) => {
      const follow = logs.followRun({ dag_id: "quick", dag_run_id: "none" })
      assert.instanceOf(await rejection(follow.next()), AirflowError.NotFound)
    }, "quick"))
})
