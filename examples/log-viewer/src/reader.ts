/** Reads a log's events until it is closed; when it stops it knows why, and reads on from there. */
import type { LogCursor } from "@effect-airflow/logs/LogCursor"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as Words from "./words.js"

export interface Options<E> {
  readonly events: (from: LogCursor | undefined) => Stream.Stream<LogEvent, E>
  /** Where to go on. */
  readonly cursor: () => LogCursor | undefined
  readonly describe: (error: E) => Words.Trouble
  /** Takes some events; it is done when they were taken. */
  readonly take: (events: ReadonlyArray<LogEvent>) => Promise<void>
  /** It begins, or it has stopped. */
  readonly changed: () => void
}

export class Reader<E> {
  /** Why it has stopped, unless it was at the end. */
  trouble: Words.Trouble | undefined
  private fiber: Fiber.RuntimeFiber<void, E> | undefined
  private closed = false
  private readonly options: Options<E>

  constructor(options: Options<E>) {
    this.options = options
  }

  get reading(): boolean {
    return this.fiber !== undefined
  }

  /** Reads on from where it stopped; reading already, it does nothing. */
  resume(): void {
    if (this.fiber !== undefined || this.closed) return
    const { changed, cursor, describe, events, take } = this.options
    this.trouble = undefined
    changed()
    // A chunk is taken before the next is asked for: the follower asks only as fast as it is read.
    const fiber = events(cursor()).pipe(
      Stream.runForEachChunk((chunk) => Effect.promise(() => take(Chunk.toReadonlyArray(chunk)))),
      Effect.runFork
    )
    this.fiber = fiber
    fiber.addObserver((exit) => {
      if (this.fiber !== fiber) return
      this.fiber = undefined
      if (this.closed) return
      if (Exit.isFailure(exit)) {
        const error = Cause.failureOption(exit.cause)
        this.trouble = Option.isSome(error)
          ? describe(error.value)
          : { title: "The viewer failed", text: Cause.pretty(exit.cause), remedy: "again" }
      }
      changed()
    })
  }

  close(): void {
    this.closed = true
    this.fiber?.unsafeInterruptAsFork(this.fiber.id())
    this.fiber = undefined
  }
}
