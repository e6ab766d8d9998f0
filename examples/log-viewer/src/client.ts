/** A connection to Airflow: who asks, and what tells that it answers. */
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as Airflow from "@effect-airflow/core/Airflow"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { AirflowError } from "@effect-airflow/core/AirflowError"
import * as Auth from "@effect-airflow/core/Auth"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import type * as Context from "effect/Context"

export interface Connection {
  /** Whose it is: a user's name, or undefined for the session of the browser. */
  readonly username: string | undefined
  /** E.g. `Airflow 3.2.1`. */
  readonly server: string
  readonly context: Context.Context<AirflowClient>
  readonly run: <A, E>(effect: Effect.Effect<A, E, AirflowClient>, signal?: AbortSignal) => Promise<A>
  /** Tells of each good answer about a task instance. */
  readonly answers: (heard: () => void) => () => void
  readonly close: () => void
}

const connect = (auth: Auth.Auth, cookies: boolean) => {
  const listeners = new Set<() => void>()
  const runtime = ManagedRuntime.make(
    BrowserAirflow.layer({
      auth,
      // Without them a 401 would make the browser ask for a password of its own accord.
      credentials: cookies ? "same-origin" : "omit",
      fetch: async (input, init) => {
        const answer = await fetch(input, init)
        // Of a task instance, or its log: not the lists of the picker.
        const ofTask = answer.ok && new URL(answer.url).pathname.includes("/taskInstances/")
        if (ofTask) for (const heard of listeners) heard()
        return answer
      }
    })
  )
  return { listeners, runtime }
}

/** Anything that needs to be allowed to read. */
const probe = Airflow.taskInstances.list({ dag_id: "~", dag_run_id: "~", limit: 1 })

const open = (username: string | undefined, auth: Auth.Auth): Effect.Effect<Connection, AirflowError> => {
  const { listeners, runtime } = connect(auth, username === undefined)
  return Effect.gen(function* () {
    const { version } = yield* Airflow.server.detect
    yield* probe
    const { context } = yield* runtime.runtimeEffect
    return {
      username,
      server: `Airflow ${version}`,
      context,
      run: <A, E>(effect: Effect.Effect<A, E, AirflowClient>, signal?: AbortSignal) =>
        runtime.runPromise(effect, signal === undefined ? {} : { signal }),
      answers: (heard: () => void) => {
        listeners.add(heard)
        return () => listeners.delete(heard)
      },
      close: () => void runtime.dispose()
    }
  }).pipe(
    Effect.provide(runtime),
    Effect.onError(() => runtime.disposeEffect)
  )
}

/** With the cookie that this browser has from Airflow's own pages. */
export const withSession: Effect.Effect<Connection, AirflowError> = Effect.suspend(() =>
  open(undefined, Auth.none)
)

/** Airflow 2 takes name and password with each request, Airflow 3 gives a token for them: which it is, is asked. */
export const withPassword = (username: string, password: string): Effect.Effect<Connection, AirflowError> =>
  Effect.gen(function* () {
    const { runtime } = connect(Auth.none, false)
    const { api } = yield* Airflow.server.detect.pipe(
      Effect.provide(runtime),
      Effect.ensuring(runtime.disposeEffect)
    )
    const secret = Redacted.make(password)
    const auth = api === "v1" ? Auth.basic(username, secret) : Auth.jwt({ username, password: secret })
    return yield* open(username, auth)
  })
