import { connect } from "@effect-airflow/promise"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import * as Fault from "@effect-airflow/testing/Fault"
import { assert, describe, it } from "@effect/vitest"
import { collect, layerOf, until, wait } from "./fixtures.js"

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
