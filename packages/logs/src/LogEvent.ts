/**
 * What happens while a log is followed.
 *
 * @since 0.1.0
 */
import type { LogCursor } from "./LogCursor.js"
import type { LogLine, LogTarget } from "./LogLine.js"
import type { LogError } from "./LogSource.js"

/**
 * What every event tells.
 *
 * @since 0.1.0
 * @category models
 */
export interface Common {
  /** The task instance it is about. */
  readonly target: LogTarget
  /** Where to go on from after this event, also in another process; see `LogCursor`. */
  readonly cursor: LogCursor
}

/**
 * A line of the log.
 *
 * @since 0.1.0
 * @category models
 */
export interface Line extends Common {
  readonly _tag: "Line"
  readonly line: LogLine
}

/**
 * Where the server reads an attempt's log, or why it cannot: said by the server at the start of the log.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceNotice extends Common {
  readonly _tag: "SourceNotice"
  readonly try_number: number
  readonly text: string
}

/**
 * Lines of this attempt follow.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptStarted extends Common {
  readonly _tag: "AttemptStarted"
  readonly try_number: number
}

/**
 * How a log ended.
 *
 * - `complete`: the server said that it has ended, a further look brought nothing, and nothing was missed.
 * - `incomplete`: the task is over, and either the server never said that the log has ended, or a `Gap` was
 *   reported on the way.
 * - `lost`: the server cannot read the log (any more), or the task instance is gone.
 *
 * @since 0.1.0
 * @category models
 */
export type End = "complete" | "incomplete" | "lost"

/**
 * No more lines of this attempt follow.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptEnded extends Common {
  readonly _tag: "AttemptEnded"
  readonly try_number: number
  /** The state the attempt led to; a following attempt hides it if it starts soon: then undefined. */
  readonly state: string | null | undefined
  readonly end: End
  /** How many lines of it were read; those that a filter drops are counted. */
  readonly lines: number
}

/**
 * The task instance was seen in another state than before (`from` is undefined the first time). A state that
 * lasts shorter than the time between two looks can go unseen.
 *
 * @since 0.1.0
 * @category models
 */
export interface StateChanged extends Common {
  readonly _tag: "StateChanged"
  readonly from: string | null | undefined
  readonly to: string | null
  readonly try_number: number
}

/**
 * The log was read again from its start, and the place was found: nothing is missing, and nothing is repeated.
 *
 * @since 0.1.0
 * @category models
 */
export interface Resynced extends Common {
  readonly _tag: "Resynced"
  readonly try_number: number
  /** The lines that were passed over because they had been passed on before. */
  readonly skipped: number
  /**
   * `token`: the server refused its own token (its secret key was changed). `content`: an answer did not fit
   * what was read before.
   */
  readonly reason: "token" | "content"
}

/**
 * Here lines may be missing, or be there twice: it could not be proven that they are not.
 *
 * - `replaced`: the server's log is another one from line `at` on.
 * - `changed`: the place was found by the last lines, and what stands before them is not what was read.
 * - `shrank`: the log became shorter than what was read, and stayed so: whatever was written to it later is
 *   not known.
 * - `lost`: the server can no longer read the log; what was written after the last look is not known.
 *
 * @since 0.1.0
 * @category models
 */
export interface Gap extends Common {
  readonly _tag: "Gap"
  readonly try_number: number
  readonly reason: "replaced" | "changed" | "shrank" | "lost"
  /** The index the next line will have. */
  readonly at: number
}

/**
 * A request failed in a way that may pass: it is sent again. The stream fails when that lasts longer than
 * `patience`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retrying extends Common {
  readonly _tag: "Retrying"
  readonly error: LogError
  /** How many times in a row, the client's own retries not counted. */
  readonly failures: number
  /** Milliseconds to the next one, about. */
  readonly delay: number
}

/**
 * The task instance is over; always the last event.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ended extends Common {
  readonly _tag: "Ended"
  /** That of the last attempt; `incomplete` also when an earlier one was not complete. */
  readonly end: End
  readonly state: string | null
  readonly try_number: number
  /** Lines read, of all attempts; those that a filter drops are counted. */
  readonly lines: number
  /** How many `Gap`s were reported. */
  readonly gaps: number
}

/**
 * Any event of one task instance.
 *
 * @since 0.1.0
 * @category models
 */
export type LogEvent =
  Line | SourceNotice | AttemptStarted | AttemptEnded | StateChanged | Resynced | Gap | Retrying | Ended

/**
 * One of several sources could not be read any further; the others go on.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceFailed {
  readonly _tag: "SourceFailed"
  readonly target: LogTarget
  readonly error: LogError
}

/**
 * All sources have ended; always the last event of several.
 *
 * @since 0.1.0
 * @category models
 */
export interface Finished {
  readonly _tag: "Finished"
  /** The state of the DAG run when it was last looked at. */
  readonly state: string | null
  /** Task instances that were read. */
  readonly sources: number
  /** Those whose log ended `complete`. */
  readonly complete: number
  /** Those that failed to be read. */
  readonly failed: number
  /** Lines and gaps of all of them. */
  readonly lines: number
  readonly gaps: number
}

/**
 * Any event of several task instances followed as one.
 *
 * @since 0.1.0
 * @category models
 */
export type FanInEvent = LogEvent | SourceFailed | Finished
