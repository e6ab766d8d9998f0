/** Undoes the compression that the adapter's requests ask for, as the body is read. */
import { pipeline } from "node:stream"
import { text } from "node:stream/consumers"
import { createGunzip } from "node:zlib"
import type { Dispatcher } from "undici"

/** What can be undone. */
export const acceptEncoding = "gzip"

const isGzip = (header: string | ReadonlyArray<string> | undefined): boolean =>
  typeof header === "string" && /^(x-)?gzip$/i.test(header.trim())

/**
 * The body, decompressed. A failure or an end of one stream is one of the other, so leaving it frees the
 * connection, and bytes that are cut or are no gzip fail it.
 */
const gunzip = (body: Dispatcher.ResponseData["body"]): Dispatcher.ResponseData["body"] => {
  const plain = createGunzip({ chunkSize: 64 * 1024 })
  // Who reads it is told of an error; if nobody does yet, it must not end the program.
  plain.on("error", () => undefined)
  pipeline(body, plain, () => undefined)
  return Object.assign(plain, { text: () => text(plain) }) as unknown as Dispatcher.ResponseData["body"]
}

/**
 * A dispatcher whose answers are not compressed. undici has an interceptor for this, which prints a warning that
 * it is experimental, and undoes more than it was asked for.
 */
export const decompressing = <D extends Dispatcher>(dispatcher: D): D => {
  const request = dispatcher.request.bind(dispatcher) as (
    options: Dispatcher.RequestOptions
  ) => Promise<Dispatcher.ResponseData>
  const decompressed = async (options: Dispatcher.RequestOptions) => {
    const response = await request(options)
    const { "content-encoding": encoding, "content-length": length, ...headers } = response.headers
    // Answers that have no body may still name an encoding.
    const empty = response.statusCode === 204 || response.statusCode === 304 || length === "0"
    return isGzip(encoding) && !empty ? { ...response, headers, body: gunzip(response.body) } : response
  }
  return Object.assign(dispatcher, { request: decompressed })
}
