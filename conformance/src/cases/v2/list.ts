/** Lists of task instances over API v2: those of a run, and of a mapped task. */
import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as assert from "../../assert.js"
import { byVersion, group, isSince, oddRunId } from "../../suite.js"
import { fails, hello, mapped, quick, refused, square, whole, wide } from "./common.js"

const test = group("v2 getTaskInstances", { api: "v2" })
const instances = group("v2 getMappedTaskInstances", { api: "v2" })

// On 3.0 to 3.2 the order of a request gets into others that are under way: what sends or looks at one is run alone.
const ordered = group("v2 getTaskInstances", { api: "v2", alone: true })
const orderedInstances = group("v2 getMappedTaskInstances", { api: "v2", alone: true })
const orderedBatch = group("v2 getTaskInstancesBatch", { api: "v2", alone: true })

const list = TaskInstances.getTaskInstances

type Filters = Partial<TaskInstances.GetTaskInstancesParams>

const count = (params: Filters) =>
  Effect.map(list({ ...mapped, ...params }), ({ total_entries }) => total_entries)

const indexes = (params: Filters) =>
  Effect.map(list({ ...mapped, ...params }), ({ task_instances }) =>
    task_instances.map(({ map_index }) => map_index)
  )

/** What stands beside the rows where there is no cursor. */
const noCursor = (target: Parameters<typeof byVersion>[0]) =>
  byVersion<object>(
    target,
    ["3.0", {}],
    ["3.2.2", { next_cursor: null, previous_cursor: null }],
    ["3.3.2", { next_cursor: null, previous_cursor: null, total_entries_limit: null }]
  )

/** How many rows come where more are asked for. */
const most = (target: Parameters<typeof byVersion>[0]) => byVersion(target, ["3.0", 150], ["3.1.7", 100])

/** All rows of `wide`, each once. */
const allOnce = (params: Filters) =>
  Effect.map(Stream.runCollect(Pagination.items(list, { ...wide, ...params })), (rows) => {
    assert.equal(Chunk.size(rows), 150)
    assert.equal(new Set(Chunk.map(rows, ({ task_id }) => task_id)).size, 150)
  })

const lists = [
  test("the tasks of a run", () =>
    Effect.map(list(quick), (page) => {
      assert.deepEqual(page.task_instances.map(({ task_id }) => task_id).sort(), ["bye", "hello"])
      assert.equal(page.total_entries, 2)
    })),
  ordered("its rows are what the server sends, and nothing of them is left out", (target) =>
    Effect.gen(function* () {
      const page = yield* whole(target, list(mapped))
      const { json } = yield* Effect.promise(() => target.request("/dags/mapped/dagRuns/c1/taskInstances"))
      assert.deepEqual(page, json)
      assert.deepEqual(
        Object.keys(page).sort(),
        Object.keys({ task_instances: 0, total_entries: 0, ...noCursor(target) }).sort()
      )
    })
  ),
  ordered("the rendered fields of a row", (target) =>
    Effect.map(list({ ...quick, order_by: "start_date" }), ({ task_instances: [row] }) =>
      assert.deepEqual(
        row?.rendered_fields,
        byVersion<object>(target, ["3.0", {}], ["3.3", { op_args: [], op_kwargs: {}, templates_dict: null }])
      )
    )
  ),
  ordered("the instances of a mapped task are rows, in the order of their index", () =>
    Effect.map(indexes({}), (found) => assert.deepEqual(found, [-1, 0, 1, 2, 3, 4]))
  ),
  test("an odd run id", () =>
    Effect.map(list({ ...quick, dag_run_id: oddRunId }), (page) => assert.equal(page.total_entries, 2))),
  test("ids with letters beyond ASCII", () =>
    Effect.map(list({ dag_id: "größe", dag_run_id: "c1" }), ({ task_instances }) =>
      assert.deepEqual(
        task_instances.map(({ task_id }) => task_id),
        ["messen.µ-1"]
      )
    )),
  test("404: an unknown run", (target) =>
    Effect.map(refused(list({ ...quick, dag_run_id: "nope" }), "NotFound"), ({ problem }) =>
      assert.equal(
        problem?.detail,
        byVersion(
          target,
          ["3.0", "DagRun with run_id: `nope` was not found"],
          ["3.2", "DagRun with dag_id: `quick` and run_id: `nope` was not found"]
        )
      )
    )),
  test("404: an unknown DAG", (target) =>
    Effect.map(refused(list({ dag_id: "nope", dag_run_id: "~" }), "NotFound"), ({ problem }) =>
      assert.equal(
        problem?.detail,
        byVersion(
          target,
          ["3.0", "DAG with dag_id: `nope` was not found"],
          ["3.1", "The Dag with ID: `nope` was not found"]
        )
      )
    )),
  test("~ for the run: all runs of a DAG", () =>
    Effect.map(list({ dag_id: "quick", dag_run_id: "~", run_after_gte: "2020-01-01T00:00:00Z" }), (page) => {
      const runs = new Set(page.task_instances.map(({ dag_run_id }) => dag_run_id))
      assert.ok(runs.has("c1") && runs.has(oddRunId))
      assert.ok(page.task_instances.every(({ dag_id }) => dag_id === "quick"))
    })),
  test("~ for the DAG and the run: everything", () =>
    Effect.map(list({ dag_id: "~", dag_run_id: "~", limit: 1 }), (page) => {
      assert.equal(page.task_instances.length, 1)
      assert.ok(page.total_entries! > 160)
    })),
  test(
    "~ for the DAG of a run: those of that name",
    () =>
      Effect.map(list({ dag_id: "~", dag_run_id: oddRunId }), ({ task_instances }) =>
        assert.deepEqual(task_instances.map(({ task_id }) => task_id).sort(), ["bye", "hello"])
      ),
    { before: "3.2", why: "it is a 400 since then" }
  ),
  test(
    "400: ~ for the DAG of a run",
    () =>
      Effect.map(refused(list({ dag_id: "~", dag_run_id: "c1" }), "BadRequest"), ({ problem }) =>
        assert.deepEqual(problem, { detail: "dag_id is required when dag_run_id is specified" })
      ),
    { since: "3.2", why: "before, it stands for all DAGs" }
  ),
  test("the first page holds 50", () =>
    Effect.map(list(wide), (page) => {
      assert.equal(page.task_instances.length, 50)
      assert.equal(page.total_entries, 150)
    })),
  test("a limit above 100", (target) =>
    Effect.map(list({ ...wide, limit: 500 }), (page) => {
      assert.equal(page.task_instances.length, most(target))
      assert.equal(page.total_entries, 150)
    })),
  ordered("limit and offset cut a page out", () =>
    Effect.gen(function* () {
      const { task_instances } = yield* list({ ...wide, limit: 100 })
      const page = yield* list({ ...wide, limit: 7, offset: 60 })
      assert.deepEqual(page.task_instances, task_instances.slice(60, 67))
      assert.equal((yield* list({ ...wide, limit: 7, offset: 148 })).task_instances.length, 2)
      assert.equal((yield* list({ ...wide, offset: 150 })).task_instances.length, 0)
    })
  ),
  test("limit 0 brings no rows, and the count", (target) =>
    Effect.map(list({ ...wide, limit: 0 }), (page) =>
      assert.deepEqual(page, { task_instances: [], total_entries: 150, ...noCursor(target) })
    )),
  ...[13, 100, 1000].map((limit) =>
    test(`all rows once by offset, in pages of ${limit}`, () => allOnce({ limit, offset: 0 }))
  ),
  ...[13, 100, 1000].map((limit) =>
    test(`all rows once, by cursor where there are some, in pages of ${limit}`, () => allOnce({ limit }))
  ),
  ordered("all rows once in an order of their own, by two keys where that is possible", () =>
    allOnce({ limit: 40, order_by: ["-start_date", "map_index"] })
  ),
  test("as many pages as there are", (target) =>
    Effect.map(Stream.runCollect(Pagination.pages(list, { ...wide, limit: 60 })), (pages) => {
      assert.deepEqual(
        Chunk.toReadonlyArray(pages).map((page) => page.task_instances.length),
        [60, 60, 30]
      )
      const cursors = Chunk.toReadonlyArray(pages).map(({ next_cursor }) => typeof next_cursor)
      assert.deepEqual(
        cursors,
        byVersion<ReadonlyArray<string>>(
          target,
          ["3.0", ["undefined", "undefined", "undefined"]],
          ["3.2.2", ["string", "string", "object"]]
        )
      )
    })),
  ordered(
    "cursors lead to the next page and back",
    (target) =>
      Effect.gen(function* () {
        const params = { ...wide, limit: 60 }
        const first = yield* list({ ...params, cursor: "" })
        assert.equal(first.previous_cursor, null)
        assert.deepEqual(
          [first.total_entries, first.total_entries_limit],
          byVersion<ReadonlyArray<number | null | undefined>>(
            target,
            ["3.2.2", [null, undefined]],
            ["3.3.2", [150, 50_000]]
          )
        )
        const second = yield* list({ ...params, cursor: first.next_cursor! })
        const third = yield* list({ ...params, cursor: second.next_cursor! })
        assert.deepEqual([third.task_instances.length, third.next_cursor], [30, null])
        const back = yield* list({ ...params, cursor: third.previous_cursor! })
        assert.deepEqual(back.task_instances, second.task_instances)
      }),
    { since: "3.2.2", why: "there are no cursors before" }
  ),
  test(
    "a cursor is ignored",
    () =>
      Effect.map(list({ ...wide, cursor: "x", limit: 2 }), (page) => {
        assert.deepEqual([page.task_instances.length, page.total_entries], [2, 150])
        assert.equal(page.next_cursor, undefined)
      }),
    { before: "3.2.2", why: "there are cursors since then" }
  ),
  test(
    "400: a cursor that is none",
    () =>
      Effect.map(refused(list({ ...wide, cursor: "x" }), "BadRequest"), ({ problem }) =>
        assert.deepEqual(problem, { detail: "Invalid cursor token" })
      ),
    { since: "3.2.2", why: "before, it is ignored" }
  ),
  ordered("an order", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* indexes({ order_by: "-map_index" }), [4, 3, 2, 1, 0, -1])
      assert.equal((yield* indexes({ order_by: "state" }))[0], 3)
      assert.equal((yield* indexes({ order_by: "-state" })).at(-1), 3)
    })
  ),
  ordered("several orders; on 3.0 the last one counts", (target) =>
    Effect.map(indexes({ order_by: ["state", "-map_index"] }), (found) =>
      assert.deepEqual(found, byVersion(target, ["3.0", [4, 3, 2, 1, 0, -1]], ["3.1", [3, 4, 2, 1, 0, -1]]))
    )
  ),
  ordered("400: an order it does not know", () =>
    Effect.map(refused(list({ ...mapped, order_by: "nope" as "id" }), "BadRequest"), ({ problem }) =>
      assert.deepEqual(problem, {
        detail: "Ordering with 'nope' is disallowed or the attribute does not exist on the model"
      })
    )
  ),
  test("a state, two, none", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* indexes({ state: ["failed"] }), [3])
      assert.equal(yield* count({ state: ["failed", "success"] }), 6)
      assert.equal(yield* count({ state: ["upstream_failed"] }), 0)
      assert.equal(yield* count({ state: [null] }), 0)
      assert.equal(yield* count({ state: [null, "failed"] }), 1)
    })),
  test("pool, queue, executor", () =>
    Effect.gen(function* () {
      assert.equal(yield* count({ pool: ["default_pool"], queue: ["default", "other"] }), 6)
      for (const filter of [{ pool: ["nope"] }, { queue: ["a,b"] }, { executor: ["nope"] }]) {
        assert.equal(yield* count(filter), 0)
      }
    })),
  test("the version of the DAG", () =>
    Effect.gen(function* () {
      assert.equal(yield* count({ version_number: [1, 7] }), 6)
      assert.equal(yield* count({ version_number: [99] }), 0)
    })),
  test("a task, by its id", () =>
    Effect.map(count({ task_id: "square" }), (total) => assert.equal(total, 5))),
  test("a task, by a pattern of its name; before 3.2 of a mapped task one instance, and no alternatives", (target) =>
    Effect.gen(function* () {
      const [all, either] = byVersion(target, ["3.0", [1, 0]], ["3.2", [5, 6]])
      assert.equal(yield* count({ task_display_name_pattern: "QUAR" }), all)
      assert.equal(yield* count({ task_display_name_pattern: "s%e" }), all)
      assert.equal(yield* count({ task_display_name_pattern: "s%e|numb" }), either)
      assert.equal(yield* count({ task_display_name_pattern: "nope" }), 0)
    })),
  test("try number, operator and map index; 3.0 ignores them", (target) =>
    Effect.gen(function* () {
      const narrowed = (total: number) => byVersion(target, ["3.0", 6], ["3.1", total])
      assert.equal(yield* count({ try_number: [2, 3] }), narrowed(0))
      assert.equal(yield* count({ try_number: [1] }), 6)
      assert.equal(yield* count({ operator: ["EmptyOperator"] }), narrowed(0))
      assert.equal(yield* count({ map_index: [0, 4] }), narrowed(2))
    })),
  test("patterns; before 3.2 they are ignored", (target) =>
    Effect.gen(function* () {
      const narrowed = (total: number) => byVersion(target, ["3.0", 6], ["3.2", total])
      for (const [filter, total] of [
        [{ dag_id_pattern: "MAP" }, 6],
        [{ dag_id_pattern: "nope" }, 0],
        [{ run_id_pattern: "c_" }, 6],
        [{ run_id_pattern: "d1" }, 0],
        [{ pool_name_pattern: "ault" }, 6],
        [{ pool_name_pattern: "nope" }, 0],
        [{ queue_name_pattern: "d%t" }, 6],
        [{ queue_name_pattern: "nope" }, 0],
        [{ operator_name_pattern: "@task" }, 6],
        [{ operator_name_pattern: "Empty" }, 0]
      ] as const) {
        assert.equal(yield* count(filter), narrowed(total), JSON.stringify(filter))
      }
    })),
  test("beginnings; before 3.2.2 they are ignored", (target) =>
    Effect.gen(function* () {
      const narrowed = (total: number) => byVersion(target, ["3.0", 6], ["3.2.2", total])
      for (const [filter, total] of [
        [{ task_display_name_prefix_pattern: "squ" }, 5],
        [{ task_display_name_prefix_pattern: "SQU" }, 0],
        [{ task_display_name_prefix_pattern: "quare|numb" }, 1],
        [{ dag_id_prefix_pattern: "apped" }, 0],
        [{ run_id_prefix_pattern: "c" }, 6],
        [{ pool_name_prefix_pattern: "default_" }, 6],
        [{ queue_name_prefix_pattern: "ault" }, 0],
        [{ operator_name_prefix_pattern: "@" }, 6],
        [{ rendered_map_index_pattern: "3" }, 1],
        [{ rendered_map_index_prefix_pattern: "4|5" }, 2]
      ] as const) {
        assert.equal(yield* count(filter), narrowed(total), JSON.stringify(filter))
      }
    })),
  test("dates as text, Date and with an offset", () =>
    Effect.gen(function* () {
      assert.equal(yield* count({ start_date_gte: "2020-01-01T00:00:00Z" }), 6)
      assert.equal(yield* count({ start_date_lte: new Date("2020-01-01") }), 0)
      assert.equal(yield* count({ end_date_gte: "2020-01-01T00:00:00.123456+02:00" }), 6)
      assert.equal(yield* count({ end_date_lte: "2020-01-01T00:00:00-05:00" }), 0)
      assert.equal(yield* count({ run_after_gte: new Date("2020-01-01") }), 6)
      assert.equal(yield* count({ run_after_lte: new Date("2020-01-01") }), 0)
      assert.equal(yield* count({ logical_date_gte: new Date("2020-01-01") }), 0)
      assert.equal(yield* count({ updated_at_gte: "2020-01-01T00:00:00Z" }), 6)
      assert.equal(yield* count({ updated_at_lte: "2020-01-01T00:00:00Z" }), 0)
    })),
  test("the bounds of a range, to the microsecond; 3.0 ignores those that leave the bound out", (target) =>
    Effect.gen(function* () {
      const { task_instances } = yield* list(mapped)
      const end_date = task_instances[2]!.end_date!
      const before = task_instances.filter((row) => row.end_date! < end_date).length
      const after = task_instances.filter((row) => row.end_date! > end_date).length
      assert.equal(yield* count({ end_date_gte: end_date, end_date_lte: end_date }), 6 - before - after)
      assert.equal(yield* count({ end_date_lte: end_date }), 6 - after)
      assert.equal(yield* count({ end_date_lt: end_date }), byVersion(target, ["3.0", 6], ["3.1", before]))
      assert.equal(yield* count({ end_date_gt: end_date }), byVersion(target, ["3.0", 6], ["3.1", after]))
    })),
  test("durations", () =>
    Effect.gen(function* () {
      assert.equal(yield* count({ duration_gte: 1000 }), 0)
      assert.equal(yield* count({ duration_lte: 1000.5 }), 6)
      assert.equal(yield* count({ duration_lte: -1000 }), 0)
      // The server takes a bound of 0 for none.
      assert.equal(yield* count({ duration_lte: 0 }), 6)
    })),
  test("a task group that there is not; before 3.1.6 it is ignored", (target) =>
    isSince(target.version, "3.1.6")
      ? Effect.map(refused(list({ ...mapped, task_group_id: "nope" }), "NotFound"), ({ problem }) => {
          assert.equal(problem?.title, "not_found")
          assert.match(problem?.detail ?? "", /nope/)
        })
      : Effect.map(count({ task_group_id: "nope" }), (total) => assert.equal(total, 6)))
]

const ofTask = (params: Partial<TaskInstances.GetMappedTaskInstancesParams>) =>
  Effect.map(TaskInstances.getMappedTaskInstances({ ...square, ...params }), ({ task_instances }) =>
    task_instances.map(({ map_index }) => map_index)
  )

const mappedLists = [
  orderedInstances("in the order of the map index, and what the server sends", (target) =>
    Effect.gen(function* () {
      const page = yield* whole(target, TaskInstances.getMappedTaskInstances(square))
      assert.deepEqual(
        page.task_instances.map(({ map_index }) => map_index),
        [0, 1, 2, 3, 4]
      )
      const { json } = yield* Effect.promise(() =>
        target.request("/dags/mapped/dagRuns/c1/taskInstances/square/listMapped")
      )
      assert.deepEqual(page, json)
    })
  ),
  orderedInstances("a page", () =>
    Effect.map(ofTask({ limit: 2, offset: 3 }), (found) => assert.deepEqual(found, [3, 4]))
  ),
  orderedInstances("all pages", () =>
    Effect.map(
      Stream.runCollect(Pagination.items(TaskInstances.getMappedTaskInstances, { ...square, limit: 2 })),
      (rows) =>
        assert.deepEqual(
          Chunk.toReadonlyArray(Chunk.map(rows, ({ map_index }) => map_index)),
          [0, 1, 2, 3, 4]
        )
    )
  ),
  orderedInstances("orders", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* ofTask({ order_by: "-map_index" }), [4, 3, 2, 1, 0])
      assert.equal((yield* ofTask({ order_by: "state" }))[0], 3)
      assert.deepEqual(yield* ofTask({ order_by: "-rendered_map_index" }), [4, 3, 2, 1, 0])
    })
  ),
  instances("a state, and none", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* ofTask({ state: ["failed"] }), [3])
      assert.deepEqual(yield* ofTask({ state: [null] }), [])
    })
  ),
  ...(
    [
      ["a task that is not mapped", hello, () => "Task id hello is not mapped"],
      ["an unknown task", { ...square, task_id: "nope" }, () => "Task id nope not found"],
      [
        "an unknown DAG",
        { ...square, dag_id: "nope" },
        (target) =>
          byVersion(target, ["3.0", "DAG nope not found"], ["3.1", "The Dag with ID: `nope` was not found"])
      ]
    ] as ReadonlyArray<
      readonly [string, TaskInstances.TaskParams, (target: Parameters<typeof byVersion>[0]) => string]
    >
  ).map(([what, ids, detail]) =>
    instances(`404: ${what}`, (target) =>
      Effect.map(refused(TaskInstances.getMappedTaskInstances(ids), "NotFound"), ({ problem }) =>
        assert.deepEqual(problem, { detail: detail(target) })
      )
    )
  )
]

const batched = group("v2 getTaskInstancesBatch", { api: "v2" })

const batch = TaskInstances.getTaskInstancesBatch
const total = (params: TaskInstances.GetTaskInstancesBatchParams) =>
  Effect.map(batch(params), ({ total_entries }) => total_entries)
const ofMapped = { dag_ids: ["mapped"], dag_run_ids: ["c1"] }

const batches = [
  batched("{} asks for everything", () => Effect.map(total({}), (all) => assert.ok(all! > 160))),
  orderedBatch("DAG and run ids, and what the server sends", (target) =>
    Effect.gen(function* () {
      const body = { dag_ids: ["quick", "skips"], dag_run_ids: ["c1", oddRunId] }
      const page = yield* whole(target, batch(body))
      assert.equal(page.total_entries, 5)
      assert.deepEqual([...new Set(page.task_instances.map(({ dag_id }) => dag_id))].sort(), [
        "quick",
        "skips"
      ])
      const { json } = yield* Effect.promise(() =>
        target.request("/dags/~/dagRuns/~/taskInstances/list", { body })
      )
      assert.deepEqual(page, json)
    })
  ),
  batched("task ids, and ids with letters beyond ASCII", () =>
    Effect.gen(function* () {
      assert.equal(yield* total({ ...ofMapped, task_ids: ["square", "nope"] }), 5)
      assert.equal(yield* total({ dag_ids: ["größe"], task_ids: ["messen.µ-1"], dag_run_ids: ["c1"] }), 1)
    })
  ),
  batched("states, and none", () =>
    Effect.gen(function* () {
      const ids = { dag_ids: [fails.dag_id, "mapped"], dag_run_ids: ["c1"] }
      assert.equal(yield* total({ ...ids, state: ["failed"] }), 2)
      assert.equal(yield* total({ ...ids, state: ["failed", "upstream_failed"] }), 3)
      assert.equal(yield* total({ ...ids, state: [null] }), 0)
    })
  ),
  batched("pool, queue, executor", () =>
    Effect.gen(function* () {
      assert.equal(yield* total({ ...ofMapped, pool: ["default_pool"], queue: ["default"] }), 6)
      assert.equal(yield* total({ ...ofMapped, pool: ["a,b"] }), 0)
      assert.equal(yield* total({ ...ofMapped, executor: ["nope"] }), 0)
    })
  ),
  batched("dates and durations", () =>
    Effect.gen(function* () {
      assert.equal(yield* total({ ...ofMapped, start_date_gte: new Date("2020-01-01") }), 6)
      assert.equal(yield* total({ ...ofMapped, end_date_lte: "2020-01-01T00:00:00Z" }), 0)
      assert.equal(yield* total({ ...ofMapped, run_after_gte: "2020-01-01T00:00:00+00:00" }), 6)
      assert.equal(yield* total({ ...ofMapped, duration_gte: 1000 }), 0)
    })
  ),
  batched("ranges that leave their bound out; 3.0 refuses them", (target) =>
    isSince(target.version, "3.1")
      ? Effect.gen(function* () {
          assert.equal(yield* total({ ...ofMapped, start_date_gt: new Date("2020-01-01") }), 6)
          assert.equal(yield* total({ ...ofMapped, duration_lt: -1000 }), 0)
        })
      : Effect.map(refused(total({ ...ofMapped, duration_lt: 0 }), "UnprocessableContent"), ({ problem }) =>
          assert.deepEqual(problem?.errors, [
            {
              field: "body.duration_lt",
              message: "Extra inputs are not permitted",
              type: "extra_forbidden"
            }
          ])
        )
  ),
  batched("~ is no wildcard here", () =>
    Effect.map(total({ dag_ids: ["~"] }), (none) => assert.equal(none, 0))
  ),
  batched("the first page holds 100, and may hold more", () =>
    Effect.gen(function* () {
      const ofWide = { dag_ids: ["wide"], dag_run_ids: ["c1"] }
      assert.equal((yield* batch(ofWide)).task_instances.length, 100)
      assert.equal((yield* batch({ ...ofWide, page_limit: 500 })).task_instances.length, 150)
      assert.equal((yield* batch({ ...ofWide, page_limit: 0 })).task_instances.length, 0)
    })
  ),
  batched("all rows once", () =>
    Effect.map(
      Stream.runCollect(Pagination.items(batch, { dag_ids: ["wide"], dag_run_ids: ["c1"], page_limit: 40 })),
      (rows) => {
        assert.equal(Chunk.size(rows), 150)
        assert.equal(new Set(Chunk.map(rows, ({ task_id }) => task_id)).size, 150)
      }
    )
  ),
  orderedBatch("an order, and a page of it", () =>
    Effect.map(
      batch({ ...ofMapped, order_by: "-map_index", page_limit: 2, page_offset: 1 }),
      ({ task_instances }) =>
        assert.deepEqual(
          task_instances.map(({ map_index }) => map_index),
          [3, 2]
        )
    )
  ),
  batched("400: an order it does not know", () =>
    Effect.map(refused(batch({ ...ofMapped, order_by: "nope" as "id" }), "BadRequest"), ({ problem }) =>
      assert.match(problem?.detail ?? "", /^Ordering with 'nope' is disallowed/)
    )
  )
]

export const cases = [...lists, ...mappedLists, ...batches]
