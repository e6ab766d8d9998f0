/**
 * What happens while a log is followed.
 *
 * @since 0.1.0
 */
import type { LogLine } from "./LogLine.js"

/**
 * A line of the log.
 *
 * @since 0.1.0
 * @category models
 */
export interface Line {
  readonly _tag: "Line"
  readonly line: LogLine
}

/**
 * Where the server reads an attempt's log, or why it cannot: said by the server at the start of the log.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceNotice {
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
export interface AttemptStarted {
  readonly _tag: "AttemptStarted"
  readonly try_number: number
}

/**
 * All lines of this attempt have been passed on.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptEnded {
  readonly _tag: "AttemptEnded"
  readonly try_number: number
  /** The state the attempt led to; a following attempt hides it if it starts soon: then undefined. */
  readonly state: string | null | undefined
  /** How many lines it had. */
  readonly lines: number
}

/**
 * The task instance was seen in another state than before (`from` is undefined the first time). A state that
 * lasts shorter than the time between two looks can go unseen.
 *
 * @since 0.1.0
 * @category models
 */
export interface StateChanged {
  readonly _tag: "StateChanged"
  readonly from: string | null | undefined
  readonly to: string | null
  readonly try_number: number
}

/**
 * The task instance is over; always the last event.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ended {
  readonly _tag: "Ended"
  /**
   * `complete`: the server said that the log has ended, and a further look brought nothing. `incomplete`: the
   * task is over and the server never said so. `lost`: the server cannot read the log of the last attempt.
   */
  readonly end: "complete" | "incomplete" | "lost"
  readonly state: string | null
  readonly try_number: number
  /** Lines passed on, of all attempts. */
  readonly lines: number
}

/**
 * Any event.
 *
 * @since 0.1.0
 * @category models
 */
export type LogEvent = Line | SourceNotice | AttemptStarted | AttemptEnded | StateChanged | Ended
