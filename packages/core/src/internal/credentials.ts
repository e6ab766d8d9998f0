import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { AirflowError, CallInfo } from "../AirflowError.js"
import type { Auth, Credentials, Negotiation } from "../Auth.js"
import type { Request, SendFailure } from "../Transport.js"
import type { Answer } from "./http.js"
import { once } from "./once.js"

/** What came of one acquisition, shared by all requests that use it. */
export interface Held {
  readonly credentials: Credentials
  /** When to obtain others, in milliseconds of Effect's time; undefined: when they are refused. */
  readonly freshUntil: number | undefined
  /** For one request only: looks at what the server sent back. */
  readonly verify?: Negotiation["verify"]
}

/** Those of nobody. */
export const none: Held = { credentials: {}, freshUntil: undefined }

/** The server, as a login sees it: requests go where all others go, and without credentials. */
export interface LoginServer {
  readonly baseUrl: string
  readonly send: (
    request: Pick<Request, "method" | "body"> & { readonly path: string }
  ) => Effect.Effect<Answer, SendFailure>
}

/** Why a login failed; it becomes an error of each call that waited for it. */
export interface LoginFailure {
  readonly _tag: "LoginFailure"
  /** `declared`: the statuses that the call declares as errors. */
  readonly toError: (info: CallInfo, declared: ReadonlyArray<number>) => AirflowError
}

export const isLoginFailure = (error: unknown): error is LoginFailure =>
  Predicate.isTagged(error, "LoginFailure")

/** The credentials of one client. */
export interface CredentialStore {
  /**
   * Those in force; obtained first if there are none or they are about to expire, once for all who wait. Such as are
   * good for one request are obtained each time.
   */
  readonly get: Effect.Effect<Held, unknown>
  /**
   * Tells that a server refused these: `get` gives others from now on, the same for all who were refused with
   * these, so that many 401s make one login. False: there are no others.
   */
  readonly refuse: (held: Held) => boolean
}

const acquisition = (
  auth: Extract<Auth, { readonly _tag: "Login" | "Provider" }>,
  server: LoginServer
): Effect.Effect<Held, unknown> =>
  auth._tag === "Login"
    ? auth.login(server)
    : Effect.map(auth.acquire, (credentials) => ({ credentials, freshUntil: undefined }))

export const make = (auth: Auth, server: LoginServer): CredentialStore => {
  if (auth._tag === "Static") {
    const held = { credentials: auth.credentials, freshUntil: undefined }
    return { get: Effect.succeed(held), refuse: () => false }
  }
  if (auth._tag === "Negotiate") {
    const host = new URL(server.baseUrl).hostname
    const get = Effect.suspend(() => auth.getToken({ host })).pipe(
      Effect.map(({ token, verify }) => ({
        credentials: { authorization: Redacted.make(`Negotiate ${Redacted.value(token)}`) },
        freshUntil: undefined,
        verify
      }))
    )
    return { get, refuse: () => false }
  }
  let held: Held | undefined
  const acquire = acquisition(auth, server)
  const start = () =>
    once(
      Effect.tap(acquire, (acquired) => {
        held = acquired
      })
    )
  let current = start()
  const renew = () => {
    held = undefined
    current = start()
  }
  return {
    get: Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (held?.freshUntil !== undefined && now >= held.freshUntil) renew()
      return current
    }),
    refuse: (refused) => {
      if (refused === held) renew()
      return true
    }
  }
}
