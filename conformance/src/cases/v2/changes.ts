/** Changing task instances over API v2, each case in a run of its own. */
import * as Actions from "@effect-airflow/core/v2/TaskInstanceActions"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import * as TaskInstanceTries from "@effect-airflow/core/v2/TaskInstanceTries"
import * as Effect from "effect/Effect"
import * as assert from "../../assert.js"
import { byVersion, group, isSince } from "../../suite.js"
import {
  finish,
  hello,
  mapped,
  notSent,
  quick,
  refused,
  square,
  start,
  until,
  whole,
  writing
} from "./common.js"

const patch = group("v2 patchTaskInstance", { api: "v2" })
const byIndex = group("v2 patchTaskInstanceByMapIndex", { api: "v2" })
const dry = group("v2 patchTaskInstanceDryRun", { api: "v2" })
const clear = group("v2 clearTaskInstances", { api: "v2" })
const bulk = group("v2 bulkTaskInstances", { api: "v2" })
const remove = group("v2 deleteTaskInstance", { api: "v2" })

const names = ({
  task_instances
}: {
  readonly task_instances: ReadonlyArray<{ readonly task_id: string }>
}) => task_instances.map(({ task_id }) => task_id).sort()

const viewer = { who: "viewer" } as const

const written =
  <Params, A, E extends { readonly _tag: string }, R>(
    operation: (params: Params) => Effect.Effect<A, E, R>
  ) =>
  (params: Params) =>
    writing(operation(params))

const patchTaskInstance = written(Actions.patchTaskInstance)
const patchTaskInstanceByMapIndex = written(Actions.patchTaskInstanceByMapIndex)
const patchTaskInstanceDryRun = written(Actions.patchTaskInstanceDryRun)
const patchTaskInstanceDryRunByMapIndex = written(Actions.patchTaskInstanceDryRunByMapIndex)
const clearTaskInstances = written(Actions.clearTaskInstances)
const bulkTaskInstances = written(Actions.bulkTaskInstances)
const deleteTaskInstance = written(Actions.deleteTaskInstance)

const patches = [
  patch(
    "a note, another, an empty one, none: the server takes null for none only where a mask says so",
    (target) =>
      Effect.gen(function* () {
        const task = { ...(yield* finish(target, "quick")), task_id: "hello" }
        const text = 'grüße, 世界 🚀\n"it\'s"'
        const steps: ReadonlyArray<readonly [change: Actions.Change & Actions.Masked, kept: string | null]> =
          [
            [{ note: text }, text],
            [{ note: "another" }, "another"],
            [{ note: "" }, byVersion<string | null>(target, ["3.0", ""], ["3.3", null])],
            [{ note: "again" }, "again"],
            [{ note: null, update_mask: ["note"] }, null],
            [{ note: "and again" }, "and again"],
            [{ note: null }, null],
            [{ note: "at last" }, "at last"]
          ]
        for (const [change, kept] of steps) {
          const page = yield* whole(target, patchTaskInstance({ ...task, ...change }))
          assert.deepEqual([page.total_entries, page.task_instances[0]?.note], [1, kept])
          const row = yield* TaskInstances.getTaskInstance(task)
          assert.deepEqual([row.note, row.state], [kept, "success"])
        }
        // The client sends the mask by itself: without it, null changes nothing.
        const path = `/dags/${task.dag_id}/dagRuns/${task.dag_run_id}/taskInstances/${task.task_id}`
        // (As in `writing`: a database that is locked is a 500.)
        const { status } = yield* Effect.repeat(
          Effect.promise(() => target.request(path, { method: "PATCH", body: { note: null } })),
          { times: 4, while: ({ status }) => status === 500 }
        )
        assert.equal(status, 200)
        assert.equal((yield* TaskInstances.getTaskInstance(task)).note, "at last")
      })
  ),
  patch("a state and a note; the others of the run stay", (target) =>
    Effect.gen(function* () {
      const run = yield* finish(target, "quick")
      const task = { ...run, task_id: "bye" }
      const page = yield* patchTaskInstance({ ...task, new_state: "failed", note: "by hand" })
      assert.deepEqual(
        page.task_instances.map(({ note, state, task_id }) => [task_id, state, note]),
        [["bye", "failed", "by hand"]]
      )
      const { task_instances } = yield* TaskInstances.getTaskInstances({ ...run, state: ["failed"] })
      assert.deepEqual(
        task_instances.map(({ task_id }) => task_id),
        ["bye"]
      )
    })
  ),
  patch("a state for those downstream too", (target) =>
    Effect.gen(function* () {
      const run = yield* finish(target, "quick")
      yield* patchTaskInstance({
        ...run,
        task_id: "hello",
        new_state: "skipped",
        include_downstream: true
      })
      assert.deepEqual(names(yield* TaskInstances.getTaskInstances({ ...run, state: ["skipped"] })), [
        "bye",
        "hello"
      ])
    })
  ),
  patch("a mask says what counts", (target) =>
    Effect.gen(function* () {
      const task = { ...(yield* finish(target, "quick")), task_id: "hello" }
      yield* patchTaskInstance({ ...task, new_state: "failed", note: "kept", update_mask: ["note"] })
      const { note, state } = yield* TaskInstances.getTaskInstance(task)
      assert.deepEqual([note, state], ["kept", "success"])
    })
  ),
  patch("409: it is in this state already", () =>
    Effect.map(refused(patchTaskInstance({ ...hello, new_state: "success" }), "Conflict"), ({ problem }) =>
      assert.deepEqual(problem, { detail: "Task id hello is already in success state" })
    )
  ),
  patch("422: a note that is too long, by the name of its field", () =>
    Effect.map(
      refused(patchTaskInstance({ ...hello, note: "x".repeat(1001) }), "UnprocessableContent"),
      ({ problem }) => {
        assert.deepEqual(problem?.errors, [
          {
            field: "body.note",
            message: "String should have at most 1000 characters",
            type: "string_too_long"
          }
        ])
        assert.equal(problem?.detail, "body.note: String should have at most 1000 characters")
      }
    )
  ),
  patch(
    "403: a viewer may not",
    () =>
      Effect.map(refused(patchTaskInstance({ ...hello, note: "x" }), "Forbidden"), ({ problem }) =>
        assert.deepEqual(problem, { detail: "Forbidden" })
      ),
    viewer
  ),
  ...[
    { what: "an unknown task", ids: { ...hello, task_id: "nope" } },
    { what: "an unknown run", ids: { ...hello, dag_run_id: "nope" } },
    { what: "an unknown DAG", ids: { ...hello, dag_id: "nope" } }
  ].map(({ ids, what }) =>
    patch(`404: ${what}`, () =>
      Effect.map(refused(patchTaskInstance({ ...ids, note: "x" }), "NotFound"), ({ problem }) =>
        assert.match(problem?.detail ?? "", /nope/)
      )
    )
  ),
  patch("all instances of a mapped task; 3.0 knows none without an index", (target) =>
    Effect.gen(function* () {
      const task = { ...(yield* finish(target, "mapped")), task_id: "square" }
      const all = patchTaskInstance({ ...task, note: "all" })
      if (isSince(target.version, "3.1")) {
        assert.equal((yield* all).total_entries, 5)
      } else {
        yield* refused(all, "NotFound")
      }
      yield* patchTaskInstance({ ...task, map_index: 2, note: "third" })
      const { task_instances } = yield* TaskInstances.getMappedTaskInstances(task)
      const rest = byVersion<string | null>(target, ["3.0", null], ["3.1", "all"])
      assert.deepEqual(
        task_instances.map(({ note }) => note),
        [rest, rest, "third", rest, rest]
      )
    })
  ),
  patch("nothing to change is not sent", () =>
    notSent(patchTaskInstance(hello), "InvalidInput", "new_state or note")
  ),
  byIndex("the state of one instance", (target) =>
    Effect.gen(function* () {
      const task = { ...(yield* finish(target, "mapped")), task_id: "square" }
      const page = yield* patchTaskInstanceByMapIndex({ ...task, map_index: 3, new_state: "success" })
      assert.deepEqual(
        page.task_instances.map(({ map_index, state }) => [map_index, state]),
        [[3, "success"]]
      )
      const { total_entries } = yield* TaskInstances.getMappedTaskInstances({ ...task, state: ["success"] })
      assert.equal(total_entries, 5)
    })
  ),
  byIndex("404: an index beyond the last", () =>
    Effect.asVoid(refused(patchTaskInstanceByMapIndex({ ...square, map_index: 5, note: "x" }), "NotFound"))
  ),
  dry("what would be changed, as it is", () =>
    Effect.gen(function* () {
      const page = yield* patchTaskInstanceDryRun({
        ...hello,
        new_state: "failed",
        include_downstream: true
      })
      assert.deepEqual(page.task_instances.map(({ state, task_id }) => [task_id, state]).sort(), [
        ["bye", "success"],
        ["hello", "success"]
      ])
      assert.equal((yield* TaskInstances.getTaskInstance(hello)).state, "success")
    })
  ),
  dry("earlier and later runs, of a run that has no logical date: there are none", () =>
    Effect.gen(function* () {
      for (const relatives of [{ include_past: true }, { include_future: true }]) {
        const page = yield* patchTaskInstanceDryRun({ ...hello, new_state: "failed", ...relatives })
        assert.deepEqual(
          page.task_instances.map(({ dag_run_id, task_id }) => [dag_run_id, task_id]),
          [["c1", "hello"]]
        )
      }
    })
  ),
  dry("nothing, where all is so already", () =>
    Effect.map(patchTaskInstanceDryRun({ ...hello, new_state: "success" }), (page) =>
      assert.deepEqual(page.task_instances, [])
    )
  ),
  dry("a note is not set", () =>
    Effect.gen(function* () {
      const page = yield* patchTaskInstanceDryRun({ ...hello, note: "not set" })
      assert.deepEqual(names(page), ["hello"])
      assert.equal((yield* TaskInstances.getTaskInstance(hello)).note, null)
    })
  ),
  dry("one instance of a mapped task", () =>
    Effect.map(
      patchTaskInstanceDryRunByMapIndex({ ...square, map_index: 3, new_state: "success" }),
      ({ task_instances }) =>
        assert.deepEqual(
          task_instances.map(({ map_index, state }) => [map_index, state]),
          [[3, "failed"]]
        )
    )
  ),
  dry(
    "403: a viewer may not",
    () => Effect.asVoid(refused(patchTaskInstanceDryRun({ ...hello, new_state: "failed" }), "Forbidden")),
    viewer
  )
]

const clears = [
  clear("it only looks, unless told otherwise, and for those that failed", (target) =>
    Effect.gen(function* () {
      const page = yield* whole(target, clearTaskInstances(mapped))
      assert.deepEqual(
        page.task_instances.map(({ map_index, state, task_id }) => [task_id, map_index, state]),
        [["square", 3, "failed"]]
      )
      assert.equal((yield* TaskInstances.getMappedTaskInstance({ ...square, map_index: 3 })).try_number, 1)
    })
  ),
  clear("which it would: all, some, those downstream", () =>
    Effect.gen(function* () {
      const look = (more: Partial<Actions.ClearTaskInstancesParams>) =>
        Effect.map(clearTaskInstances({ ...quick, only_failed: false, ...more }), names)
      assert.deepEqual(yield* look({}), ["bye", "hello"])
      assert.deepEqual(yield* look({ task_ids: ["hello"] }), ["hello"])
      assert.deepEqual(yield* look({ task_ids: ["hello"], include_downstream: true }), ["bye", "hello"])
      assert.deepEqual(yield* look({ task_ids: ["bye"], include_upstream: true }), ["bye", "hello"])
      assert.deepEqual(yield* look({ only_running: true }), [])
    })
  ),
  clear("one instance of a mapped task; on 3.0 all of them when a whole task is named too", (target) =>
    Effect.gen(function* () {
      const look = (task_ids: NonNullable<Actions.ClearTaskInstancesParams["task_ids"]>) =>
        Effect.map(clearTaskInstances({ ...mapped, task_ids, only_failed: false }), ({ task_instances }) =>
          task_instances.map(({ map_index }) => map_index).sort()
        )
      assert.deepEqual(yield* look([["square", 1]]), [1])
      assert.deepEqual(
        yield* look(["numbers", ["square", 1]]),
        byVersion(target, ["3.0", [-1, 0, 1, 2, 3, 4]], ["3.1.1", [-1, 1]])
      )
    })
  ),
  clear("a task that is over runs again", (target) =>
    Effect.gen(function* () {
      const run = yield* finish(target, "quick")
      const task = { ...run, task_id: "bye" }
      const { id } = yield* TaskInstances.getTaskInstance(task)
      const page = yield* clearTaskInstances({
        ...run,
        task_ids: ["bye"],
        only_failed: false,
        dry_run: false
      })
      assert.deepEqual(names(page), ["bye"])
      const again = yield* until(
        TaskInstances.getTaskInstance(task),
        ({ state, try_number }) => state === "success" && try_number === 2
      )
      assert.deepEqual([again.max_tries, again.id === id], [1, false])
      const { task_instances } = yield* TaskInstanceTries.getTaskInstanceTries(task)
      assert.deepEqual(
        task_instances.map(({ state, try_number }) => [try_number, state]),
        [
          [1, "success"],
          [2, "success"]
        ]
      )
      for (const try_number of [1, 2]) {
        const { content } = yield* TaskInstances.getLog({ ...task, try_number })
        assert.ok(content.some(({ event }) => event === "bye from quick"))
      }
      assert.equal((yield* TaskInstances.getTaskInstance({ ...run, task_id: "hello" })).try_number, 1)
    })
  ),
  clear("409: one that runs, when it is not to be stopped; before 3.2 that is no parameter", (target) =>
    Effect.gen(function* () {
      const run = yield* start(target, "ticker")
      const state = Effect.catchTag(
        TaskInstances.getTaskInstance({ ...run, task_id: "tick" }),
        "NotFound",
        () => Effect.succeed({ state: undefined })
      )
      yield* until(state, (row) => row.state === "running")
      const error = yield* refused(
        clearTaskInstances({
          ...run,
          only_failed: false,
          dry_run: false,
          prevent_running_task: true
        }),
        byVersion(target, ["3.0", "UnprocessableContent"], ["3.2", "Conflict"])
      )
      if (isSince(target.version, "3.2")) assert.match(error.problem?.detail ?? "", /running/)
      else assert.equal(error.problem?.errors?.[0]?.field, "body.prevent_running_task")
    })
  ),
  clear("a note on what is cleared; before 3.3 that is no parameter", (target) =>
    Effect.gen(function* () {
      const run = yield* finish(target, "failing")
      const cleared = clearTaskInstances({
        ...run,
        task_ids: ["fails"],
        dry_run: false,
        note: "once more"
      })
      if (isSince(target.version, "3.3")) {
        assert.deepEqual(names(yield* cleared), ["fails"])
        const { note } = yield* TaskInstances.getTaskInstance({ ...run, task_id: "fails" })
        assert.equal(note, "once more")
      } else {
        const { problem } = yield* refused(cleared, "UnprocessableContent")
        assert.equal(problem?.errors?.[0]?.field, "body.note")
      }
    })
  ),
  clear("what contradicts itself: a 422 on 3.3, a 500 before", (target) =>
    Effect.map(
      refused(
        Actions.clearTaskInstances({ ...quick, only_failed: true, only_running: true }, { retry: false }),
        byVersion(target, ["3.0", "ServerError"], ["3.3", "UnprocessableContent"])
      ),
      ({ problem }) => {
        if (!isSince(target.version, "3.3")) return
        assert.deepEqual(problem?.errors, [
          {
            field: "body",
            message: "Value error, only_failed and only_running both are set to True",
            type: "value_error"
          }
        ])
      }
    )
  ),
  clear("400: other runs, of a run that has no logical date", (target) =>
    Effect.map(refused(clearTaskInstances({ ...quick, include_past: true }), "BadRequest"), ({ problem }) =>
      assert.deepEqual(problem, {
        detail: byVersion(
          target,
          [
            "3.0",
            "Cannot use include_past or include_future when dag_run_id is provided because logical_date is not applicable."
          ],
          [
            "3.1",
            "Cannot use include_past or include_future with no logical_date(e.g. manually or asset-triggered)."
          ]
        )
      })
    )
  ),
  clear("an unknown task is an empty list", () =>
    Effect.map(clearTaskInstances({ ...quick, task_ids: ["nope"], only_failed: false }), (page) =>
      assert.deepEqual([page.task_instances, page.total_entries], [[], 0])
    )
  ),
  clear("404: an unknown run, and an unknown DAG", () =>
    Effect.gen(function* () {
      const run = yield* refused(clearTaskInstances({ ...quick, dag_run_id: "nope" }), "NotFound")
      assert.deepEqual(run.problem, { detail: "Dag Run id nope not found in dag quick" })
      const dag = yield* refused(clearTaskInstances({ ...quick, dag_id: "nope" }), "NotFound")
      assert.match(dag.problem?.detail ?? "", /nope/)
    })
  ),
  clear("403: a viewer may not", () => Effect.asVoid(refused(clearTaskInstances(quick), "Forbidden")), viewer)
]

const many = [
  bulk(
    "two states and a note; what fails is in the answer",
    (target) =>
      Effect.gen(function* () {
        const run = yield* finish(target, "mapped")
        const entity = { ...run, task_id: "numbers" }
        const outcome = yield* bulkTaskInstances({
          ...run,
          actions: [
            {
              action: "update",
              entities: [
                isSince(target.version, "3.2") ? { ...entity, note: "n" } : { task_id: "numbers", note: "n" }
              ]
            },
            { action: "delete", entities: ["nope"] }
          ]
        })
        assert.equal(outcome.create, null)
        assert.deepEqual(
          outcome.update,
          byVersion(
            target,
            ["3.1", { success: ["numbers"], errors: [] }],
            ["3.2", { success: [`mapped.${run.dag_run_id}.numbers[-1]`], errors: [] }]
          )
        )
        assert.deepEqual(outcome.delete?.success, [])
        assert.deepEqual(
          outcome.delete?.errors.map(({ status_code }) => status_code),
          [404]
        )
        assert.match(outcome.delete?.errors[0]?.error ?? "", /nope/)
        const { note } = yield* TaskInstances.getTaskInstance(entity)
        assert.equal(note, "n")
      }),
    { since: "3.1", why: "there is no such operation before" }
  ),
  bulk(
    "what is not there can be passed over",
    () =>
      Effect.map(
        bulkTaskInstances({
          ...quick,
          actions: [{ action: "delete", entities: ["nope"], action_on_non_existence: "skip" }]
        }),
        (outcome) =>
          assert.deepEqual(outcome, { create: null, update: null, delete: { success: [], errors: [] } })
      ),
    { since: "3.1", why: "there is no such operation before" }
  ),
  bulk(
    "deletes instances of a mapped task, of any run with ~ since 3.2",
    (target) =>
      Effect.gen(function* () {
        const run = yield* finish(target, "mapped")
        const everywhere = isSince(target.version, "3.2")
        const outcome = yield* bulkTaskInstances({
          ...(everywhere ? { dag_id: "~", dag_run_id: "~" } : run),
          actions: [
            {
              action: "delete",
              entities: [0, 4].map((map_index) => ({
                task_id: "square",
                map_index,
                ...(everywhere ? run : {})
              }))
            }
          ]
        })
        assert.deepEqual(outcome.delete?.errors, [])
        assert.equal(outcome.delete?.success.length, 2)
        const { task_instances } = yield* TaskInstances.getMappedTaskInstances({ ...run, task_id: "square" })
        assert.deepEqual(
          task_instances.map(({ map_index }) => map_index),
          [1, 2, 3]
        )
      }),
    { since: "3.1", why: "there is no such operation before" }
  ),
  bulk(
    "422: a note that is too long, by the name of its field",
    () =>
      Effect.map(
        refused(
          bulkTaskInstances({
            ...quick,
            actions: [{ action: "update", entities: [{ task_id: "hello", note: "x".repeat(1001) }] }]
          }),
          "UnprocessableContent"
        ),
        ({ problem }) => {
          assert.match(problem?.errors?.[0]?.field ?? "", /^body\.actions\[0\]\..*entities\[0\].*note$/)
          assert.equal(problem?.errors?.[0]?.type, "string_too_long")
        }
      ),
    { since: "3.1", why: "there is no such operation before" }
  ),
  bulk(
    "403: a viewer may not",
    () =>
      Effect.asVoid(
        refused(
          bulkTaskInstances({
            ...quick,
            actions: [{ action: "update", entities: [{ task_id: "hello", note: "x" }] }]
          }),
          "Forbidden"
        )
      ),
    { since: "3.1", why: "there is no such operation before", ...viewer }
  ),
  bulk(
    "405: there is no such operation",
    () =>
      Effect.map(
        refused(
          bulkTaskInstances({
            ...quick,
            actions: [{ action: "delete", entities: ["hello"] }]
          }),
          "UnexpectedStatus"
        ),
        ({ problem, status }) => {
          assert.equal(status, 405)
          assert.deepEqual(problem, { detail: "Method Not Allowed" })
        }
      ),
    { before: "3.1", why: "there is one since then" }
  ),
  remove(
    "it is gone, and is 404 from then on",
    (target) =>
      Effect.gen(function* () {
        const task = { ...(yield* finish(target, "quick")), task_id: "hello" }
        assert.equal(yield* deleteTaskInstance(task), undefined)
        yield* refused(TaskInstances.getTaskInstance(task), "NotFound")
        yield* refused(deleteTaskInstance(task), "NotFound")
      }),
    { since: "3.1", why: "there is no such operation before" }
  ),
  remove(
    "an instance of a mapped task",
    (target) =>
      Effect.gen(function* () {
        const task = { ...(yield* finish(target, "mapped")), task_id: "square" }
        yield* deleteTaskInstance({ ...task, map_index: 4 })
        const { task_instances } = yield* TaskInstances.getMappedTaskInstances(task)
        assert.deepEqual(
          task_instances.map(({ map_index }) => map_index),
          [0, 1, 2, 3]
        )
        yield* refused(deleteTaskInstance(task), "NotFound")
      }),
    { since: "3.1", why: "there is no such operation before" }
  ),
  remove("403: a viewer may not", () => Effect.asVoid(refused(deleteTaskInstance(hello), "Forbidden")), {
    since: "3.1",
    why: "there is no such operation before",
    ...viewer
  }),
  remove(
    "405: there is no such operation",
    () =>
      Effect.map(refused(deleteTaskInstance(hello), "UnexpectedStatus"), ({ status }) =>
        assert.equal(status, 405)
      ),
    { before: "3.1", why: "there is one since then" }
  )
]

export const cases = [...patches, ...clears, ...many]
