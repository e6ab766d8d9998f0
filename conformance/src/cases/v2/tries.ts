/** Attempts, dependencies and links over API v2. */
import * as TaskInstanceTries from "@effect-airflow/core/v2/TaskInstanceTries"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import * as Effect from "effect/Effect"
import * as assert from "../../assert.js"
import { byVersion, group, isSince } from "../../suite.js"
import { finish, hello, refused, square, start, until, whole, zulu } from "./common.js"

const tries = group("v2 getTaskInstanceTries", { api: "v2" })
const mappedTries = group("v2 getMappedTaskInstanceTries", { api: "v2" })
const details = group("v2 getTaskInstanceTryDetails", { api: "v2" })
const dependencies = group("v2 getTaskInstanceDependencies", { api: "v2" })
const links = group("v2 getExtraLinks", { api: "v2" })

const missing = (
  { dag_id, dag_run_id, task_id }: TaskInstances.TaskParams,
  map_index = -1,
  try_number?: number
) =>
  `The Task Instance with dag_id: \`${dag_id}\`, run_id: \`${dag_run_id}\`, task_id: \`${task_id}\`${
    try_number === undefined ? "" : `, try_number: \`${try_number}\``
  } and map_index: \`${map_index}\` was not found`

export const cases = [
  tries("three attempts in their order, and what the server sends of each", (target) =>
    Effect.gen(function* () {
      const run = yield* finish(target, "flaky")
      const task = { ...run, task_id: "fails_twice" }
      const found = yield* whole(target, TaskInstanceTries.getTaskInstanceTries(task))
      assert.equal(found.total_entries, 3)
      assert.deepEqual(
        found.task_instances.map(({ max_tries, state, try_number }) => [try_number, state, max_tries]),
        [
          [1, "failed", 2],
          [2, "failed", 2],
          [3, "success", 2]
        ]
      )
      for (const attempt of found.task_instances) {
        assert.match(attempt.start_date ?? "", zulu)
        assert.equal(Object.keys(attempt).length, byVersion(target, ["3.0", 24], ["3.1", 26]))
        const { json } = yield* Effect.promise(() =>
          target.request(
            `/dags/flaky/dagRuns/${run.dag_run_id}/taskInstances/fails_twice/tries/${attempt.try_number}`
          )
        )
        assert.deepEqual(attempt, json)
        const alone = { ...task, task_try_number: attempt.try_number }
        assert.deepEqual(yield* TaskInstanceTries.getTaskInstanceTryDetails(alone), attempt)
      }
      // Each has a log of its own.
      for (const try_number of [1, 2, 3]) {
        const { content } = yield* TaskInstances.getLog({ ...task, try_number })
        assert.ok(content.some(({ event }) => event === `attempt ${try_number} starts`))
      }
    })
  ),
  tries("one attempt", () =>
    Effect.map(TaskInstanceTries.getTaskInstanceTries(hello), ({ task_instances }) =>
      assert.deepEqual(
        task_instances.map(({ try_number }) => try_number),
        [1]
      )
    )
  ),
  tries("of an instance of a mapped task, by a query", () =>
    Effect.map(TaskInstanceTries.getTaskInstanceTries({ ...square, map_index: 3 }), ({ task_instances }) =>
      assert.deepEqual(
        task_instances.map((row) => [row.map_index, row.try_number, row.state]),
        [[3, 1, "failed"]]
      )
    )
  ),
  ...[
    { what: "an unknown task", ids: { ...hello, task_id: "nope" } },
    { what: "an unknown run", ids: { ...hello, dag_run_id: "nope" } },
    { what: "a mapped task without its index", ids: square }
  ].map(({ ids, what }) =>
    tries(`404: ${what}`, () =>
      Effect.map(refused(TaskInstanceTries.getTaskInstanceTries(ids), "NotFound"), ({ problem }) =>
        assert.deepEqual(problem, { detail: missing(ids) })
      )
    )
  ),
  mappedTries("the same as by a query", () =>
    Effect.gen(function* () {
      const ids = { ...square, map_index: 1 }
      assert.deepEqual(
        yield* TaskInstanceTries.getMappedTaskInstanceTries(ids),
        yield* TaskInstanceTries.getTaskInstanceTries(ids)
      )
      const attempt = { ...ids, task_try_number: 1 }
      const alone = yield* TaskInstanceTries.getMappedTaskInstanceTryDetails(attempt)
      assert.deepEqual([alone.map_index, alone.try_number, alone.state], [1, 1, "success"])
      assert.deepEqual(yield* TaskInstanceTries.getTaskInstanceTryDetails(attempt), alone)
    })
  ),
  mappedTries("404: an index beyond the last", () =>
    Effect.map(
      refused(TaskInstanceTries.getMappedTaskInstanceTries({ ...square, map_index: 5 }), "NotFound"),
      ({ problem }) => assert.deepEqual(problem, { detail: missing(square, 5) })
    )
  ),
  ...[0, 2, 99].map((task_try_number) =>
    details(`404: attempt ${task_try_number}`, () =>
      Effect.map(
        refused(TaskInstanceTries.getTaskInstanceTryDetails({ ...hello, task_try_number }), "NotFound"),
        ({ problem }) => assert.deepEqual(problem, { detail: missing(hello, -1, task_try_number) })
      )
    )
  ),
  dependencies("none of a task that is over", () =>
    Effect.gen(function* () {
      for (const found of [
        yield* TaskInstanceTries.getTaskInstanceDependencies(hello),
        yield* TaskInstanceTries.getTaskInstanceDependencies({ ...square, map_index: 0 }),
        yield* TaskInstanceTries.getTaskInstanceDependenciesByMapIndex({ ...square, map_index: 0 })
      ]) {
        assert.deepEqual(found, { dependencies: [] })
      }
    })
  ),
  dependencies("of a task that waits for another", (target) =>
    Effect.gen(function* () {
      const run = yield* start(target, "expanding")
      const state = (task_id: string) =>
        Effect.catchTag(TaskInstances.getTaskInstance({ ...run, task_id }), "NotFound", () =>
          Effect.succeed({ state: undefined })
        )
      yield* until(state("split"), (row) => row.state === "running")
      const { dependencies } = yield* TaskInstanceTries.getTaskInstanceDependencies({
        ...run,
        task_id: "join"
      })
      const rule = dependencies.find(({ name }) => name === "Trigger Rule")
      assert.match(
        rule?.reason ?? "",
        /^Task's trigger rule 'all_success' requires all upstream tasks to have succeeded, but found 1 non-success/
      )
    })
  ),
  dependencies("404: an unknown task, said in a list on 3.1 and later", (target) =>
    Effect.map(
      refused(TaskInstanceTries.getTaskInstanceDependencies({ ...hello, task_id: "nope" }), "NotFound"),
      ({ problem }) =>
        assert.deepEqual(problem, {
          detail: byVersion(
            target,
            ["3.0", "Task Instance not found for dag_id=quick, run_id=c1, task_id=nope"],
            ["3.1", missing({ ...hello, task_id: "nope" })]
          )
        })
    )
  ),
  links("a link to the run that was triggered", () =>
    Effect.map(
      TaskInstances.getExtraLinks({ dag_id: "links", dag_run_id: "c1", task_id: "trigger" }),
      (found) => {
        assert.deepEqual(Object.keys(found), ["Triggered DAG"])
        assert.match(found["Triggered DAG"]!, /^\/dags\/quick\/runs\/manual__\d{4}-.*\+00:00$/)
      }
    )
  ),
  links("no links, of a mapped instance too", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* TaskInstances.getExtraLinks(hello), {})
      assert.deepEqual(yield* TaskInstances.getExtraLinks({ ...square, map_index: 1 }), {})
    })
  ),
  links("404: an unknown task, run and DAG", (target) =>
    Effect.gen(function* () {
      const say = (ids: Partial<typeof hello>) =>
        Effect.map(
          refused(TaskInstances.getExtraLinks({ ...hello, ...ids }), "NotFound"),
          ({ problem }) => problem?.detail
        )
      const gone = "TaskInstance not found"
      assert.deepEqual(
        [yield* say({ task_id: "nope" }), yield* say({ dag_run_id: "nope" }), yield* say({ dag_id: "nope" })],
        byVersion<ReadonlyArray<string>>(
          target,
          ["3.0", ["Task with ID = nope not found", gone, "DAG with ID = nope not found"]],
          ["3.1", ["Task with ID = nope not found", gone, "The Dag with ID: `nope` was not found"]],
          ["3.3", [gone, gone, gone]]
        )
      )
    })
  ),
  links("404: an attempt that there was not; before 3.2.2 it is ignored", (target) =>
    isSince(target.version, "3.2.2")
      ? Effect.asVoid(refused(TaskInstances.getExtraLinks({ ...hello, try_number: 9 }), "NotFound"))
      : Effect.map(TaskInstances.getExtraLinks({ ...hello, try_number: 9 }), (found) =>
          assert.deepEqual(found, {})
        )
  )
]
