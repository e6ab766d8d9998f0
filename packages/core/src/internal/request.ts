/** Makes the request of an operation from its parameters, or says which parameter is wrong. */
import * as Either from "effect/Either"
import type { Endpoint } from "../Endpoint.js"
import type { Issue } from "./options.js"
import { type Kinds, missing } from "./params.js"
import { expand } from "./path.js"

export interface Prepared {
  readonly path: string
  readonly query: string
  readonly body: string | undefined
}

type AnyEndpoint = Pick<Endpoint<never, unknown, never>, "path" | "pathParams" | "query" | "body">

const none: Kinds = {}

export const prepare = (endpoint: AnyEndpoint, params: object): Either.Either<Prepared, Issue> => {
  if (typeof params !== "object" || params === null) {
    return Either.left({ field: "params", issue: "must be an object" })
  }
  const values = params as Readonly<Record<string, unknown>>
  const { body = none, pathParams, query = none } = endpoint
  for (const field of Object.keys(pathParams)) {
    const issue = pathParams[field]!.check(values[field])
    if (issue !== undefined) return Either.left({ field, issue })
  }
  const search = new URLSearchParams()
  const json: Record<string, unknown> = {}
  for (const field of Object.keys(values)) {
    const value = values[field]
    if (value === undefined || Object.hasOwn(pathParams, field)) continue
    const kind = Object.hasOwn(query, field)
      ? query[field]
      : Object.hasOwn(body, field)
        ? body[field]
        : undefined
    const issue = kind === undefined ? "is not a parameter of this operation" : kind.check(value)
    if (kind === undefined || issue !== undefined) return Either.left({ field, issue: issue ?? "" })
    if (kind === query[field]) for (const text of kind.query(value)) search.append(field, text)
    else json[field] = kind.json(value)
  }
  for (const field of Object.keys(query)) {
    const { implied, query: write } = query[field]!
    const value = values[field] === undefined ? implied?.(values) : undefined
    if (value !== undefined) for (const text of write(value)) search.append(field, text)
  }
  const lacking = missing(body, values)
  if (lacking !== undefined) return Either.left({ field: lacking, issue: "must be given" })
  for (const field of Object.keys(body)) {
    const { absent } = body[field]!
    if (absent !== undefined && !Object.hasOwn(json, field)) json[field] = absent
  }
  return Either.right({
    path: expand(endpoint.path, values),
    query: search.toString(),
    body: endpoint.body === undefined ? undefined : JSON.stringify(json)
  })
}
