/** Lists every failed task instance the user may see, however many pages that takes: `pnpm start`. */
import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const failed = Pagination.items(TaskInstances.getTaskInstances, {
  dag_id: "~",
  dag_run_id: "~",
  state: ["failed", "upstream_failed"],
  limit: 50
})

const program = Effect.gen(function* () {
  const count = yield* failed.pipe(
    Stream.tap((row) =>
      Console.log(`${row.state}  ${row.dag_id} / ${row.dag_run_id} / ${row.task_id}  ${row.end_date ?? ""}`)
    ),
    Stream.runCount
  )
  yield* Console.log(`${count} failed`)
})

await Effect.runPromise(Effect.provide(program, NodeAirflow.layerConfig()))
