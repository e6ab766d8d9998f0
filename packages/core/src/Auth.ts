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
 * A way to authenticate.
 *
 * @since 0.1.0
 * @category models
 */
export type Auth =
  | { readonly _tag: "Static"; readonly credentials: Credentials }
  | { readonly _tag: "Provider"; readonly acquire: Effect.Effect<Credentials, unknown> }
  | { readonly _tag: "Login"; readonly login: (server: LoginServer) => Effect.Effect<Held, LoginFailure> }

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
 * message: keep secrets out of that message.
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
