import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import * as DagRuns from "@effect-airflow/core/v2/DagRuns"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { json, scripted } from "./scripted.js"

const refusedWith = (body: unknown, code = 422) =>
  Effect.map(
    Effect.flip(
      Effect.provide(
        TaskInstances.getTaskInstances({ dag_id: "d", dag_run_id: "r" }, { retry: false }),
        scripted(() => json(body, code, { "content-type": "application/json" })).layer()
      )
    ),
    (error) => ({ error, problem: "problem" in error ? error.problem : undefined })
  )

describe("what Airflow 3 says", () => {
  it.effect("a text", () =>
    Effect.gen(function* () {
      const { error, problem } = yield* refusedWith({ detail: "Invalid value for state." })
      assert.deepStrictEqual(problem, { detail: "Invalid value for state." })
      assert.strictEqual(
        error.message,
        "422 UnprocessableContent from getTaskInstances: Invalid value for state."
      )
    })
  )

  it.effect("a list of fields: each is named, and what was sent is not repeated", () =>
    Effect.gen(function* () {
      const { error, problem } = yield* refusedWith({
        detail: [
          {
            type: "greater_than_equal",
            loc: ["query", "limit"],
            msg: "Input should be greater than or equal to 0",
            input: "s3cret",
            ctx: { ge: "s3cret" }
          },
          {
            type: "missing",
            loc: ["body", "task_ids", 0, "str"],
            msg: "Field required",
            input: { a: "s3cret" }
          }
        ]
      })
      assert.deepStrictEqual(problem, {
        detail:
          "query.limit: Input should be greater than or equal to 0; body.task_ids[0].str: Field required",
        errors: [
          {
            field: "query.limit",
            message: "Input should be greater than or equal to 0",
            type: "greater_than_equal"
          },
          { field: "body.task_ids[0].str", message: "Field required", type: "missing" }
        ]
      })
      assert.include(error.message, "query.limit: Input should be greater")
      assert.notInclude(JSON.stringify(error), "s3cret")
      assert.notInclude(String(error), "s3cret")
    })
  )

  it.effect("an object with a reason and a message", () =>
    Effect.gen(function* () {
      const server = scripted(() =>
        json(
          {
            detail: {
              reason: "Unique constraint violation",
              statement: "hidden",
              orig_error: "hidden",
              message: "look for ID x"
            }
          },
          409
        )
      )
      const error = yield* Effect.flip(Effect.provide(DagRuns.triggerDagRun({ dag_id: "d" }), server.layer()))
      assert.strictEqual(error._tag, "Conflict")
      assert.deepStrictEqual("problem" in error && error.problem, {
        title: "Unique constraint violation",
        detail: "look for ID x"
      })
    })
  )

  it.effect("a list of texts, and `error`", () =>
    Effect.gen(function* () {
      const tuple = yield* refusedWith({ detail: ["The Task Instance was not found", ""] }, 404)
      assert.deepStrictEqual(tuple.problem, { detail: "The Task Instance was not found" })
      const route = yield* refusedWith({ error: "API route not found" }, 404)
      assert.deepStrictEqual(route.problem, { detail: "API route not found" })
      assert.include(route.error.message, "API route not found")
    })
  )

  it.effect("of many fields the first are told, and all are there", () =>
    Effect.gen(function* () {
      const { error, problem } = yield* refusedWith({
        detail: Array.from({ length: 200 }, (_, index) => ({ loc: ["body", index], msg: "no" }))
      })
      assert.strictEqual(problem?.errors?.length, 200)
      assert.deepStrictEqual(problem?.errors?.[1], { field: "body[1]", message: "no" })
      assert.include(error.message, "body[4]: no; and 195 more")
      assert.notInclude(error.message, "body[5]")
    })
  )

  it.effect("whatever the body is, it is an error of its status", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.oneof(
            FastCheck.json().map((text): unknown => JSON.parse(text)),
            FastCheck.record(
              {
                detail: FastCheck.oneof(
                  FastCheck.jsonValue(),
                  FastCheck.array(
                    FastCheck.record(
                      { loc: FastCheck.jsonValue(), msg: FastCheck.jsonValue(), type: FastCheck.jsonValue() },
                      { requiredKeys: [] }
                    )
                  )
                ),
                error: FastCheck.jsonValue(),
                title: FastCheck.jsonValue()
              },
              { requiredKeys: [] }
            )
          ),
          async (body) => {
            const { error, problem } = await Effect.runPromise(refusedWith(body))
            assert.strictEqual(error._tag, "UnprocessableContent")
            for (const value of [problem?.title, problem?.detail]) {
              assert.isTrue(value === undefined || (typeof value === "string" && value !== ""))
            }
            for (const { field, message } of problem?.errors ?? []) {
              assert.isString(field)
              assert.isString(message)
            }
          }
        ),
        { numRuns: 200 }
      )
    )
  )
})
