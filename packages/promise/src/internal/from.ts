/** Where to begin, from a program that keeps cursors as JSON. */
import { InvalidInput } from "@effect-airflow/core/AirflowError"
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import type * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

type From = LogFollower.Options["from"]

/** What is no object is left for the follower to judge. */
export const withCursor = <A, E, R>(
  from: From | LogCursor.LogCursorJson,
  follow: (options: Pick<LogFollower.Options, "from">) => Stream.Stream<A, E, R>
): Stream.Stream<A, E | InvalidInput, R> => {
  if (from === undefined) return follow({})
  if (typeof from !== "object" || from === null || LogCursor.isLogCursor(from)) return follow({ from })
  return Either.match(LogCursor.fromJson(from), {
    onLeft: ({ issue }) =>
      Stream.fail(
        new InvalidInput({
          operation: "LogFollower.follow",
          method: "",
          path: "",
          attempts: 0,
          field: "from",
          issue
        })
      ),
    onRight: (cursor) => follow({ from: cursor })
  })
}
