/** Which task instances there are to follow, and when there will be no more. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as DagRuns from "@effect-airflow/core/DagRuns"
import { isTerminal, type TaskInstance } from "@effect-airflow/core/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/TaskInstances"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { MappedTarget, RunTarget } from "../LogFollower.js"
import type { LogTarget } from "../LogLine.js"
import type { LogError } from "../LogSource.js"

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

const stateOf = ({ dag_id, dag_run_id }: RunTarget) =>
  Effect.map(DagRuns.get({ dag_id, dag_run_id }), ({ state = null }) => state)

/** The state is asked for first: a run seen to be over has all its rows. */
export const run = (of: RunTarget): Discover =>
  Effect.gen(function* () {
    const state = yield* stateOf(of)
    const { dag_id, dag_run_id } = of
    const instances = yield* collect(TaskInstances.listAll({ dag_id, dag_run_id }))
    const over = DagRuns.isTerminalRun(state) && instances.every(isDone)
    return { instances, run: state, over }
  })

const rowsOf = ({ dag_id, dag_run_id, task_id }: MappedTarget) =>
  TaskInstances.batchAll({ dag_ids: [dag_id], dag_run_ids: [dag_run_id], task_ids: [task_id] })

export const mapped = (of: MappedTarget): Discover =>
  Effect.gen(function* () {
    const state = yield* stateOf(of)
    const rows = yield* collect(rowsOf(of))
    // Before the task is expanded, one row without an index stands for its instances.
    const instances = rows.filter(({ state, target }) => target.map_index !== undefined || isTerminal(state))
    const expanded = instances.length > 0 && instances.every(({ state }) => isTerminal(state))
    return { instances, run: state, over: expanded || (DagRuns.isTerminalRun(state) && rows.every(isDone)) }
  })
