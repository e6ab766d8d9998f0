import type { Warning } from "@effect-airflow/core/AirflowClient"
import * as Actions1 from "@effect-airflow/core/v1/TaskInstanceActions"
import * as DagRuns from "@effect-airflow/core/v2/DagRuns"
import * as Actions from "@effect-airflow/core/v2/TaskInstanceActions"
import {
  isTerminal,
  TaskInstance,
  TaskInstanceHistory,
  taskStates
} from "@effect-airflow/core/v2/TaskInstance"
import * as Tries from "@effect-airflow/core/v2/TaskInstanceTries"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { page2, row2 } from "./operationCases.js"
import { json, row, scripted, task } from "./scripted.js"

const dag_version = {
  id: "01a20b2e-950b-7bab-8ea5-e101c0bd2892",
  version_number: 1,
  dag_id: "deferred",
  bundle_name: "dags-folder",
  bundle_version: null,
  bundle_url: null,
  created_at: "2026-11-24T01:32:11.909127Z",
  dag_display_name: "deferred"
}

/** What a task instance and its attempts have in common, as Airflow 3.3.2 wrote it. */
const attempt = {
  task_id: "waits",
  dag_id: "deferred",
  dag_run_id: "r1",
  map_index: -1,
  start_date: "2026-11-24T12:36:51.973954Z",
  end_date: null,
  duration: null,
  state: "deferred",
  try_number: 1,
  max_tries: 0,
  task_display_name: "waits",
  dag_display_name: "deferred",
  hostname: "vm",
  unixname: "root",
  pool: "default_pool",
  pool_slots: 1,
  queue: "default",
  priority_weight: 1,
  operator: "Deferring",
  operator_name: "Deferring",
  queued_when: "2026-11-24T12:36:51.207052Z",
  scheduled_when: "2026-11-24T12:36:51.181433Z",
  pid: 6738,
  executor: null,
  executor_config: "{}",
  dag_version
}

const deferred = {
  ...attempt,
  id: "01a20b30-c957-709c-a3a4-5c590ca93c88",
  logical_date: null,
  run_after: "2026-11-24T12:36:50.695049Z",
  note: null,
  rendered_map_index: null,
  rendered_fields: { templates_dict: null, op_args: [], op_kwargs: { n: 1 } },
  trigger: {
    id: 1,
    classpath: "airflow.providers.standard.triggers.temporal.DateTimeTrigger",
    kwargs: "{'moment': DateTime(2026, 11, 24)}",
    created_date: "2026-11-24T12:36:52.100000Z",
    queue: null,
    triggerer_id: 4
  },
  triggerer_job: {
    id: 4,
    dag_id: null,
    state: "running",
    job_type: "TriggererJob",
    start_date: "2026-11-24T12:20:00.000000Z",
    end_date: null,
    latest_heartbeat: "2026-11-24T12:36:26.000000Z",
    executor_class: null,
    hostname: "vm",
    unixname: "root",
    dag_display_name: null
  }
}

const answer = <A, E>(operation: Effect.Effect<A, E, AirflowClient>, body: unknown) =>
  Effect.gen(function* () {
    const warnings: Array<Warning> = []
    const server = scripted(() => json(body))
    const result = yield* Effect.either(
      Effect.provide(
        operation,
        server.layer({ onWarning: (warning) => Effect.sync(() => void warnings.push(warning)) })
      )
    )
    return {
      right: result._tag === "Right" ? result.right : undefined,
      left: result._tag === "Left" ? result.left : undefined,
      skipped: warnings.map((warning) => warning._tag === "FieldSkipped" && warning.field)
    }
  })

describe("answers of API v2", () => {
  it.effect("every field of a real task instance is there, and nothing else", () =>
    Effect.gen(function* () {
      const { right, skipped } = yield* answer(TaskInstances.getTaskInstance(task), { ...deferred, later: 1 })
      assert.deepStrictEqual(right, deferred)
      assert.deepStrictEqual(skipped, [])
      assert.isTrue(Schema.is(TaskInstance)(deferred))
      assert.isTrue(Schema.is(TaskInstanceHistory)(attempt))
    })
  )

  it.effect("a row of 3.0, which knows fewer fields, is one too", () =>
    Effect.gen(function* () {
      const { dag_display_name: _, operator_name: __, ...older } = deferred
      const { right, skipped } = yield* answer(TaskInstances.getTaskInstance(task), older)
      assert.deepStrictEqual(right, older)
      assert.deepStrictEqual(skipped, [])
    })
  )

  it.effect("odd fields are left out and told of", () =>
    Effect.gen(function* () {
      for (const [field, value] of [
        ["duration", "long"],
        ["state", 1],
        ["dag_version", "1"],
        ["trigger", [1]],
        ["rendered_fields", null],
        ["run_after", null],
        ["note", {}]
      ] as const) {
        const { right, skipped } = yield* answer(
          TaskInstances.getTaskInstances({ dag_id: "d", dag_run_id: "r" }),
          page2(deferred, { ...deferred, [field]: value })
        )
        assert.notProperty(right?.task_instances[1], field)
        assert.deepStrictEqual(skipped, [`.task_instances[1].${field}`])
      }
    })
  )

  it.effect("what identifies a row must be there", () =>
    Effect.gen(function* () {
      for (const field of ["id", "task_id", "dag_id", "dag_run_id", "map_index", "try_number"]) {
        const { left } = yield* answer(TaskInstances.getTaskInstance(task), { ...deferred, [field]: null })
        assert.deepInclude({ ...left }, { _tag: "DecodeError" } as never)
        assert.include(left?.message, field)
      }
    })
  )

  it.effect("a page of 3.0, of 3.3.2, and with a cursor", () =>
    Effect.gen(function* () {
      const list = TaskInstances.getTaskInstances({ dag_id: "d", dag_run_id: "r" })
      const rows = { task_instances: [row2()] }
      for (const beside of [
        { total_entries: 1 },
        { total_entries: 1, total_entries_limit: null, next_cursor: null, previous_cursor: null },
        { total_entries: 50000, total_entries_limit: 50000, next_cursor: "kv_Z", previous_cursor: "~kv" },
        { total_entries: null, next_cursor: "kv_Z", previous_cursor: null }
      ]) {
        const { right, skipped } = yield* answer(list, { ...rows, ...beside })
        assert.deepStrictEqual(right, { ...rows, ...beside } as never)
        assert.deepStrictEqual(skipped, [])
      }
      const odd = yield* answer(list, { ...rows, total_entries: 1, next_cursor: 5 })
      assert.deepStrictEqual([odd.right, odd.skipped], [
        { ...rows, total_entries: 1 },
        [".next_cursor"]
      ] as never)
      for (const body of [{ ...rows }, { ...rows, total_entries: "1" }, { total_entries: 1 }, []]) {
        assert.deepInclude({ ...(yield* answer(list, body)).left }, { _tag: "DecodeError" } as never)
      }
    })
  )

  it.effect("attempts and dependencies", () =>
    Effect.gen(function* () {
      const tries = yield* answer(Tries.getTaskInstanceTries(task), {
        task_instances: [attempt, { ...attempt, pid: "x" }],
        total_entries: 2
      })
      assert.deepStrictEqual(tries.right?.task_instances[0], attempt)
      assert.deepStrictEqual(tries.skipped, [".task_instances[1].pid"])
      const blocked = yield* answer(Tries.getTaskInstanceDependencies(task), {
        dependencies: [{ name: "Trigger Rule", reason: "waits", more: 1 }]
      })
      assert.deepStrictEqual(blocked.right, { dependencies: [{ name: "Trigger Rule", reason: "waits" }] })
    })
  )

  it.effect("links are a flat map, as those of API v1", () =>
    Effect.gen(function* () {
      const { right, skipped } = yield* answer(TaskInstances.getExtraLinks(task), {
        extra_links: { "Triggered DAG": "/dags/x", later: null, odd: 5 },
        total_entries: 3
      })
      assert.deepStrictEqual(right, { "Triggered DAG": "/dags/x", later: null })
      assert.deepStrictEqual(skipped, [`.extra_links["odd"]`])
      for (const body of [null, [], { extra_links: [] }, {}]) {
        assert.deepInclude({ ...(yield* answer(TaskInstances.getExtraLinks(task), body)).left }, {
          _tag: "DecodeError"
        } as never)
      }
    })
  )

  it.effect("a log page: records as they are, texts of other handlers as records", () =>
    Effect.gen(function* () {
      const getLog = TaskInstances.getLog({ ...task, try_number: 1 })
      const record = { timestamp: "2026-11-24T12:36:51Z", event: "hello", level: "info", lineno: 3 }
      const { right } = yield* answer(getLog, { content: [record, "text"], continuation_token: "a.b" })
      assert.deepStrictEqual(right, { content: [record, { event: "text" }], continuation_token: "a.b" })
      for (const body of [
        { content: "text", continuation_token: null },
        { content: [], continuation_token: 5 },
        { continuation_token: null }
      ]) {
        assert.deepInclude({ ...(yield* answer(getLog, body)).left }, { _tag: "DecodeError" } as never)
      }
    })
  )

  it.effect("what became of bulk actions", () =>
    Effect.gen(function* () {
      const call = Actions.bulkTaskInstances({
        dag_id: "d",
        dag_run_id: "r",
        actions: [{ action: "delete", entities: ["t"] }]
      })
      const failed = { success: [], errors: [{ error: "not found", status_code: 404 }] }
      const { right } = yield* answer(call, { create: null, update: null, delete: failed })
      assert.deepStrictEqual(right, { create: null, update: null, delete: failed })
      // An error of a validation has no status.
      const invalid = { success: ["d.r.t[-1]"], errors: [{ error: "[…]" }] }
      assert.deepStrictEqual((yield* answer(call, { update: invalid })).right, {
        create: null,
        update: invalid,
        delete: null
      })
      assert.deepInclude({ ...(yield* answer(call, { update: { success: [] } })).left }, {
        _tag: "DecodeError",
        issue: ".update.errors is missing"
      } as never)
    })
  )

  it.effect("a delete gives nothing", () =>
    Effect.gen(function* () {
      const { left, right } = yield* answer(Actions.deleteTaskInstance(task), null)
      assert.deepStrictEqual([left, right], [undefined, undefined])
    })
  )

  it.effect("a run", () =>
    Effect.gen(function* () {
      const run = {
        dag_run_id: "r1",
        dag_id: "quick",
        logical_date: null,
        queued_at: "2026-11-24T12:36:49.042151Z",
        start_date: null,
        end_date: null,
        duration: null,
        data_interval_start: null,
        data_interval_end: null,
        run_after: "2026-11-24T12:36:48.999198Z",
        last_scheduling_decision: null,
        run_type: "manual",
        state: "queued",
        triggered_by: "rest_api",
        triggering_user_name: "admin",
        conf: { a: [1] },
        note: "n",
        dag_versions: [dag_version],
        bundle_version: null,
        dag_display_name: "quick",
        partition_key: null,
        partition_date: null
      }
      const call = DagRuns.getDagRun({ dag_id: "quick", dag_run_id: "r1" })
      assert.deepStrictEqual(yield* answer(call, { ...run, later: 1 }), {
        right: run,
        left: undefined,
        skipped: []
      })
      const nothing = yield* answer(call, { ...run, conf: null, state: "paused", run_type: "asset" })
      assert.deepInclude(nothing.right, { conf: null, state: "paused", run_type: "asset" })
      const odd = yield* answer(call, { ...run, dag_versions: [{ version_number: "1" }] })
      assert.deepStrictEqual(odd.skipped, [".dag_versions[0].version_number"])
    })
  )

  it("the states", () => {
    assert.deepStrictEqual(taskStates.filter(isTerminal), [
      "success",
      "failed",
      "upstream_failed",
      "skipped",
      "removed"
    ])
    assert.isTrue(["success", "failed"].every(DagRuns.isTerminalRun))
    assert.isFalse(["queued", "running", null, undefined].some(DagRuns.isTerminalRun))
  })
})

describe("answers of API v1 to changes", () => {
  const reference = {
    task_id: "t",
    dag_id: "d",
    dag_run_id: "r",
    execution_date: "2024-01-01T00:00:00+00:00"
  }

  it.effect("a patch names the task instance in a dry run, and nothing once it is done", () =>
    Effect.gen(function* () {
      const call = Actions1.patchTaskInstance({ ...task, new_state: "failed" })
      assert.deepStrictEqual((yield* answer(call, reference)).right, reference)
      assert.deepStrictEqual((yield* answer(call, {})).right, {})
      assert.deepInclude({ ...(yield* answer(call, [])).left }, { _tag: "DecodeError" } as never)
    })
  )

  it.effect("what is cleared has no count", () =>
    Effect.gen(function* () {
      const call = Actions1.clearTaskInstances({ dag_id: "d" })
      assert.deepStrictEqual((yield* answer(call, { task_instances: [reference] })).right, {
        task_instances: [reference]
      })
      const { left } = yield* answer(call, { task_instances: [row({ task_id: 5 })] })
      assert.deepInclude({ ...left }, { issue: ".task_instances[0].task_id: expected a string" } as never)
    })
  )
})
