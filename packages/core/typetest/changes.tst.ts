import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type {
  BadRequest,
  ClientError,
  Conflict,
  Forbidden,
  NotFound,
  Unauthorized
} from "@effect-airflow/core/AirflowError"
import * as DagRuns from "@effect-airflow/core/v1/DagRuns"
import type {
  TaskInstance,
  TaskInstanceHistory,
  TaskInstanceHistoryCollection,
  TaskInstanceReference,
  TaskInstanceReferenceCollection
} from "@effect-airflow/core/v1/TaskInstance"
import * as Actions from "@effect-airflow/core/v1/TaskInstanceActions"
import * as Tries from "@effect-airflow/core/v1/TaskInstanceTries"
import type * as Effect from "effect/Effect"
import { describe, expect, test } from "tstyche"

const run = { dag_id: "d", dag_run_id: "r" }
const task = { ...run, task_id: "t" }
const mapped = { ...task, map_index: 0 }

type Denied = Unauthorized | Forbidden | NotFound | ClientError
type Read<A> = Effect.Effect<A, Denied, AirflowClient>
type Change<A> = Effect.Effect<A, Denied | BadRequest, AirflowClient>

describe("what each operation gives and fails with", () => {
  test("attempts and dependencies", () => {
    expect(Tries.getTaskInstanceTries(task)).type.toBe<Read<TaskInstanceHistoryCollection>>()
    expect(Tries.getMappedTaskInstanceTries(mapped)).type.toBe<Read<TaskInstanceHistoryCollection>>()
    expect(Tries.getTaskInstanceTryDetails({ ...task, task_try_number: 1 })).type.toBe<
      Read<TaskInstanceHistory>
    >()
    expect(Tries.getMappedTaskInstanceTryDetails({ ...mapped, task_try_number: 1 })).type.toBe<
      Read<TaskInstanceHistory>
    >()
    expect(Tries.getTaskInstanceDependencies(task)).type.toBe<Change<Tries.TaskDependencies>>()
    expect(Tries.getMappedTaskInstanceDependencies(mapped)).type.toBe<Change<Tries.TaskDependencies>>()
  })
  test("changes", () => {
    expect(Actions.patchTaskInstance({ ...task, new_state: "failed" })).type.toBe<
      Change<Partial<TaskInstanceReference>>
    >()
    expect(Actions.patchMappedTaskInstance({ ...mapped, new_state: "failed" })).type.toBe<
      Change<Partial<TaskInstanceReference>>
    >()
    expect(Actions.setTaskInstanceNote({ ...task, note: "n" })).type.toBe<Change<TaskInstance>>()
    expect(Actions.setMappedTaskInstanceNote({ ...mapped, note: "n" })).type.toBe<Change<TaskInstance>>()
    expect(Actions.clearTaskInstances({ dag_id: "d" })).type.toBe<Change<TaskInstanceReferenceCollection>>()
    expect(Actions.setTaskInstancesState({ ...task, new_state: "skipped" })).type.toBe<
      Change<TaskInstanceReferenceCollection>
    >()
    expect(DagRuns.triggerDagRun({ dag_id: "d", conf: { a: 1 } })).type.toBe<
      Effect.Effect<DagRuns.DagRun, Denied | BadRequest | Conflict, AirflowClient>
    >()
  })
})

describe("what does not compile", () => {
  test("a missing parameter", () => {
    expect(Tries.getTaskInstanceTries).type.not.toBeCallableWith(run)
    expect(Tries.getMappedTaskInstanceTries).type.not.toBeCallableWith(task)
    expect(Tries.getTaskInstanceTryDetails).type.not.toBeCallableWith(task)
    expect(Tries.getMappedTaskInstanceTryDetails).type.not.toBeCallableWith({ ...task, task_try_number: 1 })
    expect(Tries.getTaskInstanceDependencies).type.not.toBeCallableWith(run)
    expect(Tries.getMappedTaskInstanceDependencies).type.not.toBeCallableWith(task)
    expect(Actions.patchTaskInstance).type.not.toBeCallableWith(task)
    expect(Actions.patchMappedTaskInstance).type.not.toBeCallableWith({ ...task, new_state: "failed" })
    expect(Actions.setTaskInstanceNote).type.not.toBeCallableWith(task)
    expect(Actions.setMappedTaskInstanceNote).type.not.toBeCallableWith({ ...task, note: "n" })
    expect(Actions.clearTaskInstances).type.not.toBeCallableWith({})
    expect(Actions.setTaskInstancesState).type.not.toBeCallableWith(task)
    expect(DagRuns.triggerDagRun).type.not.toBeCallableWith({ dag_run_id: "r" })
  })
  test("what this API version does not know", () => {
    expect(Tries.getTaskInstanceTries).type.not.toBeCallableWith({ ...task, map_index: 0 })
    expect(Actions.patchTaskInstance).type.not.toBeCallableWith({ ...task, new_state: "failed", note: "n" })
    expect(Actions.setTaskInstanceNote).type.not.toBeCallableWith({ ...task, note: null })
    expect(Actions.clearTaskInstances).type.not.toBeCallableWith({ dag_id: "d", task_ids: [["t", 1]] })
    expect(Actions.setTaskInstancesState).type.not.toBeCallableWith({ ...task, new_state: "running" })
    expect(DagRuns.triggerDagRun).type.not.toBeCallableWith({ dag_id: "d", logical_date: null })
  })
})
