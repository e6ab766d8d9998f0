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
 * How a list is paged by cursor.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cursors<Params, Page> {
  /** The cursor that a walk with these parameters begins with; undefined: it goes by offset. */
  readonly first: (params: Params) => string | undefined
  /** That of the next page; null after the last page; undefined from a server that knows no cursors. */
  readonly next: (page: Page) => string | null | undefined
  readonly with: (params: Params, cursor: string) => Params
}

/**
 * How a list operation is paged: where its rows are, what identifies a row, and which parameters say where
 * a page starts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paging<Params, Page, Row> {
  readonly rows: (page: Page) => ReadonlyArray<Row>
  /** How many rows the server counts in all pages; null when it does not say. */
  readonly total: (page: Page) => number | null
  /** The same for the same row, different for different ones. */
  readonly key: (row: Row) => string
  readonly offset: (params: Params) => number
  readonly withOffset: (params: Params, offset: number) => Params
  /** Where servers may hand out cursors. */
  readonly cursors?: Cursors<Params, Page>
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
  /** How many rows the server has sent in this walk, and those before its start. */
  readonly offset: number
  /** Rows not met before in this walk. */
  readonly found: number
  /** Asks for the page by cursor. */
  readonly cursor: string | undefined
}

/**
 * Every row once, in chunks of one page. A page starts after the rows received so far, whatever number was
 * asked for; a row already seen is dropped; the walk ends at an empty page, at the server's count, or at a
 * page that brings nothing new. When fewer rows than the server counted were found, the list is walked
 * again, at most three times in all; if some are still missing, `onWarning` hears of an `IncompleteWalk`.
 * The key of every row is kept until the end.
 *
 * Where the operation knows cursors (`getTaskInstances` of API v2), it asks for one, and goes on with those the
 * server gives: rows that come or go meanwhile then shift no others. A server before Airflow 3.2.2 takes no
 * notice, and is asked by offset. So it is with an `offset` of your own, and in an order for which servers with
 * cursors fail.
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
    const { cursors, key, offset: offsetOf, rows: rowsOf, total: totalOf, withOffset } = operation.paging
    const seen = new Set<string>()
    const used = new Set<string>()
    // What is wrong with the parameters is said by the first call.
    const isObject = params !== null && typeof params === "object"
    const start = isObject ? offsetOf(params) : 0
    const beginning: Walk = {
      walk: 1,
      offset: start,
      found: 0,
      cursor: isObject ? cursors?.first(params) : undefined
    }
    const at = ({ cursor, offset, walk }: Walk): Params =>
      cursors !== undefined && cursor !== undefined
        ? cursors.with(params, cursor)
        : walk === 1 && offset === start
          ? params
          : withOffset(params, offset)

    /** Where the next page is; undefined: there is none; and whether rows must be missing. */
    const after = (
      here: Walk,
      page: Page,
      received: number,
      fresh: number
    ): { readonly next: Walk | undefined; readonly missing: boolean } => {
      const next = here.cursor === undefined ? undefined : cursors?.next(page)
      const found = here.found + fresh
      if (next === null) return { next: undefined, missing: false }
      if (next !== undefined) {
        // A server that gives a cursor again would do so for ever.
        const goesOn = !used.has(next) && received > 0
        used.add(next)
        const offset = here.offset + received
        return { next: goesOn ? { ...here, offset, found, cursor: next } : undefined, missing: false }
      }
      const total = totalOf(page) ?? Infinity
      // An older server than the one before took no notice of its cursor: what it sent is no page of this walk.
      const offset = here.cursor && here !== beginning ? here.offset : here.offset + received
      // On a second walk most pages hold only rows seen before: that is no sign of its end.
      const stuck = here.walk === 1 && fresh === 0 && offset !== here.offset
      if (received > 0 && offset < total && !stuck) {
        return { next: { walk: here.walk, offset, found, cursor: undefined }, missing: false }
      }
      const missing = total !== Infinity && start + seen.size < total
      return missing && here.walk < maxWalks && found > 0
        ? { next: { walk: here.walk + 1, offset: start, found: 0, cursor: undefined }, missing: false }
        : { next: undefined, missing }
    }

    return Stream.paginateChunkEffect(beginning, (here) =>
      Effect.gen(function* () {
        const page = yield* operation(at(here), options)
        const rows = rowsOf(page)
        const fresh = rows.filter((row) => {
          const id = key(row)
          return !seen.has(id) && seen.add(id)
        })
        const { missing, next } = after(here, page, rows.length, fresh.length)
        if (missing) {
          const client = yield* AirflowClient
          yield* client.warn({
            _tag: "IncompleteWalk",
            operation: operation.endpoint.id,
            received: start + seen.size,
            total: totalOf(page) ?? 0
          })
        }
        const emit = fresh.length > 0 || here === beginning
        return [
          emit ? Chunk.of({ page, fresh }) : Chunk.empty<Step<Page, Row>>(),
          Option.fromNullable(next)
        ] as const
      })
    )
  })
