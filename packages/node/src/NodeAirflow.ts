/**
 * The client on Node, over undici: connections are kept and shared, and closed with the layer.
 *
 * @since 0.1.0
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as AirflowClient from "@effect-airflow/core/AirflowClient"
import { InvalidInput } from "@effect-airflow/core/AirflowError"
import * as Auth from "@effect-airflow/core/Auth"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Dispatcher from "./internal/dispatcher.js"
import { acceptEncoding } from "./internal/gzip.js"

/**
 * Options of the client, and of its connections.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends AirflowClient.Options {
  /**
   * An HTTP proxy, e.g. `http://proxy:3128`. May hold credentials, or have them in `proxyToken`. The
   * variables `HTTPS_PROXY` and the like are not read.
   */
  readonly proxy?: string | URL
  /** The value of the `Proxy-Authorization` header, e.g. `Basic …`. */
  readonly proxyToken?: Redacted.Redacted<string>
  /** Certificates (PEM) of the authorities to trust instead of Node's own. */
  readonly ca?: string | ReadonlyArray<string>
  /** The client's certificate (PEM), with its `key`. */
  readonly cert?: string
  /** The private key (PEM) of `cert`. */
  readonly key?: Redacted.Redacted<string>
  /** What decrypts `key`. */
  readonly passphrase?: Redacted.Redacted<string>
  /** Connections to the server at most. Default: no limit. */
  readonly connections?: number
}

const headers = { "user-agent": "effect-airflow", "accept-encoding": acceptEncoding }

/**
 * The client as a layer.
 *
 * @example
 * import * as Auth from "@effect-airflow/core/Auth"
 * import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
 * import * as Redacted from "effect/Redacted"
 *
 * const Live = NodeAirflow.layer({
 *   baseUrl: "http://localhost:8080",
 *   auth: Auth.basic("admin", Redacted.make("admin"))
 * })
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<AirflowClient.AirflowClient, InvalidInput> =>
  AirflowClient.layer({ ...options, headers: { ...headers, ...options.headers } }).pipe(
    Layer.provide(NodeHttpClient.layerUndiciWithoutDispatcher),
    Layer.provide(
      Layer.scoped(
        NodeHttpClient.Dispatcher,
        Effect.mapError(
          Dispatcher.make(options),
          (issue) =>
            new InvalidInput({ operation: "NodeAirflow.layer", method: "", path: "", attempts: 0, ...issue })
        )
      )
    )
  )

/**
 * The variables {@link layerConfig} reads, as a `Config`: `AIRFLOW_BASE_URL`, and for the credentials either
 * `AIRFLOW_TOKEN` (sent as a bearer token) or `AIRFLOW_USERNAME` with `AIRFLOW_PASSWORD`. None of the
 * three: no credentials. A user name without a password is an error.
 *
 * `AIRFLOW_AUTH` says what is done with the user name and the password: `basic` (the default; Airflow 2) sends
 * them with each request, `jwt` (Airflow 3) gets a token for them, as `Auth.jwt` does; `jwt` without a user
 * name gets one as `Auth.jwtAllAdmins` does.
 *
 * @since 0.1.0
 * @category config
 */
export const config: Config.Config<{ readonly baseUrl: string; readonly auth: Auth.Auth }> = Config.all({
  baseUrl: Config.nonEmptyString("AIRFLOW_BASE_URL"),
  kind: Config.option(Config.nonEmptyString("AIRFLOW_AUTH")),
  token: Config.option(Config.redacted(Config.nonEmptyString("AIRFLOW_TOKEN"))),
  username: Config.option(Config.nonEmptyString("AIRFLOW_USERNAME")),
  password: Config.option(Config.redacted(Config.nonEmptyString("AIRFLOW_PASSWORD")))
}).pipe(
  Config.mapOrFail(({ baseUrl, kind, password, token, username }) => {
    const using = (auth: Auth.Auth) => Either.right({ baseUrl, auth })
    const scheme = Option.getOrElse(kind, () => "basic")
    if (scheme !== "basic" && scheme !== "jwt") {
      return Either.left(ConfigError.InvalidData(["AIRFLOW_AUTH"], "must be basic or jwt"))
    }
    if (Option.isSome(token)) return using(Auth.bearer(token.value))
    if (Option.isNone(username)) return using(scheme === "jwt" ? Auth.jwtAllAdmins() : Auth.none)
    if (Option.isNone(password)) {
      return Either.left(
        ConfigError.MissingData(["AIRFLOW_PASSWORD"], "AIRFLOW_USERNAME is set, AIRFLOW_PASSWORD is not")
      )
    }
    return using(
      scheme === "jwt"
        ? Auth.jwt({ username: username.value, password: password.value })
        : Auth.basic(username.value, password.value)
    )
  })
)

/**
 * The client as a layer, configured by the variables of {@link config}; `options` adds to them and wins.
 *
 * @example
 * import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
 *
 * const Live = NodeAirflow.layerConfig({ timeout: "10 seconds" })
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Partial<Options> = {}
): Layer.Layer<AirflowClient.AirflowClient, InvalidInput | ConfigError.ConfigError> =>
  Layer.unwrapEffect(Effect.map(config, (configured) => layer({ ...configured, ...options })))
