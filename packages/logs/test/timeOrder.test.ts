import type { FanInEvent } from "../src/LogEvent.js"
import { assert, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TimeOrder from "../src/internal/timeOrder.js"

it.effect("what is held back comes out, in order, before a failure", () =>
  Effect.gen(function* () {
    const line = (task_id: string, timestamp: string) =>
      ({
        _tag: "Line",
        target: { dag_id: "d", dag_run_id: "r", task_id },
        line: { timestamp }
      }) as unknown as FanInEvent
    const events = [line("a", "2024-01-01T00:00:02Z"), line("b", "2024-01-01T00:00:01Z")]
    const seen: Array<FanInEvent> = []
    const failure = yield* Effect.flip(
      TimeOrder.order(Stream.concat(Stream.fromIterable(events), Stream.fail("no")), 3000).pipe(
        Stream.runForEachChunk((chunk) => Effect.sync(() => seen.push(...Chunk.toReadonlyArray(chunk))))
      )
    )
    assert.strictEqual(failure, "no")
    assert.deepStrictEqual(seen, [events[1], events[0]])
  })
)
