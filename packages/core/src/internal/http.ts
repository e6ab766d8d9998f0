/** Answers: what is known before their body, and their body, whole or its beginning. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Response, SendFailure } from "../Transport.js"

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

/** More of an error body than this tells nothing more, and is not fetched. */
const errorBodyBytes = 64 * 1024

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

export const incoming = ({ bytes, header, status, text }: Response): Incoming => ({
  status,
  contentType: header("content-type") ?? "",
  retryAfter: header("retry-after"),
  negotiated: /(?:^|,)\s*negotiate +([\w+/=-]+)/i.exec(header("www-authenticate") ?? "")?.[1],
  text,
  start: readSome(bytes, errorBodyBytes),
  bytes
})

export const isOk = (status: number): boolean => status >= 200 && status < 300

/** Reads all of a success, and the beginning of anything else. */
export const readAll = (answer: Incoming): Effect.Effect<Answer, SendFailure> =>
  Effect.map(isOk(answer.status) ? answer.text : answer.start, (text) => ({ ...answer, text }))
