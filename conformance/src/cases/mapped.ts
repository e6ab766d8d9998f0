import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as assert from "../assert.js"
import { group, since } from "../suite.js"

const test = group("getMappedTaskInstances", { api: "v1" })

const square = { dag_id: "mapped", dag_run_id: "c1", task_id: "square" }

const indexes = (params: Partial<TaskInstances.GetMappedTaskInstancesParams>) =>
  Effect.map(TaskInstances.getMappedTaskInstances({ ...square, ...params }), ({ task_instances }) =>
    task_instances.map(({ map_index }) => map_index)
  )

export const cases = [
  test("in the order of the map index", () =>
    Effect.map(indexes({}), (found) => assert.deepEqual(found, [0, 1, 2, 3, 4]))),
  test("a page", () =>
    Effect.map(indexes({ limit: 2, offset: 3 }), (found) => assert.deepEqual(found, [3, 4]))),
  test("all pages", () =>
    Effect.map(
      Stream.runCollect(Pagination.items(TaskInstances.getMappedTaskInstances, { ...square, limit: 2 })),
      (rows) =>
        assert.deepEqual(
          Chunk.toReadonlyArray(Chunk.map(rows, ({ map_index }) => map_index)),
          [0, 1, 2, 3, 4]
        )
    )),
  test("-map_index", () =>
    Effect.map(indexes({ order_by: "-map_index" }), (found) => assert.deepEqual(found, [4, 3, 2, 1, 0]))),
  test("by state", () =>
    Effect.gen(function* () {
      assert.equal((yield* indexes({ order_by: "state" }))[0], 3)
      assert.equal((yield* indexes({ order_by: "-state" }))[4], 3)
    })),
  test("by start date, which Airflow before 2.10 refuses", (target) =>
    Effect.gen(function* () {
      if (!since(target, "2.10")) {
        const error = yield* Effect.flip(indexes({ order_by: "start_date" }))
        assert.equal(error._tag, "BadRequest")
        assert.equal(
          "problem" in error && error.problem?.detail,
          "Ordering with 'start_date' is not supported"
        )
        return
      }
      const ascending = yield* indexes({ order_by: "start_date" })
      const descending = yield* indexes({ order_by: "-start_date" })
      assert.deepEqual([...ascending].sort(), [0, 1, 2, 3, 4])
      assert.equal(descending.length, 5)
    })),
  test("a state", () => Effect.map(indexes({ state: ["failed"] }), (found) => assert.deepEqual(found, [3]))),
  test("400: an order it does not know", () =>
    Effect.map(Effect.flip(indexes({ order_by: "map_index" as "-map_index" })), (error) => {
      assert.equal(error._tag, "BadRequest")
      assert.equal("problem" in error && error.problem?.detail, "Ordering with 'map_index' is not supported")
    })),
  ...[
    {
      what: "a task that is not mapped",
      ids: { dag_id: "quick", task_id: "hello" },
      title: "Task id hello is not mapped"
    },
    { what: "an unknown task", ids: { task_id: "nope" }, title: "Task id nope not found" },
    { what: "an unknown DAG", ids: { dag_id: "nope" }, title: "DAG nope not found" }
  ].map(({ ids, title, what }) =>
    test(`404: ${what}`, (target) =>
      Effect.map(Effect.flip(TaskInstances.getMappedTaskInstances({ ...square, ...ids })), (error) => {
        if (what === "an unknown task" && !since(target, "2.9")) {
          // It stumbles: 500.
          assert.equal(error._tag, "ServerError")
          return
        }
        assert.equal(error._tag, "NotFound")
        assert.equal("problem" in error && error.problem?.title, title)
      }))
  )
]
