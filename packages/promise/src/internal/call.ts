/** Operations as functions that return promises and async iterables. */
import type { DeclaredStatus, RequestOptions } from "@effect-airflow/core/Endpoint"
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as Pagination from "@effect-airflow/core/Pagination"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Session } from "./session.js"

export interface CallOptions extends RequestOptions {
  readonly signal?: AbortSignal
}

export interface Call<Params, Success> {
  (params: Params, options?: CallOptions): Promise<Success>
}

export interface ListCall<Params, Page, Row> extends Call<Params, Page> {
  /** The pages as the server sends them. */
  readonly pages: (params: Params, options?: CallOptions) => AsyncIterableIterator<Page, undefined, undefined>
  /** Every row once, over all pages; a page is asked for when its first row is. */
  readonly items: (params: Params, options?: CallOptions) => AsyncIterableIterator<Row, undefined, undefined>
}

export const call =
  <Params, Success, E>(
    session: Session,
    operation: (params: Params, options?: RequestOptions) => Effect.Effect<Success, E, AirflowClient>
  ): Call<Params, Success> =>
  (params, { signal, ...options } = {}) =>
    session.run(operation(params, options), signal)

export const listCall = <Params, Page, Row, Status extends DeclaredStatus>(
  session: Session,
  operation: Pagination.ListOperation<Params, Page, Row, Status>
): ListCall<Params, Page, Row> =>
  Object.assign(call(session, operation), {
    pages: (params: Params, { signal, ...options }: CallOptions = {}) =>
      session.iterate(Pagination.pages(operation, params, options), signal),
    items: (params: Params, { signal, ...options }: CallOptions = {}) =>
      session.iterate(Pagination.items(operation, params, options), signal)
  })

/** A Stream of rows as a function. */
export const rows =
  <Params, Row, E>(
    session: Session,
    all: (params: Params, options?: RequestOptions) => Stream.Stream<Row, E, AirflowClient>
  ) =>
  (
    params: Params,
    { signal, ...options }: CallOptions = {}
  ): AsyncIterableIterator<Row, undefined, undefined> =>
    session.iterate(all(params, options), signal)
