import * as AirflowError from "@effect-airflow/core/AirflowError"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { createRequire } from "node:module"
import { json, scripted, status, task } from "./scripted.js"

const info = { operation: "getTaskInstance", method: "GET", path: "/api/v1/x", attempts: 1 }

const failing = (reply: Response) =>
  Effect.flip(
    Effect.provide(TaskInstances.getTaskInstance(task), scripted(() => reply).layer({ retry: false }))
  )

describe("errors", () => {
  for (const [code, tag] of [
    [400, "UnexpectedStatus"],
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [409, "UnexpectedStatus"],
    [422, "UnexpectedStatus"],
    [429, "RateLimited"],
    [500, "ServerError"],
    [503, "ServerError"],
    [302, "UnexpectedStatus"],
    [418, "UnexpectedStatus"]
  ] as const) {
    it.effect(`${code} is ${tag}`, () =>
      Effect.map(failing(status(code)), (error) => {
        assert.strictEqual(error._tag, tag)
        assert.deepInclude(error, {
          status: code,
          operation: "getTaskInstance",
          method: "GET",
          path: "/api/v1/dags/d/dagRuns/r/taskInstances/t",
          attempts: 1
        })
      })
    )
  }

  it.effect("a declared 400 is a BadRequest with its problem", () =>
    Effect.gen(function* () {
      const server = scripted(() =>
        json(
          {
            type: "https://x/Errors/BadRequest",
            title: null,
            detail: "Extra query parameter(s) x not in spec",
            status: 400
          },
          400
        )
      )
      const error = yield* Effect.flip(
        Effect.provide(TaskInstances.getTaskInstances({ dag_id: "d", dag_run_id: "r" }), server.layer())
      )
      assert.strictEqual(error._tag, "BadRequest")
      assert.deepStrictEqual("problem" in error && error.problem, {
        type: "https://x/Errors/BadRequest",
        detail: "Extra query parameter(s) x not in spec",
        status: 400
      })
    })
  )

  it.effect("messages say what happened and what to look at", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        (yield* failing(status(401))).message,
        "401 Unauthorized from getTaskInstance: the server did not accept the credentials, or not this kind: Airflow 2.x takes what its [api] auth_backends allow, Airflow 3 tokens (Auth.jwt)"
      )
      assert.strictEqual(
        (yield* failing(json({ title: "Task instance not found", detail: null }, 404))).message,
        "404 NotFound from getTaskInstance: Task instance not found"
      )
      assert.include((yield* failing(status(302))).message, "a redirect, which is never followed")
      assert.include(
        (yield* failing(new Response("<html>", { headers: { "content-type": "text/html" } }))).message,
        "got a page: a login or a proxy?"
      )
      assert.strictEqual(
        new AirflowError.InvalidInput({ ...info, attempts: 0, field: "dag_id", issue: "must be a string" })
          .message,
        "InvalidInput from getTaskInstance: dag_id must be a string"
      )
      assert.strictEqual(
        new AirflowError.TransportError({
          ...info,
          reason: "Connect",
          code: "ECONNREFUSED",
          description: "connect ECONNREFUSED"
        }).message,
        "TransportError from getTaskInstance: could not connect (ECONNREFUSED): connect ECONNREFUSED"
      )
      assert.strictEqual(
        new AirflowError.TimeoutError({ ...info, limit: "deadline", millis: 5 }).message,
        "TimeoutError from getTaskInstance: no whole answer within 5 ms (deadline of the call)"
      )
    })
  )

  it.effect("they are caught by tag, yielded, and written as JSON", () =>
    Effect.gen(function* () {
      const error = new AirflowError.NotFound({ ...info, status: 404 })
      const caught = yield* Effect.catchTag(
        Effect.gen(function* () {
          return yield* error
        }),
        "NotFound",
        Effect.succeed
      )
      assert.strictEqual(caught, error)
      assert.isTrue(error instanceof Error)
      assert.strictEqual(error.name, "NotFound")
      assert.deepStrictEqual(JSON.parse(JSON.stringify(error)), {
        ...info,
        status: 404,
        _tag: "NotFound",
        message: "404 NotFound from getTaskInstance"
      })
    })
  )

  it("instanceof tells the classes apart, and derived classes stay what they are", () => {
    class Mine extends AirflowError.NotFound {}
    const error = new AirflowError.NotFound({ ...info, status: 404 })
    const mine = new Mine({ ...info, status: 404 })
    assert.isTrue(error instanceof AirflowError.NotFound)
    assert.isFalse(error instanceof AirflowError.Forbidden)
    assert.isFalse(error instanceof Mine)
    assert.isTrue(mine instanceof Mine)
    assert.isTrue(mine instanceof AirflowError.NotFound)
    for (const other of [null, undefined, "NotFound", {}, { _tag: "NotFound" }, new Error("NotFound")]) {
      assert.isFalse((other as unknown) instanceof AirflowError.NotFound)
      assert.isFalse(AirflowError.isAirflowError(other))
    }
  })

  it("instanceof and the guard work across two copies of the package", async () => {
    const dist = dirname(createRequire(import.meta.url).resolve("@effect-airflow/core/AirflowError"))
    // Beside the package, so that the copy finds the same effect.
    const copy = mkdtempSync(join(dirname(dist), ".copy-"))
    try {
      cpSync(dist, copy, { recursive: true })
      const other = (await import(join(copy, "AirflowError.js"))) as typeof AirflowError
      assert.notStrictEqual(other.NotFound, AirflowError.NotFound)
      const error = new other.NotFound({ ...info, status: 404 })
      assert.isTrue(error instanceof AirflowError.NotFound)
      assert.isTrue(new AirflowError.NotFound({ ...info, status: 404 }) instanceof other.NotFound)
      assert.isFalse(error instanceof AirflowError.Conflict)
      assert.isTrue(AirflowError.isAirflowError(error))
    } finally {
      rmSync(copy, { recursive: true })
    }
  })
})
