/** The login of Airflow 3: a token for a user's name and password, and until when it is good. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as AirflowError from "../AirflowError.js"
import * as Retry from "../Retry.js"
import type { Request } from "../Transport.js"
import { refusal } from "./answer.js"
import type { Held, LoginFailure, LoginServer } from "./credentials.js"
import { type Answer, isOk } from "./http.js"

export interface Login {
  readonly method: Extract<Request["method"], "GET" | "POST">
  readonly path: string
  /** What is sent, as JSON; none of it comes back in an error. */
  readonly body: { readonly username: string; readonly password: Redacted.Redacted<string> } | undefined
}

/** The longest time before its end that a token is renewed; one that lives for moments has a fifth of its life. */
const margin = 30_000

/** Until when a token is good that was asked for at `start`: told by its own claims, so that no clock but ours counts. */
const freshUntil = (token: string, start: number): number | undefined => {
  try {
    const claims: unknown = JSON.parse(
      atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))
    )
    const { exp, iat } = claims as { readonly exp?: unknown; readonly iat?: unknown }
    const life = Number(exp) * 1000 - (typeof iat === "number" ? iat * 1000 : start)
    return life > 0 ? start + life - Math.min(margin, life / 5) : undefined
  } catch {
    return undefined
  }
}

const accessToken = (text: string): string | undefined => {
  try {
    const { access_token } = JSON.parse(text) as { readonly access_token?: unknown }
    return typeof access_token === "string" && access_token !== "" ? access_token : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether something shows a part of the password. What a server says of a login may repeat what it got, written
 * as it likes; letters and digits it writes as they are.
 */
const shows = (password: string) => {
  const words = password.split(/[^a-z0-9]+/i).filter((word) => word.length > 3)
  const parts = words.length > 0 || password === "" ? words : [password]
  return (said: unknown): boolean => {
    const text = JSON.stringify(said) ?? ""
    return parts.some((part) => text.includes(part))
  }
}

const fail = (toError: LoginFailure["toError"]): Effect.Effect<never, LoginFailure> =>
  Effect.fail({ _tag: "LoginFailure", toError })

/** An answer that brings no token: who may not log in learns so by the error that any refused call has. */
const refused = (
  { method, path }: Login,
  answer: Answer,
  isSecret: (said: unknown) => boolean
): Effect.Effect<never, LoginFailure> =>
  Effect.flatMap(Retry.parseRetryAfter(answer.retryAfter), (retryAfter) =>
    fail((info, declared) => {
      const errors = ([401, 403] as const).filter((status) => declared.includes(status))
      const asked = { accept: "application/json", errors } as const
      const read = (text: string) =>
        refusal(asked, { ...info, method, path }, { ...answer, text }, retryAfter, (it) => it)
      const told = read(answer.text)
      const error = "problem" in told && isSecret(told.problem) ? read("") : told
      if (error._tag !== "UnexpectedStatus" && error._tag !== "DecodeError") return error
      const said = error._tag === "UnexpectedStatus" ? error.problem?.detail : undefined
      const hint = answer.status === 404 || answer.status === 405 ? "; only Airflow 3 has this login" : ""
      return new AirflowError.CredentialsError({
        ...info,
        loginStatus: answer.status,
        issue: isOk(answer.status)
          ? `${method} ${path} answered without a token; is the base URL right?`
          : `${method} ${path} answered ${answer.status}${said === undefined ? "" : `: ${said}`}${hint}`
      })
    })
  )

export const make =
  (login: Login) =>
  (server: LoginServer): Effect.Effect<Held, LoginFailure> =>
    Effect.gen(function* () {
      const { body, method, path } = login
      const start = yield* Clock.currentTimeMillis
      const password = body === undefined ? "" : Redacted.value(body.password)
      const isSecret = shows(password)
      const sent = server.send({
        method,
        path,
        body: body === undefined ? undefined : JSON.stringify({ ...body, password })
      })
      const answer = yield* Effect.catchAll(sent, ({ _tag: _, description, ...failure }) =>
        fail(
          (info) =>
            new AirflowError.TransportError({
              ...info,
              method,
              path,
              ...failure,
              ...(description === undefined || isSecret(description) ? {} : { description })
            })
        )
      )
      const token = isOk(answer.status) ? accessToken(answer.text) : undefined
      return token === undefined
        ? yield* refused(login, answer, isSecret)
        : {
            credentials: { authorization: Redacted.make(`Bearer ${token}`) },
            freshUntil: freshUntil(token, start)
          }
    }).pipe(
      Effect.withSpan("airflow.login", {
        captureStackTrace: false,
        attributes: { "http.request.method": login.method, "url.path": login.path }
      })
    )
