import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as assert from "../assert.js"
import { group, oddRunId, since } from "../suite.js"

const test = group("getTaskInstances", { api: "v1" })

const wide = { dag_id: "wide", dag_run_id: "c1" }
const mapped = { dag_id: "mapped", dag_run_id: "c1" }

const ids = (page: { readonly task_instances: ReadonlyArray<{ readonly task_id: string }> }) =>
  page.task_instances.map(({ task_id }) => task_id).sort()

const states = (page: { readonly task_instances: ReadonlyArray<{ readonly state?: string | null }> }) =>
  page.task_instances.map(({ state }) => state).sort()

export const cases = [
  test("the tasks of a run", () =>
    Effect.map(TaskInstances.getTaskInstances({ dag_id: "quick", dag_run_id: "c1" }), (page) => {
      assert.deepEqual(ids(page), ["bye", "hello"])
      assert.equal(page.total_entries, 2)
    })),
  test("the instances of a mapped task are rows", () =>
    Effect.map(TaskInstances.getTaskInstances(mapped), (page) => {
      assert.equal(page.total_entries, 6)
      assert.deepEqual(page.task_instances.map(({ map_index }) => map_index).sort(), [-1, 0, 1, 2, 3, 4])
    })),
  test("an odd run id", () =>
    Effect.map(TaskInstances.getTaskInstances({ dag_id: "quick", dag_run_id: oddRunId }), (page) =>
      assert.equal(page.total_entries, 2)
    )),
  test("an unknown run is an empty list", () =>
    Effect.map(TaskInstances.getTaskInstances({ dag_id: "quick", dag_run_id: "nope" }), (page) =>
      assert.deepEqual(page, { task_instances: [], total_entries: 0 })
    )),
  test("~ for the run: all runs of a DAG", () =>
    Effect.map(TaskInstances.getTaskInstances({ dag_id: "quick", dag_run_id: "~" }), (page) => {
      const runs = new Set(page.task_instances.map(({ dag_run_id }) => dag_run_id))
      assert.ok(runs.has("c1") && runs.has(oddRunId))
      assert.ok(page.task_instances.every(({ dag_id }) => dag_id === "quick"))
    })),
  test("~ for the DAG and the run: everything", () =>
    Effect.map(TaskInstances.getTaskInstances({ dag_id: "~", dag_run_id: "~", limit: 1 }), (page) => {
      assert.equal(page.task_instances.length, 1)
      assert.ok(page.total_entries > 160)
    })),
  test("the first page holds 100", () =>
    Effect.map(TaskInstances.getTaskInstances(wide), (page) => {
      assert.equal(page.task_instances.length, 100)
      assert.equal(page.total_entries, 150)
    })),
  test("a limit above 100 is honoured", () =>
    Effect.map(TaskInstances.getTaskInstances({ ...wide, limit: 500 }), (page) =>
      assert.equal(page.task_instances.length, 150)
    )),
  test("limit and offset cut a page out", () =>
    Effect.map(TaskInstances.getTaskInstances({ ...wide, limit: 7, offset: 148 }), (page) =>
      assert.equal(page.task_instances.length, 2)
    )),
  test("limit 0 brings no rows, and the count", () =>
    Effect.map(TaskInstances.getTaskInstances({ ...wide, limit: 0 }), (page) =>
      assert.deepEqual(page, { task_instances: [], total_entries: 150 })
    )),
  ...[13, 100, 1000].map((limit) =>
    test(`all rows once, in pages of ${limit}`, () =>
      Effect.map(
        Stream.runCollect(Pagination.items(TaskInstances.getTaskInstances, { ...wide, limit })),
        (rows) => {
          assert.equal(Chunk.size(rows), 150)
          assert.equal(new Set(Chunk.map(rows, ({ task_id }) => task_id)).size, 150)
        }
      ))
  ),
  test("as many pages as there are", () =>
    Effect.map(
      Stream.runCollect(Pagination.pages(TaskInstances.getTaskInstances, { ...wide, limit: 60 })),
      (pages) =>
        assert.deepEqual(
          Chunk.toReadonlyArray(pages).map((page) => page.task_instances.length),
          [60, 60, 30]
        )
    )),
  test("a state", () =>
    Effect.map(TaskInstances.getTaskInstances({ ...mapped, state: ["failed"] }), (page) =>
      assert.deepEqual(states(page), ["failed"])
    )),
  test("two states", () =>
    Effect.map(
      TaskInstances.getTaskInstances({
        dag_id: "failing",
        dag_run_id: "c1",
        state: ["failed", "upstream_failed"]
      }),
      (page) => assert.deepEqual(states(page), ["failed", "upstream_failed"])
    )),
  test("no state", () =>
    Effect.map(TaskInstances.getTaskInstances({ ...mapped, state: [null] }), (page) =>
      assert.equal(page.total_entries, 0)
    )),
  test("pool and queue", () =>
    Effect.gen(function* () {
      const both = yield* TaskInstances.getTaskInstances({
        ...mapped,
        pool: ["default_pool"],
        queue: ["default"]
      })
      assert.equal(both.total_entries, 6)
      assert.equal((yield* TaskInstances.getTaskInstances({ ...mapped, pool: ["nope"] })).total_entries, 0)
      assert.equal((yield* TaskInstances.getTaskInstances({ ...mapped, queue: ["nope"] })).total_entries, 0)
    })),
  test("executor, which Airflow before 2.10 refuses", (target) =>
    Effect.gen(function* () {
      const asked = TaskInstances.getTaskInstances({ ...mapped, executor: ["nope"] })
      if (since(target, "2.10")) assert.equal((yield* asked).total_entries, 0)
      else {
        const error = yield* Effect.flip(asked)
        assert.equal(error._tag, "BadRequest")
        assert.equal(
          "problem" in error && error.problem?.detail,
          "Extra query parameter(s) executor not in spec"
        )
      }
    })),
  test("dates as text, Date and with an offset", () =>
    Effect.gen(function* () {
      const count = (filters: Partial<TaskInstances.GetTaskInstancesParams>) =>
        Effect.map(
          TaskInstances.getTaskInstances({ ...mapped, ...filters }),
          ({ total_entries }) => total_entries
        )
      assert.equal(yield* count({ start_date_gte: "2020-01-01T00:00:00Z" }), 6)
      assert.equal(yield* count({ start_date_lte: new Date("2020-01-01") }), 0)
      assert.equal(yield* count({ end_date_gte: "2020-01-01T00:00:00.123456+02:00" }), 6)
      assert.equal(yield* count({ end_date_lte: "2020-01-01T00:00:00-05:00" }), 0)
      assert.equal(yield* count({ execution_date_gte: new Date("2020-01-01") }), 6)
      assert.equal(yield* count({ execution_date_lte: new Date("2020-01-01") }), 0)
      assert.equal(yield* count({ updated_at_gte: "2020-01-01T00:00:00Z" }), 6)
      assert.equal(yield* count({ updated_at_lte: "2020-01-01T00:00:00Z" }), 0)
    })),
  test("the microseconds of a timestamp survive as a filter", () =>
    Effect.gen(function* () {
      const { task_instances } = yield* TaskInstances.getTaskInstances(mapped)
      const { end_date } = task_instances[0]!
      const same = yield* TaskInstances.getTaskInstances({
        ...mapped,
        end_date_gte: end_date!,
        end_date_lte: end_date!
      })
      assert.ok(same.task_instances.some((row) => row.end_date === end_date))
    })),
  test("durations", () =>
    Effect.gen(function* () {
      const long = yield* TaskInstances.getTaskInstances({ ...mapped, duration_gte: 1000 })
      const short = yield* TaskInstances.getTaskInstances({ ...mapped, duration_lte: 1000.5 })
      assert.deepEqual([long.total_entries, short.total_entries], [0, 6])
    }))
]
