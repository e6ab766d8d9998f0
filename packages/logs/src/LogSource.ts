/**
 * Where a follower reads: the seam between following, which knows nothing of API versions, and what each
 * version's server does. A source tells how a task instance is doing, and gives an attempt's log page by page.
 *
 * @since 0.1.0
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { OperationError } from "@effect-airflow/core/Endpoint"
import type * as Effect from "effect/Effect"
import * as internal from "./internal/v1Source.js"
import type { LogRecord, LogTarget } from "./LogLine.js"

/**
 * What reading can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type LogError = OperationError<400 | 401 | 403 | 404>

/**
 * How a task instance is doing.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskStatus {
  /** Null: no state yet. */
  readonly state: string | null
  /** The attempt the server is at; 0 before the first. */
  readonly try_number: number
  /** Whether this attempt has begun on a host, so that there should be a log. */
  readonly started: boolean
}

/**
 * A record of a page.
 *
 * @since 0.1.0
 * @category models
 */
export interface PageRecord extends LogRecord {
  readonly continued?: true
}

/**
 * What one request brought.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogPage<Cursor> {
  readonly records: ReadonlyArray<PageRecord>
  /** Where the server read, or why it could not: said at the start of an attempt's log. */
  readonly notices: ReadonlyArray<string>
  /** Whether a notice says that the log cannot be read. */
  readonly lost: boolean
  /** Where the next page starts. */
  readonly cursor: Cursor
  /** Whether the server expects no more now; undefined when it does not tell. It is no proof of the end. */
  readonly endOfLog: boolean | undefined
  /** Whether anything came, also part of a line. */
  readonly received: boolean
  /** Whether the end of a line is still awaited. */
  readonly held: boolean
}

/**
 * A source of one task instance's log. A cursor belongs to one attempt and is a plain value.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogSource<Cursor> {
  readonly target: LogTarget
  /** How the task instance is doing. */
  readonly status: Effect.Effect<TaskStatus, LogError, AirflowClient>
  /** The start of an attempt's log. */
  readonly start: (try_number: number) => Cursor
  /** What came after a cursor. */
  readonly next: (cursor: Cursor) => Effect.Effect<LogPage<Cursor>, LogError, AirflowClient>
  /** Gives what is held of a line whose end did not come; `final` when none will. */
  readonly flush: (
    cursor: Cursor,
    final: boolean
  ) => { readonly records: ReadonlyArray<PageRecord>; readonly cursor: Cursor }
}

/**
 * The cursor of {@link v1}.
 *
 * @since 0.1.0
 * @category models
 */
export type V1Cursor = internal.V1Cursor

/**
 * The source over API v1 (Airflow 2.x): it asks with the server's continuation token, so that only new text
 * is sent, and joins pages that are cut inside a line.
 *
 * @since 0.1.0
 * @category constructors
 */
export const v1: (target: LogTarget) => LogSource<V1Cursor> = internal.make
