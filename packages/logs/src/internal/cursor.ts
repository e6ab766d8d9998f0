/** A cursor: where it is, kept where only this file can see it. */
import * as Inspectable from "effect/Inspectable"
import type { LogCursor, TypeId as Id } from "../LogCursor.js"
import type { LogTarget } from "../LogLine.js"

const TypeId: Id = Symbol.for("@effect-airflow/logs/LogCursor") as Id

/** What is remembered of the lines before a place. */
interface TallyData {
  readonly count: number
  readonly hash: number
  readonly base: number
  readonly tail: ReadonlyArray<number>
  readonly marks: ReadonlyArray<{ readonly count: number; readonly hash: number }>
}

/** For an attempt to begin. */
interface Waiting {
  readonly phase: "waiting"
  readonly from: number | "latest"
}

/** In an attempt's log. */
interface Reading {
  readonly phase: "reading"
  readonly try_number: number
  /** Where to read from: a place at or before this one, and the source's own cursor there. */
  readonly anchor: { readonly source: unknown; readonly count: number; readonly hash: number }
  readonly tally: TallyData
  /** What was passed on of a line whose end had not come. */
  readonly open: string
  /** The line that began the last record; -1: none has begun. */
  readonly record: number
  readonly gapsBefore: number
}

/** A cursor as JSON; see cursorJson.ts for its check. */
export interface Data {
  readonly version: 1
  /** Whose the `source` is. */
  readonly api: "v1" | "v2"
  readonly target: LogTarget
  /** Of all attempts so far: lines, gaps, and how many were not complete. */
  readonly lines: number
  readonly gaps: number
  readonly flawed: number
  readonly place: Waiting | Reading
}

/** Where a cursor is: in a part of a log that was passed on as one, after so many records of it. */
export interface Place {
  readonly target: LogTarget
  /** Puts the data together; only asked for when somebody looks, which for most cursors is never. */
  readonly data: (passed: number, lines: number, record: number) => Data
}

/** There is one for each line: it holds no more than it must. */
class Cursor implements LogCursor {
  readonly [TypeId]: Id = TypeId
  readonly #place: Place
  readonly #passed: number
  readonly #lines: number
  readonly #record: number
  constructor(place: Place, passed: number, lines: number, record: number) {
    this.#place = place
    this.#passed = passed
    this.#lines = lines
    this.#record = record
  }
  get target(): LogTarget {
    return this.#place.target
  }
  static is(u: object): u is Cursor {
    return #place in u
  }
  static dataOf(cursor: Cursor): Data {
    return cursor.#place.data(cursor.#passed, cursor.#lines, cursor.#record)
  }
  toJSON() {
    return { _id: "LogCursor", target: this.target }
  }
  toString() {
    return Inspectable.format(this.toJSON())
  }
  [Inspectable.NodeInspectSymbol]() {
    return this.toJSON()
  }
}

/** The cursor after `passed` records of a place, with `lines` passed on in all, and the last record's start. */
export const at = (place: Place, passed: number, lines: number, record: number): LogCursor =>
  new Cursor(place, passed, lines, record)

/** One that holds its data. */
export const make = (data: Data): LogCursor => at({ target: data.target, data: () => data }, 0, 0, 0)

/** One of this copy of the package: that of another has its data where only its own code can see it. */
export const isCursor = (u: unknown): u is LogCursor => typeof u === "object" && u !== null && Cursor.is(u)

export const dataOf = (cursor: LogCursor): Data => Cursor.dataOf(cursor as Cursor)
