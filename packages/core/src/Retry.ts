/**
 * When and how often a failed call is sent again: a policy as data, a budget that keeps an outage from being
 * multiplied, and a combinator that applies both to any Effect.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Random from "effect/Random"
import { isAirflowError, type AirflowError } from "./AirflowError.js"

/**
 * How to retry. Every field has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryOptions {
  /** How often a request is sent at most, the first time included. Default 3. */
  readonly attempts?: number
  /** The first wait is random between nothing and this, and doubles each time. Default 250 ms. */
  readonly base?: Duration.DurationInput
  /** No wait of ours is longer. Default 10 s. */
  readonly cap?: Duration.DurationInput
  /** A server's `Retry-After` is honoured up to this. Default 30 s. */
  readonly maxRetryAfter?: Duration.DurationInput
}

/**
 * {@link RetryOptions} with every field decided, times in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryPolicy {
  readonly attempts: number
  readonly base: number
  readonly cap: number
  readonly maxRetryAfter: number
}

/**
 * A budget of retries, shared by all calls of a client: each retry takes `cost` (twice that after a time-out),
 * a call that succeeds after retries gives its cost back, one that succeeds at once gives 1. While there is
 * not enough left, failures are returned as they are.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryBudget {
  readonly capacity: number
  readonly cost: number
  /** What is left now. */
  readonly left: () => number
  /** Takes the cost of one retry, or says that it cannot. */
  readonly take: (cost: number) => boolean
  /** Gives back. */
  readonly give: (amount: number) => void
}

/**
 * The policy of a client that is told nothing: 3 attempts, 250 ms doubling up to 10 s with full jitter,
 * `Retry-After` up to 30 s.
 *
 * @since 0.1.0
 * @category constructors
 */
export const defaultPolicy: RetryPolicy = { attempts: 3, base: 250, cap: 10_000, maxRetryAfter: 30_000 }

/**
 * Completes options from another policy, by default {@link defaultPolicy}.
 *
 * @example
 * import * as Retry from "@effect-airflow/core/Retry"
 *
 * const patient = Retry.make({ attempts: 6, cap: "1 minute" })
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: RetryOptions, from: RetryPolicy = defaultPolicy): RetryPolicy => ({
  attempts: options.attempts ?? from.attempts,
  base: options.base === undefined ? from.base : Duration.toMillis(options.base),
  cap: options.cap === undefined ? from.cap : Duration.toMillis(options.cap),
  maxRetryAfter:
    options.maxRetryAfter === undefined ? from.maxRetryAfter : Duration.toMillis(options.maxRetryAfter)
})

/**
 * A budget, full at first. Defaults: capacity 500, cost 5, so at most 100 retries in a row.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeBudget = (
  options: { readonly capacity?: number; readonly cost?: number } = {}
): RetryBudget => {
  const capacity = options.capacity ?? 500
  let left = capacity
  return {
    capacity,
    cost: options.cost ?? 5,
    left: () => left,
    take: (cost) => {
      if (left < cost) return false
      left -= cost
      return true
    },
    give: (amount) => {
      left = Math.min(capacity, left + amount)
    }
  }
}

const transientStatus: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

/**
 * Whether sending again may help, and is safe. A call that is not idempotent is only sent again when the
 * connection was never made.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isRetryable = (error: AirflowError, idempotent: boolean): boolean => {
  switch (error._tag) {
    case "TransportError":
      return error.reason === "Connect" || (idempotent && error.reason !== "Tls")
    case "TimeoutError":
      return idempotent && error.limit === "attempt"
    case "RateLimited":
    case "ServerError":
    case "UnexpectedStatus":
      return idempotent && transientStatus.has(error.status)
    default:
      return false
  }
}

/** The wait before retry number `retry` (0 for the first), in milliseconds. */
const wait = (error: AirflowError, policy: RetryPolicy, retry: number): Effect.Effect<number> =>
  Effect.map(Random.next, (random) => {
    const backoff = random * Math.min(policy.cap, policy.base * 2 ** retry)
    const asked = "retryAfter" in error && error.retryAfter !== undefined ? error.retryAfter : 0
    return Math.max(backoff, Math.min(asked, policy.maxRetryAfter))
  })

/**
 * Runs an Effect again while it fails with an {@link isRetryable} error. Other failures pass through. The
 * operations of this library already do this for themselves: give them `retry: false` when you wrap them.
 *
 * @example
 * import * as Retry from "@effect-airflow/core/Retry"
 * import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
 *
 * const patient = TaskInstances.getTaskInstance(
 *   { dag_id: "etl", dag_run_id: "r1", task_id: "load" },
 *   { retry: false }
 * ).pipe(Retry.withRetry({ policy: Retry.make({ attempts: 10 }) }))
 *
 * @since 0.1.0
 * @category combinators
 */
export const withRetry: {
  (options: {
    readonly policy?: RetryPolicy
    readonly budget?: RetryBudget
    /** Whether the Effect may run twice. Default true. */
    readonly idempotent?: boolean
  }): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    options: {
      readonly policy?: RetryPolicy
      readonly budget?: RetryBudget
      /** Whether the Effect may run twice. Default true. */
      readonly idempotent?: boolean
    }
  ): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    options: { readonly policy?: RetryPolicy; readonly budget?: RetryBudget; readonly idempotent?: boolean }
  ): Effect.Effect<A, E, R> => {
    const { budget, idempotent = true, policy = defaultPolicy } = options
    const go = (retry: number, spent: number): Effect.Effect<A, E, R> =>
      Effect.matchEffect(self, {
        onSuccess: (value) => {
          budget?.give(retry === 0 ? 1 : spent)
          return Effect.succeed(value)
        },
        onFailure: (error) => {
          if (retry + 1 >= policy.attempts || !isAirflowError(error) || !isRetryable(error, idempotent)) {
            return Effect.fail(error)
          }
          const cost =
            budget === undefined ? 0 : error._tag === "TimeoutError" ? budget.cost * 2 : budget.cost
          if (budget !== undefined && !budget.take(cost)) return Effect.fail(error)
          return Effect.flatMap(wait(error, policy, retry), (millis) =>
            Effect.zipRight(Effect.sleep(millis), go(retry + 1, spent + cost))
          )
        }
      })
    return go(0, 0)
  }
)

/**
 * The milliseconds a `Retry-After` header asks for: seconds or an HTTP date. Undefined when it is neither.
 *
 * @since 0.1.0
 * @category utils
 */
export const parseRetryAfter = (value: string | undefined): Effect.Effect<number | undefined> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    if (value === undefined) return undefined
    if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value) * 1000
    const at = Date.parse(value)
    return Number.isNaN(at) || !/[a-z]/i.test(value) ? undefined : Math.max(0, at - now)
  })
