import * as Either from "effect/Either"
import * as Inspectable from "effect/Inspectable"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { LogCursor, TypeId as Id } from "../LogCursor.js"
import type { LogTarget } from "../LogLine.js"

const TypeId: Id = Symbol.for("@effect-airflow/logs/LogCursor") as Id

const Target = Schema.Struct({
  dag_id: Schema.String,
  dag_run_id: Schema.String,
  task_id: Schema.String,
  map_index: Schema.optionalWith(Schema.Number, { exact: true })
})

const Count = Schema.Number.pipe(Schema.filter((value) => Number.isSafeInteger(value) && value >= 0))

const Mark = Schema.Struct({ count: Count, hash: Count })

/** For an attempt to begin. */
const Waiting = Schema.Struct({
  phase: Schema.Literal("waiting"),
  from: Schema.Union(Count, Schema.Literal("latest"))
})

/** In an attempt's log. */
const Reading = Schema.Struct({
  phase: Schema.Literal("reading"),
  try_number: Count,
  /** Where to read from: a place at or before this one. */
  anchor: Schema.Struct({ source: Schema.Unknown, count: Count, hash: Count }),
  /** What is remembered of the lines before this place. */
  tally: Schema.Struct({
    count: Count,
    hash: Count,
    base: Count,
    tail: Schema.Array(Count),
    marks: Schema.Array(Mark)
  }),
  open: Schema.String,
  /** The line that began the last record; -1: none has begun. */
  record: Schema.Int,
  gapsBefore: Count
})

export const Json = Schema.Struct({
  version: Schema.Literal(1),
  api: Schema.String,
  target: Target,
  /** Of all attempts so far: lines, gaps, and how many were not complete. */
  lines: Count,
  gaps: Count,
  flawed: Count,
  place: Schema.Union(Waiting, Reading)
})

export type Data = typeof Json.Type

const decodeJson = Schema.decodeUnknownEither(Json)

export const decode = (json: unknown): Either.Either<Data, string> => {
  if (Predicate.hasProperty(json, "version") && typeof json.version === "number" && json.version !== 1) {
    return Either.left(`is a cursor of version ${json.version}; this library reads version 1`)
  }
  return Either.mapLeft(decodeJson(json), () => "is not a cursor of LogCursor.toJson")
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
