/** What works on any server, whichever API it speaks: the cases here hold on all. */
import * as Airflow from "@effect-airflow/core/Airflow"
import * as Auth from "@effect-airflow/core/Auth"
import type { TaskInstance } from "@effect-airflow/core/TaskInstance"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as assert from "../../assert.js"
import { byVersion, type Case, group, isSince, oddRunId, unauthenticated } from "../../suite.js"
import {
  as,
  fails,
  finish,
  hello,
  mapped,
  never,
  notSent,
  quick,
  refused,
  square,
  until,
  wide,
  writing
} from "./common.js"

const { taskInstances } = Airflow

const server = group("Server")
const get = group("Airflow.taskInstances.get")
const list = group("Airflow.taskInstances.list")
const other = group("Airflow.taskInstances")
// On 3.0 to 3.2 the order of a request gets into others that are under way.
const ordered = group("Airflow.taskInstances", { alone: true })
const runs = group("Airflow.triggerDagRun")
const unsupported = group("Unsupported", { alone: true })

const rowsOf = <E, R>(stream: Stream.Stream<TaskInstance, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const allOnce = (rows: ReadonlyArray<TaskInstance>) => {
  assert.equal(rows.length, 150)
  assert.equal(new Set(rows.map(({ task_id }) => task_id)).size, 150)
  assert.ok(rows.every(({ dag_id, state }) => dag_id === "wide" && state === "success"))
}

export const cases: ReadonlyArray<Case> = [
  server(
    "its API and its version, for anybody",
    (target) =>
      Effect.map(Airflow.server.detect, (found) =>
        assert.deepEqual(found, { api: target.api, version: target.version })
      ),
    "stranger"
  ),
  server("found again after it was forgotten", (target) =>
    Effect.map(Airflow.server.detectAgain, ({ version }) => assert.equal(version, target.version))
  ),
  server("a path that is not Airflow's is no Airflow", (target) =>
    as(target, { baseUrl: `${target.baseUrl}/nope`, auth: Auth.none })(
      Effect.map(Effect.flip(Airflow.taskInstances.get(hello)), (error) => {
        assert.ok(error._tag === "NotAirflow", `it is a ${error._tag}`)
        assert.equal(error.found, target.api === "v2" ? "AirflowPage" : "NotFound")
        assert.equal(error.baseUrl, `${target.baseUrl}/nope`)
      })
    )
  ),
  server("a base URL that ends with its API's path", (target) =>
    as(target, { baseUrl: `${target.baseUrl}/api/${target.api}/` })(
      Effect.map(taskInstances.get(hello), ({ api, state }) =>
        assert.deepEqual([api, state], [target.api, "success"])
      )
    )
  ),
  server("what it can, by its version", (target) =>
    Effect.gen(function* () {
      const can = {
        tries: isSince(target.version, "2.10"),
        batchPaging: isSince(target.version, "2.10.3"),
        logRecords: target.api === "v2",
        bulk: isSince(target.version, "3.1"),
        patternFilters: isSince(target.version, "3.2"),
        cursor: isSince(target.version, "3.2.2")
      }
      for (const [capability, expected] of Object.entries(can)) {
        assert.equal(yield* Airflow.supports(capability as keyof typeof can), expected, capability)
      }
    })
  ),
  get("a task that succeeded", (target) =>
    Effect.map(taskInstances.get(hello), (row) => {
      assert.equal(row.api, target.api)
      assert.deepEqual(
        [row.dag_id, row.dag_run_id, row.task_id, row.map_index, row.try_number, row.max_tries, row.state],
        ["quick", "c1", "hello", -1, 1, 0, "success"]
      )
      assert.deepEqual(
        [row.task_display_name, row.operator, row.pool, row.pool_slots, row.queue, row.priority_weight],
        ["hello", "_PythonDecoratedOperator", "default_pool", 1, "default", 2]
      )
      assert.deepEqual([row.note, row.rendered_map_index, row.executor], [null, null, null])
      assert.ok(typeof row.duration === "number" && row.hostname !== null && row.pid! > 0)
      assert.equal(row.logical_date, row.api === "v1" ? row.raw.execution_date : null)
      assert.ok(row.start_date! < row.end_date!)
      assert.equal(row.raw.task_id, "hello")
    })
  ),
  get("odd ids, and ids with letters beyond ASCII", () =>
    Effect.gen(function* () {
      assert.equal((yield* taskInstances.get({ ...hello, dag_run_id: oddRunId })).dag_run_id, oddRunId)
      const { state } = yield* taskInstances.get({
        dag_id: "größe",
        dag_run_id: "c1",
        task_id: "messen.µ-1"
      })
      assert.equal(state, "success")
    })
  ),
  get("an instance of a mapped task, and -1 for one that is not", (target) =>
    Effect.gen(function* () {
      const row = yield* taskInstances.get({ ...square, map_index: 3 })
      assert.deepEqual([row.map_index, row.state], [3, "failed"])
      assert.equal(row.rendered_map_index, byVersion<string | null>(target, ["2.0", null], ["2.9", "4"]))
      assert.equal((yield* taskInstances.get({ ...hello, map_index: -1 })).task_id, "hello")
    })
  ),
  get("one that has not run", () =>
    Effect.map(taskInstances.get(never), (row) =>
      assert.deepEqual([row.state, row.try_number, row.hostname, row.pid], ["upstream_failed", 0, null, null])
    )
  ),
  get("404: an unknown task, and a mapped one without its index", () =>
    Effect.gen(function* () {
      yield* refused(taskInstances.get({ ...hello, task_id: "nope" }), "NotFound")
      yield* refused(taskInstances.get(square), "NotFound")
    })
  ),
  get(
    "401: a wrong password",
    (target) => Effect.asVoid(refused(taskInstances.get(hello), unauthenticated(target))),
    { who: "impostor" }
  ),
  list("a page, and its count", (target) =>
    Effect.map(taskInstances.list({ ...wide, limit: 7, offset: 140 }), (page) => {
      assert.deepEqual([page.api, page.task_instances.length, page.total_entries], [target.api, 7, 150])
      assert.equal(page.next_cursor, null)
    })
  ),
  list("filters", () =>
    Effect.gen(function* () {
      const failed = yield* taskInstances.list({ ...mapped, state: ["failed"] })
      assert.deepEqual(
        failed.task_instances.map(({ map_index }) => map_index),
        [3]
      )
      const count = (filters: object) =>
        Effect.map(taskInstances.list({ ...mapped, ...filters }), ({ total_entries }) => total_entries)
      assert.equal(yield* count({ pool: ["nope"] }), 0)
      assert.equal(yield* count({ start_date_gte: new Date("2020-01-01") }), 6)
      assert.equal(yield* count({ end_date_lte: "2020-01-01T00:00:00Z", duration_lte: 1000 }), 0)
      assert.equal(yield* count({ state: [null] }), 0)
    })
  ),
  list("an unknown run: empty on Airflow 2, 404 on Airflow 3", (target) =>
    target.api === "v1"
      ? Effect.map(taskInstances.list({ ...quick, dag_run_id: "nope" }), (page) =>
          assert.deepEqual([page.task_instances, page.total_entries], [[], 0])
        )
      : Effect.asVoid(refused(taskInstances.list({ ...quick, dag_run_id: "nope" }), "NotFound"))
  ),
  ...[13, 1000].map((limit) =>
    list(`all rows once, in pages of ${limit}`, () =>
      Effect.map(rowsOf(taskInstances.listAll({ ...wide, limit })), allOnce)
    )
  ),
  ordered("listMapped: in the order of the map index, and back", () =>
    Effect.gen(function* () {
      const indexes = (params: object) =>
        Effect.map(taskInstances.listMapped({ ...square, ...params }), ({ task_instances }) =>
          task_instances.map(({ map_index }) => map_index)
        )
      assert.deepEqual(yield* indexes({}), [0, 1, 2, 3, 4])
      assert.deepEqual(yield* indexes({ order_by: "map_index", limit: 2, offset: 2 }), [2, 3])
      assert.deepEqual(yield* indexes({ order_by: "-map_index" }), [4, 3, 2, 1, 0])
    })
  ),
  ordered("listMappedAll: each instance once", () =>
    Effect.map(rowsOf(taskInstances.listMappedAll({ ...square, limit: 2 })), (rows) =>
      assert.deepEqual(
        rows.map(({ map_index }) => map_index),
        [0, 1, 2, 3, 4]
      )
    )
  ),
  other("listMapped 404: a task that is not mapped", () =>
    Effect.asVoid(refused(taskInstances.listMapped(hello), "NotFound"))
  ),
  other("batch: of some DAGs, by state", () =>
    Effect.map(
      taskInstances.batch({ dag_ids: ["failing", "mapped"], dag_run_ids: ["c1"], state: ["failed"] }),
      ({ task_instances }) =>
        assert.deepEqual(task_instances.map(({ task_id }) => task_id).sort(), ["fails", "square"])
    )
  ),
  other("batchAll: each row once", () =>
    Effect.map(rowsOf(taskInstances.batchAll({ dag_ids: ["wide"], dag_run_ids: ["c1"] })), allOnce)
  ),
  other("links: one, and none", () =>
    Effect.gen(function* () {
      const links = yield* taskInstances.links({ dag_id: "links", dag_run_id: "c1", task_id: "trigger" })
      assert.deepEqual(Object.keys(links), ["Triggered DAG"])
      assert.match(links["Triggered DAG"]!, /^\/dags\/quick\/(?:grid|runs)/)
      assert.deepEqual(yield* taskInstances.links({ ...hello, map_index: -1 }), {})
    })
  ),
  other("log: of a task that is over", (target) =>
    Effect.gen(function* () {
      const page = yield* taskInstances.log({ ...hello, try_number: 1 })
      assert.deepEqual([page.api, page.ended], [target.api, true])
      assert.match(page.text, /hello from quick\n/)
      assert.equal(page.records === null, target.api === "v1")
      const failed = yield* taskInstances.log({ ...fails, try_number: 1 })
      assert.match(failed.text, /ValueError: fails on purpose/)
      const third = yield* taskInstances.log({ ...square, map_index: 2, try_number: 1 })
      assert.match(third.text, /square of 3 is 9/)
    })
  ),
  other("tries: three attempts, where there is such a list", (target) =>
    Effect.gen(function* () {
      const task = { ...(yield* finish(target, "flaky")), task_id: "fails_twice" }
      if (!(yield* Airflow.supports("tries"))) return yield* notSent(taskInstances.tries(task), "Unsupported")
      const attempts = yield* taskInstances.tries(task)
      assert.deepEqual(
        attempts.map(({ state, try_number }) => [try_number, state]),
        [
          [1, "failed"],
          [2, "failed"],
          [3, "success"]
        ]
      )
      assert.ok(attempts.every(({ api }) => api === target.api))
    })
  ),
  other("tries: of an instance of a mapped task", (target) =>
    isSince(target.version, "2.10")
      ? Effect.map(taskInstances.tries({ ...square, map_index: 3 }), (attempts) =>
          assert.deepEqual(
            attempts.map((row) => [row.map_index, row.try_number, row.state]),
            [[3, 1, "failed"]]
          )
        )
      : notSent(taskInstances.tries({ ...square, map_index: 3 }), "Unsupported")
  ),
  other("dependencies: none of a task that is over", (target) =>
    isSince(target.version, "2.10")
      ? Effect.map(taskInstances.dependencies(hello), (found) => assert.deepEqual(found, []))
      : notSent(taskInstances.dependencies(hello), "Unsupported")
  ),
  other("setNote", (target) =>
    Effect.gen(function* () {
      const task = { ...(yield* finish(target, "quick")), task_id: "hello" }
      const row = yield* taskInstances.setNote({ ...task, note: "grüße" })
      assert.deepEqual([row.task_id, row.note], ["hello", "grüße"])
      assert.equal((yield* taskInstances.get(task)).note, "grüße")
    })
  ),
  other("setState, and once more", (target) =>
    Effect.gen(function* () {
      const task = { ...(yield* finish(target, "quick")), task_id: "bye" }
      for (const _ of [1, 2]) {
        const row = yield* taskInstances.setState({ ...task, new_state: "failed" })
        assert.deepEqual([row.task_id, row.state], ["bye", "failed"])
      }
      assert.equal((yield* taskInstances.get({ ...task, task_id: "hello" })).state, "success")
    })
  ),
  other("clear: only looks, and then does it", (target) =>
    Effect.gen(function* () {
      // (The second task of a run may begin with attempt 2 on 2.11.2, whose scheduler then counts twice.)
      const run = yield* finish(target, "quick")
      const of = { ...run, task_ids: ["hello"], only_failed: false }
      const would = yield* taskInstances.clear(of)
      assert.deepEqual(
        would.map(({ dag_id, dag_run_id, task_id }) => [dag_id, dag_run_id, task_id]),
        [["quick", run.dag_run_id, "hello"]]
      )
      assert.equal((yield* taskInstances.get({ ...run, task_id: "hello" })).try_number, 1)
      yield* writing(taskInstances.clear({ ...of, dry_run: false }))
      const again = yield* until(
        taskInstances.get({ ...run, task_id: "hello" }),
        ({ state, try_number }) => state === "success" && try_number === 2
      )
      assert.equal(again.max_tries, 1)
    })
  ),
  runs("twice: it is one run", (target) =>
    Effect.gen(function* () {
      const run = { dag_id: "skips", dag_run_id: `twice-${Date.now().toString(36)}` }
      const conf = { text: "grüße", number: 1.5, list: [1, null, { deep: true }] }
      const first = yield* Airflow.triggerDagRun({ ...run, conf })
      assert.deepEqual([first.api, first.dag_id, first.dag_run_id], [target.api, run.dag_id, run.dag_run_id])
      const second = yield* Airflow.triggerDagRun({ ...run, conf: {} })
      assert.deepEqual([second.dag_run_id, second.conf], [run.dag_run_id, conf])
      assert.equal(second.data_interval_start, first.data_interval_start)
      yield* Effect.promise(() => target.finished(run.dag_id, run.dag_run_id))
      const third = yield* Airflow.triggerDagRun(run)
      assert.deepEqual([third.state, Airflow.dagRuns.isTerminalRun(third.state)], ["success", true])
      assert.deepEqual((yield* Airflow.dagRuns.get(run)).conf, conf)
    })
  ),
  runs("404: an unknown DAG", () =>
    Effect.asVoid(refused(Airflow.triggerDagRun({ dag_id: "nope", dag_run_id: "r" }), "NotFound"))
  ),
  runs(
    "403: a viewer may not",
    () =>
      Effect.asVoid(refused(Airflow.triggerDagRun({ dag_id: "quick", dag_run_id: "viewers" }), "Forbidden")),
    "viewer"
  ),
  unsupported("a parameter that the version does not know is not sent", (target) =>
    Effect.gen(function* () {
      const { version } = target
      const ask = [
        ["2.10", "executor", taskInstances.list({ ...quick, executor: ["LocalExecutor"] })],
        ["3.0", "order_by", taskInstances.list({ ...quick, order_by: "start_date" })],
        ["3.0", "task_id", taskInstances.list({ ...quick, task_id: "hello" })],
        ["3.1", "order_by", taskInstances.list({ ...quick, order_by: ["start_date", "id"] })],
        ["3.1", "start_date_gt", taskInstances.list({ ...quick, start_date_gt: new Date("2020-01-01") })],
        ["3.2", "dag_id_pattern", taskInstances.list({ ...quick, dag_id_pattern: "quick" })],
        ["3.2.2", "cursor", taskInstances.list({ ...quick, cursor: "" })],
        ["3.2.2", "try_number", taskInstances.links({ ...hello, try_number: 1 })],
        ["2.10.3", "limit", taskInstances.batch({ limit: 1 })],
        ["3.1.1", "task_ids", taskInstances.clear({ ...mapped, task_ids: [["square", 0]] })],
        ["3.2", "prevent_running_task", taskInstances.clear({ ...quick, prevent_running_task: true })],
        ["3.3", "note", taskInstances.clear({ ...quick, note: "x" })],
        ["3.3", "state", taskInstances.list({ ...quick, state: ["awaiting_input"] })]
      ] as const
      let left = 0
      for (const [since, field, call] of ask) {
        if (isSince(version, since)) yield* call
        else {
          left++
          yield* notSent(call, "Unsupported", field)
        }
      }
      target.say(`${ask.length - left} of ${ask.length} were sent`)
    })
  ),
  unsupported("nor one that no version knows", () =>
    notSent(taskInstances.get({ ...hello, bogus: 1 } as typeof hello), "InvalidInput", "bogus")
  )
]
