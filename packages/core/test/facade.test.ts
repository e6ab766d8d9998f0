import * as Airflow from "@effect-airflow/core/Airflow"
import * as TaskInstances from "@effect-airflow/core/TaskInstances"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Arrival, json, type Reply, row, type Scripted, scripted, task } from "./scripted.js"

const ofVersion = (version: string) => {
  const api = version.startsWith("2.") ? "v1" : "v2"
  return { api, path: `/api/${api}/version` } as const
}

/** A server of this version; `reply` answers all that is not about the version. */
const server = (version: string, reply: (arrival: Arrival, index: number) => Reply = () => json({})) => {
  let index = 0
  const { path } = ofVersion(version)
  return scripted((arrival) =>
    !arrival.url.pathname.endsWith("/version")
      ? reply(arrival, index++)
      : arrival.url.pathname === path
        ? json({ version })
        : new Response("<h1>Airflow 404</h1>", { status: 404, headers: { "content-type": "text/html" } })
  )
}

/** What was sent besides the questions about the version. */
const sent = ({ arrivals }: Scripted) =>
  arrivals
    .filter(({ url }) => !url.pathname.endsWith("/version"))
    .map(({ body, method, url }) => ({
      call: `${method} ${url.pathname}`,
      query: [...url.searchParams].map(([name, value]) => `${name}=${value}`),
      body: body === "" ? undefined : (JSON.parse(body) as unknown)
    }))

const row2 = (more: Record<string, unknown> = {}) => row({ id: "01a2", logical_date: null, ...more })

const rowsOf = (rows: ReadonlyArray<unknown>, total = rows.length, more: object = {}) =>
  json({ task_instances: rows, total_entries: total, ...more })

const run = "/dags/d/dagRuns/r/taskInstances"

describe("get", () => {
  const both = {
    try_number: 2,
    max_tries: 3,
    state: "running",
    start_date: "2024-01-31T00:00:00Z",
    end_date: null,
    hostname: "h",
    operator: "BashOperator",
    rendered_map_index: "x",
    task_display_name: "T",
    note: "n"
  }

  it.effect("gives the same from both APIs, with the server's row at hand", () =>
    Effect.gen(function* () {
      const date = "2024-01-30T00:00:00+00:00"
      const [one, two] = yield* Effect.all([
        Airflow.taskInstances
          .get(task)
          .pipe(
            Effect.provide(
              server("2.11.0", () => json(row({ ...both, execution_date: date, sla_miss: null }))).layer()
            )
          ),
        Airflow.taskInstances
          .get(task)
          .pipe(Effect.provide(server("3.3.2", () => json(row2({ ...both, logical_date: date }))).layer()))
      ])
      const { api: api1, raw: raw1, ...first } = one
      const { api: api2, raw: raw2, ...second } = two
      expect(first).toEqual(second)
      expect(first).toMatchObject({ ...both, ...task, map_index: -1, logical_date: date, pool: null })
      expect([api1, api2]).toEqual(["v1", "v2"])
      expect(raw1).toMatchObject({ execution_date: date, sla_miss: null })
      expect(raw2).toMatchObject({ id: "01a2", logical_date: date })
    })
  )

  it.effect("gives a value to what a server leaves out", () =>
    Effect.gen(function* () {
      const found = yield* TaskInstances.get(task)
      expect(found).toMatchObject({
        hostname: null,
        state: null,
        task_display_name: "t",
        executor: null,
        logical_date: null,
        duration: null
      })
    }).pipe(Effect.provide(server("2.7.3", () => json(row({ state: null, hostname: "" }))).layer()))
  )

  const attempts: ReadonlyArray<readonly [version: string, state: string | null, shown: number, is: number]> =
    [
      ["2.9.3", "deferred", 0, 1],
      ["2.9.3", "up_for_reschedule", 2, 3],
      ["2.9.3", "running", 1, 1],
      ["2.9.3", "up_for_retry", 1, 1],
      ["2.9.3", "queued", 1, 2],
      ["2.9.3", "scheduled", 0, 1],
      ["2.9.3", "success", 1, 1],
      ["2.9.3", null, 0, 0],
      ["2.10.0", "deferred", 1, 1],
      ["2.10.0", "queued", 1, 1],
      ["2.11.0", "up_for_reschedule", 2, 2],
      ["3.0.6", "deferred", 1, 1]
    ]
  for (const [version, state, try_number, is] of attempts) {
    it.effect(`${version} shows ${try_number} when ${state}: the attempt is ${is}`, () =>
      Effect.gen(function* () {
        const found = yield* TaskInstances.get(task)
        expect([found.try_number, found.raw.try_number]).toEqual([is, try_number])
      }).pipe(Effect.provide(server(version, () => json(row2({ state, try_number }))).layer()))
    )
  }

  for (const version of ["2.9.3", "3.3.2"]) {
    const base = `/api/${ofVersion(version).api}${run}/t`
    it.effect(`${version}: asks for an instance of a mapped task where it is`, () => {
      const airflow = server(version, () => json(row2()))
      return Effect.gen(function* () {
        yield* TaskInstances.get({ ...task, map_index: 0 })
        yield* TaskInstances.get({ ...task, map_index: -1 })
        yield* TaskInstances.get(task)
        expect(sent(airflow).map(({ call }) => call)).toEqual([`GET ${base}/0`, `GET ${base}`, `GET ${base}`])
      }).pipe(Effect.provide(airflow.layer()))
    })
  }
})

describe("parameters", () => {
  const given = {
    dag_id: "d",
    dag_run_id: "r",
    logical_date_gte: "2024-01-30T00:00:00Z",
    updated_at_lte: "2024-01-31T00:00:00Z",
    state: ["failed", null],
    executor: ["LocalExecutor"],
    limit: 5
  } as const
  const rest = [
    "updated_at_lte=2024-01-31T00:00:00Z",
    "state=failed",
    "state=none",
    "executor=LocalExecutor",
    "limit=5"
  ]

  it.effect("are called as the server calls them", () =>
    Effect.gen(function* () {
      const old = server("2.10.0", () => rowsOf([]))
      yield* Effect.provide(TaskInstances.list(given), old.layer())
      expect(sent(old)).toEqual([
        {
          call: `GET /api/v1${run}`,
          query: ["execution_date_gte=2024-01-30T00:00:00Z", ...rest],
          body: undefined
        }
      ])
      const recent = server("3.0.0", () => rowsOf([]))
      yield* Effect.provide(TaskInstances.list(given), recent.layer())
      expect(sent(recent)).toEqual([
        {
          call: `GET /api/v2${run}`,
          query: ["logical_date_gte=2024-01-30T00:00:00Z", ...rest],
          body: undefined
        }
      ])
    })
  )

  it.effect("of a batch, too", () =>
    Effect.gen(function* () {
      const params = {
        dag_ids: ["d"],
        dag_run_ids: ["r"],
        end_date_lte: "2024-01-30T00:00:00Z",
        limit: 5,
        offset: 10
      }
      for (const version of ["2.10.3", "3.3.2"]) {
        const airflow = server(version, () => rowsOf([]))
        yield* Effect.provide(TaskInstances.batch(params), airflow.layer())
        const { limit, offset, ...same } = params
        expect(sent(airflow)[0]).toEqual({
          call: `POST /api/${ofVersion(version).api}/dags/~/dagRuns/~/taskInstances/list`,
          query: [],
          body: { ...same, page_limit: limit, page_offset: offset }
        })
      }
    })
  )

  const t = "2024-01-30T00:00:00Z"
  const list = { dag_id: "d", dag_run_id: "r" }
  const cases: ReadonlyArray<
    readonly [
      name: string,
      call: Effect.Effect<unknown, { readonly _tag: string; readonly message: string }, AirflowClient>,
      field: string | undefined,
      needs: string,
      without: string,
      known: string
    ]
  > = [
    ["executor", TaskInstances.list({ ...list, executor: ["e"] }), "executor", "2.10", "2.9.3", "2.10.0"],
    ["batch executor", TaskInstances.batch({ executor: ["e"] }), "executor", "2.10", "2.9.3", "2.10.0"],
    ["batch limit", TaskInstances.batch({ limit: 5 }), "limit", "2.10.3", "2.10.2", "2.10.3"],
    ["batch runs", TaskInstances.batch({ dag_run_ids: ["r"] }), "dag_run_ids", "2.7.1", "2.7.0", "2.7.3"],
    ["after", TaskInstances.list({ ...list, start_date_gt: t }), "start_date_gt", "3.1", "2.11.0", "3.1.0"],
    [
      "after on 3.0",
      TaskInstances.list({ ...list, start_date_gt: t }),
      "start_date_gt",
      "3.1",
      "3.0.6",
      "3.1.0"
    ],
    [
      "run_after",
      TaskInstances.list({ ...list, run_after_gte: t }),
      "run_after_gte",
      "3.0",
      "2.11.0",
      "3.0.0"
    ],
    ["cursor", TaskInstances.list({ ...list, cursor: "" }), "cursor", "3.2.2", "3.2.1", "3.2.2"],
    ["order", TaskInstances.list({ ...list, order_by: "state" }), "order_by", "3.0", "2.11.0", "3.0.0"],
    [
      "orders",
      TaskInstances.list({ ...list, order_by: ["state", "id"] }),
      "order_by",
      "3.1",
      "3.0.6",
      "3.1.0"
    ],
    ...["operator", ["-operator"]].map(
      (order_by) =>
        [
          `order by ${String(order_by)}`,
          TaskInstances.list({ ...list, order_by } as TaskInstances.ListParams),
          "order_by",
          "3.1",
          "3.0.6",
          "3.1.0"
        ] as const
    ),
    [
      "order of mapped by operator",
      TaskInstances.listMapped({ ...task, order_by: "operator" }),
      "order_by",
      "3.1",
      "2.11.0",
      "3.1.0"
    ],
    [
      "pattern",
      TaskInstances.list({ ...list, run_id_pattern: "x" }),
      "run_id_pattern",
      "3.2",
      "3.1.8",
      "3.2.0"
    ],
    [
      "group",
      TaskInstances.list({ ...list, task_group_id: "x" }),
      "task_group_id",
      "3.1.6",
      "3.1.0",
      "3.1.8"
    ],
    [
      "awaiting",
      TaskInstances.list({ ...list, state: ["awaiting_input"] }),
      "state",
      "3.3",
      "3.2.1",
      "3.3.0"
    ],
    [
      "order of mapped",
      TaskInstances.listMapped({ ...task, order_by: "duration" }),
      "order_by",
      "2.10",
      "2.9.3",
      "2.10.0"
    ],
    [
      "links of mapped",
      TaskInstances.links({ ...task, map_index: 0 }),
      "map_index",
      "2.10.5",
      "2.10.4",
      "2.11.0"
    ],
    ["tries", TaskInstances.tries(task), undefined, "2.10", "2.9.3", "2.10.0"],
    ["dependencies", TaskInstances.dependencies(task), undefined, "2.10", "2.9.3", "3.0.0"],
    [
      "clear of mapped",
      TaskInstances.clear({ dag_id: "d", task_ids: [["t", 1]] }),
      "task_ids",
      "3.1.1",
      "3.1.0",
      "3.1.1"
    ],
    ["clear note", TaskInstances.clear({ dag_id: "d", note: "n" }), "note", "3.3", "3.2.2", "3.3.2"]
  ]
  for (const [name, call, field, needs, without, known] of cases) {
    it.effect(`that ${without} does not know end the call before it is sent: ${name}`, () =>
      Effect.gen(function* () {
        const old = server(without)
        const error = yield* Effect.flip(Effect.provide(call, old.layer()))
        expect(error).toMatchObject({
          _tag: "Unsupported",
          needs: `Airflow ${needs} or later`,
          server: without
        })
        expect("field" in error ? error.field : undefined).toBe(field)
        expect(sent(old)).toEqual([])
        const recent = server(known, () =>
          json({ task_instances: [], total_entries: 0, dependencies: [], extra_links: {} })
        )
        yield* Effect.provide(call, recent.layer())
        expect(sent(recent).length).toBe(1)
      })
    )
  }

  it.effect("that no server knows are named", () => {
    const airflow = server("3.3.2")
    return Effect.gen(function* () {
      const more = { bogus: 1 }
      const bogus = yield* Effect.flip(TaskInstances.list({ dag_id: "d", dag_run_id: "r", ...more }))
      expect(bogus.message).toBe(
        "InvalidInput from TaskInstances.list: bogus is not a parameter of this operation"
      )
      const nothing = yield* Effect.flip(TaskInstances.get(null as unknown as typeof task))
      expect(nothing.message).toBe("InvalidInput from TaskInstances.get: params must be an object")
      const inherited = { toString: 1 }
      const proto = yield* Effect.flip(TaskInstances.get({ ...task, ...inherited }))
      expect(proto._tag).toBe("InvalidInput")
      expect(sent(airflow)).toEqual([])
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("left undefined are not looked at", () => {
    const airflow = server("2.7.3", () => rowsOf([]))
    return Effect.gen(function* () {
      const undefinedOne: { executor?: ReadonlyArray<string> } = { executor: undefined as never }
      yield* TaskInstances.list({ dag_id: "d", dag_run_id: "r", ...undefinedOne })
      expect(sent(airflow)[0]?.query).toEqual([])
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("order the instances of a mapped task on both APIs", () =>
    Effect.gen(function* () {
      const orders = [undefined, "map_index", ["-map_index"], "state"] as const
      for (const [version, expected] of [
        ["2.7.3", [[], [], ["order_by=-map_index"], ["order_by=state"]]],
        ["3.0.6", [[], ["order_by=map_index"], ["order_by=-map_index"], ["order_by=state"]]]
      ] as const) {
        const airflow = server(version, () => rowsOf([]))
        const list = Effect.forEach(orders, (order_by) =>
          TaskInstances.listMapped({ ...task, ...(order_by === undefined ? {} : { order_by }) })
        )
        yield* Effect.provide(list, airflow.layer())
        expect(sent(airflow).map(({ query }) => query)).toEqual(expected)
      }
    })
  )
})

describe("all rows", () => {
  const indexes = Effect.map(Stream.runCollect(TaskInstances.listMappedAll({ ...task, limit: 2 })), (found) =>
    Chunk.toReadonlyArray(found).map(({ api, map_index }) => `${api} ${map_index}`)
  )
  const slice = ({ url }: Arrival) => {
    const offset = Number(url.searchParams.get("offset") ?? 0)
    const rows = Array.from({ length: 5 }, (_, map_index) => row2({ map_index }))
    return rowsOf(rows.slice(offset, offset + 2), 5)
  }

  it.effect("come page by page from either API", () =>
    Effect.gen(function* () {
      for (const version of ["2.11.0", "3.0.6"]) {
        const airflow = server(version, slice)
        const { api } = ofVersion(version)
        expect(yield* Effect.provide(indexes, airflow.layer())).toEqual(
          [0, 1, 2, 3, 4].map((i) => `${api} ${i}`)
        )
        expect(sent(airflow).length).toBe(3)
      }
    })
  )

  it.effect("come by cursor where there is one", () => {
    const airflow = server("3.3.2", ({ url }) =>
      url.searchParams.get("cursor") === "next"
        ? rowsOf([row2({ task_id: "b" })], 2, { next_cursor: null })
        : rowsOf([row2({ task_id: "a" })], 2, { next_cursor: "next" })
    )
    return Effect.gen(function* () {
      const found = yield* Stream.runCollect(TaskInstances.listAll({ dag_id: "d", dag_run_id: "r" }))
      expect(Chunk.toReadonlyArray(found).map(({ task_id }) => task_id)).toEqual(["a", "b"])
      expect(sent(airflow).map(({ query }) => query)).toEqual([["cursor="], ["cursor=next"]])
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("of a batch come in one page where the server knows no pages", () => {
    const airflow = server("2.9.3", () => rowsOf([row({ map_index: 0 }), row({ map_index: 1 })]))
    return Effect.gen(function* () {
      expect(yield* Stream.runCount(TaskInstances.batchAll({ dag_ids: ["d"] }))).toBe(2)
      expect(sent(airflow).length).toBe(1)
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("are not asked for when the server does not know a filter", () => {
    const airflow = server("2.9.3")
    return Effect.gen(function* () {
      const all = TaskInstances.listAll({ dag_id: "d", dag_run_id: "r", executor: ["e"] })
      expect((yield* Effect.flip(Stream.runDrain(all)))._tag).toBe("Unsupported")
      expect(sent(airflow)).toEqual([])
    }).pipe(Effect.provide(airflow.layer()))
  })
})

describe("reading", () => {
  it.effect("links are one map on both APIs", () =>
    Effect.gen(function* () {
      const links = { Triggered: "/dags/quick", later: null }
      for (const [version, body] of [
        ["2.7.3", links],
        ["3.3.2", { extra_links: links, total_entries: 2 }]
      ] as const) {
        const airflow = server(version, () => json(body))
        // The index of a task that is not mapped goes without saying.
        expect(
          yield* Effect.provide(TaskInstances.links({ ...task, map_index: -1 }), airflow.layer())
        ).toEqual(links)
        expect(sent(airflow)[0]?.query).toEqual([])
      }
    })
  )

  const token = (end_of_log: boolean) => `${btoa(JSON.stringify({ end_of_log, log_pos: 7 }))}.sig`

  it.effect("a page of a log has its text, its records if there are some, and tells its end", () =>
    Effect.gen(function* () {
      const params = { ...task, try_number: 2, token: "tok" }
      const text = server("2.11.0", (_, index) =>
        json({ content: "[('host', 'one\\ntw'), ('b', 'x')]", continuation_token: token(index > 0) })
      )
      const [running, over] = yield* Effect.provide(
        Effect.all([TaskInstances.log(params), TaskInstances.log(params)]),
        text.layer()
      )
      expect(running).toMatchObject({ text: "one\ntwx", records: null, ended: false, api: "v1" })
      expect(over.ended).toBe(true)
      expect(sent(text)[0]).toMatchObject({ call: `GET /api/v1${run}/t/logs/2`, query: ["token=tok"] })

      const content = [
        { event: "one", timestamp: "2024-01-30T00:00:00Z" },
        {
          event: "Task failed",
          error_detail: [{ exc_type: "ValueError", exc_value: "four", frames: [] }, null, {}]
        },
        { event: "odd", error_detail: "?" }
      ]
      const records = server("3.3.2", (_, index) =>
        json({ content, continuation_token: index > 0 ? null : "more" })
      )
      const [more, last] = yield* Effect.provide(
        Effect.all([TaskInstances.log({ ...params, map_index: 3 }), TaskInstances.log(params)]),
        records.layer()
      )
      expect(more).toMatchObject({
        text: "one\nTask failed\nValueError: four\nodd\n",
        records: content,
        continuation_token: "more",
        ended: false,
        api: "v2"
      })
      expect(last).toMatchObject({ continuation_token: null, ended: true })
      expect(sent(records)[0]).toMatchObject({
        call: `GET /api/v2${run}/t/logs/2`,
        query: ["token=tok", "map_index=3"]
      })
    })
  )

  it.effect("attempts and dependencies are lists", () =>
    Effect.gen(function* () {
      for (const version of ["2.10.5", "3.3.2"]) {
        const { api } = ofVersion(version)
        const airflow = server(version, ({ url }) =>
          url.pathname.endsWith("/tries")
            ? rowsOf([row({ try_number: 1, state: "failed" }), row({ try_number: 2 })])
            : json({ dependencies: [{ name: "Trigger Rule", reason: "upstream" }] })
        )
        const reading = Effect.gen(function* () {
          const tries = yield* TaskInstances.tries(task)
          expect(tries.map(({ api, state, try_number }) => [api, state, try_number])).toEqual([
            [api, "failed", 1],
            [api, "success", 2]
          ])
          yield* TaskInstances.tries({ ...task, map_index: 4 })
          expect(yield* TaskInstances.dependencies({ ...task, map_index: 4 })).toEqual([
            { name: "Trigger Rule", reason: "upstream" }
          ])
          yield* TaskInstances.dependencies(task)
        })
        yield* Effect.provide(reading, airflow.layer())
        expect(sent(airflow).map(({ call }) => call)).toEqual(
          ["/t/tries", "/t/4/tries", "/t/4/dependencies", "/t/dependencies"].map(
            (end) => `GET /api/${api}${run}${end}`
          )
        )
      }
    })
  )
})

describe("supports", () => {
  it.effect("tells what the client's server can do", () =>
    Effect.gen(function* () {
      expect(yield* Effect.provide(Airflow.supports("cursor"), server("3.3.2").layer())).toBe(true)
      expect(yield* Effect.provide(Airflow.supports("cursor"), server("2.11.0").layer())).toBe(false)
    })
  )

  it.effect("asks for the version once, whatever is called", () => {
    const airflow = server("2.11.0", () => json(row()))
    return Effect.gen(function* () {
      yield* Effect.all([TaskInstances.get(task), TaskInstances.get(task), Airflow.supports("tries")], {
        concurrency: "unbounded"
      })
      expect(airflow.arrivals.length - sent(airflow).length).toBe(2)
    }).pipe(Effect.provide(airflow.layer()))
  })
})
