/** What went wrong on the way, told by the codes of Node and undici; a browser has none. */
import type { SendFailure } from "../Transport.js"

const connectCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])
const tlsCode = /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO/
const droppedCodes = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "ECONNABORTED", "ETIMEDOUT"])

interface SystemError {
  readonly code?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly errors?: ReadonlyArray<unknown>
}

/** Libraries wrap the error that tells what happened: it is the innermost one with a code. */
const innermost = (error: unknown): SystemError => {
  let found: SystemError = {}
  let at: unknown = error
  for (let depth = 0; depth < 8 && typeof at === "object" && at !== null; depth++) {
    const here = at as SystemError
    if (typeof here.code === "string" || found.code === undefined) found = here
    at = here.cause ?? here.errors?.[0]
  }
  return found
}

export const make = (error: unknown, started: boolean): SendFailure => {
  const { code, message } = innermost(error)
  const reason =
    typeof code !== "string"
      ? "Unknown"
      : connectCodes.has(code)
        ? "Connect"
        : tlsCode.test(code)
          ? "Tls"
          : droppedCodes.has(code) || code.startsWith("HPE_") || code.startsWith("UND_ERR")
            ? "Dropped"
            : "Unknown"
  return {
    _tag: "SendFailure",
    reason: started && reason !== "Tls" ? "Dropped" : reason,
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof message === "string" && message !== "" ? { description: message } : {})
  }
}
