/**
 * An Effect application: a service of its own over the client, configured by AIRFLOW_* variables, with each
 * error handled where it is known what to do. `pnpm start DAG_ID RUN_ID TASK_ID` says how a mapped task does.
 */
import { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { ClientError, Forbidden, Unauthorized } from "@effect-airflow/core/AirflowError"
import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

type States = Readonly<Record<string, number>>

/** How the instances of a mapped task are doing: the rest of an application need not know of HTTP. */
class MappedTasks extends Context.Tag("example/MappedTasks")<
  MappedTasks,
  {
    readonly states: (
      task: TaskInstances.TaskParams
    ) => Effect.Effect<States, Unauthorized | Forbidden | ClientError>
  }
>() {}

const MappedTasksLive = Layer.effect(
  MappedTasks,
  Effect.map(AirflowClient, (client) => ({
    states: (task) =>
      Pagination.items(TaskInstances.getMappedTaskInstances, task, { deadline: "30 seconds" }).pipe(
        Stream.runFold({} as States, (states, { state }) => {
          const name = state ?? "none"
          return { ...states, [name]: (states[name] ?? 0) + 1 }
        }),
        // A task that has not been expanded yet has no instances; the filters of this call are our own.
        Effect.catchTag("NotFound", () => Effect.succeed({})),
        Effect.catchTag("BadRequest", Effect.die),
        Effect.provideService(AirflowClient, client)
      )
  }))
)

const [dag_id = "", dag_run_id = "", task_id = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const tasks = yield* MappedTasks
  for (let looks = 0; looks < 30; looks++) {
    const states = yield* tasks.states({ dag_id, dag_run_id, task_id })
    yield* Console.log(JSON.stringify(states))
    const over = Object.keys(states).every((state) => state === "success" || state === "failed")
    if (over && Object.keys(states).length > 0) return
    yield* Effect.sleep("1 second")
  }
}).pipe(
  Effect.catchTags({
    Unauthorized: () =>
      Console.error("Airflow does not know this user: set AIRFLOW_USERNAME and AIRFLOW_PASSWORD"),
    Forbidden: () => Console.error("this user may not read task instances"),
    TransportError: (error) => Console.error(`Airflow cannot be reached: ${error.message}`),
    InvalidInput: (error) => Console.error(`${error.field} ${error.issue}`)
  })
)

const Live = MappedTasksLive.pipe(Layer.provide(NodeAirflow.layerConfig({ timeout: "10 seconds" })))

await Effect.runPromise(Effect.provide(program, Live))
