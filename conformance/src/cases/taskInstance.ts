import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Effect from "effect/Effect"
import * as assert from "../assert.js"
import { byVersion, group, oddRunId, since } from "../suite.js"

const test = group("getTaskInstance", { api: "v1" })
const mapped = group("getMappedTaskInstance", { api: "v1" })

const quick = { dag_id: "quick", dag_run_id: "c1", task_id: "hello" }

export const cases = [
  test("a task that succeeded, with all its fields", (target) =>
    Effect.map(TaskInstances.getTaskInstance(quick), (row) => {
      assert.equal(row.state, "success")
      assert.deepEqual(
        [row.dag_id, row.dag_run_id, row.task_id, row.map_index, row.try_number, row.max_tries],
        ["quick", "c1", "hello", -1, 1, 0]
      )
      assert.equal(row.pool, "default_pool")
      assert.equal(row.queue, "default")
      assert.equal(row.operator, "_PythonDecoratedOperator")
      assert.equal(row.executor_config, "{}")
      const [named, told] = [since(target, "2.9"), since(target, "2.10")]
      assert.equal(row.task_display_name, named ? "hello" : undefined)
      assert.equal(row.rendered_map_index, named ? null : undefined)
      assert.equal(row.executor, told ? null : undefined)
      for (const absent of [row.sla_miss, row.trigger, row.triggerer_job, row.note])
        assert.equal(absent, null)
      assert.ok(row.duration! > 0 && row.hostname !== "" && typeof row.pid === "number")
      assert.ok(row.start_date! < row.end_date!)
      assert.match(row.execution_date!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/)
      assert.deepEqual(row.rendered_fields, { op_args: [], op_kwargs: {}, templates_dict: null })
    })),
  test("no field is left out of a real answer", (target) =>
    Effect.map(TaskInstances.getTaskInstance(quick), (row) =>
      assert.equal(Object.keys(row).length, byVersion(target, ["2.0", 26], ["2.9", 28], ["2.10", 29]))
    )),
  test("a run id with colons, a dot and a plus", () =>
    Effect.map(TaskInstances.getTaskInstance({ ...quick, dag_run_id: oddRunId }), (row) =>
      assert.equal(row.dag_run_id, oddRunId)
    )),
  test("ids with letters beyond ASCII", () =>
    Effect.map(
      TaskInstances.getTaskInstance({ dag_id: "größe", dag_run_id: "c1", task_id: "messen.µ-1" }),
      (row) => assert.deepEqual([row.dag_id, row.task_id, row.state], ["größe", "messen.µ-1", "success"])
    )),
  test("a task that failed", () =>
    Effect.map(
      TaskInstances.getTaskInstance({ dag_id: "failing", dag_run_id: "c1", task_id: "fails" }),
      (row) => assert.equal(row.state, "failed")
    )),
  test("a task whose upstream failed has not run", () =>
    Effect.map(
      TaskInstances.getTaskInstance({ dag_id: "failing", dag_run_id: "c1", task_id: "never" }),
      (row) =>
        assert.deepEqual([row.state, row.try_number, row.hostname, row.pid], ["upstream_failed", 0, "", null])
    )),
  test("a task that skipped itself", () =>
    Effect.map(
      TaskInstances.getTaskInstance({ dag_id: "skips", dag_run_id: "c1", task_id: "skipped" }),
      (row) => assert.deepEqual([row.state, row.try_number], ["skipped", 1])
    )),
  test("an operator that nothing runs", () =>
    Effect.map(TaskInstances.getTaskInstance({ dag_id: "wide", dag_run_id: "c1", task_id: "t000" }), (row) =>
      assert.deepEqual(
        [row.state, row.operator, row.hostname, row.duration],
        ["success", "EmptyOperator", "", 0]
      )
    )),
  test("a viewer may read", () => Effect.asVoid(TaskInstances.getTaskInstance(quick)), "viewer"),
  ...[
    { what: "unknown task", ids: { ...quick, task_id: "nope" } },
    { what: "unknown run", ids: { ...quick, dag_run_id: "nope" } },
    { what: "unknown DAG", ids: { ...quick, dag_id: "nope" } },
    { what: "unknown task of an odd name", ids: { ...quick, task_id: "ünknown 100% :+&?#" } },
    { what: "task id with a slash", ids: { ...quick, task_id: "a/b" } }
  ].map(({ ids, what }) =>
    test(`404: ${what}`, () =>
      Effect.map(Effect.flip(TaskInstances.getTaskInstance(ids)), (error) => {
        assert.equal(error._tag, "NotFound")
      }))
  ),
  test("404: a mapped task without its map index", () =>
    Effect.map(
      Effect.flip(TaskInstances.getTaskInstance({ dag_id: "mapped", dag_run_id: "c1", task_id: "square" })),
      (error) => {
        assert.equal(error._tag, "NotFound")
        assert.equal(
          "problem" in error && error.problem?.detail,
          "Task instance is mapped, add the map_index value to the URL"
        )
      }
    )),
  mapped("an instance that succeeded", (target) =>
    Effect.map(
      TaskInstances.getMappedTaskInstance({
        dag_id: "mapped",
        dag_run_id: "c1",
        task_id: "square",
        map_index: 0
      }),
      (row) =>
        assert.deepEqual(
          [row.map_index, row.state, row.rendered_map_index],
          [0, "success", since(target, "2.9") ? "1" : undefined]
        )
    )
  ),
  mapped("the instance that failed", (target) =>
    Effect.map(
      TaskInstances.getMappedTaskInstance({
        dag_id: "mapped",
        dag_run_id: "c1",
        task_id: "square",
        map_index: 3
      }),
      (row) =>
        assert.deepEqual(
          [row.map_index, row.state, row.rendered_map_index],
          [3, "failed", since(target, "2.9") ? "4" : undefined]
        )
    )
  ),
  mapped("404: an index beyond the last", () =>
    Effect.map(
      Effect.flip(
        TaskInstances.getMappedTaskInstance({
          dag_id: "mapped",
          dag_run_id: "c1",
          task_id: "square",
          map_index: 5
        })
      ),
      (error) => assert.equal(error._tag, "NotFound")
    )
  ),
  mapped("404: a task that is not mapped", () =>
    Effect.map(Effect.flip(TaskInstances.getMappedTaskInstance({ ...quick, map_index: 0 })), (error) =>
      assert.equal(error._tag, "NotFound")
    )
  )
]
