import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as assert from "../assert.js"
import { group, oddRunId, since } from "../suite.js"

const test = group("getTaskInstancesBatch", { api: "v1" })

const count = (params: TaskInstances.GetTaskInstancesBatchParams) =>
  Effect.map(TaskInstances.getTaskInstancesBatch(params), ({ total_entries }) => total_entries)

export const cases = [
  test("{} asks for everything", () => Effect.map(count({}), (total) => assert.ok(total > 160))),
  test("DAG and run ids", () =>
    Effect.map(
      TaskInstances.getTaskInstancesBatch({ dag_ids: ["quick", "skips"], dag_run_ids: ["c1", oddRunId] }),
      (page) => {
        assert.equal(page.total_entries, 5)
        assert.deepEqual(
          new Set(page.task_instances.map(({ dag_id }) => dag_id)),
          new Set(["quick", "skips"])
        )
      }
    )),
  test("task ids", () =>
    Effect.map(count({ dag_ids: ["quick"], dag_run_ids: ["c1"], task_ids: ["bye"] }), (total) =>
      assert.equal(total, 1)
    )),
  test("states, and none", () =>
    Effect.gen(function* () {
      const dag_ids = ["failing", "mapped"]
      assert.equal(yield* count({ dag_ids, dag_run_ids: ["c1"], state: ["failed"] }), 2)
      assert.equal(yield* count({ dag_ids, dag_run_ids: ["c1"], state: ["failed", "upstream_failed"] }), 3)
      assert.equal(yield* count({ dag_ids, dag_run_ids: ["c1"], state: [null] }), 0)
    })),
  test("pool and queue", () =>
    Effect.gen(function* () {
      const mapped = { dag_ids: ["mapped"], dag_run_ids: ["c1"] }
      assert.equal(yield* count({ ...mapped, pool: ["default_pool"], queue: ["default"] }), 6)
      assert.equal(yield* count({ ...mapped, pool: ["a,b"] }), 0)
    })),
  test("executor, which Airflow before 2.10 refuses", (target) =>
    Effect.gen(function* () {
      const asked = count({ dag_ids: ["mapped"], dag_run_ids: ["c1"], executor: ["nope"] })
      if (since(target, "2.10")) assert.equal(yield* asked, 0)
      else {
        const error = yield* Effect.flip(asked)
        assert.equal(error._tag, "BadRequest")
        assert.equal("problem" in error && error.problem?.detail, "{'executor': ['Unknown field.']}")
      }
    })),
  test("dates and durations", () =>
    Effect.gen(function* () {
      const mapped = { dag_ids: ["mapped"], dag_run_ids: ["c1"] }
      assert.equal(yield* count({ ...mapped, start_date_gte: new Date("2020-01-01") }), 6)
      assert.equal(yield* count({ ...mapped, end_date_lte: "2020-01-01T00:00:00Z" }), 0)
      assert.equal(yield* count({ ...mapped, execution_date_gte: "2020-01-01T00:00:00+00:00" }), 6)
      assert.equal(yield* count({ ...mapped, duration_gte: 1000 }), 0)
    })),
  test("~ is no wildcard here", () =>
    Effect.map(count({ dag_ids: ["~"] }), (total) => assert.equal(total, 0))),
  test("a page, or before 2.10.3 everything", (target) =>
    Effect.map(
      TaskInstances.getTaskInstancesBatch({
        dag_ids: ["wide"],
        dag_run_ids: ["c1"],
        page_limit: 20,
        page_offset: 140
      }),
      (page) =>
        assert.deepEqual(
          [page.task_instances.length, page.total_entries],
          [since(target, "2.10.3") ? 10 : 150, 150]
        )
    )),
  test("all pages", () =>
    Effect.map(
      Stream.runCount(
        Pagination.items(TaskInstances.getTaskInstancesBatch, {
          dag_ids: ["wide"],
          dag_run_ids: ["c1"],
          page_limit: 40
        })
      ),
      (total) => assert.equal(total, 150)
    )),
  test("all pages, without a limit", () =>
    Effect.map(
      Stream.runCount(
        Pagination.items(TaskInstances.getTaskInstancesBatch, { dag_ids: ["wide"], dag_run_ids: ["c1"] })
      ),
      (total) => assert.equal(total, 150)
    ))
]
