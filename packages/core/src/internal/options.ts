/** Checks what users configure, and completes it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Options, Polling } from "../AirflowClient.js"
import type { RequestOptions } from "../Endpoint.js"
import * as Retry from "../Retry.js"

export interface Issue {
  readonly field: string
  readonly issue: string
}

/** How one call behaves in time; times in milliseconds. */
export interface Timing {
  readonly timeout: number
  readonly deadline: number | undefined
  readonly retry: Retry.RetryPolicy
}

const defaults: Timing = { timeout: 30_000, deadline: undefined, retry: Retry.defaultPolicy }

const once: Retry.RetryPolicy = { ...Retry.defaultPolicy, attempts: 1 }

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// oxlint-disable-next-line no-control-regex -- exactly the characters a header value may not hold
const badHeaderValue = /[^\t\x20-\x7e\x80-\xff]/

export const checkHeaders = (headers: unknown): Issue | undefined => {
  if (headers === undefined) return undefined
  if (typeof headers !== "object" || headers === null) return { field: "headers", issue: "must be an object" }
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name))
      return { field: "headers", issue: "holds a name that is not an HTTP header's" }
    if (typeof value !== "string" || badHeaderValue.test(value)) {
      return {
        field: `headers.${name}`,
        issue: "must be a text without control characters or characters above U+00FF"
      }
    }
  }
  return undefined
}

const checkRetry = (retry: Retry.RetryOptions): Issue | undefined => {
  const { attempts } = retry
  if (attempts !== undefined && !(Number.isSafeInteger(attempts) && attempts > 0)) {
    return { field: "retry.attempts", issue: "must be a whole number of 1 or more" }
  }
  for (const name of ["base", "cap", "maxRetryAfter"] as const) {
    const input = retry[name]
    // Effect takes NaN for no time at all.
    if (input !== undefined && (Number.isNaN(input) || Duration.decodeUnknown(input)._tag === "None")) {
      return { field: `retry.${name}`, issue: "must be a duration" }
    }
  }
  return undefined
}

const millis = (
  field: string,
  input: Duration.DurationInput | undefined
): Either.Either<number | undefined, Issue> => {
  if (input === undefined) return Either.right(undefined)
  const decoded = Duration.decodeUnknown(input)
  const value = decoded._tag === "Some" ? Duration.toMillis(decoded.value) : 0
  return value > 0
    ? Either.right(value)
    : Either.left({ field, issue: "must be a duration longer than nothing" })
}

/** The timing of a client, or of a call when `from` is the client's. */
export const timing = (
  options: Pick<RequestOptions, "timeout" | "deadline" | "retry">,
  from: Timing = defaults
): Either.Either<Timing, Issue> =>
  Either.gen(function* () {
    const timeout = yield* millis("timeout", options.timeout)
    const deadline = yield* millis("deadline", options.deadline)
    const issue = typeof options.retry === "object" ? checkRetry(options.retry) : undefined
    if (issue !== undefined) return yield* Either.left(issue)
    const retry =
      options.retry === undefined
        ? from.retry
        : options.retry === false
          ? once
          : Retry.make(options.retry, from.retry)
    return { timeout: timeout ?? from.timeout, deadline: deadline ?? from.deadline, retry }
  })

export const polling = (options: Options["polling"]): Either.Either<Polling, Issue> => {
  const { concurrent = 8, pause = Effect.sleep, perSecond = 20 } = options ?? {}
  if (typeof pause !== "function") {
    return Either.left({ field: "polling.pause", issue: "must be a function" })
  }
  if (!(typeof perSecond === "number" && perSecond > 0 && perSecond < Infinity)) {
    return Either.left({ field: "polling.perSecond", issue: "must be a number above 0" })
  }
  return Number.isSafeInteger(concurrent) && concurrent > 0
    ? Either.right({ concurrent, pause, perSecond })
    : Either.left({ field: "polling.concurrent", issue: "must be a whole number of 1 or more" })
}

/** `https://host/prefix`, without what follows. */
export const baseUrl = (input: Options["baseUrl"]): Either.Either<string, Issue> => {
  const bad = (issue: string) => Either.left({ field: "baseUrl", issue })
  if (typeof input !== "string" && !(input instanceof URL)) return bad("must be a string or a URL")
  let url: URL
  try {
    url = new URL(input)
  } catch {
    return bad("must be a whole URL, like https://airflow.example.com")
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return bad("must start with http:// or https://")
  if (url.username !== "" || url.password !== "") return bad("must not hold credentials: use the option auth")
  if (url.search !== "" || url.hash !== "") return bad("must not hold a query or a fragment")
  return Either.right(`${url.origin}${url.pathname.replace(/\/+$/, "").replace(/\/api\/v[12]$/, "")}`)
}
