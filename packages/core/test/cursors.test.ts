import type { Warning } from "@effect-airflow/core/AirflowClient"
import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { row2 } from "./operationCases.js"
import { json, scripted } from "./scripted.js"

interface Server {
  /** The rows there are when the n-th request comes. */
  readonly rows: (request: number) => ReadonlyArray<string>
  readonly cap: number
  /** Whether the n-th request meets a server that knows cursors. */
  readonly cursors: (request: number) => boolean
  /** What is counted with a cursor: 3.2.2 nothing, 3.3.2 up to a limit. */
  readonly counted?: number | null
}

/** A server that lists task instances by name; its cursor is the last name of a page. */
const listServer = ({ cap, counted = null, cursors, rows }: Server) => {
  const warnings: Array<Warning> = []
  const server = scripted(({ url }, request) => {
    const known = [...rows(request)].sort()
    const limit = Math.min(cap, Number(url.searchParams.get("limit") ?? 50))
    const cursor = cursors(request) ? url.searchParams.get("cursor") : null
    const from =
      cursor === null
        ? Number(url.searchParams.get("offset") ?? 0)
        : known.filter((name) => name <= cursor).length
    const page = known.slice(from, from + limit)
    const more = from + page.length < known.length && page.length > 0
    return json({
      task_instances: page.map((task_id) => row2({ task_id })),
      total_entries: cursor === null ? known.length : counted,
      ...(cursors(request) ? { next_cursor: cursor !== null && more ? page.at(-1) : null } : {})
    })
  })
  const layer = server.layer({ onWarning: (warning) => Effect.sync(() => void warnings.push(warning)) })
  const collect = (params: Partial<TaskInstances.GetTaskInstancesParams> = {}) =>
    Pagination.items(TaskInstances.getTaskInstances, { dag_id: "d", dag_run_id: "r", ...params }).pipe(
      Stream.map(({ task_id }) => task_id),
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray),
      Effect.provide(layer),
      Effect.orDie
    )
  const asked = () =>
    server.arrivals.map(({ url }) => ({
      cursor: url.searchParams.get("cursor"),
      offset: url.searchParams.get("offset")
    }))
  return { collect, warnings, asked }
}

const names = (total: number) =>
  Array.from({ length: total }, (_, index) => `t${String(index).padStart(3, "0")}`)
const always = () => true
const never = () => false

describe("a list with cursors", () => {
  it.effect("every row once, whatever the page size, the cap, and what is counted", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.record({
            total: FastCheck.nat(60),
            cap: FastCheck.integer({ min: 1, max: 20 }),
            limit: FastCheck.integer({ min: 1, max: 20 }),
            counted: FastCheck.option(FastCheck.nat(60)),
            cursors: FastCheck.boolean()
          }),
          async ({ cap, counted, cursors, limit, total }) => {
            const { asked, collect, warnings } = listServer({
              rows: () => names(total),
              cap,
              counted,
              cursors: () => cursors
            })
            assert.deepStrictEqual(await Effect.runPromise(collect({ limit })), names(total))
            assert.deepStrictEqual(warnings, [])
            assert.strictEqual(asked().length, Math.max(1, Math.ceil(total / Math.min(cap, limit))))
          }
        ),
        { numRuns: 100 }
      )
    )
  )

  it.effect("asks for a cursor first, and goes on with the server's; or by offset where there is none", () =>
    Effect.gen(function* () {
      const known = listServer({ rows: () => names(5), cap: 2, cursors: always })
      yield* known.collect()
      assert.deepStrictEqual(known.asked(), [
        { cursor: "", offset: null },
        { cursor: "t001", offset: null },
        { cursor: "t003", offset: null }
      ])
      const unknown = listServer({ rows: () => names(5), cap: 2, cursors: never })
      yield* unknown.collect()
      assert.deepStrictEqual(unknown.asked(), [
        { cursor: "", offset: null },
        { cursor: null, offset: "2" },
        { cursor: null, offset: "4" }
      ])
    })
  )

  it.effect("rows that come and go meanwhile shift no others", () =>
    Effect.gen(function* () {
      // Two that were read go away after the first page: by offset, two others would be missed.
      const { collect } = listServer({
        rows: (request) => (request === 0 ? names(8) : names(8).slice(2)),
        cap: 3,
        cursors: always
      })
      assert.deepStrictEqual(yield* collect(), names(8))
    })
  )

  it.effect("an offset of one's own, and an order for which servers with cursors fail, go by offset", () =>
    Effect.gen(function* () {
      for (const params of [
        { offset: 0 },
        { order_by: "-data_interval_end" },
        { order_by: ["state", "data_interval_start"] }
      ] as const) {
        const { asked, collect } = listServer({ rows: () => names(5), cap: 3, cursors: always })
        assert.deepStrictEqual(yield* collect(params), names(5))
        assert.deepStrictEqual(
          asked().map(({ cursor }) => cursor),
          [null, null]
        )
      }
    })
  )

  it.effect("a cursor of one's own is where the walk begins", () =>
    Effect.gen(function* () {
      const { asked, collect, warnings } = listServer({
        rows: () => names(6),
        cap: 2,
        cursors: always,
        counted: 6
      })
      assert.deepStrictEqual(yield* collect({ cursor: "t001" }), names(6).slice(2))
      assert.deepStrictEqual(
        asked().map(({ cursor }) => cursor),
        ["t001", "t003"]
      )
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.effect("a server that is exchanged for an older one, or a newer one, in mid-walk", () =>
    Effect.gen(function* () {
      for (const change of [1, 2, 3]) {
        for (const cursors of [(n: number) => n < change, (n: number) => n >= change]) {
          const { asked, collect, warnings } = listServer({ rows: () => names(9), cap: 2, cursors })
          assert.deepStrictEqual(yield* collect(), names(9))
          assert.deepStrictEqual(warnings, [])
          // One page more at most: that in which a cursor was not understood.
          assert.isAtMost(asked().length, 6)
        }
      }
    })
  )

  it.effect("a server that gives the same cursors again does not hold the walk for ever", () =>
    Effect.gen(function* () {
      const server = scripted((_, request) =>
        json({
          task_instances: [row2({ task_id: `t${request % 2}` })],
          total_entries: null,
          next_cursor: ["a", "b"][request % 2]
        })
      )
      const rows = yield* Pagination.items(TaskInstances.getTaskInstances, {
        dag_id: "d",
        dag_run_id: "r"
      }).pipe(Stream.runCollect, Effect.provide(server.layer()))
      assert.strictEqual(rows.length, 2)
      assert.strictEqual(server.arrivals.length, 3)
    })
  )

  it.effect("one that was tried again, and so has another id, comes once", () =>
    Effect.gen(function* () {
      const server = scripted((_, request) =>
        json({
          task_instances:
            request === 0 ? [row2({ id: "1" })] : [row2({ id: "2" }), row2({ id: "3", map_index: 1 })],
          total_entries: 3,
          next_cursor: request === 0 ? "c" : null
        })
      )
      const rows = yield* Pagination.items(TaskInstances.getTaskInstances, {
        dag_id: "d",
        dag_run_id: "r"
      }).pipe(Stream.runCollect, Effect.provide(server.layer()))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(rows).map(({ id }) => id),
        ["1", "3"]
      )
    })
  )

  it.effect("lists without cursors ask for none, and a bad offset is named", () =>
    Effect.gen(function* () {
      const server = scripted(({ url }) =>
        json({
          task_instances: [row2({ map_index: Number(url.searchParams.get("offset") ?? 0) })],
          total_entries: 2,
          next_cursor: null
        })
      )
      const mapped = { dag_id: "d", dag_run_id: "r", task_id: "t" }
      const rows = yield* Pagination.items(TaskInstances.getMappedTaskInstances, mapped).pipe(
        Stream.runCollect,
        Effect.provide(server.layer())
      )
      assert.strictEqual(rows.length, 2)
      assert.isFalse(server.arrivals.some(({ url }) => url.searchParams.has("cursor")))
      const error = yield* Pagination.items(TaskInstances.getTaskInstances, null as never).pipe(
        Stream.runDrain,
        Effect.flip,
        Effect.provide(server.layer())
      )
      assert.deepInclude({ ...error }, { _tag: "InvalidInput", field: "params" } as never)
    })
  )
})
