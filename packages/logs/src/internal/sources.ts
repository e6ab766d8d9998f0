/** Which source reads a server's logs: that of the API it speaks. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Server from "@effect-airflow/core/Server"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Options } from "../LogFollower.js"
import type { LogTarget } from "../LogLine.js"
import type { LogError, LogSource } from "../LogSource.js"
import * as Cursor from "./cursor.js"
import * as Limiter from "./limiter.js"
import * as V1 from "./v1Source.js"
import * as V2 from "./v2Source.js"

/** Works with the source of a task instance's logs, for as long as the stream. */
export const use = <A, E>(
  target: LogTarget,
  from: Options["from"],
  read: <SourceCursor>(source: LogSource<SourceCursor>) => Stream.Stream<A, E, AirflowClient>
): Stream.Stream<A, E | LogError, AirflowClient> =>
  Limiter.pacedStream(
    Stream.unwrapScoped(
      Effect.gen(function* () {
        // Whoever made the cursor has found it out; the server may be away just now.
        const api = Cursor.isCursor(from) ? Cursor.dataOf(from).api : (yield* Server.detect).api
        return api === "v2" ? read(yield* V2.make(target)) : read(V1.make(target))
      })
    )
  )
