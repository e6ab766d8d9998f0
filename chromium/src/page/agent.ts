/** What runs in the page, for the cases to call by name: `window.agent`. Results are plain data. */
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as Airflow from "@effect-airflow/core/Airflow"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Auth from "@effect-airflow/core/Auth"
import type { RequestOptions } from "@effect-airflow/core/Endpoint"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import { connect } from "@effect-airflow/promise"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type CallName, calls } from "../../../packages/node/test/hostileCalls.js"

/** A client, as plain data. */
export interface Settings {
  readonly baseUrl?: string
  readonly auth?: {
    readonly kind: "basic" | "jwt" | "bearer"
    readonly username: string
    readonly password: string
  }
  readonly headers?: Readonly<Record<string, string>>
  readonly credentials?: "omit" | "same-origin" | "include"
  readonly whenHidden?: number
  readonly retry?: false
}

export interface Ids {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
}

export type Result = { readonly _tag: string } & Readonly<Record<string, unknown>>

export interface Following {
  readonly lines: ReadonlyArray<string>
  readonly tags: ReadonlyArray<string>
  readonly end: string | undefined
  /** How it ended: with its last event, with an error of this kind, or stopped. Undefined: it goes on. */
  readonly over: string | undefined
}

const authOf = ({ kind, password, username }: NonNullable<Settings["auth"]>) =>
  kind === "basic"
    ? Auth.basic(username, Redacted.make(password))
    : kind === "jwt"
      ? Auth.jwt({ username, password: Redacted.make(password) })
      : Auth.bearer(Redacted.make(password))

const layerOf = ({ auth, ...options }: Settings) =>
  BrowserAirflow.layer({ ...options, ...(auth === undefined ? {} : { auth: authOf(auth) }) })

/** What a call comes to: its success under `value`, or the error's fields. */
const outcome = <A, E extends { readonly _tag: string }>(
  settings: Settings,
  call: Effect.Effect<A, E, AirflowClient>
): Promise<Result> =>
  Effect.provide(call, layerOf(settings)).pipe(
    Effect.match({
      onFailure: (error): Result =>
        JSON.parse(JSON.stringify({ ...error, message: String(error) })) as Result,
      onSuccess: (value): Result => ({
        _tag: "Success",
        value: JSON.parse(JSON.stringify(value ?? null)) as unknown
      })
    }),
    Effect.runPromise
  )

interface Follow {
  readonly lines: Array<string>
  readonly tags: Array<string>
  end: string | undefined
  over: string | undefined
  readonly stop: () => void
}

const follows: Array<Follow> = []

const take = (follow: Follow, event: LogEvent) => {
  follow.tags.push(event._tag)
  if (event._tag === "Line") follow.lines.push(event.line.text)
  if (event._tag === "Ended") follow.end = event.end
}

const agent = {
  detect: (settings: Settings) => outcome(settings, Airflow.server.detect),
  get: (settings: Settings, ids: Ids) => outcome(settings, Airflow.taskInstances.get(ids)),
  list: (settings: Settings, ids: Omit<Ids, "task_id">) => outcome(settings, Airflow.taskInstances.list(ids)),
  batch: (settings: Settings, dag_ids: ReadonlyArray<string>) =>
    outcome(settings, Airflow.taskInstances.batch({ dag_ids: [...dag_ids] })),
  note: (settings: Settings, ids: Ids, note: string) =>
    outcome(settings, Airflow.taskInstances.setNote({ ...ids, note })),
  /** A call of the hostile table. */
  hostile: (baseUrl: string, name: CallName, options: RequestOptions) =>
    outcome({ baseUrl }, calls[name]({ timeout: "5 seconds", retry: false, ...options })),

  /** Starts a follower with Effect; its number. */
  follow: (settings: Settings, ids: Ids, options: LogFollower.Options = {}): number => {
    const fiber = LogFollower.follow(ids, options).pipe(
      Stream.runForEach((event) => Effect.sync(() => take(follow, event))),
      Effect.provide(layerOf(settings)),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          follow.over =
            exit._tag === "Success"
              ? "ended"
              : exit.cause._tag === "Fail"
                ? exit.cause.error._tag
                : exit.cause._tag
        })
      ),
      Effect.runFork
    )
    const follow: Follow = {
      lines: [],
      tags: [],
      end: undefined,
      over: undefined,
      stop: () => void Effect.runFork(Fiber.interrupt(fiber))
    }
    return follows.push(follow) - 1
  },
  /** The same with promises and an AbortSignal. */
  promiseFollow: (settings: Settings, ids: Ids): number => {
    const controller = new AbortController()
    const follow: Follow = {
      lines: [],
      tags: [],
      end: undefined,
      over: undefined,
      stop: () => controller.abort()
    }
    const read = async () => {
      const airflow = await connect(layerOf(settings))
      try {
        for await (const event of airflow.logs.follow(ids, { signal: controller.signal })) take(follow, event)
        follow.over = "ended"
      } catch (error) {
        follow.over = (error as Error).name
      } finally {
        await airflow.close()
      }
    }
    void read()
    return follows.push(follow) - 1
  },
  stop: (index: number) => follows[index]!.stop(),
  following: (index: number): Following => {
    const { end, lines, over, tags } = follows[index]!
    return { end, lines: [...lines], over, tags: [...tags] }
  },
  /** What the page was refused by its Content-Security-Policy. */
  violations: (): ReadonlyArray<string> => violations,
  /** Whether this page may make code of text: it must not. */
  canEval: (): boolean => {
    try {
      // oxlint-disable-next-line no-implied-eval, no-new-func -- to see that it is refused
      new Function("return 1")()
      return true
    } catch {
      return false
    }
  }
}

const violations: Array<string> = []
document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
  violations.push(`${effectiveDirective}: ${blockedURI}`)
})

export type Agent = typeof agent

declare global {
  interface Window {
    agent: Agent
  }
}

window.agent = agent
