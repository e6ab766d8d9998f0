import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as DagRuns from "@effect-airflow/core/DagRuns"
import * as TaskInstances from "@effect-airflow/core/TaskInstances"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { type Arrival, json, type Reply, row, scripted, status, task } from "./scripted.js"

const server = (version: string, reply: (call: string, index: number) => Reply) => {
  const calls: Array<string> = []
  const bodies: Array<unknown> = []
  const api = version.startsWith("2.") ? "v1" : "v2"
  const answer = ({ body, method, url }: Arrival): Reply => {
    if (url.pathname.endsWith("/version")) return url.pathname.includes(api) ? json({ version }) : status(404)
    const path = url.pathname.replace(`/api/${api}/dags/d`, "")
    calls.push(`${method} ${path}${url.search}`)
    bodies.push(body === "" ? undefined : JSON.parse(body))
    return reply(calls.at(-1)!, calls.length - 1)
  }
  return { calls, bodies, layer: scripted(answer).layer }
}

const row2 = (more: Record<string, unknown> = {}) => row({ id: "01a2", ...more })
const rowsOf = (...rows: ReadonlyArray<unknown>) => json({ task_instances: rows, total_entries: rows.length })
const at = "/dagRuns/r/taskInstances/t"

/** Lets the waits between attempts pass. */
const rushed = <A, E>(call: Effect.Effect<A, E, AirflowClient>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(call)
    yield* TestClock.adjust("10 minutes")
    return yield* Fiber.join(fiber)
  })

describe("setNote", () => {
  it.effect("changes one instance, on Airflow 2 by a path of its own", () => {
    const airflow = server("2.11.0", () => json(row({ note: "n" })))
    return Effect.gen(function* () {
      expect((yield* TaskInstances.setNote({ ...task, note: "n" })).note).toBe("n")
      yield* TaskInstances.setNote({ ...task, note: "n", map_index: 2 })
      expect(airflow.calls).toEqual([`PATCH ${at}/setNote`, `PATCH ${at}/2/setNote`])
      expect(airflow.bodies).toEqual([{ note: "n" }, { note: "n" }])
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("changes one instance, on Airflow 3 never all of a mapped task", () => {
    const airflow = server("3.3.2", () => rowsOf(row2({ map_index: 1 }), row2({ map_index: 2, note: "n" })))
    return Effect.gen(function* () {
      expect(yield* TaskInstances.setNote({ ...task, note: "n", map_index: 2 })).toMatchObject({
        map_index: 2,
        note: "n"
      })
      yield* Effect.either(TaskInstances.setNote({ ...task, note: "n" }))
      expect(airflow.calls.slice(0, 2)).toEqual([`PATCH ${at}?map_index=2`, `PATCH ${at}?map_index=-1`])
      expect(airflow.bodies[0]).toEqual({ note: "n" })
    }).pipe(Effect.provide(airflow.layer()))
  })
})

describe("setState", () => {
  it.effect("gives the task instance, though Airflow 2 answers with nothing", () => {
    const airflow = server("2.11.0", (call) =>
      call.startsWith("PATCH") ? json({}) : json(row({ state: "failed" }))
    )
    return Effect.gen(function* () {
      expect((yield* TaskInstances.setState({ ...task, new_state: "failed" })).state).toBe("failed")
      yield* TaskInstances.setState({ ...task, map_index: 3, new_state: "failed" })
      expect(airflow.calls).toEqual([`PATCH ${at}`, `GET ${at}`, `PATCH ${at}/3`, `GET ${at}/3`])
      expect(airflow.bodies[0]).toEqual({ new_state: "failed", dry_run: false })
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("takes a state that is there already for done, also when its own answer was lost", () => {
    const airflow = server("3.3.2", (call, index) =>
      index === 0
        ? { code: "ECONNRESET" }
        : call.startsWith("PATCH")
          ? json({ detail: "Task id t is already in failed state" }, 409)
          : json(row2({ state: "failed" }))
    )
    return Effect.gen(function* () {
      const set = yield* rushed(TaskInstances.setState({ ...task, new_state: "failed" }))
      expect(set.state).toBe("failed")
      expect(airflow.calls).toEqual([`PATCH ${at}?map_index=-1`, `PATCH ${at}?map_index=-1`, `GET ${at}/-1`])
      expect(airflow.bodies[0]).toEqual({ new_state: "failed" })
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("picks the one that was meant out of the answer", () => {
    const airflow = server("3.1.8", () => rowsOf(row2({ task_id: "u" }), row2({ state: "skipped" })))
    return Effect.gen(function* () {
      const set = yield* TaskInstances.setState({ ...task, new_state: "skipped" })
      expect(set).toMatchObject({ task_id: "t", state: "skipped", api: "v2" })
      expect(airflow.calls.length).toBe(1)
    }).pipe(Effect.provide(airflow.layer()))
  })
})

describe("clear", () => {
  const params = { dag_id: "d", dag_run_id: "r", task_ids: ["t"], dry_run: false } as const

  it.effect("lets the runs begin again on both APIs", () =>
    Effect.gen(function* () {
      const old = server("2.11.0", () =>
        json({ task_instances: [{ ...task, execution_date: "2024-01-30T00:00:00+00:00" }] })
      )
      expect(yield* Effect.provide(TaskInstances.clear(params), old.layer())).toMatchObject([
        { ...task, map_index: null, api: "v1" }
      ])
      const { dag_id: _, ...body } = params
      expect(old.bodies).toEqual([{ ...body, reset_dag_runs: true }])
      const recent = server("3.3.2", () => rowsOf(row2({ map_index: 3 })))
      expect(yield* Effect.provide(TaskInstances.clear(params), recent.layer())).toMatchObject([
        { ...task, map_index: 3, api: "v2" }
      ])
      expect(recent.bodies).toEqual([body])
      expect([...old.calls, ...recent.calls]).toEqual([
        "POST /clearTaskInstances",
        "POST /clearTaskInstances"
      ])
    })
  )

  it.effect("does not, when that is not wanted", () => {
    const airflow = server("2.11.0", () => json({ task_instances: [] }))
    return Effect.gen(function* () {
      yield* TaskInstances.clear({ ...params, reset_dag_runs: false })
      expect(airflow.bodies).toMatchObject([{ reset_dag_runs: false }])
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("is not sent twice", () => {
    const airflow = server("3.3.2", () => ({ code: "ECONNRESET" }))
    return Effect.gen(function* () {
      const error = yield* rushed(Effect.flip(TaskInstances.clear(params)))
      expect(error._tag).toBe("TransportError")
      expect(airflow.calls.length).toBe(1)
    }).pipe(Effect.provide(airflow.layer()))
  })
})

describe("trigger", () => {
  const params = { dag_id: "d", dag_run_id: "r", conf: { a: 1 } }
  const run = { dag_id: "d", dag_run_id: "r", state: "queued", conf: { a: 1 } }

  for (const [version, taken] of [
    [
      "2.11.0",
      { title: "Conflict", detail: "DAGRun with DAG ID: 'd' and DAGRun ID: 'r' already exists", status: 409 }
    ],
    [
      "3.3.2",
      { detail: { reason: "Unique constraint violation", statement: "hidden", orig_error: "hidden" } }
    ]
  ] as const) {
    it.effect(`${version}: starts a run`, () => {
      const airflow = server(version, () => json({ ...run, execution_date: null }))
      return Effect.gen(function* () {
        const started = yield* DagRuns.trigger({ ...params, note: "n", logical_date: "2024-01-30T00:00:00Z" })
        expect(started).toMatchObject({ ...run, start_date: null, note: null })
        expect(airflow.calls).toEqual(["POST /dagRuns"])
        expect(airflow.bodies).toEqual([
          { dag_run_id: "r", conf: { a: 1 }, note: "n", logical_date: "2024-01-30T00:00:00Z" }
        ])
      }).pipe(Effect.provide(airflow.layer()))
    })

    it.effect(`${version}: is sent again after a lost answer, and finds the run it started`, () => {
      const airflow = server(version, (call, index) =>
        index === 0
          ? { code: "ECONNRESET" }
          : call.startsWith("POST")
            ? json(taken, 409)
            : json({ ...run, state: "running" })
      )
      return Effect.gen(function* () {
        expect((yield* rushed(DagRuns.trigger(params))).state).toBe("running")
        expect(airflow.calls).toEqual(["POST /dagRuns", "POST /dagRuns", "GET /dagRuns/r"])
      }).pipe(Effect.provide(airflow.layer()))
    })

    it.effect(`${version}: is a Conflict when another run has the logical date`, () => {
      const airflow = server(version, (call) => (call.startsWith("POST") ? json(taken, 409) : json({}, 404)))
      return Effect.gen(function* () {
        const error = yield* Effect.flip(DagRuns.trigger({ ...params, logical_date: "2024-01-30T00:00:00Z" }))
        expect(error).toMatchObject({ _tag: "Conflict", operation: "triggerDagRun" })
      }).pipe(Effect.provide(airflow.layer()))
    })
  }

  it.effect("says what else goes wrong, also when it looks for the run", () => {
    const airflow = server("3.3.2", (call) => (call.startsWith("POST") ? json({}, 409) : json({}, 403)))
    return Effect.gen(function* () {
      expect((yield* Effect.flip(DagRuns.trigger(params)))._tag).toBe("Forbidden")
    }).pipe(Effect.provide(airflow.layer()))
  })

  it.effect("wants a name for the run, before anything is sent", () => {
    const airflow = server("3.3.2", () => json(run))
    return Effect.gen(function* () {
      for (const dag_run_id of ["", "..", undefined as unknown as string]) {
        const error = yield* Effect.flip(DagRuns.trigger({ dag_id: "d", dag_run_id }))
        expect(error).toMatchObject({
          _tag: "InvalidInput",
          operation: "DagRuns.trigger",
          field: "dag_run_id"
        })
      }
      const nothing = yield* Effect.flip(DagRuns.trigger(null as unknown as typeof params))
      expect(nothing._tag).toBe("InvalidInput")
      expect(airflow.calls).toEqual([])
    }).pipe(Effect.provide(airflow.layer()))
  })
})

describe("a run", () => {
  it.effect("is the same from both APIs", () =>
    Effect.gen(function* () {
      const same = { dag_id: "d", dag_run_id: "r", state: "success", run_type: "manual" }
      const old = server("2.7.3", () =>
        json({
          ...same,
          execution_date: "2024-01-30T00:00:00+00:00",
          logical_date: "2024-01-30T00:00:00+00:00"
        })
      )
      const recent = server("3.3.2", () => json({ ...same, logical_date: null, conf: null, run_after: "x" }))
      const get = DagRuns.get({ dag_id: "d", dag_run_id: "r" })
      const first = yield* Effect.provide(get, old.layer())
      const second = yield* Effect.provide(get, recent.layer())
      expect(first).toMatchObject({ ...same, logical_date: "2024-01-30T00:00:00+00:00", conf: {}, api: "v1" })
      expect(second).toMatchObject({
        ...same,
        logical_date: null,
        conf: {},
        api: "v2",
        raw: { run_after: "x" }
      })
      expect(DagRuns.isTerminalRun(first.state)).toBe(true)
      expect(DagRuns.isTerminalRun("queued")).toBe(false)
    })
  )
})
