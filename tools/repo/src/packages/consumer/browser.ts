/** A page: served by Airflow itself, so that it needs no base URL. */
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as Auth from "@effect-airflow/core/Auth"
import type { LogTarget } from "@effect-airflow/logs/LogLine"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

export const follow = (task: LogTarget): Promise<ReadonlyArray<string>> =>
  LogFollower.lines(task, { active: "20 millis", idle: "50 millis", settle: "20 millis" }).pipe(
    Stream.map((line) => line.raw),
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray),
    Effect.provide(BrowserAirflow.layer({ auth: Auth.basic("admin", Redacted.make("admin")) })),
    Effect.runPromise
  )
