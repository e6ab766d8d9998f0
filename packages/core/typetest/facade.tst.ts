import * as Airflow from "@effect-airflow/core/Airflow"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type {
  BadRequest,
  Conflict,
  CredentialsError,
  Forbidden,
  NotAirflow,
  NotFound,
  Unauthorized,
  UnexpectedStatus,
  UnprocessableContent,
  Unsupported
} from "@effect-airflow/core/AirflowError"
import type { DagRun } from "@effect-airflow/core/DagRuns"
import type { OperationError } from "@effect-airflow/core/Endpoint"
import * as Server from "@effect-airflow/core/Server"
import type {
  ClearedTaskInstance,
  LogPage,
  TaskInstance,
  TaskInstancePage,
  TaskInstanceTry
} from "@effect-airflow/core/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/TaskInstances"
import type { TaskInstance as V1TaskInstance } from "@effect-airflow/core/v1/TaskInstance"
import type { TaskInstance as V2TaskInstance } from "@effect-airflow/core/v2/TaskInstance"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { describe, expect, test } from "tstyche"

const run = { dag_id: "d", dag_run_id: "r" }
const task = { ...run, task_id: "t" }

type Read = OperationError<401 | 403 | 404 | 422> | NotAirflow | Unsupported
type ReadList = Read | BadRequest
type Change = ReadList | Conflict

describe("what each operation gives and fails with", () => {
  test("detect", () => {
    expect(Server.detect).type.toBe<Effect.Effect<Server.Server, Server.DetectError, AirflowClient>>()
    expect<Unauthorized | Forbidden | NotAirflow>().type.toBeAssignableTo<Server.DetectError>()
    expect<UnexpectedStatus>().type.not.toBeAssignableTo<Server.DetectError>()
    expect(Server.detectAgain).type.toBe<Effect.Effect<Server.Server, Server.DetectError, AirflowClient>>()
    expect(Server.forget).type.toBe<Effect.Effect<void, never, AirflowClient>>()
    expect<CredentialsError["loginStatus"]>().type.toBe<number | undefined>()
  })
  test("get", () => {
    expect(TaskInstances.get(task)).type.toBe<Effect.Effect<TaskInstance, Read, AirflowClient>>()
    expect<NotFound | UnprocessableContent>().type.toBeAssignableTo<Read>()
  })
  test("lists", () => {
    expect(TaskInstances.list(run)).type.toBe<Effect.Effect<TaskInstancePage, ReadList, AirflowClient>>()
    expect(TaskInstances.listMapped(task)).type.toBe<
      Effect.Effect<TaskInstancePage, ReadList, AirflowClient>
    >()
    expect(TaskInstances.batch({})).type.toBe<Effect.Effect<TaskInstancePage, ReadList, AirflowClient>>()
    expect(TaskInstances.listAll(run)).type.toBe<Stream.Stream<TaskInstance, ReadList, AirflowClient>>()
    expect(TaskInstances.listMappedAll(task)).type.toBe<
      Stream.Stream<TaskInstance, ReadList, AirflowClient>
    >()
    expect(TaskInstances.batchAll({})).type.toBe<Stream.Stream<TaskInstance, ReadList, AirflowClient>>()
  })
  test("the rest", () => {
    expect(TaskInstances.links(task)).type.toBe<
      Effect.Effect<TaskInstances.ExtraLinks, Read, AirflowClient>
    >()
    expect(TaskInstances.log({ ...task, try_number: 1 })).type.toBe<
      Effect.Effect<LogPage, ReadList, AirflowClient>
    >()
    expect(TaskInstances.tries(task)).type.toBe<
      Effect.Effect<ReadonlyArray<TaskInstanceTry>, Read, AirflowClient>
    >()
    expect(TaskInstances.dependencies(task)).type.toBe<
      Effect.Effect<ReadonlyArray<TaskInstances.TaskDependency>, ReadList, AirflowClient>
    >()
    expect(TaskInstances.setNote({ ...task, note: "n" })).type.toBe<
      Effect.Effect<TaskInstance, Change, AirflowClient>
    >()
    expect(TaskInstances.setState({ ...task, new_state: "failed" })).type.toBe<
      Effect.Effect<TaskInstance, Change, AirflowClient>
    >()
    expect(TaskInstances.clear({ dag_id: "d" })).type.toBe<
      Effect.Effect<ReadonlyArray<ClearedTaskInstance>, Change, AirflowClient>
    >()
  })
  test("runs", () => {
    expect(Airflow.dagRuns.get(run)).type.toBe<Effect.Effect<DagRun, Read, AirflowClient>>()
    expect(Airflow.dagRuns.trigger(run)).type.toBe<Effect.Effect<DagRun, Change, AirflowClient>>()
    expect(Airflow.triggerDagRun(run)).type.toBe<Effect.Effect<DagRun, Change, AirflowClient>>()
  })
  test("supports", () => {
    expect(Airflow.supports("cursor")).type.toBe<Effect.Effect<boolean, Server.DetectError, AirflowClient>>()
    expect(Airflow.supports).type.not.toBeCallableWith("flying")
  })
})

describe("rows", () => {
  test("the API tells which row is at hand", () => {
    const found = {} as TaskInstance
    if (found.api === "v1") expect(found.raw).type.toBe<V1TaskInstance>()
    else expect(found.raw).type.toBe<V2TaskInstance>()
    expect(found.logical_date).type.toBe<string | null>()
    expect(found.try_number).type.toBe<number>()
  })
})

describe("parameters", () => {
  test("have neutral names", () => {
    expect(TaskInstances.list).type.toBeCallableWith({ ...run, logical_date_gte: new Date() })
    expect(TaskInstances.list).type.not.toBeCallableWith({ ...run, execution_date_gte: new Date() })
    expect(TaskInstances.batch).type.toBeCallableWith({ limit: 1, offset: 2, state: ["failed", null] })
    expect(TaskInstances.batch).type.not.toBeCallableWith({ page_limit: 1 })
    expect(TaskInstances.log).type.not.toBeCallableWith(task)
  })
  test("that are missing do not compile", () => {
    expect(TaskInstances.get).type.not.toBeCallableWith(run)
    expect(TaskInstances.list).type.not.toBeCallableWith({ dag_id: "d" })
    expect(TaskInstances.listAll).type.not.toBeCallableWith({ dag_id: "d" })
    expect(TaskInstances.listMapped).type.not.toBeCallableWith(run)
    expect(TaskInstances.listMappedAll).type.not.toBeCallableWith(run)
    expect(TaskInstances.batch).type.not.toBeCallableWith()
    expect(TaskInstances.batchAll).type.not.toBeCallableWith()
    expect(TaskInstances.links).type.not.toBeCallableWith(run)
    expect(TaskInstances.tries).type.not.toBeCallableWith(run)
    expect(TaskInstances.dependencies).type.not.toBeCallableWith(run)
    expect(TaskInstances.setNote).type.not.toBeCallableWith(task)
    expect(TaskInstances.setState).type.not.toBeCallableWith(task)
    expect(TaskInstances.clear).type.not.toBeCallableWith({})
    expect(Airflow.dagRuns.get).type.not.toBeCallableWith({ dag_id: "d" })
    expect(Airflow.dagRuns.trigger).type.not.toBeCallableWith({ dag_id: "d" })
  })
  test("that are of the wrong type, or not known, do not compile", () => {
    expect(TaskInstances.get).type.not.toBeCallableWith({ ...task, map_index: "0" })
    expect(TaskInstances.get).type.not.toBeCallableWith({ ...task, token: "t" })
    expect(TaskInstances.list).type.not.toBeCallableWith({ ...run, state: ["done"] })
    expect(TaskInstances.listAll).type.not.toBeCallableWith({ ...run, order_by: "task_id" })
    expect(TaskInstances.listMapped).type.not.toBeCallableWith({ ...task, cursor: "" })
    expect(TaskInstances.listMappedAll).type.not.toBeCallableWith({ ...task, limit: "1" })
    expect(TaskInstances.batchAll).type.not.toBeCallableWith({ order_by: "operator" })
    expect(TaskInstances.links).type.not.toBeCallableWith({ ...task, map_index: null })
    expect(TaskInstances.log).type.not.toBeCallableWith({ ...task, task_try_number: 1 })
    expect(TaskInstances.tries).type.not.toBeCallableWith({ ...task, try_number: 1 })
    expect(TaskInstances.dependencies).type.not.toBeCallableWith({ ...task, try_number: 1 })
    expect(TaskInstances.setNote).type.not.toBeCallableWith({ ...task, note: null })
    expect(TaskInstances.setState).type.not.toBeCallableWith({ ...task, new_state: "running" })
    expect(TaskInstances.clear).type.not.toBeCallableWith({ dag_id: "d", include_subdags: true })
    expect(Airflow.triggerDagRun).type.not.toBeCallableWith({ ...run, conf: "{}" })
    expect(Airflow.dagRuns.trigger).type.not.toBeCallableWith({ ...run, execution_date: new Date() })
  })
  test("a run is triggered by its name", () => {
    expect(Airflow.triggerDagRun).type.not.toBeCallableWith({ dag_id: "d" })
  })
})
