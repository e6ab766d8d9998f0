/** Lists of task instances on any server: a page, or all rows. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { AirflowClient } from "../AirflowClient.js"
import type { Unsupported } from "../AirflowError.js"
import type { OperationError, RequestOptions } from "../Endpoint.js"
import * as Pagination from "../Pagination.js"
import type { DetectError } from "../Server.js"
import type { TaskInstance, TaskInstancePage } from "../TaskInstance.js"
import type * as V1 from "../v1/TaskInstance.js"
import type * as V2 from "../v2/TaskInstance.js"
import { dispatch, type Operation } from "./facade.js"
import * as rows from "./facadeRows.js"

type Status = 400 | 401 | 403 | 404 | 422
type Failure = OperationError<Status> | DetectError | Unsupported

/** A list operation of each API. */
export interface Listing<P1, P2> extends Operation {
  readonly v1: Pagination.ListOperation<P1, V1.TaskInstanceCollection, V1.TaskInstance, Status>
  readonly v2: Pagination.ListOperation<P2, V2.TaskInstanceCollection, V2.TaskInstance, Status>
}

export const page = <P1 extends object, P2 extends object>(
  listing: Listing<P1, P2>,
  params: object,
  options: RequestOptions | undefined
): Effect.Effect<TaskInstancePage, Failure, AirflowClient> =>
  dispatch(
    listing,
    params,
    (given: P1, server) => Effect.map(listing.v1(given, options), (found) => rows.pageFromV1(server, found)),
    (given: P2, server) => Effect.map(listing.v2(given, options), (found) => rows.pageFromV2(server, found))
  )

export const all = <P1 extends object, P2 extends object>(
  listing: Listing<P1, P2>,
  params: object,
  options: RequestOptions | undefined
): Stream.Stream<TaskInstance, Failure, AirflowClient> =>
  Stream.unwrap(
    dispatch(
      listing,
      params,
      (given: P1, server) =>
        Effect.succeed(
          Stream.map(Pagination.items(listing.v1, given, options), (row) => rows.fromV1(server, row))
        ),
      (given: P2, server) =>
        Effect.succeed(
          Stream.map(Pagination.items(listing.v2, given, options), (row) => rows.fromV2(server, row))
        )
    )
  )
