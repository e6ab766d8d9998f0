import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type {
  BadRequest,
  ClientError,
  Forbidden,
  NotFound,
  Unauthorized
} from "@effect-airflow/core/AirflowError"
import * as Pagination from "@effect-airflow/core/Pagination"
import type { LogPage } from "@effect-airflow/core/v1/Log"
import type { TaskInstance, TaskInstanceCollection } from "@effect-airflow/core/v1/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { describe, expect, test } from "tstyche"

const run = { dag_id: "d", dag_run_id: "r" }
const task = { ...run, task_id: "t" }
const attempt = { ...task, task_try_number: 1 }

type Denied = Unauthorized | Forbidden | ClientError

describe("what each operation gives and fails with", () => {
  test("getTaskInstance", () => {
    expect(TaskInstances.getTaskInstance(task)).type.toBe<
      Effect.Effect<TaskInstance, Denied | NotFound, AirflowClient>
    >()
  })
  test("getMappedTaskInstance", () => {
    expect(TaskInstances.getMappedTaskInstance({ ...task, map_index: 0 })).type.toBe<
      Effect.Effect<TaskInstance, Denied | NotFound, AirflowClient>
    >()
  })
  test("getTaskInstances", () => {
    expect(TaskInstances.getTaskInstances(run)).type.toBe<
      Effect.Effect<TaskInstanceCollection, Denied | BadRequest, AirflowClient>
    >()
  })
  test("getMappedTaskInstances", () => {
    expect(TaskInstances.getMappedTaskInstances(task)).type.toBe<
      Effect.Effect<TaskInstanceCollection, Denied | BadRequest | NotFound, AirflowClient>
    >()
  })
  test("getTaskInstancesBatch", () => {
    expect(TaskInstances.getTaskInstancesBatch({})).type.toBe<
      Effect.Effect<TaskInstanceCollection, Denied | BadRequest | NotFound, AirflowClient>
    >()
  })
  test("getExtraLinks", () => {
    expect(TaskInstances.getExtraLinks(task)).type.toBe<
      Effect.Effect<Readonly<Record<string, string | null>>, Denied | NotFound, AirflowClient>
    >()
  })
  test("getLog", () => {
    expect(TaskInstances.getLog(attempt)).type.toBe<
      Effect.Effect<LogPage, Denied | BadRequest | NotFound, AirflowClient>
    >()
  })
  test("getLogText", () => {
    expect(TaskInstances.getLogText(attempt)).type.toBe<
      Effect.Effect<string, Denied | BadRequest | NotFound, AirflowClient>
    >()
  })
  test("pages and items", () => {
    expect(Pagination.items(TaskInstances.getTaskInstances, run)).type.toBe<
      Stream.Stream<TaskInstance, Denied | BadRequest, AirflowClient>
    >()
    expect(Pagination.pages(TaskInstances.getMappedTaskInstances, task)).type.toBe<
      Stream.Stream<TaskInstanceCollection, Denied | BadRequest | NotFound, AirflowClient>
    >()
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
    expect(TaskInstances.getLogText).type.not.toBeCallableWith(task)
  })
  test("a parameter of the wrong type", () => {
    expect(TaskInstances.getTaskInstance).type.not.toBeCallableWith({ ...task, task_id: 1 })
    expect(TaskInstances.getMappedTaskInstance).type.not.toBeCallableWith({ ...task, map_index: "0" })
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ ...run, state: "failed" })
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ ...run, state: ["done"] })
    expect(TaskInstances.getMappedTaskInstances).type.not.toBeCallableWith({ ...task, order_by: "map_index" })
    expect(TaskInstances.getTaskInstancesBatch).type.not.toBeCallableWith({ dag_ids: "d" })
    expect(TaskInstances.getExtraLinks).type.not.toBeCallableWith({ ...task, map_index: null })
    expect(TaskInstances.getLog).type.not.toBeCallableWith({ ...attempt, full_content: "true" })
    expect(TaskInstances.getLogText).type.not.toBeCallableWith({ ...attempt, task_try_number: "1" })
  })
  test("a parameter the operation does not have", () => {
    expect(TaskInstances.getTaskInstance).type.not.toBeCallableWith({ ...task, map_index: 1 })
    expect(TaskInstances.getMappedTaskInstance).type.not.toBeCallableWith({ ...task, map_index: 1, limit: 1 })
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ ...run, order_by: "state" })
    expect(TaskInstances.getMappedTaskInstances).type.not.toBeCallableWith({ ...task, page_limit: 1 })
    expect(TaskInstances.getTaskInstancesBatch).type.not.toBeCallableWith({ limit: 1 })
    expect(TaskInstances.getExtraLinks).type.not.toBeCallableWith({ ...task, token: "t" })
    expect(TaskInstances.getLog).type.not.toBeCallableWith({ ...attempt, limit: 1 })
    expect(TaskInstances.getLogText).type.not.toBeCallableWith({ ...attempt, token: "t" })
  })
  test("an explicit undefined, which would say nothing", () => {
    expect(TaskInstances.getTaskInstances).type.not.toBeCallableWith({ ...run, limit: undefined })
  })
  test("an operation that does not list cannot be paged", () => {
    expect(Pagination.items).type.not.toBeCallableWith(TaskInstances.getTaskInstance, task)
  })
})
