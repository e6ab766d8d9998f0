import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Effect from "effect/Effect"
import * as assert from "../assert.js"
import { byVersion, group, since } from "../suite.js"

const test = group("getExtraLinks", { api: "v1" })

const square = { dag_id: "mapped", dag_run_id: "c1", task_id: "square" }

export const cases = [
  test("a link to the run that was triggered", (target) =>
    Effect.map(
      TaskInstances.getExtraLinks({ dag_id: "links", dag_run_id: "c1", task_id: "trigger" }),
      (links) => {
        assert.deepEqual(Object.keys(links), ["Triggered DAG"])
        assert.match(
          links["Triggered DAG"]!,
          byVersion(
            target,
            ["2.0", /^\/dags\/quick\/grid\?base_date=\d{4}-.*%2B00%3A00$/],
            ["2.9", /^\/dags\/quick\/grid\?dag_run_id=manual__\d{4}-.*%2B00%3A00$/],
            ["2.11.1", /^\/dags\/quick\/grid\?dag_run_id=manual__\d{4}-.*%2B00:00$/]
          )
        )
      }
    )),
  test("no links", () =>
    Effect.map(
      TaskInstances.getExtraLinks({ dag_id: "quick", dag_run_id: "c1", task_id: "hello" }),
      (links) => assert.deepEqual(links, {})
    )),
  test("of a mapped instance, which Airflow before 2.10.5 does not know", (target) =>
    Effect.gen(function* () {
      const asked = TaskInstances.getExtraLinks({ ...square, map_index: 1 })
      if (since(target, "2.10.5")) assert.deepEqual(yield* asked, {})
      else {
        const error = yield* Effect.flip(asked)
        assert.equal("status" in error && error.status, 400)
      }
    })),
  test("of a mapped task without its index: 404, before 2.10.5 none", (target) =>
    Effect.gen(function* () {
      const asked = TaskInstances.getExtraLinks(square)
      if (since(target, "2.10.5")) {
        const error = yield* Effect.flip(asked)
        assert.equal(error._tag, "NotFound")
        assert.equal("problem" in error && error.problem?.title, "DAG Run not found")
      } else assert.deepEqual(yield* asked, {})
    })),
  ...[
    { what: "an unknown run", ids: { dag_run_id: "nope" }, title: "DAG Run not found" },
    { what: "an unknown task", ids: { task_id: "nope" }, title: "Task not found" },
    { what: "an unknown DAG", ids: { dag_id: "nope" }, title: "DAG not found" }
  ].map(({ ids, title, what }) =>
    test(`404: ${what}`, () =>
      Effect.map(
        Effect.flip(
          TaskInstances.getExtraLinks({ dag_id: "quick", dag_run_id: "c1", task_id: "hello", ...ids })
        ),
        (error) => {
          assert.equal(error._tag, "NotFound")
          assert.equal("problem" in error && error.problem?.title, title)
        }
      ))
  )
]
