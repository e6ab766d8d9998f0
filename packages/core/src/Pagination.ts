/**
 * All rows of a list, as a Stream of pages or of rows. Pages are asked for as they are needed, never ahead.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { AirflowClient } from "./AirflowClient.js"
import type { DeclaredStatus, Operation, OperationError, RequestOptions } from "./Endpoint.js"

/**
 * How a list operation is paged: where its rows are, what identifies a row, and which parameters say where
 * a page starts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paging<Params, Page, Row> {
  readonly rows: (page: Page) => ReadonlyArray<Row>
  /** How many rows the server counts in all pages. */
  readonly total: (page: Page) => number
  /** The same for the same row, different for different ones. */
  readonly key: (row: Row) => string
  readonly offset: (params: Params) => number
  readonly withOffset: (params: Params, offset: number) => Params
}

/**
 * An operation that answers with a page of a list.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOperation<Params, Page, Row, Status extends DeclaredStatus> extends Operation<
  Params,
  Page,
  Status
> {
  readonly paging: Paging<Params, Page, Row>
}

/**
 * Adds what paging needs to an operation.
 *
 * @since 0.1.0
 * @category constructors
 */
export const list = <Params, Page, Row, Status extends DeclaredStatus>(
  operation: Operation<Params, Page, Status>,
  paging: Paging<Params, Page, Row>
): ListOperation<Params, Page, Row, Status> => Object.assign(operation, { paging })

/** Airflow 2.x lists without an order: a walk can meet a row twice and miss another, so it may walk again. */
const maxWalks = 3

interface Walk {
  readonly walk: number
  readonly offset: number
  /** Rows not met before in this walk. */
  readonly found: number
}

/**
 * Every row once, in chunks of one page. A page starts after the rows received so far, whatever number was
 * asked for; a row already seen is dropped; the walk ends at an empty page, at the server's count, or at a
 * page that brings nothing new. When fewer rows than the server counted were found, the list is walked
 * again, at most three times in all; if some are still missing, `onWarning` hears of an `IncompleteWalk`.
 * The key of every row is kept until the end.
 *
 * @example
 * import * as Pagination from "@effect-airflow/core/Pagination"
 * import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
 *
 * const failed = Pagination.items(TaskInstances.getTaskInstances, {
 *   dag_id: "~",
 *   dag_run_id: "~",
 *   state: ["failed"]
 * })
 *
 * @since 0.1.0
 * @category combinators
 */
export const items = <Params, Page, Row, Status extends DeclaredStatus>(
  operation: ListOperation<Params, Page, Row, Status>,
  params: Params,
  options?: RequestOptions
): Stream.Stream<Row, OperationError<Status>, AirflowClient> =>
  Stream.mapChunks(
    walkPages(operation, params, options),
    Chunk.flatMap(({ fresh }) => Chunk.unsafeFromArray(fresh))
  )

/**
 * The pages as the server sends them, from the same walk as {@link items}: every page that holds a row not
 * seen before, and the first page even when it is empty. A row can appear in two pages.
 *
 * @since 0.1.0
 * @category combinators
 */
export const pages = <Params, Page, Row, Status extends DeclaredStatus>(
  operation: ListOperation<Params, Page, Row, Status>,
  params: Params,
  options?: RequestOptions
): Stream.Stream<Page, OperationError<Status>, AirflowClient> =>
  Stream.map(walkPages(operation, params, options), ({ page }) => page)

interface Step<Page, Row> {
  readonly page: Page
  readonly fresh: Array<Row>
}

const walkPages = <Params, Page, Row, Status extends DeclaredStatus>(
  operation: ListOperation<Params, Page, Row, Status>,
  params: Params,
  options: RequestOptions | undefined
): Stream.Stream<Step<Page, Row>, OperationError<Status>, AirflowClient> =>
  Stream.suspend(() => {
    const { key, offset: offsetOf, rows: rowsOf, total: totalOf, withOffset } = operation.paging
    const seen = new Set<string>()
    // A bad offset is refused by the first call, which names it.
    const start = params === null || typeof params !== "object" ? 0 : offsetOf(params)
    return Stream.paginateChunkEffect(
      { walk: 1, offset: start, found: 0 } as Walk,
      ({ found, offset, walk }) =>
        Effect.gen(function* () {
          const page = yield* operation(
            walk === 1 && offset === start ? params : withOffset(params, offset),
            options
          )
          const rows = rowsOf(page)
          const total = totalOf(page)
          const fresh = rows.filter((row) => {
            const id = key(row)
            return !seen.has(id) && seen.add(id)
          })
          const first = walk === 1 && offset === start
          const emit = fresh.length > 0 || first ? Chunk.of({ page, fresh }) : Chunk.empty<Step<Page, Row>>()
          const next = offset + rows.length
          const foundNow = found + fresh.length
          // On a second walk most pages hold only rows seen before: that is no sign of its end.
          const stuck = walk === 1 && fresh.length === 0
          if (rows.length > 0 && next < total && !stuck) {
            return [emit, Option.some({ walk, offset: next, found: foundNow })] as const
          }
          const missing = start + seen.size < total
          if (missing && walk < maxWalks && foundNow > 0) {
            return [emit, Option.some({ walk: walk + 1, offset: start, found: 0 })] as const
          }
          if (missing) {
            const client = yield* AirflowClient
            yield* client.warn({
              _tag: "IncompleteWalk",
              operation: operation.endpoint.id,
              received: start + seen.size,
              total
            })
          }
          return [emit, Option.none<Walk>()] as const
        })
    )
  })
