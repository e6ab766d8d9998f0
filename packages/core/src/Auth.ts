/**
 * How a client proves who it is: as data, turned into headers for each request. Secrets are `Redacted`.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"

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

/**
 * No credentials: an open server, or a browser whose session cookie is enough.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Auth = { _tag: "Static", credentials: {} }

/**
 * HTTP Basic. User name and password are sent as UTF-8, so any character works. Airflow 2.x takes Basic
 * where `[api] auth_backends` names a basic_auth backend; Airflow 3 does not take it.
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

/**
 * Credentials from an Effect. It runs before the first request; what it gives is kept until the server
 * answers 401, and then it runs once more, once for all requests waiting for it, and each of them is sent
 * once more. A second 401 is the answer. Its failure becomes a `CredentialsError` with the failure's
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
