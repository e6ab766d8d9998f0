/**
 * Writes the log of a task to a file, or to stdout, and keeps a bookmark: started again, it goes on where it was.
 *
 *   pnpm start DAG_ID RUN_ID TASK_ID [FILE]
 *
 * The bookmark is in FILE.bookmark, or in the working directory; it is for one task on one server. Killed at any
 * moment, a FILE has each line once: see `bookmark.ts`. On stdout, where nothing can be taken back, the lines
 * that came last before the kill can come again.
 */
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as SafeText from "@effect-airflow/logs/SafeText"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Bookmark from "./bookmark.js"
import * as Output from "./output.js"

const [dag_id = "", dag_run_id = "", task_id = "", file] = process.argv.slice(2)
const target = { dag_id, dag_run_id, task_id }

/** A cursor is worth nothing on another server. */
const name = [process.env["AIRFLOW_BASE_URL"], dag_id, dag_run_id, task_id].join(" ")
const path = `${file ?? encodeURIComponent(name)}.bookmark`

const io = <A>(evaluate: () => Promise<A>) =>
  Effect.tryPromise({ try: evaluate, catch: (error) => error as Error })

const note = (text: string) => Effect.sync(() => console.error(SafeText.strip(text)))

/** What there is to say beside the lines. */
const tell = (event: LogEvent) => {
  switch (event._tag) {
    case "AttemptStarted":
      return note(`-- attempt ${event.try_number}`)
    case "Resynced":
      return note(`-- the place was found again after ${event.skipped} lines`)
    case "Gap":
      return note(`-- lines may be missing or be there twice: ${event.reason} at line ${event.at}`)
    case "Retrying":
      return note(`-- failed ${event.failures} times: ${event.error.message}`)
    case "Ended":
      return note(`-- ended ${event.state}: ${event.lines} lines, the log is ${event.end}`)
    default:
      return Effect.void
  }
}

const program = Effect.gen(function* () {
  const saved = yield* io(() => Bookmark.load(path))
  const output = yield* io(() => Output.open(file, saved?.length))
  const from = saved?.cursor == null ? ("first" as const) : yield* LogCursor.fromJson(saved.cursor)
  // Before the first line: what is in the file before this is not ours to cut off.
  if (saved === undefined) {
    yield* io(() => Bookmark.save(path, { length: output.length(), cursor: null }))
  }

  /** What came together is written together, and then the bookmark is put after it. */
  const keep = (events: Chunk.Chunk<LogEvent>) =>
    Effect.gen(function* () {
      const lines = Chunk.toReadonlyArray(events).flatMap((event) =>
        event._tag === "Line" ? [event.line] : []
      )
      if (lines.length > 0) yield* io(() => output.write(lines))
      const { cursor } = Chunk.unsafeLast(events)
      yield* io(() => Bookmark.save(path, { length: output.length(), cursor: LogCursor.toJson(cursor) }))
      yield* Effect.forEach(events, tell, { discard: true })
    })

  yield* LogFollower.follow(target, { from }).pipe(
    Stream.chunks,
    Stream.filter(Chunk.isNonEmpty),
    Stream.runForEach(keep)
  )
  // On stdout there is no file that the bookmark belongs to: the next time is another one.
  if (file === undefined) yield* io(() => Bookmark.remove(path))
})

await program.pipe(
  Effect.provide(NodeAirflow.layerConfig()),
  Effect.catchAll((error) =>
    Effect.zipRight(
      note(String(error)),
      Effect.sync(() => (process.exitCode = 1))
    )
  ),
  Effect.runPromise
)
