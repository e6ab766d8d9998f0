/**
 * A place in the log of a task instance, to go on from: in the same program, or later in another process. Every
 * event of a follower has the one after it.
 *
 * Going on from a cursor repeats no line and loses none: the server's answer is compared with what the cursor
 * remembers of the lines before it, and if it does not fit the place is looked for in the whole log.
 *
 * A cursor holds no credentials and no lines, with two exceptions: the server's own continuation token (it says
 * how far was read; it opens nothing without credentials), and the text of a line whose end had not come. Keep
 * it where you would keep the log. Printing a cursor, or JSON of an event, shows neither: only {@link toJson}
 * does.
 *
 * @since 0.1.0
 */
import { InvalidInput } from "@effect-airflow/core/AirflowError"
import * as Either from "effect/Either"
import type * as Inspectable from "effect/Inspectable"
import type * as Schema from "effect/Schema"
import * as internal from "./internal/cursor.js"
import * as json from "./internal/cursorJson.js"
import type { LogTarget } from "./LogLine.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@effect-airflow/logs/LogCursor")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * A place in a log.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogCursor extends Inspectable.Inspectable {
  readonly [TypeId]: TypeId
  readonly target: LogTarget
}

/**
 * A cursor as JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogCursorJson extends internal.Data {}

/**
 * What a cursor looks like as JSON: version 1 of the form. Later versions of this library go on reading it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json: Schema.Schema<LogCursorJson, unknown> = json.schema

/**
 * A cursor as JSON, one to two kilobytes.
 *
 * @example
 * import * as LogCursor from "@effect-airflow/logs/LogCursor"
 * import type { LogEvent } from "@effect-airflow/logs/LogEvent"
 *
 * const bookmark = (event: LogEvent): string => JSON.stringify(LogCursor.toJson(event.cursor))
 *
 * @since 0.1.0
 * @category conversions
 */
export const toJson = (cursor: LogCursor): LogCursorJson => internal.dataOf(cursor)

/**
 * Reads what {@link toJson} gave. Left: it is none, or of a version this library does not know.
 *
 * @example
 * import * as LogCursor from "@effect-airflow/logs/LogCursor"
 * import * as LogFollower from "@effect-airflow/logs/LogFollower"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const goOn = (saved: string) =>
 *   Stream.unwrap(
 *     Effect.map(LogCursor.fromJson(JSON.parse(saved)), (cursor) =>
 *       LogFollower.lines(cursor.target, { from: cursor })
 *     )
 *   )
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromJson = (saved: unknown): Either.Either<LogCursor, InvalidInput> =>
  Either.mapBoth(json.decode(saved), {
    onLeft: (issue) =>
      new InvalidInput({
        operation: "LogCursor.fromJson",
        method: "",
        path: "",
        attempts: 0,
        field: "json",
        issue
      }),
    onRight: internal.make
  })

/**
 * Whether a value is a cursor.
 *
 * @since 0.1.0
 * @category guards
 */
export const isLogCursor = (u: unknown): u is LogCursor => internal.isCursor(u)
