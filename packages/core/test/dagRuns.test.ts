import type { Warning } from "@effect-airflow/core/AirflowClient"
import { DagRun, getDagRun, isTerminalRun } from "@effect-airflow/core/v1/DagRuns"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { json, scripted, status } from "./scripted.js"

const run = { dag_id: "d", dag_run_id: "manual__2024-01-01T00:00:00.000001+00:00" }

/** A run of Airflow 2.11 that is over, every field as the server wrote it. */
const over = {
  conf: { lines: 60, nested: { list: [1, null] } },
  dag_id: "quick",
  dag_run_id: "c1",
  data_interval_end: "2026-11-24T08:36:11.790959+00:00",
  data_interval_start: "2026-11-24T08:36:11.790959+00:00",
  end_date: "2026-11-24T08:36:38.562781+00:00",
  execution_date: "2026-11-24T08:36:11.790959+00:00",
  external_trigger: true,
  last_scheduling_decision: "2026-11-24T08:36:38.560601+00:00",
  logical_date: "2026-11-24T08:36:11.790959+00:00",
  note: null,
  run_type: "manual",
  start_date: "2026-11-24T08:36:12.144114+00:00",
  state: "success"
}

/** The same before the scheduler has looked at it. */
const queued = {
  ...over,
  conf: {},
  end_date: null,
  last_scheduling_decision: null,
  start_date: null,
  state: "queued"
}

const decodeAs = (body: unknown) =>
  Effect.gen(function* () {
    const warnings: Array<Warning> = []
    const server = scripted(() => json(body))
    const result = yield* getDagRun(run).pipe(
      Effect.either,
      Effect.provide(server.layer({ onWarning: (warning) => Effect.sync(() => void warnings.push(warning)) }))
    )
    return { result, warnings, arrivals: server.arrivals }
  })

describe("getDagRun", () => {
  it.effect("asks for one run, its id encoded", () =>
    Effect.gen(function* () {
      const { arrivals } = yield* decodeAs(over)
      assert.strictEqual(arrivals.length, 1)
      assert.strictEqual(arrivals[0]!.method, "GET")
      assert.strictEqual(
        arrivals[0]!.url.href,
        "http://airflow.test/api/v1/dags/d/dagRuns/manual__2024-01-01T00%3A00%3A00.000001%2B00%3A00"
      )
      assert.strictEqual(arrivals[0]!.headers["accept"], "application/json")
      assert.strictEqual(arrivals[0]!.body, "")
    })
  )

  for (const [what, body] of Object.entries({ over, queued })) {
    it.effect(`every field of a real answer: ${what}`, () =>
      Effect.gen(function* () {
        const { result, warnings } = yield* decodeAs(body)
        assert.deepStrictEqual(result._tag === "Right" && result.right, body)
        assert.deepStrictEqual(warnings, [])
        assert.deepStrictEqual(Schema.decodeUnknownSync(DagRun)(body), body)
      })
    )
  }

  it.effect("a state and a type it does not know", () =>
    Effect.gen(function* () {
      const { result, warnings } = yield* decodeAs({ ...over, state: "paused", run_type: "asset" })
      assert.deepInclude(result._tag === "Right" ? result.right : {}, { state: "paused", run_type: "asset" })
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.effect("leaves out what does not fit, and what it does not know", () =>
    Effect.gen(function* () {
      const { result, warnings } = yield* decodeAs({
        dag_id: "d",
        dag_run_id: "r",
        conf: null,
        state: 7,
        more: 1
      })
      assert.deepStrictEqual(result._tag === "Right" && result.right, { dag_id: "d", dag_run_id: "r" })
      assert.deepStrictEqual(
        warnings.map((warning) => warning._tag === "FieldSkipped" && warning.field),
        [".state", ".conf"]
      )
    })
  )

  for (const field of ["dag_id", "dag_run_id"] as const) {
    it.effect(`DecodeError without ${field}`, () =>
      Effect.gen(function* () {
        const { [field]: _, ...rest } = over
        const { result } = yield* decodeAs(rest)
        assert.deepInclude(result._tag === "Left" ? { ...result.left } : {}, {
          _tag: "DecodeError",
          operation: "getDagRun",
          issue: `.${field} is missing`
        })
      })
    )
  }

  for (const [code, tag] of [
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [400, "UnexpectedStatus"],
    [500, "ServerError"]
  ] as const) {
    it.effect(`${code} is ${tag}`, () =>
      Effect.gen(function* () {
        const server = scripted(() =>
          code < 500 ? json({ title: "told", status: code }, code) : status(code)
        )
        const error = yield* Effect.flip(getDagRun(run, { retry: false })).pipe(
          Effect.provide(server.layer())
        )
        assert.deepInclude({ ...error }, {
          _tag: tag,
          operation: "getDagRun",
          status: code,
          path: "/api/v1/dags/d/dagRuns/manual__2024-01-01T00%3A00%3A00.000001%2B00%3A00"
        } as never)
        assert.strictEqual(server.arrivals.length, 1)
      })
    )
  }

  it.effect("refuses an id that would address something else", () =>
    Effect.gen(function* () {
      const server = scripted(() => json(over))
      for (const field of ["dag_id", "dag_run_id"] as const) {
        for (const bad of ["", ".", "..", 1, undefined]) {
          const error = yield* Effect.flip(getDagRun({ ...run, [field]: bad } as never)).pipe(
            Effect.provide(server.layer())
          )
          assert.deepInclude({ ...error }, { _tag: "InvalidInput", field } as never)
        }
      }
      assert.strictEqual(server.arrivals.length, 0)
    })
  )
})

it("isTerminalRun", () => {
  assert.isTrue(["success", "failed"].every(isTerminalRun))
  assert.isFalse(["queued", "running", "up_for_retry", "", null, undefined].some(isTerminalRun))
})
