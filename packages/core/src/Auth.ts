/**
 * How a client proves who it is: as data, turned into headers for each request. Secrets are `Redacted`.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import type { Held, LoginFailure, LoginServer } from "./internal/credentials.js"
import * as login from "./internal/login.js"

/**
 * The headers that carry credentials.
 *
 * @since 0.1.0
 * @category models
 */
export type Credentials = Readonly<Record<string, Redacted.Redacted<string>>>

/**
 * A token for one request, and what is to be done with the one that the server may send back.
 *
 * @since 0.1.0
 * @category models
 */
export interface Negotiation {
  /** What is sent behind `Negotiate`: a SPNEGO token in base64. */
  readonly token: Redacted.Redacted<string>
  /**
   * Looks at the token with which the server proves who it is: it comes with the answer, in base64. `undefined`: a
   * success (2xx) came without one. Of other answers only those with one are looked at: a refusal proves nothing, and what
   * stands in front of a server may fail without it. A failure becomes a `CredentialsError`, and the answer is not used.
   */
  readonly verify?: (reply: string | undefined) => Effect.Effect<void, unknown>
}

/**
 * A way to authenticate.
 *
 * @since 0.1.0
 * @category models
 */
export type Auth =
  | { readonly _tag: "Static"; readonly credentials: Credentials }
  | { readonly _tag: "Provider"; readonly acquire: Effect.Effect<Credentials, unknown> }
  | { readonly _tag: "Login"; readonly login: (server: LoginServer) => Effect.Effect<Held, LoginFailure> }
  | {
      readonly _tag: "Negotiate"
      readonly getToken: (server: { readonly host: string }) => Effect.Effect<Negotiation, unknown>
    }

/**
 * No credentials: an open server, or a browser whose session cookie is enough.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Auth = { _tag: "Static", credentials: {} }

/**
 * HTTP Basic. User name and password are sent as UTF-8, so any character works. Airflow 2.x takes Basic
 * where `[api] auth_backends` names a basic_auth backend; Airflow 3 does not take it, see {@link jwt}.
 *
 * @example
 * import * as Auth from "@effect-airflow/core/Auth"
 * import * as Redacted from "effect/Redacted"
 *
 * const auth = Auth.basic("admin", Redacted.make("s3cret"))
 *
 * @since 0.1.0
 * @category constructors
 */
export const basic = (username: string, password: Redacted.Redacted<string>): Auth =>
  header(
    "authorization",
    Redacted.make(
      `Basic ${Encoding.encodeBase64(new TextEncoder().encode(`${username}:${Redacted.value(password)}`))}`
    )
  )

/**
 * A bearer token that does not change: an Astronomer API token, a Google access token, a JWT of Airflow 3.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bearer = (token: Redacted.Redacted<string>): Auth =>
  header("authorization", Redacted.make(`Bearer ${Redacted.value(token)}`))

/**
 * One header of any name, for gateways with schemes of their own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const header = (name: string, value: Redacted.Redacted<string>): Auth => ({
  _tag: "Static",
  credentials: { [name.toLowerCase()]: value }
})

/** Where Airflow 3 gives tokens. */
const tokenPath = "/auth/token"

/**
 * A user of Airflow 3: name and password are exchanged for a token (a JWT), with which all requests are sent.
 * The login is made before the first request, once for all that wait for it, through the same connections. The
 * token is renewed 30 seconds before it ends, or after four fifths of its life if that is shorter, and when the
 * server refuses it (401, or 403 "Invalid JWT token", as after a restart with another secret): then each request
 * that was refused is sent once more, and a second refusal is the answer.
 *
 * A login that the server refuses is an `Unauthorized` or `Forbidden` that names the login's path, and
 * whatever else is no token a `CredentialsError` that says what the server said; neither is tried again. (From what
 * works on any server it is `NotAirflow` where no Airflow is found, as with a wrong base URL.) A login that fails
 * otherwise (`TransportError`, `ServerError`, `RateLimited`) is, as the call would be.
 *
 * Source: POST /auth/token, since 3.0.
 *
 * @example
 * import * as Auth from "@effect-airflow/core/Auth"
 * import * as Redacted from "effect/Redacted"
 *
 * const auth = Auth.jwt({ username: "admin", password: Redacted.make("s3cret") })
 *
 * @since 0.1.0
 * @category constructors
 */
export const jwt = (options: {
  readonly username: string
  readonly password: Redacted.Redacted<string>
  /** Where tokens are given, below the base URL. Default `/auth/token`. */
  readonly path?: string
}): Auth => {
  const { password, path = tokenPath, username } = options
  return { _tag: "Login", login: login.make({ method: "POST", path, body: { username, password } }) }
}

/**
 * A token of Airflow 3 without a user: for servers where everybody is an admin (`[core]
 * simple_auth_manager_all_admins`); others refuse it with 403. As {@link jwt} otherwise.
 *
 * Source: GET /auth/token, since 3.0.
 *
 * @since 0.1.0
 * @category constructors
 */
export const jwtAllAdmins = (options: { readonly path?: string } = {}): Auth => ({
  _tag: "Login",
  login: login.make({ method: "GET", path: options.path ?? tokenPath, body: undefined })
})

/**
 * Credentials from an Effect. It runs before the first request; what it gives is kept until the server
 * answers 401 (or 403 "Invalid JWT token"), and then it runs once more, once for all requests waiting for it,
 * and each of them is sent once more. A second such answer is final. Its failure becomes a `CredentialsError` with the failure's
 * message, and its `reason` if it has one: keep secrets out of both.
 *
 * @example
 * import * as Auth from "@effect-airflow/core/Auth"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * declare const fetchToken: Effect.Effect<string, Error>
 *
 * const auth = Auth.provider(
 *   Effect.map(fetchToken, (token) => ({ authorization: Redacted.make(`Bearer ${token}`) }))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const provider = <E>(acquire: Effect.Effect<Credentials, E>): Auth => ({ _tag: "Provider", acquire })

/**
 * `Authorization: Negotiate …` (SPNEGO, as Kerberos uses it) with tokens of your own source. Airflow 2 takes it where
 * `[api] auth_backends` names a kerberos_auth backend. `@effect-airflow/kerberos` gets the tokens from the tickets of
 * this machine.
 *
 * Such a token is good for one request: servers refuse it when it comes again. So `getToken` runs for each request that is
 * sent, retries included, within the attempt's `timeout`; several run at once when several requests do. The token is sent
 * without being asked for, and a 401 is the answer: nothing is sent again because of it. `host` is the one of the base URL.
 * A failure of `getToken` becomes a `CredentialsError` with the failure's message, and its `reason` if it has one: keep
 * secrets out of both.
 *
 * A browser needs none of this: where it is allowed to, it answers a server's challenge by itself, with `Auth.none`. But
 * Airflow's API does not challenge (its 401 has no `WWW-Authenticate`), so something in front of it must.
 *
 * @example
 * import * as Auth from "@effect-airflow/core/Auth"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * declare const newToken: (service: string) => Effect.Effect<string, Error>
 *
 * const auth = Auth.negotiate(({ host }) =>
 *   Effect.map(newToken(`airflow@${host}`), (token) => ({ token: Redacted.make(token) }))
 * )
 *
 * @since 0.1.0
 * @category constructors
 */
export const negotiate = <E>(
  getToken: (server: { readonly host: string }) => Effect.Effect<Negotiation, E>
): Auth => ({ _tag: "Negotiate", getToken })
