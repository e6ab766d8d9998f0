/**
 * The log of a task as API v2 (Airflow 3) answers it: structured records, in pages or as they come.
 *
 * @since 0.1.0
 */
import * as Endpoint from "../Endpoint.js"
import { decoder } from "../internal/logRecords.js"
import * as internal from "../internal/logToken.js"
import * as kinds from "../internal/params.js"
import { reader } from "../internal/stream.js"

/**
 * A record of a log. Beside these fields it holds whatever else the task's logger gave it.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogRecord {
  /** The message. A text that a log handler sends instead of a record becomes one with its `event`. */
  readonly event: string
  /** When; absent from what the server itself says before the log. */
  readonly timestamp?: string | null
  /** The level, in small letters, e.g. `info`. */
  readonly level?: string
  readonly logger?: string
  /** Where the server found the log, in the record it begins with (3.0 to 3.2; 3.3 sends a record for each). */
  readonly sources?: ReadonlyArray<string>
  /** The exceptions of a failure. */
  readonly error_detail?: unknown
  readonly [key: string]: unknown
}

/**
 * A page of a log.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogPage {
  readonly content: ReadonlyArray<LogRecord>
  /** Asks for what comes after this page; null when the server expects no more, see {@link TokenInfo}. */
  readonly continuation_token: string | null
}

/**
 * A part of a page, as {@link streamLog} gives it: records, and at the end, once, what follows them.
 *
 * @since 0.1.0
 * @category models
 */
export type LogPart =
  | {
      readonly _tag: "Records"
      readonly records: ReadonlyArray<LogRecord>
      /** How many bytes of JSON they took. */
      readonly bytes: number
    }
  | {
      readonly _tag: "End"
      readonly continuation_token: string | null
    }

/**
 * What a continuation token of API v2 tells. The server signs it and does not encrypt it.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenInfo {
  /** Whether the server expects no more. */
  readonly end_of_log?: boolean
  /** How many records were read. */
  readonly log_pos?: number
}

/**
 * Reads a continuation token; undefined when it is not of a form this library knows.
 *
 * @since 0.1.0
 * @category utils
 */
export const readToken: (token: string) => TokenInfo | undefined = internal.readToken

/**
 * @since 0.1.0
 * @category models
 */
export interface StreamLogParams {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  /** The attempt, from 1. Since 3.0.2 also 0, for a task that did not run: one record says why. */
  readonly try_number: number
  /** Which of a mapped task's instances. Default: the one of a task that is not mapped. */
  readonly map_index?: number
  /**
   * The token of an earlier page: what came after it. Servers from 3.0.4 to 3.1 answer it with the whole log, and
   * those from 3.2.0 to 3.3.0 with a 500.
   */
  readonly token?: string
  readonly full_content?: boolean
}

/**
 * A page of an attempt's log, in parts as they arrive, so that a long one never is in memory as a whole: parts
 * of at most 2000 records or about 1 MB, and then the `End`. A reader that is slow slows the server down. An
 * answer that ends before its `End` is a `TransportError`, never a silent end.
 *
 * Source: `get_log`, GET …/taskInstances/{task_id}/logs/{try_number} as JSON, since 3.0. `BadRequest`: the token
 * was signed with another secret key. `NotFound`: also for an attempt that is not there yet.
 *
 * @example
 * import * as Log from "@effect-airflow/core/v2/Log"
 * import * as Stream from "effect/Stream"
 *
 * const events = Log.streamLog({ dag_id: "etl", dag_run_id: "r1", task_id: "load", try_number: 1 }).pipe(
 *   Stream.mapConcat((part) => (part._tag === "Records" ? part.records : [])),
 *   Stream.map((record) => record.event)
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const streamLog: Endpoint.StreamOperation<StreamLogParams, LogPart, 400 | 401 | 403 | 404 | 422> =
  Endpoint.makeStream({
    id: "streamLog",
    method: "GET",
    path: "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}",
    pathParams: { dag_id: kinds.id, dag_run_id: kinds.id, task_id: kinds.id, try_number: kinds.count },
    query: { map_index: kinds.mapIndex, token: kinds.text, full_content: kinds.flag },
    accept: "application/json",
    read: reader(decoder),
    errors: [400, 401, 403, 404, 422],
    idempotent: true
  })
