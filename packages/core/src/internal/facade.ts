/**
 * What works on any server: which API there is, what its version knows, and how parameters are called there.
 * What is not known ends a call before it is sent.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { AirflowClient } from "../AirflowClient.js"
import { InvalidInput, Unsupported } from "../AirflowError.js"
import type { DetectError, Server } from "../Server.js"
import { isAtLeast, knows, needs, type Since } from "./capabilities.js"
import { detect } from "./server.js"

/** What becomes of a parameter at one API: the first version that knows it, and its name and value there. */
export interface Place {
  readonly since: string
  readonly as?: string
  readonly value?: unknown
  /** It goes without saying: it is not sent. */
  readonly omit?: boolean
}

/** The places of a parameter; an API that is left out does not know it. */
export interface Places {
  readonly v1?: Place
  readonly v2?: Place
}

/** A parameter's places, which may depend on its value. */
export type Rule = Places | ((value: unknown) => Places)

export type Rules = Readonly<Record<string, Rule>>

/** What an operation is called, and since when there is one. */
export interface Operation {
  readonly id: string
  readonly since?: Since
  readonly rules: Rules
}

const notSent = (operation: Operation) => ({ operation: operation.id, method: "", path: "", attempts: 0 })

const unsupported = (operation: Operation, server: Server, since: Since, field?: string): Unsupported =>
  new Unsupported({
    ...notSent(operation),
    ...(field === undefined ? {} : { field }),
    needs: needs(since),
    server: server.version
  })

export const invalid = (operation: Operation, field: string, issue: string): InvalidInput =>
  new InvalidInput({ ...notSent(operation), field, issue })

const sinceOf = ({ v1, v2 }: Places): Since => ({
  ...(v1 === undefined ? {} : { v1: v1.since }),
  ...(v2 === undefined ? {} : { v2: v2.since })
})

/** The parameters as the server's API calls them. */
const translate = <Params extends object>(
  operation: Operation,
  server: Server,
  params: object
): Either.Either<Params, Unsupported | InvalidInput> => {
  if (typeof params !== "object" || params === null) {
    return Either.left(invalid(operation, "params", "must be an object"))
  }
  const translated: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(params)) {
    if (value === undefined) continue
    if (!Object.hasOwn(operation.rules, field)) {
      return Either.left(invalid(operation, field, "is not a parameter of this operation"))
    }
    const rule = operation.rules[field]!
    const places = typeof rule === "function" ? rule(value) : rule
    const place = places[server.api]
    if (place === undefined || !isAtLeast(server.version, place.since)) {
      return Either.left(unsupported(operation, server, sinceOf(places), field))
    }
    if (place.omit !== true) translated[place.as ?? field] = "value" in place ? place.value : value
  }
  return Either.right(translated as Params)
}

export type Dispatched<E> = E | DetectError | Unsupported | InvalidInput

/** Finds out the server, looks whether it knows what is asked, and lets its API's side do it. */
export const dispatch = <A1, E1, R1, A2, E2, R2, P1 extends object, P2 extends object>(
  operation: Operation,
  params: object,
  v1: (params: P1, server: Server) => Effect.Effect<A1, E1, R1>,
  v2: (params: P2, server: Server) => Effect.Effect<A2, E2, R2>
): Effect.Effect<A1 | A2, Dispatched<E1 | E2>, AirflowClient | R1 | R2> =>
  Effect.flatMap(detect, (server): Effect.Effect<A1 | A2, E1 | E2 | Unsupported | InvalidInput, R1 | R2> => {
    if (operation.since !== undefined && !knows(server, operation.since)) {
      return Effect.fail(unsupported(operation, server, operation.since))
    }
    return server.api === "v1"
      ? Effect.flatMap(translate<P1>(operation, server, params), (translated) => v1(translated, server))
      : Effect.flatMap(translate<P2>(operation, server, params), (translated) => v2(translated, server))
  })
