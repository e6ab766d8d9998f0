/** Which DAGs, runs and tasks there are, as far as task instances tell. */
import * as Airflow from "@effect-airflow/core/Airflow"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { TaskInstance } from "@effect-airflow/core/TaskInstance"
import type { TaskInstancesError } from "@effect-airflow/core/TaskInstances"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export type ListError = TaskInstancesError<400 | 401 | 403 | 404 | 422>

/** Rows that are looked at for a list; a large Airflow has millions. */
export const most = 2000
const days = 7

export interface Names {
  readonly names: ReadonlyArray<string>
  /** Whether there may be more. */
  readonly cut: boolean
}

export interface Tasks {
  readonly rows: ReadonlyArray<TaskInstance>
  /** Whether there may be more. */
  readonly cut: boolean
}

const rows = (
  params: Parameters<typeof Airflow.taskInstances.listAll>[0]
): Effect.Effect<ReadonlyArray<TaskInstance>, ListError, AirflowClient> =>
  Airflow.taskInstances
    .listAll({ limit: 100, ...params })
    .pipe(Stream.take(most), Stream.runCollect, Effect.map(Chunk.toReadonlyArray))

/** Those of the last days first; of a quiet Airflow all. */
const recent = (dag_id: string) =>
  Effect.flatMap(
    rows({ dag_id, dag_run_id: "~", updated_at_gte: new Date(Date.now() - days * 86_400_000) }),
    (found) => (found.length > 0 ? Effect.succeed(found) : rows({ dag_id, dag_run_id: "~" }))
  )

const unique = (all: ReadonlyArray<TaskInstance>, name: (row: TaskInstance) => string): Names => ({
  names: [...new Set(all.map(name))],
  cut: all.length >= most
})

export const dags = Effect.map(recent("~"), (all) => {
  const { cut, names } = unique(all, (row) => row.dag_id)
  return { cut, names: names.toSorted((a, b) => a.localeCompare(b)) }
})

/** The latest first. */
export const runs = (dag_id: string): Effect.Effect<Names, ListError, AirflowClient> =>
  Effect.map(recent(dag_id), (all) => {
    const when = (row: TaskInstance) => row.logical_date ?? row.start_date ?? row.queued_when ?? "9"
    return unique(
      all.toSorted((a, b) => when(b).localeCompare(when(a))),
      (row) => row.dag_run_id
    )
  })

/** In the order of their start, those that have not started last. */
export const tasks = (dag_id: string, dag_run_id: string): Effect.Effect<Tasks, ListError, AirflowClient> =>
  Effect.map(rows({ dag_id, dag_run_id }), (all) => ({
    rows: all.toSorted(
      (a, b) =>
        (a.start_date ?? "9").localeCompare(b.start_date ?? "9") ||
        a.task_id.localeCompare(b.task_id) ||
        a.map_index - b.map_index
    ),
    cut: all.length >= most
  }))
