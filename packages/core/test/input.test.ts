import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { json, row, scripted, task } from "./scripted.js"

type AnyOperation = (
  params: never,
  options?: never
) => Effect.Effect<unknown, { readonly _tag: string }, never>

const operations: Readonly<
  Record<string, { readonly run: AnyOperation; readonly params: Record<string, unknown> }>
> = {
  getTaskInstance: { run: TaskInstances.getTaskInstance as never, params: task },
  getMappedTaskInstance: {
    run: TaskInstances.getMappedTaskInstance as never,
    params: { ...task, map_index: 0 }
  },
  getTaskInstances: {
    run: TaskInstances.getTaskInstances as never,
    params: { dag_id: "d", dag_run_id: "r" }
  },
  getMappedTaskInstances: { run: TaskInstances.getMappedTaskInstances as never, params: task },
  getTaskInstancesBatch: { run: TaskInstances.getTaskInstancesBatch as never, params: {} },
  getExtraLinks: { run: TaskInstances.getExtraLinks as never, params: task },
  getLog: { run: TaskInstances.getLog as never, params: { ...task, task_try_number: 1 } },
  getLogText: { run: TaskInstances.getLogText as never, params: { ...task, task_try_number: 1 } }
}

/** The call fails, names the field, and nothing is sent. */
const refused = (
  name: string,
  changes: Record<string, unknown>,
  field: string,
  options?: Record<string, unknown>
) =>
  Effect.gen(function* () {
    const server = scripted(() => json(row()))
    const { params, run } = operations[name]!
    const outcome = yield* Effect.either(
      Effect.provide(run({ ...params, ...changes } as never, options as never), server.layer())
    )
    assert.isTrue(Either.isLeft(outcome), `${name} took ${JSON.stringify(changes)}`)
    if (Either.isLeft(outcome)) {
      assert.deepInclude(outcome.left as object, {
        _tag: "InvalidInput",
        field,
        attempts: 0,
        operation: name
      })
    }
    assert.strictEqual(server.arrivals.length, 0)
  })

const badIds = ["", ".", "..", "\ud800", "a\udc00b", 1, null, undefined, {}, [], true]
const badCounts = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "3", null, 2 ** 60, [1]]
const badDates = [
  "2024-01-01",
  "2024-01-01T00:00:00",
  "2024-01-01 00:00:00Z",
  "yesterday",
  "2024-13-01T00:00:00Z",
  new Date("no"),
  5,
  null
]
const badLists = ["a", [], [1], [["a"]], null, {}]

const filters = (list: boolean) => [
  ...["execution_date", "start_date", "end_date", ...(list ? ["updated_at"] : [])].flatMap((name) =>
    [`${name}_gte`, `${name}_lte`].flatMap((field) => badDates.map((value) => [field, value] as const))
  ),
  ...["duration_gte", "duration_lte"].flatMap((field) =>
    [Number.NaN, "1", null, Number.POSITIVE_INFINITY].map((value) => [field, value] as const)
  ),
  ...["pool", "queue", "executor"].flatMap((field) => badLists.map((value) => [field, value] as const)),
  ...["done", [], ["done"], ["success,failed"], null].map((value) => ["state", value] as const)
]

describe("bad input is named, and nothing is sent", () => {
  for (const [name, { params }] of Object.entries(operations)) {
    for (const field of Object.keys(params).filter((key) => key.endsWith("_id"))) {
      it.effect(`${name}: ${field}`, () =>
        Effect.forEach(badIds, (value) => refused(name, { [field]: value }, field), { discard: true })
      )
    }
    it.effect(`${name}: a parameter it does not have`, () => refused(name, { bogus: 1 }, "bogus"))
    it.effect(`${name}: bad options`, () =>
      Effect.gen(function* () {
        yield* refused(name, {}, "timeout", { timeout: -1 })
        yield* refused(name, {}, "timeout", { timeout: "soon" })
        yield* refused(name, {}, "deadline", { deadline: 0 })
        yield* refused(name, {}, "retry.attempts", { retry: { attempts: 0 } })
        yield* refused(name, {}, "retry.attempts", { retry: { attempts: 1.5 } })
        yield* refused(name, {}, "retry.cap", { retry: { cap: Number.NaN } })
        yield* refused(name, {}, "headers", { headers: { "bad name": "x" } })
        yield* refused(name, {}, "headers.x", { headers: { x: "a\r\nb: c" } })
        yield* refused(name, {}, "headers.x", { headers: { x: "✓" } })
      })
    )
  }

  for (const [name, field] of [
    ["getMappedTaskInstance", "map_index"],
    ["getExtraLinks", "map_index"],
    ["getLog", "map_index"],
    ["getLog", "task_try_number"],
    ["getLogText", "map_index"],
    ["getLogText", "task_try_number"],
    ["getTaskInstances", "limit"],
    ["getTaskInstances", "offset"],
    ["getMappedTaskInstances", "limit"],
    ["getMappedTaskInstances", "offset"],
    ["getTaskInstancesBatch", "page_offset"],
    ["getTaskInstancesBatch", "page_limit"]
  ] as const) {
    it.effect(`${name}: ${field}`, () =>
      Effect.forEach(badCounts, (value) => refused(name, { [field]: value }, field), { discard: true })
    )
  }

  it.effect("getTaskInstancesBatch: page_limit 0, which the server refuses", () =>
    refused("getTaskInstancesBatch", { page_limit: 0 }, "page_limit")
  )

  for (const name of ["getTaskInstances", "getMappedTaskInstances", "getTaskInstancesBatch"]) {
    it.effect(`${name}: filters`, () =>
      Effect.forEach(
        filters(name !== "getTaskInstancesBatch"),
        ([field, value]) => refused(name, { [field]: value }, field),
        {
          discard: true
        }
      )
    )
  }

  it.effect("a name with a comma cannot be asked for in a query, and can in a batch", () =>
    Effect.gen(function* () {
      yield* refused("getTaskInstances", { pool: ["a,b"] }, "pool")
      const server = scripted(() => json({ task_instances: [], total_entries: 0 }))
      yield* Effect.provide(TaskInstances.getTaskInstancesBatch({ pool: ["a,b"] }), server.layer())
      assert.strictEqual(server.arrivals[0]!.body, '{"pool":["a,b"]}')
    })
  )

  it.effect("getLog: wrong kinds", () =>
    Effect.gen(function* () {
      yield* refused("getLog", { full_content: "true" }, "full_content")
      yield* refused("getLog", { token: 1 }, "token")
      yield* refused("getLogText", { token: "t" }, "token")
    })
  )

  for (const [what, baseUrl] of [
    ["not a URL", "airflow"],
    ["empty", ""],
    ["relative", "/airflow"],
    ["another protocol", "ftp://airflow.test"],
    ["a file", "file:///etc"],
    ["with credentials", "http://user:pass@airflow.test"],
    ["with a query", "http://airflow.test?x=1"],
    ["with a fragment", "http://airflow.test/#x"],
    ["a number", 8080],
    ["nothing", undefined]
  ] as const) {
    it.effect(`a base URL that is none: ${what}`, () =>
      Effect.gen(function* () {
        const server = scripted(() => json(row()))
        const AirflowClient = yield* Effect.promise(() => import("@effect-airflow/core/AirflowClient"))
        const error = yield* Effect.flip(
          Effect.provide(AirflowClient.make({ baseUrl: baseUrl as string }), server.transport)
        )
        assert.deepInclude(error, { _tag: "InvalidInput", field: "baseUrl" })
        assert.notInclude(error.message, "pass")
      })
    )
  }

  for (const [given, used] of [
    ["http://airflow.test", "http://airflow.test"],
    ["http://airflow.test/", "http://airflow.test"],
    ["http://airflow.test/api/v1", "http://airflow.test"],
    ["http://airflow.test/team/api/v2/", "http://airflow.test/team"],
    ["https://airflow.test:8443/team//", "https://airflow.test:8443/team"]
  ] as const) {
    it.effect(`the base URL ${given}`, () =>
      Effect.gen(function* () {
        const server = scripted(() => json(row()))
        yield* Effect.provide(TaskInstances.getTaskInstance(task), server.layer({ baseUrl: given }))
        assert.strictEqual(server.arrivals[0]!.url.href, `${used}/api/v1/dags/d/dagRuns/r/taskInstances/t`)
      })
    )
  }
})

describe("what is sent", () => {
  it.effect("a query repeats its lists, keeps microseconds and offsets, and writes null as none", () =>
    Effect.gen(function* () {
      const server = scripted(() => json({ task_instances: [], total_entries: 0 }))
      yield* Effect.provide(
        TaskInstances.getTaskInstances({
          dag_id: "~",
          dag_run_id: "manual__2024-01-01T00:00:00+00:00",
          state: ["failed", null],
          pool: ["a b", "c+d"],
          start_date_gte: "2024-01-01T00:00:00.123456+02:00",
          end_date_lte: new Date("2024-01-02T00:00:00Z"),
          duration_gte: 1.5,
          limit: 0
        }),
        server.layer()
      )
      const { headers, url } = server.arrivals[0]!
      assert.strictEqual(
        url.pathname,
        "/api/v1/dags/~/dagRuns/manual__2024-01-01T00%3A00%3A00%2B00%3A00/taskInstances"
      )
      assert.deepStrictEqual(
        [...url.searchParams],
        [
          ["state", "failed"],
          ["state", "none"],
          ["pool", "a b"],
          ["pool", "c+d"],
          ["start_date_gte", "2024-01-01T00:00:00.123456+02:00"],
          ["end_date_lte", "2024-01-02T00:00:00.000Z"],
          ["duration_gte", "1.5"],
          ["limit", "0"]
        ]
      )
      assert.strictEqual(headers["accept"], "application/json")
    })
  )

  it.effect("a parameter that is undefined is not sent", () =>
    Effect.gen(function* () {
      const server = scripted(() => json({ task_instances: [], total_entries: 0 }))
      const params = {
        dag_ids: ["a"],
        state: undefined
      } as unknown as TaskInstances.GetTaskInstancesBatchParams
      yield* Effect.provide(TaskInstances.getTaskInstancesBatch(params), server.layer())
      assert.strictEqual(server.arrivals[0]!.body, '{"dag_ids":["a"]}')
    })
  )

  it.effect("headers: the call's win over the credentials', those over the client's", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(row()))
      yield* Effect.provide(
        TaskInstances.getTaskInstance(task, { headers: { "x-b": "call" } }),
        server.layer({ headers: { "x-a": "client", "x-b": "client" } })
      )
      assert.deepInclude(server.arrivals[0]!.headers, { "x-a": "client", "x-b": "call" })
    })
  )

  it.effect("no tracing headers, unless asked for", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(row()))
      const call = Effect.withSpan(TaskInstances.getTaskInstance(task), "outer")
      yield* Effect.provide(call, server.layer())
      yield* Effect.provide(call, server.layer({ tracePropagation: true }))
      assert.notProperty(server.arrivals[0]!.headers, "traceparent")
      assert.notProperty(server.arrivals[0]!.headers, "b3")
      assert.match(server.arrivals[1]!.headers["traceparent"]!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-/)
    })
  )
})
