/** The viewer alone, fed by whoever tests it: `checks` is what a test calls. It is no part of the real page. */
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Palette from "../../src/palette.js"
import { mountViewer } from "../../src/viewer.js"

Palette.install()

const target = { dag_id: "test", dag_run_id: "r1", task_id: "many" }
// No follower made these events, so there is no place to go on from.
const common = { target, cursor: undefined as never }

let written = 0
const start = Date.UTC(2026, 0, 1)
const event = (): LogEvent => {
  const index = written++
  const level = index % 1000 === 999 ? "ERROR" : index % 100 === 99 ? "WARNING" : "INFO"
  const text = `line ${String(index).padStart(8, "0")} ${"x".repeat(index % 80)}${index % 100_000 === 77_777 ? " needle" : ""}`
  const timestamp = new Date(start + index).toISOString()
  const line = {
    ...target,
    map_index: -1,
    try_number: 1,
    index,
    record: index,
    text,
    raw: text,
    level,
    timestamp
  }
  return { _tag: "Line", ...common, line }
}
const some = (count: number): Chunk.Chunk<LogEvent> =>
  Chunk.unsafeFromArray(Array.from({ length: count }, event))

const queue = Effect.runSync(Queue.unbounded<Chunk.Chunk<LogEvent>>())
Queue.unsafeOffer(
  queue,
  Chunk.unsafeFromArray<LogEvent>([
    { _tag: "StateChanged", ...common, from: undefined, to: "running", try_number: 1 },
    { _tag: "AttemptStarted", ...common, try_number: 1 }
  ])
)

const viewer = mountViewer<never>(document.querySelector<HTMLElement>("#viewer")!, {
  title: "test r1 many",
  events: () => Stream.flattenChunks(Stream.fromQueue(queue, { maxChunkSize: 1 })),
  describe: () => ({ title: "no error happens here", text: "", remedy: "none" })
})

const checks = {
  viewer,
  /** So many lines, in chunks as large as a page of a log. Resolves when they are on their way. */
  load: async (count: number, size = 1000) => {
    for (let at = 0; at < count; at += size) {
      Queue.unsafeOffer(queue, some(Math.min(size, count - at)))
      // No faster than they are taken, as a follower does.
      do await new Promise((resolve) => setTimeout(resolve))
      while (Option.getOrElse(queue.unsafeSize(), () => 0) > 2)
    }
  },
  /** So many lines a second, for some seconds, in five parts a second. */
  rate: async (perSecond: number, seconds: number) => {
    const begun = performance.now()
    for (let sent = 0; sent < perSecond * seconds;) {
      const due = Math.min(perSecond * seconds, Math.floor(((performance.now() - begun) / 1000) * perSecond))
      if (due > sent) Queue.unsafeOffer(queue, some(due - sent))
      sent = due
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  },
  written: () => written
}
export type Checks = typeof checks
Object.assign(globalThis, { checks })
