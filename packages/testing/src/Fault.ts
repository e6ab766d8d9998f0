/**
 * What can go wrong between a client and a fake Airflow, on request.
 *
 * @since 0.1.0
 */

/**
 * A request as it arrived.
 *
 * @since 0.1.0
 * @category models
 */
export interface ArrivedRequest {
  readonly method: string
  /** The path as sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The fake's time at arrival, in milliseconds. */
  readonly at: number
}

/**
 * A fault.
 *
 * @since 0.1.0
 * @category models
 */
export type Fault =
  | {
      readonly _tag: "Answer"
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  | {
      readonly _tag: "Rewrite"
      readonly body: (body: Buffer) => Buffer
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly _tag: "Drop"; readonly afterBytes: number | undefined; readonly reset?: boolean }
  | { readonly _tag: "Stall"; readonly millis: number; readonly afterBytes: number | undefined }
  | { readonly _tag: "Repeat" }

/**
 * Answers with a status, and nothing of what was asked for. `retryAfter` is the header's text.
 *
 * @since 0.1.0
 * @category constructors
 */
export const status = (
  status: number,
  options: { readonly retryAfter?: string; readonly body?: string; readonly contentType?: string } = {}
): Fault => ({
  _tag: "Answer",
  status,
  headers: {
    "content-type": options.contentType ?? "text/html",
    ...(options.retryAfter === undefined ? {} : { "retry-after": options.retryAfter })
  },
  body: options.body ?? `<html><body><h1>${status}</h1></body></html>`
})

/**
 * The HTML page of a login form, as a 200.
 *
 * @since 0.1.0
 * @category constructors
 */
export const loginPage: Fault = status(200, {
  contentType: "text/html; charset=utf-8",
  body: "<!doctype html><html><title>Sign In - Airflow</title><form></form></html>"
})

/**
 * A redirect to a login form.
 *
 * @since 0.1.0
 * @category constructors
 */
export const redirectToLogin: Fault = {
  _tag: "Answer",
  status: 302,
  headers: { "content-type": "text/html", location: "/login/?next=%2Fhome" },
  body: ""
}

/**
 * Another content type for the same body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const contentType = (type: string): Fault => ({
  _tag: "Rewrite",
  headers: { "content-type": type },
  body: (body) => body
})

/**
 * No body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const emptyBody: Fault = { _tag: "Rewrite", headers: {}, body: () => Buffer.alloc(0) }

/**
 * A body that is cut, with a length that fits: broken JSON.
 *
 * @since 0.1.0
 * @category constructors
 */
export const truncated = (bytes: number): Fault => ({
  _tag: "Rewrite",
  headers: {},
  body: (body) => body.subarray(0, bytes)
})

/**
 * The connection breaks: before the answer, or after some bytes of its body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const drop = (afterBytes?: number): Fault => ({ _tag: "Drop", afterBytes })

/**
 * The same with a reset (`ECONNRESET`) where `drop` ends the connection in an orderly way.
 *
 * @since 0.1.0
 * @category constructors
 */
export const reset = (afterBytes?: number): Fault => ({ _tag: "Drop", afterBytes, reset: true })

/**
 * Nothing comes for some (real) milliseconds, or ever (`Infinity`): before the answer, or after some bytes of its body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stall = (millis: number, afterBytes?: number): Fault => ({ _tag: "Stall", millis, afterBytes })

/**
 * Answers with what was answered last to the same path: a page that repeats.
 *
 * @since 0.1.0
 * @category constructors
 */
export const repeat: Fault = { _tag: "Repeat" }

/**
 * When a fault strikes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Injection {
  /** How many requests it strikes. Default 1. */
  readonly times?: number
  /** How many that would match pass before. Default 0. */
  readonly after?: number
  /** Which requests match. Default: all. */
  readonly when?: (request: ArrivedRequest) => boolean
}
