/**
 * The only file of this package that knows @effect/platform: one request in, one whole answer out.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
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

/** An answer with its body read; `text` of an answer that is not 2xx may be cut. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly retryAfter: string | undefined
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
const readSome = (response: HttpClientResponse.HttpClientResponse, limit: number) => {
  let size = 0
  return response.stream.pipe(
    // `fetch` gives no stream at all for an answer like 304.
    Stream.catchAll((error) => (error.reason === "EmptyBody" ? Stream.empty : Stream.fail(error))),
    Stream.takeUntil((bytes) => (size += bytes.length) >= limit),
    Stream.decodeText(),
    Stream.runCollect,
    Effect.map((parts) => Chunk.join(parts, ""))
  )
}

/**
 * Sends a request and reads its answer. The platform's own span is off, because it would record the whole
 * URL with the log token in its query; the trace is passed on only when asked for, because its headers would
 * force a preflight on a browser.
 */
export const send = (
  transport: Transport,
  request: Request,
  propagate: boolean
): Effect.Effect<Answer, SendFailure> =>
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
    const response = yield* Effect.mapError(transport.execute(outgoing), (error) => sendFailure(error, false))
    const ok = response.status >= 200 && response.status < 300
    const text = yield* Effect.mapError(ok ? response.text : readSome(response, errorBodyBytes), (error) =>
      sendFailure(error, true)
    )
    return {
      status: response.status,
      contentType: response.headers["content-type"] ?? "",
      retryAfter: response.headers["retry-after"],
      text
    }
  })

/** The transport as this library uses it. */
export const prepare = (transport: Transport): Transport =>
  transport.pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.withTracerDisabledWhen(() => true)
  )
