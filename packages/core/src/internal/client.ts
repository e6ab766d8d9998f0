/** The runner: one operation from its parameters to its result, through credentials, time and retries. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { Options, Service, Warning } from "../AirflowClient.js"
import * as AirflowError from "../AirflowError.js"
import * as Auth from "../Auth.js"
import type { DeclaredStatus, Endpoint, OperationError, RequestOptions } from "../Endpoint.js"
import * as Retry from "../Retry.js"
import type { Request as Outgoing, SendFailure, Transport } from "../Transport.js"
import { decode, isAcceptable, refusal } from "./answer.js"
import * as Credentials from "./credentials.js"
import * as Http from "./http.js"
import * as Option from "./options.js"
import * as Request from "./request.js"
import type { Skipped } from "./shape.js"

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

/** The later ones win, however they write the names. */
const mergeHeaders = (
  ...all: ReadonlyArray<Readonly<Record<string, string>> | undefined>
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    all.flatMap((headers = {}) =>
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
    )
  )

/** What the reader of an answer has at hand. */
export interface Call<E> {
  readonly info: () => AirflowError.CallInfo
  readonly scrub: (text: string) => string
  readonly failed: (failure: SendFailure) => AirflowError.TransportError
  /** Fails as an answer says that is not acceptable. */
  readonly refuse: (answer: Http.Answer) => Effect.Effect<never, E>
  /** The longest wait for what is read after {@link Receive} is done, in milliseconds. */
  readonly timeout: number
  readonly tooLong: () => AirflowError.TimeoutError
}

/** Reads an answer, or begins to. */
export interface Receive<A, E> {
  (answer: Http.Incoming, call: Call<E>): Effect.Effect<A, E | AirflowError.ClientError>
}

/** One call, but for what becomes of its answer: with a scope it can be read until that is closed. */
export interface Run<E> {
  <A>(receive: Receive<A, E>, scope?: Scope.Scope): Effect.Effect<A, E>
}

/** An attempt that succeeds ends with the scope, if there is one, and else by itself; one that fails ends at once. */
const within = <A, E>(
  attempt: Effect.Effect<A, E, Scope.Scope>,
  scope: Scope.Scope | undefined
): Effect.Effect<A, E> =>
  scope === undefined
    ? Effect.scoped(attempt)
    : Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (own) =>
          Effect.onError(restore(Scope.extend(attempt, own)), (cause) =>
            Scope.close(own, Exit.failCause(cause))
          )
        )
      )

/** A token that has ended is a 401, and for Airflow 3 one of another secret a 403. */
const refusesCredentials = (error: AirflowError.AirflowError): boolean =>
  "status" in error &&
  (error.status === 401 ||
    (error.status === 403 && "problem" in error && error.problem?.detail === "Invalid JWT token"))

/** What is told of the failure of a provider. */
const told = (error: unknown): { readonly issue: string; readonly reason?: string } => ({
  issue: error instanceof Error && error.message !== "" ? error.message : "the provider failed",
  ...(Predicate.hasProperty(error, "reason") && typeof error.reason === "string"
    ? { reason: error.reason }
    : {})
})

export const make = (
  options: Omit<Options, "tracePropagation">,
  transport: Transport
): Effect.Effect<Service, AirflowError.InvalidInput> =>
  Effect.gen(function* () {
    const refuse = (issue: Option.Issue) =>
      new AirflowError.InvalidInput({ ...notSent("AirflowClient.make"), ...issue })
    const baseUrl = yield* Either.mapLeft(Option.baseUrl(options.baseUrl), refuse)
    const clientTiming = yield* Either.mapLeft(Option.timing(options), refuse)
    const polling = yield* Either.mapLeft(Option.polling(options.polling), refuse)
    const headerIssue = Option.checkHeaders(options.headers)
    if (headerIssue !== undefined) return yield* Effect.fail(refuse(headerIssue))
    const budget = options.retryBudget === false ? undefined : Retry.makeBudget(options.retryBudget)
    const warn = options.onWarning ?? logWarning

    const send = (request: Outgoing) => Effect.map(transport.send(request), Http.incoming)
    const credentials = Credentials.make(options.auth ?? Auth.none, {
      baseUrl,
      send: ({ body, method, path }) =>
        Effect.scoped(
          Effect.flatMap(
            send({
              method,
              url: `${baseUrl}${path.startsWith("/") ? "" : "/"}${path}`,
              headers: mergeHeaders({ accept: "application/json" }, options.headers),
              body
            }),
            Http.readAll
          )
        )
    })

    const run =
      <Params extends object, Status extends DeclaredStatus>(
        endpoint: Omit<Endpoint<Params, unknown, Status>, "decode">,
        params: Params,
        requestOptions: RequestOptions = {}
      ): Run<OperationError<Status>> =>
      <A>(receive: Receive<A, OperationError<Status>>, scope?: Scope.Scope) =>
        Effect.suspend(() => {
          const { errors, id, method } = endpoint
          let attempts = 0
          let path = endpoint.path
          /** The credentials of the attempt under way, once it has them: until then nothing is sent. */
          let held: Credentials.Held | undefined
          const info = () => ({ operation: id, method, path, attempts })
          const invalid = (issue: Option.Issue) => new AirflowError.InvalidInput({ ...info(), ...issue })
          const noCredentials = (error: unknown) =>
            Credentials.isLoginFailure(error)
              ? (error.toError(info(), errors) as OperationError<Status>)
              : new AirflowError.CredentialsError({ ...info(), ...told(error) })

          const attempt = (prepared: Request.Prepared, timeout: number, tooLong: Call<never>["tooLong"]) =>
            Effect.gen(function* () {
              held = undefined
              held =
                endpoint.anonymous === true
                  ? Credentials.none
                  : yield* Effect.mapError(credentials.get, noCredentials)
              const auth = Object.fromEntries(
                Object.entries(held.credentials).map(([name, value]) => [name, Redacted.value(value)])
              )
              const token = (params as { readonly token?: unknown }).token
              const scrub = scrubber([...Object.values(auth), ...(typeof token === "string" ? [token] : [])])
              const failed = ({ _tag: _, description, ...failure }: SendFailure) =>
                new AirflowError.TransportError({
                  ...info(),
                  ...failure,
                  ...(description === undefined ? {} : { description: scrub(description) })
                })
              attempts++
              const answer = yield* Effect.mapError(
                send({
                  method,
                  url: `${baseUrl}${prepared.path}${prepared.query === "" ? "" : `?${prepared.query}`}`,
                  headers: mergeHeaders(
                    { accept: endpoint.accept },
                    options.headers,
                    auth,
                    requestOptions.headers
                  ),
                  body: prepared.body
                }),
                failed
              )
              yield* Effect.annotateCurrentSpan("http.response.status_code", answer.status)
              if (
                held.verify !== undefined &&
                (answer.negotiated !== undefined || Http.isOk(answer.status))
              ) {
                yield* Effect.mapError(held.verify(answer.negotiated), noCredentials)
              }
              const refuse = (whole: Http.Answer) =>
                Effect.flatMap(Retry.parseRetryAfter(whole.retryAfter), (retryAfter) =>
                  Effect.fail(refusal(endpoint, info(), whole, retryAfter, scrub))
                )
              return yield* receive(answer, { info, scrub, failed, refuse, timeout, tooLong })
            }).pipe(
              Effect.withSpan("airflow.request", {
                captureStackTrace: false,
                attributes: { "http.request.method": method, "url.path": prepared.path }
              })
            )

          return Effect.gen(function* () {
            const timing = yield* Either.mapLeft(Option.timing(requestOptions, clientTiming), invalid)
            const headerIssue = Option.checkHeaders(requestOptions.headers)
            if (headerIssue !== undefined) return yield* invalid(headerIssue)
            const prepared = yield* Either.mapLeft(Request.prepare(endpoint, params), invalid)
            path = prepared.path
            const tooLong = (limit: "attempt" | "deadline", millis: number) => () =>
              new AirflowError.TimeoutError({ ...info(), limit, millis })
            const attemptTooLong = tooLong("attempt", timing.timeout)
            const sent = within(attempt(prepared, timing.timeout, attemptTooLong), scope)
            const timed = Effect.timeoutFail(sent, {
              duration: timing.timeout,
              onTimeout: attemptTooLong
            })

            let refreshed = false
            const withRefresh = Effect.catchAll(timed, (error) => {
              if (
                refreshed ||
                held === undefined ||
                !refusesCredentials(error) ||
                !credentials.refuse(held)
              ) {
                return Effect.fail(error)
              }
              refreshed = true
              return timed
            })
            const idempotent =
              typeof endpoint.idempotent === "boolean" ? endpoint.idempotent : endpoint.idempotent(params)
            const retried = Retry.withRetry(
              Effect.mapError(withRefresh, (error) =>
                idempotent || held === undefined || Retry.isRetryable(error, false) ? error : { final: error }
              ),
              { policy: timing.retry, ...(budget === undefined ? {} : { budget }) }
            ).pipe(Effect.mapError((error) => ("final" in error ? error.final : error)))
            return yield* timing.deadline === undefined
              ? retried
              : Effect.timeoutFail(retried, {
                  duration: timing.deadline,
                  onTimeout: tooLong("deadline", timing.deadline)
                })
          }).pipe(
            Effect.withSpan(`airflow.${id}`, {
              kind: "client",
              captureStackTrace: false,
              attributes: { "airflow.operation": id }
            })
          )
        })

    const execute: Service["execute"] = (endpoint, params, requestOptions) =>
      run(
        endpoint,
        params,
        requestOptions
      )((incoming, { failed, info, refuse, scrub }) =>
        Effect.gen(function* () {
          const answer = yield* Effect.mapError(Http.readAll(incoming), failed)
          if (!isAcceptable(endpoint.accept, answer)) return yield* refuse(answer)
          const skipped: Array<Skipped> = []
          const result = decode(endpoint, info(), answer, scrub, (what) => skipped.push(what))
          yield* Effect.forEach(
            skipped,
            (what) => warn({ _tag: "FieldSkipped", operation: endpoint.id, ...what }),
            { discard: true }
          )
          return yield* result
        })
      )

    const stream: Service["stream"] = (endpoint, params, requestOptions) =>
      endpoint.read(endpoint.accept, run(endpoint, params, requestOptions))

    return { baseUrl, polling, execute, stream, warn }
  })
