/** Lines that a server of Airflow 3 reads while they are being written. */
import type * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import type * as FakeClock from "@effect-airflow/testing/FakeClock"
import { dag, lines, task } from "@effect-airflow/testing/Scenario"
import { assert, describe, it } from "@effect/vitest"
import type { Fake } from "./fixtures.js"
import { afterHeader, logPage, still, versions } from "./fixturesV2.js"

const path = "/dags/d/dagRuns/r/taskInstances/t/logs/1"

const writing = (
  version: string,
  test: (fake: Fake, clock: FakeClock.ManualClock) => Promise<void>,
  options: FakeAirflow.Options = {}
) =>
  still(version, [], test, {
    dags: [
      dag("d", [task("t", { run: [lines(40, 1000, (index) => `line ${index} ${"x".repeat(index)}`)] })])
    ],
    runs: [{ dag_id: "d", dag_run_id: "r" }],
    ...options
  })

/** The records, and the position that goes with them. */
const read = async (fake: Fake) => {
  const page = await logPage(fake, path)
  const records = afterHeader(page)
  return { records, events: records.map(({ event }) => event as string), position: page.info?.["log_pos"] }
}

for (const version of versions) {
  describe(`Airflow ${version}`, () => {
    it("the last line of both copies, half written, is a record of its own and counts", () =>
      writing(version, async (fake, clock) => {
        clock.advance(12_000)
        const { events: before } = await read(fake)
        clock.advance(1000)
        fake.readHalfLine({ chars: 30 })
        const { events, position, records } = await read(fake)
        assert.deepStrictEqual(events.slice(0, -1), before)
        assert.match(events.at(-1)!, /^\{"timestamp":"[^"]{16}$/)
        assert.deepStrictEqual(records.at(-1), { timestamp: null, event: events.at(-1)! })
        assert.strictEqual(position, events.length)
        assert.deepStrictEqual((await read(fake)).events.slice(0, -1), before)
        assert.match((await read(fake)).events.at(-1)!, /^line \d+ x*$/)
      }))

    it("one of the worker's copy stands before the whole", () =>
      writing(version, async (fake, clock) => {
        clock.advance(12_000)
        const { events: before } = await read(fake)
        clock.advance(2000)
        fake.readHalfLine({ copy: "served", back: 1, chars: 60 })
        const { events, position } = await read(fake)
        assert.deepStrictEqual(events.slice(0, before.length), before)
        assert.lengthOf(events, before.length + 3)
        assert.match(events.at(-3)!, /^\{"timestamp":"[^"]+","level":"/)
        assert.strictEqual(position, events.length)
      }))

    it("a look that finds nothing new finds nothing half written", () =>
      writing(version, async (fake, clock) => {
        clock.advance(12_000)
        const { events } = await read(fake)
        fake.readHalfLine()
        assert.deepStrictEqual((await read(fake)).events, events)
        clock.advance(1000)
        assert.match((await read(fake)).events.at(-1)!, /^\{"timestamp":/)
      }))

    it("the worker's copy ends after whole parts, while the task runs; on 3.0 it is whole", () =>
      writing(
        version,
        async (fake, clock) => {
          const halves: Array<string> = []
          for (let second = 0; second < 60; second++) {
            clock.advance(1000)
            const { events, position } = await read(fake)
            const own = events.filter((event) => event.startsWith("{"))
            assert.isAtMost(own.length, 1)
            halves.push(...own)
            if (position !== undefined) assert.strictEqual(position, events.length)
            else assert.lengthOf(own, 0)
          }
          if (version === "3.0.6") assert.deepStrictEqual(halves, [])
          else assert.isAbove(new Set(halves).size, 1)
        },
        { servedPart: 2003 }
      ))
  })
}
