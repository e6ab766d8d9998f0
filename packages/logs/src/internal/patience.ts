/** Which failures may pass by themselves, and how long to wait for that. */
import type { AirflowError } from "@effect-airflow/core/AirflowError"

export const mayPass = (error: AirflowError): boolean => {
  switch (error._tag) {
    case "TransportError":
      return error.reason !== "Tls"
    case "TimeoutError":
    case "RateLimited":
    case "ServerError":
    case "UnexpectedStatus":
    case "DecodeError":
    case "CredentialsError":
      return true
    default:
      return false
  }
}

/** No server is obeyed for longer, in milliseconds: some send absurd values. */
const longestPause = 60_000

/** What the server asked to wait, in milliseconds. */
export const asked = (error: AirflowError): number =>
  "retryAfter" in error && error.retryAfter !== undefined ? Math.min(error.retryAfter, longestPause) : 0
