/**
 * Why there is no token.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as internal from "./internal/gss.js"

/**
 * What is wrong, for a program. Calls tell it as the `reason` of their `CredentialsError`.
 *
 * - `AddonMissing`: the package `kerberos` is not installed
 * - `AddonUnusable`: it is, and its native part is not built, or a library that it needs is not there
 * - `NoTicket`: nobody got a ticket (`kinit`), none for this principal, or the ticket cache is another one
 * - `TicketExpired`: there is one, and its time is over
 * - `UnknownService`: the KDC does not know the service of this host
 * - `WrongRealm`: the service or the ticket belongs to a realm that cannot be reached from here
 * - `KdcUnreachable`: no KDC answers
 * - `ClockSkew`: the clocks of this machine and of the KDC or the server differ by more than is borne (5 minutes)
 * - `ServerNotProven`: the server's own token is wrong, or is missing where it is required
 * - `InvalidOption`: an option cannot be a service, a host or a principal
 * - `Other`: anything else; the message tells
 *
 * @since 0.1.0
 * @category models
 */
export type Reason =
  | "AddonMissing"
  | "AddonUnusable"
  | "NoTicket"
  | "TicketExpired"
  | "UnknownService"
  | "WrongRealm"
  | "KdcUnreachable"
  | "ClockSkew"
  | "ServerNotProven"
  | "InvalidOption"
  | "Other"

/**
 * No token could be made, or the server's was no good. Its message ends with what GSS says; it holds no token.
 *
 * @since 0.1.0
 * @category errors
 */
export class KerberosError extends Data.TaggedError("KerberosError")<{
  readonly reason: Reason
  readonly message: string
}> {}

const reasons: ReadonlySet<string> = new Set<Reason>(internal.reasons)

/**
 * The reason why a call has no credentials; `undefined` where it failed for another cause.
 *
 * @example
 * import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
 * import * as KerberosError from "@effect-airflow/kerberos/KerberosError"
 * import * as Effect from "effect/Effect"
 *
 * const program = TaskInstances.getTaskInstance({ dag_id: "etl", dag_run_id: "r1", task_id: "load" }).pipe(
 *   Effect.tapError((error) =>
 *     KerberosError.reasonOf(error) === "TicketExpired" ? Effect.logError("run kinit again") : Effect.void
 *   )
 * )
 *
 * @since 0.1.0
 * @category accessors
 */
export const reasonOf = (error: unknown): Reason | undefined => {
  if (typeof error !== "object" || error === null || !("_tag" in error) || !("reason" in error))
    return undefined
  const { _tag, reason } = error
  return (_tag === "CredentialsError" || _tag === "KerberosError") &&
    typeof reason === "string" &&
    reasons.has(reason)
    ? (reason as Reason)
    : undefined
}
