/** What the types say to a program: parameters, results, errors and requirements, none of them `any`. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { ClientError, Forbidden, NotFound, Unauthorized } from "@effect-airflow/core/AirflowError"
import * as Pagination from "@effect-airflow/core/Pagination"
import type { TaskInstance } from "@effect-airflow/core/v1/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogError } from "@effect-airflow/logs/LogSource"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import { type Airflow, connect } from "@effect-airflow/promise"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(is: Same<A, B>): boolean => is

const task = { dag_id: "etl", dag_run_id: "r1", task_id: "load" }

const one = TaskInstances.getTaskInstance(task)
same<Effect.Effect.Success<typeof one>, TaskInstance>(true)
same<Effect.Effect.Error<typeof one>, Unauthorized | Forbidden | NotFound | ClientError>(true)
same<Effect.Effect.Context<typeof one>, AirflowClient>(true)

const rows = Pagination.items(TaskInstances.getTaskInstances, { dag_id: "etl", dag_run_id: "~" })
same<Stream.Stream.Success<typeof rows>, TaskInstance>(true)

const events = LogFollower.follow(task)
same<Stream.Stream.Success<typeof events>, LogEvent>(true)
same<Stream.Stream.Error<typeof events>, LogError>(true)

const provided = Effect.provide(one, NodeAirflow.layerConfig())
same<Effect.Effect.Context<typeof provided>, never>(true)
same<Extract<Effect.Effect.Error<typeof provided>, ConfigError.ConfigError>, ConfigError.ConfigError>(true)

// @ts-expect-error a task has an id
TaskInstances.getTaskInstance({ dag_id: "etl", dag_run_id: "r1" })
// @ts-expect-error there is no such parameter
TaskInstances.getTaskInstances({ dag_id: "etl", dag_run_id: "r1", colour: "red" })
// @ts-expect-error an operation that lists no rows cannot be paged
Pagination.items(TaskInstances.getTaskInstance, task)

export const main = async (): Promise<void> => {
  await using fake = await FakeAirflow.start()
  await using airflow: Airflow = await connect(NodeAirflow.layer({ baseUrl: fake.baseUrl }))
  const { state } = await airflow.v1.taskInstances.getTaskInstance(task)
  same<typeof state, TaskInstance["state"]>(true)
  for await (const { text, try_number } of airflow.logs.lines(task)) {
    same<typeof text, string>(true)
    same<typeof try_number, number>(true)
  }
}
