import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Effect from "effect/Effect"
import * as assert from "node:assert/strict"
import { group } from "../suite.js"

const test = group("getExtraLinks")

export const cases = [
  test("a link to the run that was triggered", () =>
    Effect.map(
      TaskInstances.getExtraLinks({ dag_id: "links", dag_run_id: "c1", task_id: "trigger" }),
      (links) => {
        assert.deepEqual(Object.keys(links), ["Triggered DAG"])
        assert.match(links["Triggered DAG"]!, /^\/dags\/quick\/grid\?dag_run_id=manual__\d{4}-.*%2B00%3A00$/)
      }
    )),
  test("no links", () =>
    Effect.map(
      TaskInstances.getExtraLinks({ dag_id: "quick", dag_run_id: "c1", task_id: "hello" }),
      (links) => assert.deepEqual(links, {})
    )),
  test("of a mapped instance", () =>
    Effect.map(
      TaskInstances.getExtraLinks({ dag_id: "mapped", dag_run_id: "c1", task_id: "square", map_index: 1 }),
      (links) => assert.deepEqual(links, {})
    )),
  ...[
    {
      what: "a mapped task without its index",
      ids: { dag_id: "mapped", task_id: "square" },
      title: "DAG Run not found"
    },
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
