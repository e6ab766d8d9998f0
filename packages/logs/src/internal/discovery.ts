/** Which task instances there are to follow, and when there will be no more. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { DeclaredStatus, RequestOptions } from "@effect-airflow/core/Endpoint"
import * as Pagination from "@effect-airflow/core/Pagination"
import * as DagRuns from "@effect-airflow/core/v1/DagRuns"
import { isTerminal, type TaskInstance } from "@effect-airflow/core/v1/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { MappedTarget, RunTarget } from "../LogFollower.js"
import type { LogTarget } from "../LogLine.js"
import type { LogError } from "../LogSource.js"
import * as Limiter from "./limiter.js"

/** A task instance as a look found it. */
export interface Instance {
  readonly target: LogTarget
  readonly state: string | null
  readonly try_number: number
  /** Whether an attempt has begun, or none ever will. */
  readonly ready: boolean
}

export interface Look {
  readonly instances: ReadonlyArray<Instance>
  /** The state of the DAG run. */
  readonly run: string | null
  /** Whether no more task instances will come, and those that are there are over. */
  readonly over: boolean
}

export type Discover = Effect.Effect<Look, LogError, AirflowClient>

/** A list operation whose pages are asked for at the pace of all followers. */
const paced = <Params, Page, Row, Status extends DeclaredStatus>(
  operation: Pagination.ListOperation<Params, Page, Row, Status>
): Pagination.ListOperation<Params, Page, Row, Status> =>
  Object.assign((params: Params, options?: RequestOptions) => Limiter.limited(operation(params, options)), {
    endpoint: operation.endpoint,
    paging: operation.paging
  })

const listRun = paced(TaskInstances.getTaskInstances)
const listBatch = paced(TaskInstances.getTaskInstancesBatch)

const toInstance = ({
  dag_id,
  dag_run_id,
  map_index,
  state = null,
  task_id,
  try_number
}: TaskInstance): Instance => ({
  target: { dag_id, dag_run_id, task_id, ...(map_index < 0 ? {} : { map_index }) },
  state,
  try_number,
  ready:
    isTerminal(state) || try_number > 1 || !(state === null || state === "scheduled" || state === "queued")
})

/** In a run that is over, what was never started never will be. */
const isDone = ({ state }: Instance): boolean => isTerminal(state) || state === null || state === "scheduled"

const collect = <E, R>(rows: Stream.Stream<TaskInstance, E, R>) =>
  Effect.map(Stream.runCollect(rows), (found) => Chunk.toReadonlyArray(found).map(toInstance))

const stateOf = (run: RunTarget) =>
  Effect.map(
    Limiter.limited(DagRuns.getDagRun({ dag_id: run.dag_id, dag_run_id: run.dag_run_id })),
    ({ state = null }) => state
  )

/** The state is asked for first: a run seen to be over has all its rows. */
export const run = (of: RunTarget): Discover =>
  Effect.gen(function* () {
    const state = yield* stateOf(of)
    const instances = yield* collect(
      Pagination.items(listRun, { dag_id: of.dag_id, dag_run_id: of.dag_run_id })
    )
    const over = DagRuns.isTerminalRun(state) && instances.every(isDone)
    return { instances, run: state, over }
  })

export const mapped = (of: MappedTarget): Discover =>
  Effect.gen(function* () {
    const state = yield* stateOf(of)
    const rows = yield* collect(
      Pagination.items(listBatch, {
        dag_ids: [of.dag_id],
        dag_run_ids: [of.dag_run_id],
        task_ids: [of.task_id]
      })
    )
    // Before the task is expanded, one row without an index stands for its instances.
    const instances = rows.filter(({ state, target }) => target.map_index !== undefined || isTerminal(state))
    const expanded = instances.length > 0 && instances.every(({ state }) => isTerminal(state))
    return { instances, run: state, over: expanded || (DagRuns.isTerminalRun(state) && rows.every(isDone)) }
  })
