import * as Data from "effect/Data"
import type { AirflowErrorClass, CallInfo, Problem, TypeId as Id } from "../AirflowError.js"

/** Shared by every copy of the library, so that guards and `instanceof` work across them. */
const TypeId = Symbol.for("@effect-airflow/core/AirflowError") as Id

type AnyFields = CallInfo & {
  readonly status?: number
  readonly problem?: Problem
  readonly reason?: string
  readonly code?: string
  readonly description?: string
  readonly limit?: string
  readonly millis?: number
  readonly contentType?: string
  readonly field?: string
  readonly issue?: string
  readonly needs?: string
  readonly server?: string
  readonly baseUrl?: string
}

const hints: Record<string, string> = {
  Unauthorized:
    "the server did not accept the credentials, or not this kind: Airflow 2.x takes what its [api] auth_backends allow, Airflow 3 tokens (Auth.jwt)",
  Forbidden: "the user may not do this",
  ServerError: "Airflow failed, or a proxy could not reach it",
  RateLimited: "too many requests"
}

const unexpected = (status: number): string => {
  if (status === 0 || (status >= 300 && status < 400)) {
    return "a redirect, which is never followed: it usually leads to a login page"
  }
  return status === 404
    ? "this operation does not answer so; is the base URL right?"
    : "not a status this operation declares"
}

/** What is said after "NotFound from getTaskInstance: ". */
const explain = (tag: string, f: AnyFields): string => {
  switch (tag) {
    case "TransportError":
      return [
        {
          Connect: "could not connect",
          Tls: "the server's certificate was not accepted",
          Dropped: "the connection broke"
        }[f.reason ?? ""] ?? "no answer",
        f.code === undefined ? "" : ` (${f.code})`,
        f.description === undefined ? "" : `: ${f.description}`
      ].join("")
    case "TimeoutError":
      return `no whole answer within ${f.millis} ms (${f.limit === "attempt" ? "timeout of one attempt" : "deadline of the call"})`
    case "DecodeError":
      return `${f.issue} (status ${f.status}, content type ${f.contentType === "" ? "none" : f.contentType})`
    case "InvalidInput":
      return `${f.field} ${f.issue}`
    case "CredentialsError":
      return `no credentials: ${f.issue}`
    case "Unsupported":
      return `${f.field === undefined ? "it" : f.field} needs ${f.needs}, and the server is ${f.server}`
    case "NotAirflow":
      return `no Airflow API at ${f.baseUrl}: ${f.issue}`
    case "UnexpectedStatus":
      return unexpected(f.status ?? 0)
    default:
      return hints[tag] ?? ""
  }
}

const describe = (tag: string, f: AnyFields): string => {
  const told = [f.problem?.title, f.problem?.detail].filter((text) => text !== undefined).join(": ")
  const name = f.status === undefined || tag === "DecodeError" ? tag : `${f.status} ${tag}`
  const why = explain(tag, f)
  return `${name} from ${f.operation}${told === "" ? "" : `: ${told}`}${why === "" ? "" : told === "" ? `: ${why}` : ` (${why})`}`
}

/**
 * A base class for one error. `instanceof` looks at the tag, so that an error made by a second copy of the
 * library is still an instance; for classes that users derive it stays what it is in JavaScript.
 */
export const define = <Tag extends string, Fields extends CallInfo>(
  tag: Tag
): AirflowErrorClass<Tag, Fields> => {
  class Base extends Data.TaggedError(tag)<AnyFields & { readonly message: string }> {
    readonly [TypeId] = tag
    constructor(fields: Fields) {
      super({ ...(fields as AnyFields), message: describe(tag, fields as AnyFields) })
    }
    static override [Symbol.hasInstance](this: object, value: unknown): boolean {
      return Object.getPrototypeOf(this) === Base
        ? typeof value === "object" && value !== null && (value as { [TypeId]?: unknown })[TypeId] === tag
        : Function.prototype[Symbol.hasInstance].call(this as unknown as Function, value)
    }
  }
  return Base as unknown as AirflowErrorClass<Tag, Fields>
}
