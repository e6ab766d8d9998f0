/** What the cases of API v2 share. */
import type { AirflowClient, Options, Warning } from "@effect-airflow/core/AirflowClient"
import type { Problem } from "@effect-airflow/core/AirflowError"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Effect from "effect/Effect"
import * as assert from "../../assert.js"
import { auth, type Target } from "../../target.js"

export const quick = { dag_id: "quick", dag_run_id: "c1" }
export const hello = { ...quick, task_id: "hello" }
export const mapped = { dag_id: "mapped", dag_run_id: "c1" }
export const square = { ...mapped, task_id: "square" }
export const wide = { dag_id: "wide", dag_run_id: "c1" }
export const fails = { dag_id: "failing", dag_run_id: "c1", task_id: "fails" }
export const never = { dag_id: "failing", dag_run_id: "c1", task_id: "never" }

/** A timestamp of API v2. */
export const zulu = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/

const session = Date.now().toString(36)
let made = 0

/**
 * A request that writes. On SQLite it may meet the lock of another, for which Airflow 3 waits in the thread that
 * could end the other: after five seconds it is a 500, and nothing was done. So it is sent again.
 */
export const writing = <A, E extends { readonly _tag: string }, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.retry(effect, { times: 4, while: (error) => error._tag === "ServerError" })

/** A run of the case's own, which it starts. */
export const start = (target: Target, dag_id: string, conf?: Record<string, unknown>) =>
  Effect.suspend(() => {
    const dag_run_id = `v2-${session}-${++made}`
    return Effect.tryPromise(() => target.trigger(dag_id, dag_run_id, conf)).pipe(
      Effect.retry({ times: 4 }),
      Effect.as({ dag_id, dag_run_id })
    )
  })

/** A run of the case's own, which is over. */
export const finish = (target: Target, dag_id: string) =>
  Effect.tap(start(target, dag_id), (run) =>
    Effect.promise(() => target.finished(run.dag_id, run.dag_run_id))
  )

/** Asks until it is so. */
export const until = <A, E, R>(
  ask: Effect.Effect<A, E, R>,
  isSo: (answer: A) => boolean
): Effect.Effect<A, E | Error, R> =>
  Effect.gen(function* () {
    for (let asked = 0; asked < 1200; asked++) {
      const answer = yield* ask
      if (isSo(answer)) return answer
      yield* Effect.sleep("100 millis")
    }
    return yield* Effect.fail(new Error("it does not become so"))
  })

/** The same by another client. */
export const as =
  (target: Target, options: Partial<Options>) =>
  <A, E>(effect: Effect.Effect<A, E, AirflowClient>) =>
    Effect.provide(
      effect,
      NodeAirflow.layer({ baseUrl: target.baseUrl, auth: auth(target, "admin"), ...options })
    )

/** What is answered, and that nothing of it had to be left out. */
export const whole = <A, E>(target: Target, effect: Effect.Effect<A, E, AirflowClient>) =>
  Effect.suspend(() => {
    const warnings: Array<Warning> = []
    const onWarning = (warning: Warning) => Effect.sync(() => void warnings.push(warning))
    return effect.pipe(
      as(target, { onWarning }),
      Effect.tap(() => Effect.sync(() => assert.deepEqual(warnings, [])))
    )
  })

/** An error, as far as cases look at it. */
export interface Told {
  readonly _tag: string
  readonly attempts?: number
  readonly status?: number
  readonly problem?: Problem
  readonly field?: string
}

/** It fails so; what the server said of it is handed on. */
export const refused = <R>(
  effect: Effect.Effect<unknown, { readonly _tag: string }, R>,
  tag: string
): Effect.Effect<Told, unknown, R> =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.equal(error._tag, tag)
    return error
  })

/** It fails before anything is sent, for this parameter. */
export const notSent = <R>(
  effect: Effect.Effect<unknown, { readonly _tag: string }, R>,
  tag: "InvalidInput" | "Unsupported",
  field?: string
): Effect.Effect<void, unknown, R> =>
  Effect.map(refused(effect, tag), (error) => {
    assert.equal(error.attempts, 0)
    assert.equal(error.field, field)
  })
