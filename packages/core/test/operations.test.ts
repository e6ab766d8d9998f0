import * as DagRuns1 from "@effect-airflow/core/v1/DagRuns"
import * as Actions1 from "@effect-airflow/core/v1/TaskInstanceActions"
import * as Tries1 from "@effect-airflow/core/v1/TaskInstanceTries"
import * as DagRuns2 from "@effect-airflow/core/v2/DagRuns"
import * as Actions2 from "@effect-airflow/core/v2/TaskInstanceActions"
import * as Tries2 from "@effect-airflow/core/v2/TaskInstanceTries"
import * as TaskInstances2 from "@effect-airflow/core/v2/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cases, type OperationCase } from "./operationCases.js"
import { json, scripted } from "./scripted.js"

const operation = ({ name }: OperationCase) => name.split(/[ ,]+/)[1]!

const tags: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  422: "UnprocessableContent"
}

/** The call is refused for this field, and nothing is sent. */
const refused = (it: OperationCase, params: unknown, field: string) =>
  Effect.gen(function* () {
    const server = scripted(() => json(it.answer))
    const error = yield* Effect.flip(Effect.provide(it.run(params as never), server.layer()))
    assert.deepInclude({ ...error }, { _tag: "InvalidInput", field, operation: operation(it) } as never)
    assert.deepStrictEqual(server.arrivals, [])
    return error.message
  })

it("no operation is left out", () => {
  const made = [DagRuns1, Actions1, Tries1, DagRuns2, Actions2, Tries2, TaskInstances2].flatMap((module) =>
    Object.values(module).filter((value) => typeof value === "function" && "endpoint" in value)
  )
  const tested = new Set<unknown>(cases.map(({ run }) => run))
  // getDagRun of API v1 has its own tests.
  assert.deepStrictEqual(
    made.filter((run) => !tested.has(run)),
    [DagRuns1.getDagRun]
  )
})

for (const one of cases) {
  const { again, answer, body, errors, method, name, params, path, run } = one
  describe(name, () => {
    it.effect("sends what was given, and no more", () =>
      Effect.gen(function* () {
        const server = scripted(() => json(answer))
        yield* Effect.provide(run(params as never), server.layer())
        const [arrival] = server.arrivals
        assert.strictEqual(arrival?.method, method)
        assert.strictEqual(`${arrival?.url.pathname}${arrival?.url.search}`, path)
        assert.strictEqual(arrival?.headers["accept"], "application/json")
        if (body === undefined) assert.strictEqual(arrival?.body, "")
        else {
          assert.deepStrictEqual(JSON.parse(arrival!.body), body)
          assert.strictEqual(arrival?.headers["content-type"], "application/json")
        }
      })
    )

    it.effect("fails as it declares, and no other way", () =>
      Effect.forEach(
        [400, 401, 403, 404, 405, 409, 422],
        (code) =>
          Effect.gen(function* () {
            const server = scripted(() => json({ detail: "told" }, code))
            const error = yield* Effect.flip(
              Effect.provide(run(params as never, { retry: false } as never), server.layer())
            )
            assert.strictEqual(
              error._tag,
              errors.includes(code) ? tags[code] : "UnexpectedStatus",
              String(code)
            )
            assert.include(error.message, "told")
          }),
        { discard: true }
      )
    )

    it.effect(`after a broken connection it is ${again ? "" : "not "}sent again`, () =>
      Effect.gen(function* () {
        const server = scripted((_, index) => (index === 0 ? { code: "ECONNRESET" } : json(answer)))
        const outcome = yield* Effect.either(
          Effect.provide(run(params as never, { retry: { base: 0 } } as never), server.layer())
        )
        assert.strictEqual(outcome._tag, again ? "Right" : "Left")
        assert.strictEqual(server.arrivals.length, again ? 2 : 1)
      })
    )

    it.effect("refuses what it does not know, and what would address something else", () =>
      Effect.gen(function* () {
        yield* refused(one, { ...params, bogus: 1 }, "bogus")
        const names = Array.from(
          (run as unknown as { endpoint: { path: string } }).endpoint.path.matchAll(/\{(\w+_id)\}/g),
          ([, field]) => field!
        )
        for (const field of names) {
          for (const bad of ["", ".", "..", "\ud800", 1, null, undefined]) {
            yield* refused(one, { ...params, [field]: bad }, field)
          }
        }
      })
    )

    it.effect("another body is a DecodeError", () =>
      Effect.gen(function* () {
        // What a delete answers says nothing.
        if (answer === null) return
        for (const other of [[], "text", 5, { task_instances: 1, create: 1, dependencies: 1, dag_id: 1 }]) {
          const server = scripted(() => json(other))
          const outcome = yield* Effect.either(Effect.provide(run(params as never), server.layer()))
          if (outcome._tag === "Left") assert.strictEqual(outcome.left._tag, "DecodeError")
          // A reference of which nothing is left, as API v1 answers to a patch that is really done.
          else assert.deepStrictEqual(outcome.right, {})
        }
      })
    )
  })
}

describe("what is needed, and what cannot be", () => {
  const of = (name: string) => cases.find((one) => one.name === name)!
  const run = { dag_id: "d", dag_run_id: "r" }
  const task = { ...run, task_id: "t" }
  const actions = (...list: ReadonlyArray<unknown>) => ({ ...run, actions: list })

  for (const [name, params, field] of [
    ["v2 patchTaskInstance", task, "new_state or note"],
    ["v2 patchTaskInstance", { ...task, include_past: true }, "new_state or note"],
    ["v2 patchTaskInstance", { ...task, new_state: null }, "new_state"],
    ["v2 patchTaskInstance", { ...task, new_state: "running" }, "new_state"],
    ["v2 patchTaskInstance", { ...task, note: 1 }, "note"],
    ["v2 patchTaskInstance", { ...task, note: "n", map_index: -2 }, "map_index"],
    ["v2 patchTaskInstance", { ...task, note: "n", update_mask: [] }, "update_mask"],
    ["v2 getMappedTaskInstance", { ...task, map_index: 1.5 }, "map_index"],
    ["v2 getExternalLogUrl", { ...task, try_number: 0 }, "try_number"],
    ["v2 getTaskInstances", { ...run, state: ["done"] }, "state"],
    ["v2 getTaskInstances", { ...run, map_index: ["1"] }, "map_index"],
    ["v2 getTaskInstances", { ...run, order_by: 1 }, "order_by"],
    ["v2 getTaskInstances", { ...run, order_by: [] }, "order_by"],
    ["v2 getTaskInstances", { ...run, start_date_gt: "2024-01-01" }, "start_date_gt"],
    ["v2 getTaskInstancesBatch", { updated_at_gte: new Date(0) }, "updated_at_gte"],
    ["v2 getTaskInstancesBatch", { order_by: ["id"] }, "order_by"],
    ["v2 clearTaskInstances", { dag_id: "d", task_ids: [] }, "task_ids"],
    ["v2 clearTaskInstances", { dag_id: "d", task_ids: [["t"]] }, "task_ids"],
    ["v2 clearTaskInstances", { dag_id: "d", task_ids: [["t", "1"]] }, "task_ids"],
    ["v2 clearTaskInstances", { dag_id: "d", task_ids: [1] }, "task_ids"],
    ["v2 triggerDagRun", { dag_id: "d", conf: [] }, "conf"],
    ["v2 triggerDagRun", { dag_id: "d", conf: { big: 1n } }, "conf"],
    ["v2 triggerDagRun", { dag_id: "d", logical_date: "today" }, "logical_date"],
    ["v2 bulkTaskInstances", run, "actions"],
    ["v2 bulkTaskInstances", actions(), "actions"],
    ["v2 bulkTaskInstances", actions(1), "actions"],
    ["v2 bulkTaskInstances", actions({ action: "create", entities: [{ task_id: "t" }] }), "actions"],
    ["v2 bulkTaskInstances", actions({ action: "update", entities: [{ task_id: "t" }] }), "actions"],
    ["v2 bulkTaskInstances", actions({ action: "update", entities: [{ note: "n" }] }), "actions"],
    ["v2 bulkTaskInstances", actions({ action: "update" }), "actions"],
    ["v2 bulkTaskInstances", actions({ action: "delete", entities: [{ task_id: "t", x: 1 }] }), "actions"],
    ["v1 patchTaskInstance", task, "new_state"],
    ["v1 setTaskInstanceNote", task, "note"],
    ["v1 setTaskInstanceNote", { ...task, note: null }, "note"],
    [
      "v1 setTaskInstancesState",
      { dag_id: "d", task_id: "t", new_state: "failed" },
      "dag_run_id or execution_date"
    ],
    ["v1 setTaskInstancesState", { ...run, new_state: "failed" }, "task_id"],
    ["v1 clearTaskInstances", { dag_id: "d", task_ids: [["t", 1]] }, "task_ids"],
    ["v1 triggerDagRun", { dag_id: "d", logical_date: null }, "logical_date"]
  ] as const) {
    it.effect(`${name}: ${field}`, () => refused(of(name), params, field))
  }

  it.effect("what is wrong inside an action is said", () =>
    Effect.gen(function* () {
      const bulk = of("v2 bulkTaskInstances")
      assert.include(
        yield* refused(bulk, actions({ action: "update", entities: [{ task_id: "t" }] }), "actions"),
        "lacks new_state or note"
      )
      assert.include(
        yield* refused(bulk, actions({ action: "create", entities: [] }), "actions"),
        "must be one of update, delete"
      )
      assert.include(
        yield* refused(bulk, actions({ action: "delete", entities: [{ task_id: "t", x: 1 }] }), "actions"),
        "must not have x"
      )
    })
  )
})
