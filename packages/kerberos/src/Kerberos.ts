/**
 * Kerberos for the client: who asks is who has a ticket on this machine (`kinit`).
 *
 * @since 0.1.0
 */
import * as Auth from "@effect-airflow/core/Auth"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Addon from "./internal/addon.js"
import * as Gss from "./internal/gss.js"
import * as Threads from "./internal/threads.js"
import { KerberosError } from "./KerberosError.js"

/**
 * Whose tokens, and for which service.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The name of the service, without host and realm. Default `airflow`, which is what Airflow calls itself. */
  readonly service?: string
  /**
   * The host in the name of the service: what the server calls itself (its log says `Kerberos: hostname …`), which need
   * not be the name by which it is reached. Default: the host of the base URL.
   */
  readonly host?: string
  /**
   * The user, as `name` or `name@REALM`: one of those with a ticket in the ticket caches of this process. Default: the
   * one of the default cache.
   */
  readonly principal?: string
  /**
   * Whether the server must prove who it is. `offered`: its token is checked if it sends one, and that is all. `required`:
   * a success without one is an error, too; Airflow's API sends none, what stands in front of it may. Default `offered`.
   */
  readonly mutual?: "offered" | "required"
  /**
   * Loads the package `kerberos` in another way, e.g. where a bundler moves this one away from it. Default: it is imported
   * by its name when the first token is needed.
   */
  readonly addon?: () => Promise<unknown>
}

const invalid = ({ host, mutual, principal, service }: Options): string | undefined => {
  if (service !== undefined && !/^[^\s@/]+$/.test(service))
    return "service must be a name like airflow, without host and realm"
  if (host !== undefined && !/^[^\s@/:]+$/.test(host))
    return "host must be the name of a host, without a port"
  if (principal !== undefined && !/^\S+$/.test(principal)) return "principal must be like name or name@REALM"
  if (mutual !== undefined && mutual !== "offered" && mutual !== "required")
    return "mutual must be offered or required"
  return undefined
}

const failure = (error: unknown): KerberosError => {
  const message = Addon.messageOf(error)
  return new KerberosError({ reason: Gss.reasonOf(message), message })
}

/**
 * A way to authenticate: for each request that is sent, retries included, a token is made from the tickets of this
 * machine, and sent without being asked for (SPNEGO: `Authorization: Negotiate …`). The ticket itself is got in another
 * way, by `kinit` or from a keytab. It needs the package `kerberos`, which is loaded with the first token.
 *
 * Tokens are made on threads of their own, two at a time, within the attempt's `timeout`. Without a token the call fails with
 * a `CredentialsError` whose `reason` says why (see `KerberosError`), and nothing is sent. A token that the server
 * refuses is an `Unauthorized` or `Forbidden`, and is not tried again.
 *
 * Source: `[api] auth_backends` with a kerberos_auth backend, Airflow 2. The API of Airflow 3 takes no Kerberos.
 *
 * @example
 * import * as Kerberos from "@effect-airflow/kerberos/Kerberos"
 * import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
 *
 * const Live = NodeAirflow.layer({
 *   baseUrl: "https://airflow.example.com",
 *   auth: Kerberos.negotiate({ host: "airflow-1.example.com" })
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const negotiate = (options: Options = {}): Auth.Auth => {
  const { addon: from = Addon.installed, mutual = "offered", principal, service = "airflow" } = options
  const user = principal === undefined ? {} : { principal }

  /** The first half of the handshake. */
  const begin = (addon: Addon.Addon, name: string, mechOID: number) =>
    Effect.flatMap(
      Threads.call(() => addon.initializeClient(name, { mechOID, ...user })),
      (context) =>
        Effect.map(
          Threads.call(() => context.step("")),
          (token) => ({ context, token })
        )
    )

  const notProven = (name: string, why: string) =>
    new KerberosError({
      reason: "ServerNotProven",
      message: `the server did not prove that it is ${name}: ${why}`
    })

  /** The second half. */
  const verify = (context: Addon.Context, name: string) => (reply: string | undefined) =>
    reply === undefined
      ? mutual === "required"
        ? Effect.fail(notProven(name, "its answer has no token"))
        : Effect.void
      : Effect.flatMap(
          Effect.mapError(
            Threads.call(() => context.step(reply)),
            (error) => notProven(name, Addon.messageOf(error))
          ),
          () => (context.contextComplete ? Effect.void : Effect.fail(notProven(name, "it wants to go on")))
        )

  return Auth.negotiate(({ host }) =>
    Effect.gen(function* () {
      const issue = invalid(options)
      if (issue !== undefined) return yield* new KerberosError({ reason: "InvalidOption", message: issue })
      const name = `${service}@${options.host ?? host}`
      const addon = yield* Addon.load(from)
      const begun = begin(addon, name, addon.GSS_MECH_OID_SPNEGO).pipe(
        Effect.catchAll((error) =>
          Gss.isVague(Addon.messageOf(error))
            ? // Only its message is of use: a token of this kind would not be SPNEGO.
              Effect.matchEffect(begin(addon, name, addon.GSS_MECH_OID_KRB5), {
                onFailure: Effect.fail,
                onSuccess: () => Effect.fail(error)
              })
            : Effect.fail(error)
        ),
        Effect.mapError(failure)
      )
      const { context, token } = yield* begun
      if (token === null || token === "")
        return yield* new KerberosError({ reason: "Other", message: "GSS gave no token" })
      return { token: Redacted.make(token), verify: verify(context, name) }
    })
  )
}
