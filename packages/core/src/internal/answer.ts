/** What an answer means: the operation's result, or one of its errors. */
import * as Either from "effect/Either"
import * as AirflowError from "../AirflowError.js"
import type { DeclaredStatus, Endpoint, OperationError } from "../Endpoint.js"
import { type Answer, type Head, isOk } from "./http.js"
import { parse } from "./problem.js"
import type { Skipped } from "./shape.js"

const byStatus = {
  400: AirflowError.BadRequest,
  401: AirflowError.Unauthorized,
  403: AirflowError.Forbidden,
  404: AirflowError.NotFound,
  409: AirflowError.Conflict,
  422: AirflowError.UnprocessableContent
}

/** How much of a body that is not what was asked for is shown. */
const shownCharacters = 256

type Asked<Status extends DeclaredStatus> = Pick<Endpoint<never, unknown, Status>, "accept" | "errors">

/** Whether an answer is a success of the type that was asked for. */
export const isAcceptable = (accept: string, { contentType, status }: Head): boolean =>
  isOk(status) &&
  (accept === "application/json"
    ? /^application\/([\w.+-]+\+)?json\b/i.test(contentType)
    : /^text\/plain\b/i.test(contentType))

const undecodable = (
  info: AirflowError.CallInfo,
  { contentType, status, text }: Answer,
  issue: string,
  scrub?: (text: string) => string
): AirflowError.DecodeError =>
  new AirflowError.DecodeError({
    ...info,
    status,
    contentType,
    issue,
    ...(scrub === undefined || text === "" ? {} : { firstBytes: scrub(text.slice(0, shownCharacters)) })
  })

/** The error of an answer that is not acceptable. */
export const refusal = <Status extends DeclaredStatus>(
  { accept, errors }: Asked<Status>,
  info: AirflowError.CallInfo,
  answer: Answer,
  retryAfter: number | undefined,
  scrub: (text: string) => string
): OperationError<Status> => {
  const { contentType, status, text } = answer
  if (isOk(status)) {
    const hint = /html/i.test(contentType) ? ", got a page: a login or a proxy?" : ""
    return undecodable(info, answer, `expected ${accept}${hint}`, scrub)
  }
  const problem = parse(contentType, scrub(text))
  const fields = { ...info, status, ...(problem === undefined ? {} : { problem }) }
  if ((errors as ReadonlyArray<number>).includes(status)) {
    return new byStatus[status as DeclaredStatus](fields) as AirflowError.ErrorByStatus[Status]
  }
  const withRetryAfter = { ...fields, ...(retryAfter === undefined ? {} : { retryAfter }) }
  if (status === 429) return new AirflowError.RateLimited(withRetryAfter)
  if (status >= 500) return new AirflowError.ServerError(withRetryAfter)
  return new AirflowError.UnexpectedStatus(fields)
}

/** The result of an answer that is acceptable. */
export const decode = <Success>(
  endpoint: Pick<Endpoint<never, Success, never>, "accept" | "decode">,
  info: AirflowError.CallInfo,
  answer: Answer,
  scrub: (text: string) => string,
  skipped: (what: Skipped) => void
): Either.Either<Success, AirflowError.DecodeError> => {
  const { text } = answer
  let body: unknown = text
  if (endpoint.accept === "application/json") {
    try {
      body = JSON.parse(text)
    } catch {
      const got = text === "" ? "an empty body" : "a text that is not, or is cut"
      return Either.left(undecodable(info, answer, `expected JSON, got ${got}`, scrub))
    }
  }
  return Either.mapLeft(endpoint.decode(body, skipped), (issue) => undecodable(info, answer, issue))
}
