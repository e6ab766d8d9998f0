/**
 * Every way a call can fail, as tagged classes: one per HTTP status Airflow uses, and one per way of not
 * getting an answer. None of them holds a request, a response, a header, a credential or a log token, so
 * they can be logged whole.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Predicate from "effect/Predicate"
import * as internal from "./internal/error.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@effect-airflow/core/AirflowError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * What Airflow 3 says of one parameter or field that it refuses.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProblemField {
  /** Which one: `body.end_date`, `query.limit`, `body.task_ids[0]`; empty when the server names none. */
  readonly field: string
  /** What is wrong with it. */
  readonly message: string
  /** The kind of the mistake, e.g. `missing`. */
  readonly type?: string
}

/**
 * The body of an error answer, as far as it could be read: Airflow 2.x sends RFC 7807 problems, whose
 * `detail` and `title` are often null (left out here); Airflow 3 sends a `detail` that is a text, a list or an
 * object, all read into the same, without the values that it repeats beside its messages; and proxies send
 * anything.
 *
 * @since 0.1.0
 * @category models
 */
export interface Problem {
  /** A URL that names the kind of error; on Airflow 2.x it also holds the server's version. */
  readonly type?: string
  /** A short summary. Airflow 2.x often puts the whole message here. */
  readonly title?: string
  /** What went wrong in this request; for a list of fields, each with what is wrong with it. */
  readonly detail?: string
  /** The status the body claims. */
  readonly status?: number
  /** The parameters and fields that are wrong, where Airflow 3 names them. */
  readonly errors?: ReadonlyArray<ProblemField>
}

/**
 * What every error tells about the call that failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallInfo {
  /** The operation's name, e.g. `getTaskInstance`. */
  readonly operation: string
  /** The HTTP method. */
  readonly method: string
  /** The path of the URL, without its query. */
  readonly path: string
  /** How often the request was sent: 0 if it never was. */
  readonly attempts: number
}

/**
 * What the errors made from an HTTP answer tell beside {@link CallInfo}.
 *
 * @since 0.1.0
 * @category models
 */
export interface StatusInfo extends CallInfo {
  /** The HTTP status. */
  readonly status: number
  /** The error body, where it was one. */
  readonly problem?: Problem
}

/**
 * The shape all error instances share.
 *
 * @since 0.1.0
 * @category models
 */
export interface AirflowErrorBase<Tag extends string> extends Cause.YieldableError {
  readonly _tag: Tag
  readonly [TypeId]: Tag
}

/**
 * A constructor of one error class.
 *
 * @since 0.1.0
 * @category models
 */
export interface AirflowErrorClass<Tag extends string, Fields extends object> {
  new (fields: Fields): AirflowErrorBase<Tag> & Readonly<Fields>
}

const define: <Tag extends string, Fields extends CallInfo>(tag: Tag) => AirflowErrorClass<Tag, Fields> =
  internal.define

/**
 * 400: the server refused a parameter or the body. Airflow 2.x also answers 400 to parameters it does not
 * know, and to a log token signed with another secret key.
 *
 * @since 0.1.0
 * @category errors
 */
export class BadRequest extends define<"BadRequest", StatusInfo>("BadRequest") {}

/**
 * 401: no credentials, wrong credentials, or a kind of credentials the server does not take (Airflow 2.x
 * takes Basic only where `[api] auth_backends` names it, and Airflow 3 tokens only). With `Auth.jwt` also the
 * answer to the login; then `path` is the login's.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unauthorized extends define<"Unauthorized", StatusInfo>("Unauthorized") {}

/**
 * 403: the user is known and may not do this. Some FAB versions answer 403 where 401 is meant.
 *
 * @since 0.1.0
 * @category errors
 */
export class Forbidden extends define<"Forbidden", StatusInfo>("Forbidden") {}

/**
 * 404: there is no such thing. For a mapped task this is also the answer to a call without its map index.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotFound extends define<"NotFound", StatusInfo>("NotFound") {}

/**
 * 409: the thing is already there, or already in that state.
 *
 * @since 0.1.0
 * @category errors
 */
export class Conflict extends define<"Conflict", StatusInfo>("Conflict") {}

/**
 * 422: Airflow 3 refused a parameter or the body.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnprocessableContent extends define<"UnprocessableContent", StatusInfo>(
  "UnprocessableContent"
) {}

/**
 * 429, sent by what stands in front of Airflow.
 *
 * @since 0.1.0
 * @category errors
 */
export class RateLimited extends define<
  "RateLimited",
  StatusInfo & {
    /** Milliseconds to wait, from the answer's `Retry-After`. */
    readonly retryAfter?: number
  }
>("RateLimited") {}

/**
 * 5xx: Airflow failed (2.x answers with an HTML page), or a proxy could not reach it.
 *
 * @since 0.1.0
 * @category errors
 */
export class ServerError extends define<
  "ServerError",
  StatusInfo & {
    /** Milliseconds to wait, from the answer's `Retry-After`. */
    readonly retryAfter?: number
  }
>("ServerError") {}

/**
 * A status the operation does not declare: a redirect (never followed: it usually leads to a login page), or
 * a 404 from a base URL that is not Airflow's. Status 0 is a redirect seen by a browser.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedStatus extends define<"UnexpectedStatus", StatusInfo>("UnexpectedStatus") {}

/**
 * No whole answer arrived. `reason` says where it stopped: `Connect` (nothing was sent), `Tls` (the server's
 * certificate was not accepted, nothing was sent), `Dropped` (the connection broke), or `Unknown` (a browser
 * does not tell: offline, CORS, DNS …).
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportError extends define<
  "TransportError",
  CallInfo & {
    readonly reason: "Connect" | "Tls" | "Dropped" | "Unknown"
    /** The system's or the HTTP library's code, e.g. `ECONNREFUSED`. */
    readonly code?: string
    /** The underlying message. */
    readonly description?: string
  }
>("TransportError") {}

/**
 * No whole answer within the time allowed: `limit` says whether one attempt's `timeout` or the whole call's
 * `deadline` ended it.
 *
 * @since 0.1.0
 * @category errors
 */
export class TimeoutError extends define<
  "TimeoutError",
  CallInfo & {
    readonly limit: "attempt" | "deadline"
    /** The time allowed, in milliseconds. */
    readonly millis: number
  }
>("TimeoutError") {}

/**
 * An answer came, and is not what the operation returns: another content type (a login page, a proxy's
 * page), broken JSON, or a shape that lacks what identifies the object.
 *
 * @since 0.1.0
 * @category errors
 */
export class DecodeError extends define<
  "DecodeError",
  CallInfo & {
    readonly status: number
    /** The answer's content type; empty when it had none. */
    readonly contentType: string
    /** Where and what: a path into the body and what was expected there; never a value. */
    readonly issue: string
    /** The first characters (at most 256) of a body that was not JSON where JSON was due. */
    readonly firstBytes?: string
  }
>("DecodeError") {}

/**
 * A parameter or option is wrong; nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidInput extends define<
  "InvalidInput",
  CallInfo & {
    /** The parameter or option. */
    readonly field: string
    /** What is wrong with it. */
    readonly issue: string
  }
>("InvalidInput") {}

/**
 * The credentials could not be obtained: the `Auth` provider failed, or the login of `Auth.jwt` was answered
 * with something that is neither a token nor a refusal of the user. Nothing was sent with them. With `Auth.negotiate`
 * also: an answer came, and its server did not prove who it is.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialsError extends define<
  "CredentialsError",
  CallInfo & {
    /** The provider's own message, or what the login answered. */
    readonly issue: string
    /** The `reason` of the provider's failure if it has one, e.g. `TicketExpired` of `@effect-airflow/kerberos`. */
    readonly reason?: string
    /** The status of the login's answer; absent when a provider failed. */
    readonly loginStatus?: number
  }
>("CredentialsError") {}

/**
 * The server's version does not know this operation or parameter; the call was not sent. Only what works on
 * any server (`Airflow`, `TaskInstances`, `DagRuns`) fails so: the operations of one API version do not look.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unsupported extends define<
  "Unsupported",
  CallInfo & {
    /** The parameter that is not known; absent when it is the operation. */
    readonly field?: string
    /** What knows it, e.g. `Airflow 2.10 or later`. */
    readonly needs: string
    /** The server's version, e.g. `2.9.3`. */
    readonly server: string
  }
>("Unsupported") {}

/**
 * What answers at the base URL is not Airflow's API: another path prefix, a login page, another program. An
 * answer of Airflow 3's own pages means that the prefix is wrong.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotAirflow extends define<
  "NotAirflow",
  CallInfo & {
    /** Where it was looked for. */
    readonly baseUrl: string
    /**
     * What is there: a page of Airflow's own (`AirflowPage`), any other page (`Page`), a redirect
     * (`Redirect`), nothing (`NotFound`), or something else (`Other`).
     */
    readonly found: "AirflowPage" | "Page" | "Redirect" | "NotFound" | "Other"
    /** What each version's path answered. */
    readonly issue: string
  }
>("NotAirflow") {}

/**
 * What any call can fail with, whatever the operation declares.
 *
 * @since 0.1.0
 * @category errors
 */
export type ClientError =
  | RateLimited
  | ServerError
  | UnexpectedStatus
  | TransportError
  | TimeoutError
  | DecodeError
  | InvalidInput
  | CredentialsError

/**
 * The error class of each status an operation can declare.
 *
 * @since 0.1.0
 * @category errors
 */
export interface ErrorByStatus {
  readonly 400: BadRequest
  readonly 401: Unauthorized
  readonly 403: Forbidden
  readonly 404: NotFound
  readonly 409: Conflict
  readonly 422: UnprocessableContent
}

/**
 * Any error of this library.
 *
 * @since 0.1.0
 * @category errors
 */
export type AirflowError = ErrorByStatus[keyof ErrorByStatus] | ClientError | Unsupported | NotAirflow

/**
 * Whether a value is one of this library's errors, also one made by another copy of it.
 *
 * @example
 * import { isAirflowError } from "@effect-airflow/core/AirflowError"
 *
 * const describe = (error: unknown) =>
 *   isAirflowError(error) ? `${error._tag} from ${error.operation}` : String(error)
 *
 * @since 0.1.0
 * @category guards
 */
export const isAirflowError = (u: unknown): u is AirflowError => Predicate.hasProperty(u, TypeId)
