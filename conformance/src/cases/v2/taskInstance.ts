/** One task instance over API v2. */
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import * as Effect from "effect/Effect"
import * as assert from "../../assert.js"
import { byVersion, group, oddRunId } from "../../suite.js"
import type { Target } from "../../target.js"
import { fails, hello, never, notSent, refused, square, start, until, whole, zulu } from "./common.js"

const test = group("v2 getTaskInstance", { api: "v2" })
const mapped = group("v2 getMappedTaskInstance", { api: "v2" })

/** How many fields a row has. */
const fields = (target: Target) => byVersion(target, ["3.0", 32], ["3.1", 34])

const path = ({ dag_id, dag_run_id, task_id }: TaskInstances.TaskParams) =>
  `/dags/${encodeURIComponent(dag_id)}/dagRuns/${encodeURIComponent(dag_run_id)}/taskInstances/${encodeURIComponent(task_id)}`

export const cases = [
  test("a task that succeeded, with all its fields", (target) =>
    Effect.map(TaskInstances.getTaskInstance(hello), (row) => {
      assert.deepEqual(
        [row.dag_id, row.dag_run_id, row.task_id, row.map_index, row.try_number, row.max_tries, row.state],
        ["quick", "c1", "hello", -1, 1, 0, "success"]
      )
      assert.match(row.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
      assert.deepEqual(
        [row.pool, row.pool_slots, row.queue, row.priority_weight],
        ["default_pool", 1, "default", 2]
      )
      assert.deepEqual(
        [row.operator, row.executor, row.executor_config],
        ["_PythonDecoratedOperator", null, "{}"]
      )
      assert.deepEqual(
        [row.task_display_name, row.dag_display_name, row.operator_name],
        byVersion<ReadonlyArray<string | undefined>>(
          target,
          ["3.0", ["hello", undefined, undefined]],
          ["3.1", ["hello", "quick", "@task"]]
        )
      )
      assert.deepEqual(
        [row.logical_date, row.note, row.rendered_map_index, row.trigger, row.triggerer_job],
        [null, null, null, null, null]
      )
      assert.deepEqual(row.rendered_fields, { op_args: [], op_kwargs: {}, templates_dict: null })
      // Before 3.3 the duration is wrong on SQLite: the difference of the seconds is added to it.
      assert.ok(typeof row.duration === "number" && row.hostname !== "" && typeof row.pid === "number")
      const times = [row.run_after!, row.scheduled_when!, row.queued_when!, row.start_date!, row.end_date!]
      for (const time of times) assert.match(time, zulu)
      assert.deepEqual([...times].sort(), times)
    })),
  test("the version of its DAG", (target) =>
    Effect.map(TaskInstances.getTaskInstance(hello), ({ dag_version }) => {
      assert.match(dag_version?.id ?? "", /^[0-9a-f-]{36}$/)
      assert.match(dag_version?.created_at ?? "", zulu)
      assert.deepEqual(
        [
          dag_version?.version_number,
          dag_version?.dag_id,
          dag_version?.bundle_name,
          dag_version?.bundle_version
        ],
        [1, "quick", "dags-folder", null]
      )
      assert.equal(
        dag_version?.dag_display_name,
        byVersion<string | undefined>(target, ["3.0", undefined], ["3.1", "quick"])
      )
    })),
  test("it is what the server sends, and nothing of it is left out", (target) =>
    Effect.gen(function* () {
      const row = yield* whole(target, TaskInstances.getTaskInstance(hello))
      const { json } = yield* Effect.promise(() => target.request(path(hello)))
      assert.deepEqual(row, json)
      assert.equal(Object.keys(row).length, fields(target))
    })),
  test("a run id with colons, a dot and a plus", () =>
    Effect.map(TaskInstances.getTaskInstance({ ...hello, dag_run_id: oddRunId }), (row) =>
      assert.equal(row.dag_run_id, oddRunId)
    )),
  test("ids with letters beyond ASCII", () =>
    Effect.map(
      TaskInstances.getTaskInstance({ dag_id: "größe", dag_run_id: "c1", task_id: "messen.µ-1" }),
      (row) => assert.deepEqual([row.dag_id, row.task_id, row.state], ["größe", "messen.µ-1", "success"])
    )),
  test("a task that failed", () =>
    Effect.map(TaskInstances.getTaskInstance(fails), (row) =>
      assert.deepEqual([row.state, row.try_number], ["failed", 1])
    )),
  test("a task whose upstream failed has not run", () =>
    Effect.map(TaskInstances.getTaskInstance(never), (row) => {
      assert.deepEqual([row.state, row.try_number, row.hostname, row.pid], ["upstream_failed", 0, "", null])
      assert.deepEqual(row.rendered_fields, {})
    })),
  test("a task that skipped itself", () =>
    Effect.map(
      TaskInstances.getTaskInstance({ dag_id: "skips", dag_run_id: "c1", task_id: "skipped" }),
      (row) => assert.deepEqual([row.state, row.try_number], ["skipped", 1])
    )),
  test("an operator that nothing runs", () =>
    Effect.map(TaskInstances.getTaskInstance({ dag_id: "wide", dag_run_id: "c1", task_id: "t000" }), (row) =>
      assert.deepEqual(
        [row.state, row.operator, row.hostname, row.duration, row.pid, row.queued_when, row.scheduled_when],
        ["success", "EmptyOperator", "", 0, null, null, null]
      )
    )),
  test("one that is deferred, with its trigger and who looks after it", (target) =>
    Effect.gen(function* () {
      const task = { ...(yield* start(target, "deferred")), task_id: "waits" }
      const ask = Effect.catchTag(whole(target, TaskInstances.getTaskInstance(task)), "NotFound", () =>
        Effect.succeed(undefined)
      )
      const row = yield* until(ask, (row) => row?.state === "deferred" && row.triggerer_job?.hostname != null)
      assert.equal(Object.keys(row!).length, fields(target))
      assert.match(row!.trigger?.classpath ?? "", /^airflow\.providers\.standard\.triggers\.temporal\.\w+$/)
      assert.match(row!.trigger?.created_date ?? "", zulu)
      assert.ok(typeof row!.trigger?.id === "number" && typeof row!.trigger.triggerer_id === "number")
      assert.deepEqual([row!.triggerer_job?.job_type, row!.triggerer_job?.state], ["TriggererJob", "running"])
    })),
  test("a viewer may read", () => Effect.asVoid(TaskInstances.getTaskInstance(hello)), "viewer"),
  ...[
    { what: "unknown task", ids: { ...hello, task_id: "nope" } },
    { what: "unknown run", ids: { ...hello, dag_run_id: "nope" } },
    { what: "unknown DAG", ids: { ...hello, dag_id: "nope" } },
    { what: "unknown task of an odd name", ids: { ...hello, task_id: "ünknown 100% :+&?#" } }
  ].map(({ ids, what }) =>
    test(`404: ${what}`, () =>
      Effect.map(refused(TaskInstances.getTaskInstance(ids), "NotFound"), ({ problem }) =>
        assert.equal(
          problem?.detail,
          `The Task Instance with dag_id: \`${ids.dag_id}\`, run_id: \`${ids.dag_run_id}\` and task_id: \`${ids.task_id}\` was not found`
        )
      ))
  ),
  test("404: a task id with a slash", () =>
    Effect.map(
      refused(TaskInstances.getTaskInstance({ ...hello, task_id: "a/b/c" }), "NotFound"),
      ({ problem }) => assert.deepEqual(problem, { detail: "API route not found" })
    )),
  test("404: a mapped task without its map index", () =>
    Effect.map(refused(TaskInstances.getTaskInstance(square), "NotFound"), ({ problem }) =>
      assert.deepEqual(problem, {
        detail: "Task instance is mapped, add the map_index value to the URL"
      })
    )),
  test("what names another resource is not sent", () =>
    Effect.gen(function* () {
      for (const id of ["", ".", ".."]) {
        yield* notSent(TaskInstances.getTaskInstance({ ...hello, task_id: id }), "InvalidInput", "task_id")
        yield* notSent(TaskInstances.getTaskInstance({ ...hello, dag_id: id }), "InvalidInput", "dag_id")
      }
    })),
  mapped("an instance that succeeded", (target) =>
    Effect.map(whole(target, TaskInstances.getMappedTaskInstance({ ...square, map_index: 0 })), (row) => {
      assert.deepEqual([row.map_index, row.state, row.rendered_map_index], [0, "success", "1"])
      assert.equal(Object.keys(row).length, fields(target))
    })
  ),
  mapped("the instance that failed", () =>
    Effect.map(TaskInstances.getMappedTaskInstance({ ...square, map_index: 3 }), (row) =>
      assert.deepEqual([row.map_index, row.state, row.rendered_map_index], [3, "failed", "4"])
    )
  ),
  mapped("-1 is a task that is not mapped", () =>
    Effect.gen(function* () {
      const row = yield* TaskInstances.getMappedTaskInstance({ ...hello, map_index: -1 })
      assert.deepEqual(row, yield* TaskInstances.getTaskInstance(hello))
    })
  ),
  ...[
    { what: "an index beyond the last", ids: { ...square, map_index: 5 } },
    { what: "a task that is not mapped", ids: { ...hello, map_index: 0 } },
    { what: "-1 of a task that is mapped", ids: { ...square, map_index: -1 } }
  ].map(({ ids, what }) =>
    mapped(`404: ${what}`, () =>
      Effect.map(refused(TaskInstances.getMappedTaskInstance(ids), "NotFound"), ({ problem }) =>
        assert.equal(
          problem?.detail,
          `The Mapped Task Instance with dag_id: \`${ids.dag_id}\`, run_id: \`c1\`, task_id: \`${ids.task_id}\`, and map_index: \`${ids.map_index}\` was not found`
        )
      )
    )
  ),
  mapped("an index below -1 is not sent", () =>
    notSent(TaskInstances.getMappedTaskInstance({ ...square, map_index: -2 }), "InvalidInput", "map_index")
  )
]
