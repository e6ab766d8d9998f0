/** Lines that a server reads in part: what it makes of them, and that a follower loses none for it. */
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as Log from "@effect-airflow/core/v2/Log"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as assert from "../../assert.js"
import { type Case, group, since } from "../../suite.js"
import type { Target } from "../../target.js"
import { start, until } from "./common.js"

const test = group("v2 half lines", { api: "v2" })

/** So many characters of a running attempt's log are read from the worker at a time. */
const servedPart = 5_242_880

/** The worker sends so much at a time; where more than half of it is left for the last time, reading that often fails. */
const sent = 65_536

const line = (number: number): string =>
  JSON.stringify({
    timestamp: new Date(Date.UTC(2024, 0, 1) + number).toISOString(),
    level: "info",
    event: `line ${String(number).padStart(8, "0")} ${"x".repeat(400)}`,
    logger: "task.stdout"
  })

const ticking = (target: Target, lines: number) =>
  Effect.gen(function* () {
    const of = { ...(yield* start(target, "ticker", { lines })), task_id: "tick", try_number: 1 }
    yield* until(Effect.either(TaskInstances.getLog(of)), (page) =>
      page._tag === "Right" ? page.right.content.some(({ event }) => event.startsWith("tick 000001")) : false
    )
    return of
  })

const positionOf = ({ continuation_token }: Log.LogPage): number | undefined =>
  continuation_token === null ? undefined : Log.readToken(continuation_token)?.log_pos

export const cases: ReadonlyArray<Case> = [
  test("half a line is a record of its own, and counts", (target) =>
    Effect.gen(function* () {
      const of = yield* ticking(target, 120)
      const half = line(2).slice(0, 60)
      yield* Effect.promise(() => target.replaceRaw(of, [line(0), line(1), half]))
      const page = yield* TaskInstances.getLog(of)
      const header = page.content.findIndex(({ event }) => event === "::endgroup::") + 1
      const records = page.content.slice(header)
      const at = records.findIndex(({ event }) => event === half)
      assert.deepEqual(records[at], { timestamp: null, event: half })
      assert.equal(records[at - 1]!.event, JSON.parse(line(1)).event)
      assert.equal(positionOf(page), records.length)
    })),
  test("the copy of a worker's log ends inside a line, whose half stands beside the whole", (target) =>
    Effect.gen(function* () {
      const of = yield* ticking(target, 2000)
      const length = line(0).length + 1
      let count = 24_000
      // What the task writes after these lines is not so much as to change it.
      while (Math.abs(((count * length) % sent) - 0.6 * sent) > 0.02 * sent) count++
      const lines = Array.from({ length: count }, (_, number) => line(number))
      yield* Effect.promise(() => target.replaceRaw(of, lines))
      const isHalf = ({ event, level }: Log.LogRecord) =>
        level === undefined && event.startsWith('{"timestamp"')
      if (!since(target, "3.1")) {
        // A worker of 3.0 sends all.
        const { content } = yield* TaskInstances.getLog(of, { timeout: "2 minutes" })
        assert.deepEqual(content.filter(isHalf), [])
        assert.equal(content.filter(({ event }) => event.startsWith("line ")).length, count)
        return
      }
      // Not each time, as it depends on who is faster.
      const { content } = yield* until(TaskInstances.getLog(of, { timeout: "2 minutes" }), ({ content }) =>
        content.some(isHalf)
      )
      const end = servedPart * Math.floor((count * length) / servedPart)
      const number = Math.floor(end / length)
      const half = line(number).slice(0, end % length)
      const at = content.findIndex(isHalf)
      assert.deepEqual(content[at], { timestamp: null, event: half })
      assert.deepEqual(
        [content[at - 1]!.event, content[at + 1]!.event],
        [number - 1, number].map((number) => JSON.parse(line(number)).event as string)
      )
      const whole = content.filter(({ event }) => event.startsWith("line "))
      assert.equal(whole.length, lines.length)
    })),
  test("a follower of a log that is longer than that: each line once", (target) =>
    Effect.gen(function* () {
      const run = yield* start(target, "big_log", { lines: 40_000 })
      const { pace } = target
      const events = yield* LogFollower.follow({ ...run, task_id: "many" }, { ...pace }).pipe(
        Stream.filter(({ _tag }) => _tag !== "StateChanged"),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray)
      )
      const texts = events.flatMap((event) => (event._tag === "Line" ? [event.line.text] : []))
      const [written] = yield* Effect.promise(() => target.files({ ...run, task_id: "many", try_number: 1 }))
      assert.deepEqual(texts, written)
      assert.equal(texts.filter((text) => text.startsWith("line ")).length, 40_000)
      assert.deepEqual(
        events.filter(({ _tag }) => _tag === "Gap"),
        []
      )
      const last = events.at(-1)!
      assert.equal(last._tag === "Ended" && last.end, "complete")
      target.say(`${texts.length} lines, ${events.filter(({ _tag }) => _tag === "Resynced").length} resynced`)
    }))
]
