/**
 * The only file of this package that knows @effect/platform: one request in, one answer out, whole or as it comes.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** What sends requests: the adapters provide it. */
export type Transport = HttpClient.HttpClient
export const Transport = HttpClient.HttpClient

export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** What comes before the body. */
export interface Head {
  readonly status: number
  readonly contentType: string
  readonly retryAfter: string | undefined
  /** The token of the server that took a `Negotiate`. */
  readonly negotiated: string | undefined
}

/** An answer whose body is still to come: it is read in one of these ways, once. */
export interface Incoming extends Head {
  readonly text: Effect.Effect<string, SendFailure>
  /** Its beginning: enough of a body that only tells what went wrong. */
  readonly start: Effect.Effect<string, SendFailure>
  readonly bytes: Stream.Stream<Uint8Array, SendFailure>
}

/** An answer with its body read; `text` of an answer that is not 2xx may be cut. */
export interface Answer extends Head {
  readonly text: string
}

export interface SendFailure {
  readonly _tag: "SendFailure"
  readonly reason: "Connect" | "Tls" | "Dropped" | "Unknown"
  readonly code?: string
  readonly description?: string
}

/** More of an error body than this tells nothing more, and is not fetched. */
const errorBodyBytes = 64 * 1024

const connectCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])
const tlsCode = /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO/
const droppedCodes = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "ECONNABORTED", "ETIMEDOUT"])

interface SystemError {
  readonly code?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly errors?: ReadonlyArray<unknown>
}

/** Libraries wrap the error that tells what happened: it is the innermost one with a code. */
const innermost = (error: unknown): SystemError => {
  let found: SystemError = {}
  let at: unknown = error
  for (let depth = 0; depth < 8 && typeof at === "object" && at !== null; depth++) {
    const here = at as SystemError
    if (typeof here.code === "string" || found.code === undefined) found = here
    at = here.cause ?? here.errors?.[0]
  }
  return found
}

const sendFailure = (error: unknown, started: boolean): SendFailure => {
  const { code, message } = innermost(error)
  const reason =
    typeof code !== "string"
      ? "Unknown"
      : connectCodes.has(code)
        ? "Connect"
        : tlsCode.test(code)
          ? "Tls"
          : droppedCodes.has(code) || code.startsWith("HPE_") || code.startsWith("UND_ERR")
            ? "Dropped"
            : "Unknown"
  return {
    _tag: "SendFailure",
    reason: started && reason !== "Tls" ? "Dropped" : reason,
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof message === "string" && message !== "" ? { description: message } : {})
  }
}

/** Reads at most `limit` bytes; leaving the stream cancels the rest, which frees the connection. */
const readSome = (bytes: Stream.Stream<Uint8Array, SendFailure>, limit: number) => {
  let size = 0
  return bytes.pipe(
    Stream.takeUntil((some) => (size += some.length) >= limit),
    Stream.decodeText(),
    Stream.runCollect,
    Effect.map((parts) => Chunk.join(parts, ""))
  )
}

const incoming = (response: HttpClientResponse.HttpClientResponse): Incoming => {
  const bytes = response.stream.pipe(
    // `fetch` gives no stream at all for an answer like 304.
    Stream.catchAll((error) =>
      error.reason === "EmptyBody" ? Stream.empty : Stream.fail(sendFailure(error, true))
    )
  )
  return {
    status: response.status,
    contentType: response.headers["content-type"] ?? "",
    retryAfter: response.headers["retry-after"],
    negotiated: /(?:^|,)\s*negotiate +([\w+/=-]+)/i.exec(response.headers["www-authenticate"] ?? "")?.[1],
    text: Effect.mapError(response.text, (error) => sendFailure(error, true)),
    start: readSome(bytes, errorBodyBytes),
    bytes
  }
}

/**
 * Sends a request and waits for its answer. The platform's own span is off, because it would record the whole
 * URL with the log token in its query; the trace is passed on only when asked for, because its headers would
 * force a preflight on a browser.
 */
export const send = (
  transport: Transport,
  request: Request,
  propagate: boolean
): Effect.Effect<Incoming, SendFailure> =>
  Effect.gen(function* () {
    const trace = propagate
      ? yield* Effect.match(Effect.currentSpan, {
          onFailure: () => ({}),
          onSuccess: HttpTraceContext.toHeaders
        })
      : {}
    let outgoing = HttpClientRequest.make(request.method)(request.url, {
      headers: { ...trace, ...request.headers }
    })
    if (request.body !== undefined) {
      outgoing = HttpClientRequest.bodyText(outgoing, request.body, "application/json")
    }
    return incoming(yield* Effect.mapError(transport.execute(outgoing), (error) => sendFailure(error, false)))
  })

export const isOk = (status: number): boolean => status >= 200 && status < 300

/** Reads all of a success, and the beginning of anything else. */
export const readAll = (answer: Incoming): Effect.Effect<Answer, SendFailure> =>
  Effect.map(isOk(answer.status) ? answer.text : answer.start, (text) => ({ ...answer, text }))

/** The transport as this library uses it. */
export const prepare = (transport: Transport): Transport =>
  transport.pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.withTracerDisabledWhen(() => true)
  )

/**
 * A transport whose answers end with the scope, read or not; a request that is given up for another ends at once.
 */
export const scoped = (transport: Transport, scope: Scope.Scope): Transport => {
  const inScope = HttpClient.withScope(transport)
  return HttpClient.makeWith<never, never, HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (own) =>
          Effect.onError(restore(Scope.extend(inScope.execute(request), own)), (cause) =>
            Scope.close(own, Exit.failCause(cause))
          )
        )
      )
    ),
    Effect.succeed
  )
}
