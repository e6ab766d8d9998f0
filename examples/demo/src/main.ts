/**
 * `pnpm demo`: lists the task instances of a run, then follows one of them to its end. On a real Airflow
 * (AIRFLOW_BASE_URL, AIRFLOW_USERNAME, AIRFLOW_PASSWORD) it takes `DAG_ID RUN_ID TASK_ID`, or else the task
 * that started last.
 */
import type { TaskInstance } from "@effect-airflow/core/v1/TaskInstance"
import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Chunk from "effect/Chunk"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Format from "./format.js"

/** What to show: as asked, or what started last. */
const choose = (args: ReadonlyArray<string>) => {
  const [dag_id, dag_run_id, task_id] = args
  if (dag_id !== undefined && dag_run_id !== undefined && task_id !== undefined) {
    return Effect.succeed({ dag_id, dag_run_id, task_id })
  }
  return Pagination.items(TaskInstances.getTaskInstances, { dag_id: "~", dag_run_id: "~" }).pipe(
    Stream.filter(({ map_index, start_date }) => map_index < 0 && start_date != null),
    Stream.runFold(undefined as TaskInstance | undefined, (latest, row) =>
      latest === undefined || row.start_date! > latest.start_date! ? row : latest
    ),
    Effect.flatMap((latest) =>
      latest === undefined ? Effect.dieMessage("no task has ever started here") : Effect.succeed(latest)
    )
  )
}

const program = Effect.gen(function* () {
  const { dag_id, dag_run_id, task_id } = yield* choose(process.argv.slice(2))
  const run = { dag_id, dag_run_id }
  yield* Console.log(Format.heading(`${dag_id} / ${dag_run_id}`))
  const rows = yield* Stream.runCollect(Pagination.items(TaskInstances.getTaskInstances, run))
  yield* Console.log(Format.table(Chunk.toReadonlyArray(rows)))

  yield* Console.log(Format.heading(`following ${task_id}`))
  const events = yield* LogFollower.follow(
    { ...run, task_id },
    { active: "1 second", idle: "2 seconds" }
  ).pipe(
    Stream.tap((event) =>
      Effect.forEach(Format.event(event), (line) => Console.log(line), { discard: true })
    ),
    Stream.filter((event) => event._tag === "AttemptEnded" || event._tag === "Ended"),
    Stream.runCollect
  )
  yield* Console.log(Format.summary(Chunk.toReadonlyArray(events) as ReadonlyArray<LogEvent>))
})

await program.pipe(
  Effect.provide(NodeAirflow.layerConfig()),
  Effect.catchAll((error) =>
    Effect.sync(() => {
      console.error(String(error))
      process.exitCode = 1
    })
  ),
  Effect.runPromise
)
