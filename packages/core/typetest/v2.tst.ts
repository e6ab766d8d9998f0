import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type {
  BadRequest,
  ClientError,
  Conflict,
  Forbidden,
  NotFound,
  Problem,
  Unauthorized,
  UnprocessableContent
} from "@effect-airflow/core/AirflowError"
import * as Pagination from "@effect-airflow/core/Pagination"
import * as DagRuns from "@effect-airflow/core/v2/DagRuns"
import * as Log from "@effect-airflow/core/v2/Log"
import type {
  TaskInstance,
  TaskInstanceCollection,
  TaskInstanceHistory,
  TaskInstanceHistoryCollection
} from "@effect-airflow/core/v2/TaskInstance"
import * as Actions from "@effect-airflow/core/v2/TaskInstanceActions"
import * as Tries from "@effect-airflow/core/v2/TaskInstanceTries"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { describe, expect, test } from "tstyche"

const run = { dag_id: "d", dag_run_id: "r" }
const task = { ...run, task_id: "t" }
const mapped = { ...task, map_index: 0 }
const attempt = { ...task, try_number: 1 }

/** What every operation of API v2 can fail with. */
type Refused = Unauthorized | Forbidden | UnprocessableContent | ClientError
type Call<A, E = never> = Effect.Effect<A, Refused | E, AirflowClient>

describe("what each operation gives and fails with", () => {
  test("reading task instances", () => {
    expect(TaskInstances.getTaskInstance(task)).type.toBe<Call<TaskInstance, NotFound>>()
    expect(TaskInstances.getMappedTaskInstance(mapped)).type.toBe<Call<TaskInstance, NotFound>>()
    expect(TaskInstances.getTaskInstances(run)).type.toBe<
      Call<TaskInstanceCollection, BadRequest | NotFound>
    >()
    expect(TaskInstances.getMappedTaskInstances(task)).type.toBe<
      Call<TaskInstanceCollection, BadRequest | NotFound>
    >()
    expect(TaskInstances.getTaskInstancesBatch({})).type.toBe<
      Call<TaskInstanceCollection, BadRequest | NotFound>
    >()
    expect(TaskInstances.getExtraLinks(task)).type.toBe<
      Call<Readonly<Record<string, string | null>>, NotFound>
    >()
    expect(TaskInstances.getLog(attempt)).type.toBe<Call<Log.LogPage, BadRequest | NotFound>>()
    expect(TaskInstances.getExternalLogUrl(attempt)).type.toBe<
      Call<{ readonly url: string }, BadRequest | NotFound>
    >()
  })
  test("logs as they come", () => {
    expect(Log.streamLog(attempt)).type.toBe<
      Stream.Stream<Log.LogPart, Refused | BadRequest | NotFound, AirflowClient>
    >()
    expect(Log.readToken("t")).type.toBe<Log.TokenInfo | undefined>()
    expect<Log.LogRecord["event"]>().type.toBe<string>()
  })
  test("attempts and dependencies", () => {
    expect(Tries.getTaskInstanceTries(task)).type.toBe<Call<TaskInstanceHistoryCollection, NotFound>>()
    expect(Tries.getMappedTaskInstanceTries(mapped)).type.toBe<
      Call<TaskInstanceHistoryCollection, NotFound>
    >()
    expect(Tries.getTaskInstanceTryDetails({ ...task, task_try_number: 1 })).type.toBe<
      Call<TaskInstanceHistory, NotFound>
    >()
    expect(Tries.getMappedTaskInstanceTryDetails({ ...mapped, task_try_number: 1 })).type.toBe<
      Call<TaskInstanceHistory, NotFound>
    >()
    expect(Tries.getTaskInstanceDependencies(task)).type.toBe<Call<Tries.TaskDependencies, NotFound>>()
    expect(Tries.getTaskInstanceDependenciesByMapIndex(mapped)).type.toBe<
      Call<Tries.TaskDependencies, NotFound>
    >()
  })
  test("changes", () => {
    type Changed = Call<TaskInstanceCollection, BadRequest | NotFound | Conflict>
    type Looked = Call<TaskInstanceCollection, BadRequest | NotFound>
    expect(Actions.patchTaskInstance({ ...task, new_state: "failed" })).type.toBe<Changed>()
    expect(Actions.patchTaskInstanceByMapIndex({ ...mapped, note: null })).type.toBe<Changed>()
    expect(Actions.patchTaskInstanceDryRun({ ...task, new_state: "failed" })).type.toBe<Looked>()
    expect(Actions.patchTaskInstanceDryRunByMapIndex({ ...mapped, new_state: "failed" })).type.toBe<Looked>()
    expect(Actions.patchTaskGroupInstances({ ...run, group_id: "g", note: "n" })).type.toBe<Changed>()
    expect(Actions.patchTaskGroupInstancesDryRun({ ...run, group_id: "g", note: "n" })).type.toBe<Looked>()
    expect(Actions.clearTaskInstances({ dag_id: "d", task_ids: ["a", ["b", 1]] })).type.toBe<Changed>()
    expect(Actions.deleteTaskInstance(task)).type.toBe<Call<void, NotFound>>()
    expect(Actions.bulkTaskInstances({ ...run, actions: [] })).type.toBe<Call<Actions.BulkResponse>>()
  })
  test("runs", () => {
    expect(DagRuns.getDagRun(run)).type.toBe<Call<DagRuns.DagRun, NotFound>>()
    expect(DagRuns.triggerDagRun({ dag_id: "d", logical_date: null, conf: { a: 1 } })).type.toBe<
      Call<DagRuns.DagRun, BadRequest | NotFound | Conflict>
    >()
  })
  test("pages and items", () => {
    expect(Pagination.items(TaskInstances.getTaskInstances, run)).type.toBe<
      Stream.Stream<TaskInstance, Refused | BadRequest | NotFound, AirflowClient>
    >()
    expect(Pagination.pages(TaskInstances.getTaskInstancesBatch, {})).type.toBe<
      Stream.Stream<TaskInstanceCollection, Refused | BadRequest | NotFound, AirflowClient>
    >()
  })
})

describe("what compiles", () => {
  test("bounds of every kind, lists, orders", () => {
    expect(TaskInstances.getTaskInstances).type.toBeCallableWith({
      ...run,
      start_date_gt: new Date(),
      run_after_lte: "2024-01-01T00:00:00Z",
      updated_at_lt: new Date(),
      duration_gte: 1,
      state: ["awaiting_input", null],
      order_by: ["-start_date", "id"],
      cursor: ""
    })
    expect(TaskInstances.getMappedTaskInstances).type.toBeCallableWith({
      ...task,
      order_by: "-rendered_map_index"
    })
    expect(TaskInstances.getTaskInstancesBatch).type.toBeCallableWith({
      logical_date_lt: new Date(),
      order_by: "-state"
    })
  })
  test("the state of a row is open, and the problem names fields", () => {
    expect<"awaiting_input" | "paused" | null>().type.toBeAssignableTo<TaskInstance["state"]>()
    expect<Problem>().type.toBeAssignableTo<{
      readonly errors?: ReadonlyArray<{ readonly field: string; readonly message: string }>
    }>()
  })
})

describe("what does not compile", () => {
  test("a missing parameter", () => {
    expect(TaskInstances.getTaskInstance).type.not.toBeCallableWith(run)
    expect(TaskInstances.getMappedTaskInstance).type.not.toBeCallableWith(task)
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ dag_id: "d" })
    expect(TaskInstances.getMappedTaskInstances).type.not.toBeCallableWith(run)
    expect(TaskInstances.getTaskInstancesBatch).type.not.toBeCallableWith()
    expect(TaskInstances.getExtraLinks).type.not.toBeCallableWith(run)
    expect(TaskInstances.getLog).type.not.toBeCallableWith(task)
    expect(TaskInstances.getExternalLogUrl).type.not.toBeCallableWith(task)
    expect(Log.streamLog).type.not.toBeCallableWith(task)
    expect(Tries.getTaskInstanceTries).type.not.toBeCallableWith(run)
    expect(Tries.getMappedTaskInstanceTries).type.not.toBeCallableWith(task)
    expect(Tries.getTaskInstanceTryDetails).type.not.toBeCallableWith(task)
    expect(Tries.getMappedTaskInstanceTryDetails).type.not.toBeCallableWith({ ...task, task_try_number: 1 })
    expect(Tries.getTaskInstanceDependencies).type.not.toBeCallableWith(run)
    expect(Tries.getTaskInstanceDependenciesByMapIndex).type.not.toBeCallableWith(task)
    expect(Actions.patchTaskInstance).type.not.toBeCallableWith({ ...run, note: "n" })
    expect(Actions.patchTaskInstanceByMapIndex).type.not.toBeCallableWith({ ...task, note: "n" })
    expect(Actions.patchTaskInstanceDryRun).type.not.toBeCallableWith({ ...run, note: "n" })
    expect(Actions.patchTaskInstanceDryRunByMapIndex).type.not.toBeCallableWith({ ...task, note: "n" })
    expect(Actions.patchTaskGroupInstances).type.not.toBeCallableWith({ ...run, note: "n" })
    expect(Actions.patchTaskGroupInstancesDryRun).type.not.toBeCallableWith({ ...run, note: "n" })
    expect(Actions.clearTaskInstances).type.not.toBeCallableWith({})
    expect(Actions.deleteTaskInstance).type.not.toBeCallableWith(run)
    expect(Actions.bulkTaskInstances).type.not.toBeCallableWith(run)
    expect(DagRuns.getDagRun).type.not.toBeCallableWith({ dag_id: "d" })
    expect(DagRuns.triggerDagRun).type.not.toBeCallableWith({ dag_run_id: "r" })
  })
  test("a parameter of the wrong type", () => {
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ ...run, state: ["done"] })
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ ...run, order_by: "task_id" })
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ ...run, duration_gt: new Date() })
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ ...run, map_index: 1 })
    expect(TaskInstances.getTaskInstancesBatch).type.not.toBeCallableWith({ order_by: "operator" })
    expect(TaskInstances.getTaskInstancesBatch).type.not.toBeCallableWith({ order_by: ["id"] })
    expect(TaskInstances.getLog).type.not.toBeCallableWith({ ...attempt, token: null })
    expect(Log.streamLog).type.not.toBeCallableWith({ ...attempt, token: null })
    expect(TaskInstances.getMappedTaskInstance).type.not.toBeCallableWith({ ...task, map_index: "0" })
    expect(TaskInstances.getExtraLinks).type.not.toBeCallableWith({ ...task, map_index: null })
    expect(Tries.getTaskInstanceTries).type.not.toBeCallableWith({ ...task, map_index: "0" })
    expect(Tries.getTaskInstanceTryDetails).type.not.toBeCallableWith({ ...task, task_try_number: "1" })
    expect(Actions.patchTaskInstance).type.not.toBeCallableWith({ ...task, new_state: "running" })
    expect(Actions.patchTaskInstance).type.not.toBeCallableWith({ ...task, new_state: null })
    expect(Actions.patchTaskInstance).type.not.toBeCallableWith({
      ...task,
      note: "n",
      update_mask: ["state"]
    })
    expect(Actions.clearTaskInstances).type.not.toBeCallableWith({ dag_id: "d", task_ids: [["t", "1"]] })
    expect(Actions.bulkTaskInstances).type.not.toBeCallableWith({
      ...run,
      actions: [{ action: "create", entities: [{ task_id: "t" }] }]
    })
    expect(Actions.bulkTaskInstances).type.not.toBeCallableWith({
      ...run,
      actions: [{ action: "update", entities: ["t"] }]
    })
    expect(DagRuns.triggerDagRun).type.not.toBeCallableWith({ dag_id: "d", conf: "{}" })
  })
  test("a parameter the operation does not have", () => {
    expect(TaskInstances.getTaskInstance).type.not.toBeCallableWith({ ...task, map_index: 0 })
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({
      ...run,
      execution_date_gte: new Date()
    })
    expect(TaskInstances.getMappedTaskInstances).type.not.toBeCallableWith({ ...task, cursor: "" })
    expect(TaskInstances.getTaskInstancesBatch).type.not.toBeCallableWith({ updated_at_gte: new Date() })
    expect(TaskInstances.getLog).type.not.toBeCallableWith({ ...attempt, task_try_number: 1 })
    expect(Log.streamLog).type.not.toBeCallableWith({ ...attempt, task_try_number: 1 })
    expect(TaskInstances.getExternalLogUrl).type.not.toBeCallableWith({ ...attempt, token: "t" })
    expect(TaskInstances.getExtraLinks).type.not.toBeCallableWith({ ...task, token: "t" })
    expect(Actions.deleteTaskInstance).type.not.toBeCallableWith({ ...task, dry_run: true })
    expect(Actions.patchTaskInstance).type.not.toBeCallableWith({ ...task, note: "n", dry_run: true })
    expect(Actions.patchTaskGroupInstancesDryRun).type.not.toBeCallableWith({
      ...run,
      group_id: "g",
      note: "n",
      update_mask: ["note"]
    })
    expect(Actions.clearTaskInstances).type.not.toBeCallableWith({ dag_id: "d", include_subdags: true })
    expect(DagRuns.triggerDagRun).type.not.toBeCallableWith({ dag_id: "d", execution_date: new Date() })
  })
  test("an operation that does not list cannot be paged", () => {
    expect(Pagination.items).type.not.toBeCallableWith(Tries.getTaskInstanceTries, task)
    expect(Pagination.items).type.not.toBeCallableWith(TaskInstances.getLog, attempt)
    expect(Pagination.items).type.not.toBeCallableWith(Log.streamLog, attempt)
  })
})
