import { getDagRun, isTerminalRun } from "@effect-airflow/core/v1/DagRuns"
import * as Effect from "effect/Effect"
import * as assert from "../assert.js"
import { group, oddRunId, unauthenticated, type Who } from "../suite.js"
import type { Target } from "../target.js"

const test = group("DagRuns", { api: "v1" })

const quick = { dag_id: "quick", dag_run_id: "c1" }
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/

export const cases = [
  test("a run that succeeded, with all its fields", () =>
    Effect.map(getDagRun(quick), (run) => {
      assert.deepEqual(
        [run.dag_id, run.dag_run_id, run.state, run.run_type],
        ["quick", "c1", "success", "manual"]
      )
      assert.equal(run.external_trigger, true)
      assert.equal(run.note, null)
      assert.deepEqual(run.conf, {})
      assert.equal(run.execution_date, run.logical_date)
      for (const at of [
        run.execution_date,
        run.start_date,
        run.end_date,
        run.data_interval_start,
        run.data_interval_end,
        run.last_scheduling_decision
      ]) {
        assert.match(at ?? "null", time)
      }
      assert.ok(run.start_date! < run.end_date!)
      assert.equal(Object.keys(run).length, 14)
    })),
  test("a run that failed", () =>
    Effect.map(getDagRun({ dag_id: "failing", dag_run_id: "c1" }), ({ state }) => {
      assert.equal(state, "failed")
      assert.ok(isTerminalRun(state))
    })),
  test("what it was triggered with", (target) =>
    Effect.gen(function* () {
      const run = { dag_id: "quick", dag_run_id: `conf-${Date.now().toString(36)}` }
      const conf = { text: "grüße", number: 1.5, list: [1, null, { deep: true }] }
      yield* Effect.promise(() => target.trigger(run.dag_id, run.dag_run_id, conf))
      assert.deepEqual((yield* getDagRun(run)).conf, conf)
    })),
  test("a run id with colons, a dot and a plus, and ids with letters beyond ASCII", () =>
    Effect.gen(function* () {
      assert.equal((yield* getDagRun({ ...quick, dag_run_id: oddRunId })).dag_run_id, oddRunId)
      assert.equal((yield* getDagRun({ dag_id: "größe", dag_run_id: "c1" })).dag_id, "größe")
    })),
  test("a viewer may read", () => Effect.asVoid(getDagRun(quick)), "viewer"),
  ...(
    [
      ["401 or 403", "without credentials", quick, "stranger", unauthenticated],
      ["401 or 403", "wrong password", quick, "impostor", unauthenticated],
      ["403", "a user who may do nothing", quick, "nobody", () => "Forbidden"],
      ["404", "unknown run", { ...quick, dag_run_id: "nope" }, "admin", () => "NotFound"],
      ["404", "unknown DAG", { ...quick, dag_id: "nope" }, "admin", () => "NotFound"]
    ] as ReadonlyArray<readonly [string, string, typeof quick, Who, (target: Target) => string]>
  ).map(([status, what, run, who, tag]) =>
    test(
      `${status}: ${what}`,
      (target) => Effect.map(Effect.flip(getDagRun(run)), (error) => assert.equal(error._tag, tag(target))),
      who
    )
  )
]
