import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { ClientError, Forbidden, NotFound, Unauthorized } from "@effect-airflow/core/AirflowError"
import * as Pagination from "@effect-airflow/core/Pagination"
import * as DagRuns from "@effect-airflow/core/v1/DagRuns"
import type * as Effect from "effect/Effect"
import { describe, expect, test } from "tstyche"

const run = { dag_id: "d", dag_run_id: "r" }

describe("getDagRun", () => {
  test("what it gives and fails with", () => {
    expect(DagRuns.getDagRun(run)).type.toBe<
      Effect.Effect<DagRuns.DagRun, Unauthorized | Forbidden | NotFound | ClientError, AirflowClient>
    >()
  })
  test("what does not compile", () => {
    expect(DagRuns.getDagRun).type.not.toBeCallableWith({ dag_id: "d" })
    expect(DagRuns.getDagRun).type.not.toBeCallableWith({ ...run, dag_run_id: 1 })
    expect(DagRuns.getDagRun).type.not.toBeCallableWith({ ...run, task_id: "t" })
    expect(Pagination.items).type.not.toBeCallableWith(DagRuns.getDagRun, run)
  })
  test("the state is open, and takes part in a switch", () => {
    expect<"success" | "queued" | "paused">().type.toBeAssignableTo<DagRuns.DagRun["state"]>()
    expect<null>().type.not.toBeAssignableTo<DagRuns.DagRun["state"]>()
    expect(DagRuns.isTerminalRun).type.toBeCallableWith(null)
    expect(DagRuns.isTerminalRun).type.toBeCallableWith(undefined)
  })
})
