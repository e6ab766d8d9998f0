/** How a task instance is doing, on any API. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as DagRuns from "@effect-airflow/core/DagRuns"
import * as Server from "@effect-airflow/core/Server"
import { isTerminal, type TaskInstance } from "@effect-airflow/core/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/TaskInstances"
import * as Effect from "effect/Effect"
import type { LogTarget } from "../LogLine.js"
import type { LogError, TaskStatus } from "../LogSource.js"

const toStatus = ({ hostname, start_date, state = null, try_number }: TaskInstance): TaskStatus => ({
  state,
  try_number,
  // A task that never ran (skipped, failed upstream, an empty operator) is over without a host. One that failed
  // can have a log all the same: why it was not run.
  started:
    state === "failed" || state === "up_for_retry"
      ? true
      : isTerminal(state)
        ? (hostname ?? "") !== ""
        : state === "running" ||
          state === "deferred" ||
          (state === "up_for_reschedule" && start_date !== null)
})

const notYet: TaskStatus = { state: null, try_number: 0, started: false }

export const of = (target: LogTarget): Effect.Effect<TaskStatus, LogError, AirflowClient> => {
  const { map_index, ...task } = target
  const { dag_id, dag_run_id } = task

  /** Before a mapped task is expanded, one row without an index stands for all its instances. */
  const placeholder = Effect.map(TaskInstances.get(task), ({ state = null }): TaskStatus => ({
    ...notYet,
    state
  }))
  /** Airflow 3 makes the rows of a run when its scheduler first looks at it. */
  const unscheduled = Effect.flatMap(Server.detect, ({ api }) =>
    api === "v1" ? Effect.fail(undefined) : DagRuns.get({ dag_id, dag_run_id })
  ).pipe(
    Effect.filterOrFail(
      ({ state }) => state === "queued",
      () => undefined
    ),
    Effect.as<TaskStatus>({ ...notYet, assumed: true })
  )
  const otherwise =
    <E>(fallback: Effect.Effect<TaskStatus, E, AirflowClient>) =>
    (error: LogError) =>
      Effect.catchAll(fallback, () => Effect.fail(error))

  const own = Effect.map(TaskInstances.get(target), toStatus)
  return own.pipe(
    Effect.catchTag("NotFound", otherwise(map_index === undefined ? Effect.fail(undefined) : placeholder)),
    Effect.catchTag("NotFound", otherwise(unscheduled))
  )
}
