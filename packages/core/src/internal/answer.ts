/** What an answer means: the operation's result, or one of its errors. */
import * as Either from "effect/Either"
import * as AirflowError from "../AirflowError.js"
import type { DeclaredStatus, Endpoint, OperationError } from "../Endpoint.js"
import type { Skipped } from "./decode.js"
import type { Answer } from "./http.js"
import { parse } from "./problem.js"

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

const fits = (accept: string, contentType: string): boolean =>
  accept === "application/json"
    ? /^application\/([\w.+-]+\+)?json\b/i.test(contentType)
    : /^text\/plain\b/i.test(contentType)

export const interpret = <Success, Status extends DeclaredStatus>(
  endpoint: Endpoint<never, Success, Status>,
  info: AirflowError.CallInfo,
  answer: Answer,
  retryAfter: number | undefined,
  scrub: (text: string) => string,
  skipped: (what: Skipped) => void
): Either.Either<Success, OperationError<Status>> => {
  const { contentType, status, text } = answer
  if (status < 200 || status >= 300) {
    const problem = parse(contentType, scrub(text))
    const fields = { ...info, status, ...(problem === undefined ? {} : { problem }) }
    if ((endpoint.errors as ReadonlyArray<number>).includes(status)) {
      return Either.left(new byStatus[status as DeclaredStatus](fields) as AirflowError.ErrorByStatus[Status])
    }
    const withRetryAfter = { ...fields, ...(retryAfter === undefined ? {} : { retryAfter }) }
    if (status === 429) return Either.left(new AirflowError.RateLimited(withRetryAfter))
    if (status >= 500) return Either.left(new AirflowError.ServerError(withRetryAfter))
    return Either.left(new AirflowError.UnexpectedStatus(fields))
  }
  const undecodable = (issue: string, show: boolean) =>
    Either.left(
      new AirflowError.DecodeError({
        ...info,
        status,
        contentType,
        issue,
        ...(show && text !== "" ? { firstBytes: scrub(text.slice(0, shownCharacters)) } : {})
      })
    )
  if (!fits(endpoint.accept, contentType)) {
    return undecodable(
      `expected ${endpoint.accept}${/html/i.test(contentType) ? ", got a page: a login or a proxy?" : ""}`,
      true
    )
  }
  let body: unknown = text
  if (endpoint.accept === "application/json") {
    try {
      body = JSON.parse(text)
    } catch {
      return undecodable(
        text === "" ? "expected JSON, got an empty body" : "expected JSON, got a text that is not, or is cut",
        true
      )
    }
  }
  const decoded = endpoint.decode(body, skipped)
  return Either.isRight(decoded) ? Either.right(decoded.right) : undecodable(decoded.left, false)
}
