/** The records of a log of API v2, and the decoder of an answer that is full of them. */
import * as Either from "effect/Either"
import type { LogPart, LogRecord } from "../v2/Log.js"
import * as jsonParts from "./jsonParts.js"

/** A record; handlers that send plain texts, and odd ones, lose nothing: what is no record becomes its `event`. */
export const toRecord = (item: unknown): LogRecord => {
  if (typeof item === "string") return { event: item }
  if (typeof item !== "object" || item === null || Array.isArray(item)) return { event: JSON.stringify(item) }
  const { event } = item as { readonly event?: unknown }
  return typeof event === "string"
    ? (item as LogRecord)
    : { ...item, event: event === undefined ? "" : JSON.stringify(event) }
}

export const decoder = (): jsonParts.BodyDecoder<LogPart> =>
  jsonParts.make<LogPart>({
    array: "content",
    part: (items, bytes) => ({ _tag: "Records", records: items.map(toRecord), bytes }),
    last: "continuation_token",
    end: (token = null) =>
      token === null || typeof token === "string"
        ? Either.right({ _tag: "End", continuation_token: token })
        : Either.left(".continuation_token: expected a string or null")
  })
