/** The runner: one operation from its parameters to its result, through credentials, time and retries. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { Options, Service, Warning } from "../AirflowClient.js"
import * as AirflowError from "../AirflowError.js"
import * as Auth from "../Auth.js"
import type { DeclaredStatus, Endpoint, OperationError, RequestOptions } from "../Endpoint.js"
import * as Retry from "../Retry.js"
import { interpret } from "./answer.js"
import * as Credentials from "./credentials.js"
import type { Skipped } from "./decode.js"
import * as Http from "./http.js"
import * as Option from "./options.js"
import * as Request from "./request.js"

const notSent = (operation: string, path = ""): AirflowError.CallInfo => ({
  operation,
  method: "",
  path,
  attempts: 0
})

const logWarning = (warning: Warning): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logDebug(warning), { package: "@effect-airflow/core" })

/** Takes secrets out of what a server sent back, in case it echoes what it got. */
const scrubber = (secrets: ReadonlyArray<string>) => {
  const parts = secrets
    .flatMap((secret) => [secret, ...secret.split(" ").slice(1)])
    .filter((part) => part.length > 3)
  return (text: string): string =>
    parts.reduce((cleaned, part) => cleaned.replaceAll(part, "<redacted>"), text)
}

const messageOf = (error: unknown): string =>
  error instanceof Error && error.message !== "" ? error.message : "the provider failed"

export const make = (options: Options): Effect.Effect<Service, AirflowError.InvalidInput, Http.Transport> =>
  Effect.gen(function* () {
    const refuse = (issue: Option.Issue) =>
      new AirflowError.InvalidInput({ ...notSent("AirflowClient.make"), ...issue })
    const baseUrl = yield* Either.mapLeft(Option.baseUrl(options.baseUrl), refuse)
    const clientTiming = yield* Either.mapLeft(Option.timing(options), refuse)
    const polling = yield* Either.mapLeft(Option.polling(options.polling), refuse)
    const headerIssue = Option.checkHeaders(options.headers)
    if (headerIssue !== undefined) return yield* Effect.fail(refuse(headerIssue))
    const transport = Http.prepare(yield* Http.Transport)
    const budget = options.retryBudget === false ? undefined : Retry.makeBudget(options.retryBudget)
    const credentials = Credentials.make(options.auth ?? Auth.none)
    const warn = options.onWarning ?? logWarning

    const execute = <Params extends object, Success, Status extends DeclaredStatus>(
      endpoint: Endpoint<Params, Success, Status>,
      params: Params,
      requestOptions: RequestOptions = {}
    ): Effect.Effect<Success, OperationError<Status>> => {
      let attempts = 0
      let path = endpoint.path
      const info = () => ({ operation: endpoint.id, method: endpoint.method, path, attempts })
      const invalid = (issue: Option.Issue) => new AirflowError.InvalidInput({ ...info(), ...issue })

      const attempt = (
        prepared: Request.Prepared,
        lease: Credentials.Lease
      ): Effect.Effect<Success, OperationError<Status>> =>
        Effect.gen(function* () {
          const secret = yield* Effect.mapError(
            lease.credentials,
            (error) => new AirflowError.CredentialsError({ ...info(), issue: messageOf(error) })
          )
          const auth = Object.fromEntries(
            Object.entries(secret).map(([name, value]) => [name, Redacted.value(value)])
          )
          const token = (params as { readonly token?: unknown }).token
          const scrub = scrubber([...Object.values(auth), ...(typeof token === "string" ? [token] : [])])
          attempts++
          const answer = yield* Effect.mapError(
            Http.send(
              transport,
              {
                method: endpoint.method,
                url: `${baseUrl}${prepared.path}${prepared.query === "" ? "" : `?${prepared.query}`}`,
                headers: { accept: endpoint.accept, ...options.headers, ...auth, ...requestOptions.headers },
                body: prepared.body
              },
              options.tracePropagation === true
            ),
            ({ _tag: _, description, ...failure }) =>
              new AirflowError.TransportError({
                ...info(),
                ...failure,
                ...(description === undefined ? {} : { description: scrub(description) })
              })
          )
          yield* Effect.annotateCurrentSpan("http.response.status_code", answer.status)
          const retryAfter = yield* Retry.parseRetryAfter(answer.retryAfter)
          const skipped: Array<Skipped> = []
          const result = interpret(endpoint, info(), answer, retryAfter, scrub, (what) => skipped.push(what))
          yield* Effect.forEach(
            skipped,
            (what) => warn({ _tag: "FieldSkipped", operation: endpoint.id, ...what }),
            {
              discard: true
            }
          )
          return yield* result
        }).pipe(
          Effect.withSpan("airflow.request", {
            captureStackTrace: false,
            attributes: { "http.request.method": endpoint.method, "url.path": prepared.path }
          })
        )

      return Effect.gen(function* () {
        const timing = yield* Either.mapLeft(Option.timing(requestOptions, clientTiming), invalid)
        const headerIssue = Option.checkHeaders(requestOptions.headers)
        if (headerIssue !== undefined) return yield* invalid(headerIssue)
        const prepared = yield* Either.mapLeft(Request.prepare(endpoint, params), invalid)
        path = prepared.path
        const tooLong = (limit: "attempt" | "deadline", millis: number) => ({
          duration: millis,
          onTimeout: () => new AirflowError.TimeoutError({ ...info(), limit, millis })
        })
        const timed = (lease: Credentials.Lease) =>
          Effect.timeoutFail(attempt(prepared, lease), tooLong("attempt", timing.timeout))

        let refreshed = false
        const withRefresh = Effect.suspend(() => {
          const lease = credentials.current()
          return Effect.catchAll(timed(lease), (error) => {
            const next = error._tag === "Unauthorized" && !refreshed ? credentials.replace(lease) : undefined
            refreshed ||= next !== undefined
            return next === undefined ? Effect.fail(error) : timed(next)
          })
        })
        const retried = Retry.withRetry(withRefresh, {
          policy: timing.retry,
          idempotent: endpoint.idempotent,
          ...(budget === undefined ? {} : { budget })
        })
        return yield* timing.deadline === undefined
          ? retried
          : Effect.timeoutFail(retried, tooLong("deadline", timing.deadline))
      }).pipe(
        Effect.withSpan(`airflow.${endpoint.id}`, {
          kind: "client",
          captureStackTrace: false,
          attributes: { "airflow.operation": endpoint.id }
        })
      )
    }

    return { baseUrl, polling, execute, warn }
  })
