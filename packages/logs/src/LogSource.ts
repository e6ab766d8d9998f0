/**
 * Where a follower reads: the seam between following, which knows nothing of API versions, and what each
 * version's server does. A source tells how a task instance is doing, and gives an attempt's log page by page.
 *
 * @since 0.1.0
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type * as Effect from "effect/Effect"
import type { TaskInstancesError } from "@effect-airflow/core/TaskInstances"
import type * as Scope from "effect/Scope"
import * as internalV1 from "./internal/v1Source.js"
import type * as internalV2Cursor from "./internal/v2Cursor.js"
import * as internalV2 from "./internal/v2Source.js"
import type { LogRecord, LogTarget } from "./LogLine.js"

/**
 * What reading can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type LogError = TaskInstancesError<400 | 401 | 403 | 404 | 422>

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
  /** The server does not know it yet: its run is there, and waits to be looked at. */
  readonly assumed?: true
}

/**
 * A line of a page, or a part of one.
 *
 * @since 0.1.0
 * @category models
 */
export interface PageRecord {
  /** What is to be passed on; undefined: nothing, only the end of a line came that had been passed on. */
  readonly show: LogRecord | undefined
  /** Whether the beginning of the line was passed on before. */
  readonly continued: boolean
  /** What identifies the whole line; undefined: its end has not come. */
  readonly whole: string | undefined
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
  /** Whether a notice says that the log cannot be read, and none of it came. */
  readonly lost: boolean
  /** Where the next page starts. */
  readonly cursor: Cursor
  /** Whether the server expects no more now; undefined when it does not tell. It is no proof of the end. */
  readonly endOfLog: boolean | undefined
  /**
   * Why this is not what was asked for, when it is not: `token`, the server refused the cursor's token;
   * `content`, by its own count it is another part of the log; `place`, the place that the token stands for has moved,
   * while the log may be the same. Its records are of no use.
   */
  readonly misfit: "token" | "content" | "place" | undefined
  /** Whether it looks as if it did not begin where the page before had ended: then it is looked at again. */
  readonly spliced: boolean
  /** Whether more of the same answer is at hand: the next page comes without a request. */
  readonly more: boolean
  /** How many characters came again that had come before, because the server knows no position. */
  readonly repeated: number
}

/**
 * What was passed on of an attempt's log: how many lines, and a hash of all of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Passed {
  readonly count: number
  readonly hash: number
}

/**
 * How the next page is read.
 *
 * @since 0.1.0
 * @category models
 */
export interface LookOptions {
  /** In one page, however much it is. Default `false`. */
  readonly whole?: boolean
  /** The attempt was seen to be over: what is unfinished now will stay so. Default `false`. */
  readonly over?: boolean
  /** Hashes of the lines that were passed on last. Default none. */
  readonly recent?: ReadonlyArray<number>
}

/**
 * A source of one task instance's log. A cursor belongs to one attempt and is a plain value that JSON can hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogSource<Cursor> {
  /** Names the source in serialised cursors. */
  readonly api: "v1" | "v2"
  readonly target: LogTarget
  /** How the task instance is doing. */
  readonly status: Effect.Effect<TaskStatus, LogError, AirflowClient>
  /** The start of an attempt's log; `unchecked`: the server's own count is not to be relied on. */
  readonly start: (try_number: number, unchecked?: boolean) => Cursor
  /** What came after a cursor. */
  readonly next: (
    cursor: Cursor,
    options?: LookOptions
  ) => Effect.Effect<LogPage<Cursor>, LogError, AirflowClient>
  /**
   * The cursor, told what was passed on after it: the next page begins behind that, or is a misfit if it is not there. Undefined:
   * the source cannot do so.
   */
  readonly behind?: (cursor: Cursor, passed: Passed) => Cursor
  /** What has come of a line whose end has not, and was not passed on. */
  readonly held: (cursor: Cursor) => string
  /** What was passed on of such a line. */
  readonly open: (cursor: Cursor) => string
  /** Gives what is held, though the line may go on; `over`: the attempt is, and nothing came since. */
  readonly flush: (
    cursor: Cursor,
    over: boolean
  ) => { readonly records: ReadonlyArray<PageRecord>; readonly cursor: Cursor }
  /** The cursor, told that this much of its unfinished line was passed on; undefined: it does not begin so. */
  readonly reopen: (cursor: Cursor, open: string) => Cursor | undefined
  /** What is left of a line of which `open` was passed on; undefined: it does not begin so. */
  readonly remainder: (record: PageRecord, open: string) => PageRecord | undefined
}

/**
 * The cursor of {@link v1}.
 *
 * @since 0.1.0
 * @category models
 */
export type V1Cursor = internalV1.V1Cursor

/**
 * The source over API v1 (Airflow 2.x): it asks with the server's continuation token, so that only new text
 * is sent, and joins pages that are cut inside a line.
 *
 * @since 0.1.0
 * @category constructors
 */
export const v1: (target: LogTarget) => LogSource<V1Cursor> = internalV1.make

/**
 * The cursor of {@link v2}.
 *
 * @since 0.1.0
 * @category models
 */
export type V2Cursor = internalV2Cursor.V2Cursor

/**
 * The source over API v2 (Airflow 3). Whether the server continues a log from its token, sends the whole log
 * again, or fails at it is found out from its answers, and kept in mind for all followers of a client; what was
 * passed on is compared by count and hash as it comes. Answers are read as they arrive and end with the scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const v2: (target: LogTarget) => Effect.Effect<LogSource<V2Cursor>, never, Scope.Scope> =
  internalV2.make
