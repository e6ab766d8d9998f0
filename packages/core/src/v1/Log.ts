/**
 * A page of a task's log as API v1 answers it, and what can be read out of its continuation token.
 *
 * @since 0.1.0
 */
import * as internal from "../internal/logToken.js"

/**
 * A part of a log that one host wrote. The text is cut anywhere, also inside a line.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogPart {
  /** Empty before the task has run. */
  readonly host: string
  readonly text: string
}

/**
 * A page of a log. The server sends `content` as the Python `repr` of a list of tuples; here it is parsed.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogPage {
  readonly content: ReadonlyArray<LogPart>
  /**
   * Asks for what comes after this page. It is there also after the last page: whether the log has ended is
   * inside it, see {@link readToken}.
   */
  readonly continuation_token: string
}

/**
 * What a continuation token of API v1 tells. The server signs it and does not encrypt it.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenInfo {
  /** Whether the server expects no more. True also for a task that has not started, or waits for a retry. */
  readonly end_of_log?: boolean
  /** How many characters were read; log handlers that keep no position leave it out. */
  readonly log_pos?: number
}

/**
 * Reads a continuation token; undefined when it is not of a form this library knows (some log handlers
 * compress theirs).
 *
 * @example
 * import { readToken } from "@effect-airflow/core/v1/Log"
 *
 * readToken("eyJlbmRfb2ZfbG9nIjp0cnVlLCJsb2dfcG9zIjowfQ.1F1Q1tGtxKC6fhTYp") // { end_of_log: true, log_pos: 0 }
 *
 * @since 0.1.0
 * @category utils
 */
export const readToken: (token: string) => TokenInfo | undefined = internal.readToken
