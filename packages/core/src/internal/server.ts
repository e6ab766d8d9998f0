/** Which API answers at the base URL, asked once for each client. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { AirflowClient, type Service } from "../AirflowClient.js"
import {
  type ClientError,
  type DecodeError,
  type Forbidden,
  NotAirflow,
  type NotFound,
  type TransportError,
  type Unauthorized,
  type UnexpectedStatus
} from "../AirflowError.js"
import type { Endpoint } from "../Endpoint.js"
import type { DetectError, Server } from "../Server.js"
import { once } from "./once.js"

const paths = { v1: "/api/v1/version", v2: "/api/v2/version" }

const version = (api: "v1" | "v2", anonymous: boolean): Endpoint<object, Server, 401 | 403 | 404> => ({
  id: "getVersion",
  method: "GET",
  path: paths[api],
  pathParams: {},
  accept: "application/json",
  decode: (body) => {
    const found = (body as { readonly version?: unknown } | null)?.version
    return typeof found === "string" && found !== ""
      ? Either.right({ api, version: found })
      : Either.left(".version: expected the version of Airflow")
  },
  errors: [401, 403, 404],
  idempotent: true,
  anonymous
})

/** Answers that tell that this API is not there. */
type Absent = NotFound | UnexpectedStatus | DecodeError

const isAbsent = (error: Absent | Unauthorized | Forbidden | ClientError): error is Absent =>
  error._tag === "NotFound" || error._tag === "UnexpectedStatus" || error._tag === "DecodeError"

const found = (error: Absent): NotAirflow["found"] => {
  switch (error._tag) {
    case "NotFound":
      return "NotFound"
    case "UnexpectedStatus":
      return error.status === 0 || (error.status >= 300 && error.status < 400) ? "Redirect" : "Other"
    case "DecodeError":
      return !/html/i.test(error.contentType)
        ? "Other"
        : /static\/pin_|<title>Airflow/.test(error.firstBytes ?? "")
          ? "AirflowPage"
          : "Page"
  }
}

const words = (error: Absent): string => {
  switch (found(error)) {
    case "NotFound":
      return "is a 404"
    case "Redirect":
      return "redirects, as to a login page"
    case "AirflowPage":
      return "is one of Airflow's own pages, so this is Airflow under another path"
    case "Page":
      return "is a page, of a login or another program"
    case "Other":
      return error._tag === "DecodeError" ? "is not the version of an Airflow" : `is a ${error.status}`
  }
}

const rank = ["AirflowPage", "Redirect", "Page", "Other", "NotFound"] as const

const notAirflow = (baseUrl: string, v2: Absent, v1: Absent): NotAirflow => {
  const both = [found(v2), found(v1)]
  const kind = rank.find((each) => both.includes(each)) ?? "Other"
  const [second, first] = [words(v2), words(v1)]
  const what =
    second === first
      ? `each of ${paths.v2} and ${paths.v1} ${second}`
      : `${paths.v2} ${second}, ${paths.v1} ${first}`
  return new NotAirflow({
    operation: "detect",
    method: "GET",
    path: paths.v1,
    attempts: v1.attempts,
    baseUrl,
    found: kind,
    issue: kind === "Redirect" || kind === "Other" ? what : `${what}; is the base URL's path right?`
  })
}

/**
 * Airflow 2 does not let a page of another origin read what it answers outside its API: `fetch` tells that as if there had
 * been no answer, and not why.
 */
const isWithheld = (error: { readonly _tag: string; readonly code?: string }): error is TransportError =>
  error._tag === "TransportError" && error.code === undefined

const look = (client: Service, anonymous: boolean): Effect.Effect<Server, DetectError> =>
  Effect.catchAll(client.execute(version("v2", anonymous), {}), (v2) => {
    if (isWithheld(v2)) {
      return Effect.mapError(client.execute(version("v1", anonymous), {}), (v1) =>
        isWithheld(v1) || isAbsent(v1) ? v2 : v1
      )
    }
    // What guards a server may let one API's paths through and refuse all others; a login it refuses once.
    if (!isAbsent(v2) && (v2._tag !== "Forbidden" || v2.path !== paths.v2)) return Effect.fail(v2)
    return Effect.mapError(client.execute(version("v1", anonymous), {}), (v1): DetectError => {
      if (v2._tag === "Forbidden") return v2
      return isAbsent(v1) ? notAirflow(client.baseUrl, v2, v1) : v1
    })
  })

/**
 * A login comes before the first question. When what is there knows no such login, it may be no Airflow, or not
 * below this path; Airflow tells its version to anybody.
 */
const ask = (client: Service): Effect.Effect<Server, DetectError> =>
  Effect.catchTag(look(client, false), "CredentialsError", (error) =>
    error.loginStatus === undefined
      ? Effect.fail(error)
      : Effect.matchEffect(look(client, true), {
          onFailure: (other) => Effect.fail(other._tag === "NotAirflow" ? other : error),
          onSuccess: () => Effect.fail(error)
        })
  )

const known = new WeakMap<Service, Effect.Effect<Server, DetectError>>()

export const detect: Effect.Effect<Server, DetectError, AirflowClient> = /*#__PURE__*/ Effect.flatMap(
  AirflowClient,
  (client) => {
    let server = known.get(client)
    if (server === undefined) {
      server = once(ask(client))
      known.set(client, server)
    }
    return server
  }
)

export const forget: Effect.Effect<void, never, AirflowClient> = /*#__PURE__*/ Effect.map(
  AirflowClient,
  (client) => void known.delete(client)
)
