import type { Warning } from "@effect-airflow/core/AirflowClient"
import { isTerminal, TaskInstance, taskStates } from "@effect-airflow/core/v1/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { json, row, scripted, task } from "./scripted.js"

/** A deferred task of Airflow 2.11, every field as the server wrote it. */
const deferred = {
  dag_id: "deferred",
  dag_run_id: "r1",
  duration: null,
  end_date: null,
  execution_date: "2026-11-24T01:25:55.741737+00:00",
  executor: null,
  executor_config: "{}",
  hostname: "vm",
  map_index: -1,
  max_tries: 0,
  note: null,
  operator: "Deferring",
  pid: 3209,
  pool: "default_pool",
  pool_slots: 1,
  priority_weight: 1,
  queue: "default",
  queued_when: "2026-11-24T01:27:10.094302+00:00",
  rendered_fields: { op_args: [], op_kwargs: { n: 1 }, templates_dict: null },
  rendered_map_index: null,
  sla_miss: null,
  start_date: "2026-11-24T01:26:26.576347+00:00",
  state: "deferred",
  task_display_name: "waits",
  task_id: "waits",
  trigger: {
    classpath: "airflow.triggers.temporal.DateTimeTrigger",
    created_date: "2026-11-24T01:26:27.100000+00:00",
    id: 1,
    kwargs: "{'moment': DateTime(2026, 11, 24)}",
    triggerer_id: 4
  },
  triggerer_job: {
    dag_id: null,
    end_date: null,
    executor_class: null,
    hostname: "vm",
    id: 4,
    job_type: "TriggererJob",
    latest_heartbeat: "2026-11-24T01:26:26.000000+00:00",
    start_date: "2026-11-24T01:20:00.000000+00:00",
    state: "running",
    unixname: "root"
  },
  try_number: 1,
  unixname: "root"
}

const decodeAs = (body: unknown) =>
  Effect.gen(function* () {
    const warnings: Array<Warning> = []
    const server = scripted(() => json(body))
    const result = yield* Effect.either(
      Effect.provide(
        TaskInstances.getTaskInstance(task),
        server.layer({ onWarning: (warning) => Effect.sync(() => void warnings.push(warning)) })
      )
    )
    return { result, warnings }
  })

describe("answers", () => {
  it.effect("every field of a real answer is there, and nothing else", () =>
    Effect.gen(function* () {
      const { result, warnings } = yield* decodeAs({ ...deferred, field_of_a_later_airflow: 1 })
      assert.deepStrictEqual(result._tag === "Right" && result.right, deferred as never)
      assert.deepStrictEqual(warnings, [])
    })
  )

  it("the schema takes the same, and refuses what the operation would leave out", () => {
    assert.isTrue(Schema.is(TaskInstance)(deferred))
    assert.isFalse(Schema.is(TaskInstance)({ ...deferred, duration: "long" }))
  })

  it.effect("an odd field is left out and told of; it does not fail the row", () =>
    Effect.gen(function* () {
      for (const [field, value] of [
        ["duration", "long"],
        ["pid", "7"],
        ["start_date", 5],
        ["state", {}],
        ["sla_miss", "no"],
        ["trigger", [1]],
        ["rendered_fields", null],
        ["pool", null],
        ["hostname", null]
      ] as const) {
        const { result, warnings } = yield* decodeAs({ ...deferred, [field]: value })
        assert.strictEqual(result._tag, "Right")
        assert.notProperty(result._tag === "Right" && result.right, field)
        assert.strictEqual(warnings.length, 1)
        assert.deepInclude(warnings[0], {
          _tag: "FieldSkipped",
          operation: "getTaskInstance",
          field: `.${field}`
        })
      }
    })
  )

  it.effect("a state of a later Airflow is a state", () =>
    Effect.gen(function* () {
      const { result, warnings } = yield* decodeAs(row({ state: "awaiting_input" }))
      assert.strictEqual(result._tag === "Right" && result.right.state, "awaiting_input")
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.effect("what identifies a row must be there; the message names no value", () =>
    Effect.gen(function* () {
      for (const field of ["task_id", "dag_id", "dag_run_id", "map_index", "try_number"]) {
        for (const value of [undefined, null, { secret: "s3cret" }]) {
          const { result } = yield* decodeAs(row({ [field]: value }))
          assert.strictEqual(result._tag, "Left")
          if (result._tag === "Left") {
            assert.strictEqual(result.left._tag, "DecodeError")
            assert.include(result.left.message, field)
            assert.notInclude(JSON.stringify(result.left), "s3cret")
          }
        }
      }
    })
  )

  it.effect("one odd row does not fail a page, and the warning says which", () =>
    Effect.gen(function* () {
      const warnings: Array<Warning> = []
      const server = scripted(() =>
        json({ task_instances: [row(), row({ duration: "long", task_id: "odd" })], total_entries: 2 })
      )
      const page = yield* Effect.provide(
        TaskInstances.getTaskInstances({ dag_id: "d", dag_run_id: "r" }),
        server.layer({ onWarning: (warning) => Effect.sync(() => void warnings.push(warning)) })
      )
      assert.strictEqual(page.task_instances.length, 2)
      assert.deepInclude(warnings[0], { field: ".task_instances[1].duration" })
    })
  )

  it.effect("bodies of another shape are DecodeErrors", () =>
    Effect.gen(function* () {
      for (const body of [null, [], "text", 5, true]) {
        const { result } = yield* decodeAs(body)
        assert.strictEqual(result._tag === "Left" && result.left._tag, "DecodeError")
      }
      const list = TaskInstances.getTaskInstances({ dag_id: "d", dag_run_id: "r" })
      for (const body of [
        {},
        { task_instances: [] },
        { task_instances: {}, total_entries: 0 },
        { task_instances: [1], total_entries: 1 }
      ]) {
        const error = yield* Effect.flip(Effect.provide(list, scripted(() => json(body)).layer()))
        assert.strictEqual(error._tag, "DecodeError")
      }
    })
  )

  it.effect("links are a flat map", () =>
    Effect.gen(function* () {
      const server = scripted(() => json({ "Triggered DAG": "/dags/x", later: null, odd: 5 }))
      const links = yield* Effect.provide(TaskInstances.getExtraLinks(task), server.layer())
      assert.deepStrictEqual(links, { "Triggered DAG": "/dags/x", later: null })
    })
  )

  it("the terminal states", () => {
    assert.deepStrictEqual(taskStates.filter(isTerminal), [
      "success",
      "failed",
      "upstream_failed",
      "skipped",
      "removed"
    ])
    assert.isFalse(isTerminal(null))
  })
})
