/** What pages from other origins may do: how a server answers what their browser asks before, and marks what it sends them. */
import type { ArrivedRequest } from "../Fault.js"
import type { Answer } from "./answer.js"
import type { Behaviour } from "./behaviour.js"

/** The settings `access_control_allow_*` of a server. */
export interface Cors {
  readonly origins: ReadonlyArray<string>
  readonly headers: ReadonlyArray<string>
  readonly methods: ReadonlyArray<string>
}

type Headers = Readonly<Record<string, string>>

const marked = (answer: Answer, headers: Headers): Answer => ({
  ...answer,
  headers: { ...answer.headers, ...headers }
})

/** Airflow 2 sends the same with each answer of its API, whatever was asked; of other paths, with none. */
const v1 = (cors: Cors, { headers, path }: ArrivedRequest, answer: Answer): Answer => {
  if (!path.startsWith("/api/v1")) return answer
  const origin = headers["origin"] ?? cors.origins[0]!
  return marked(answer, {
    "access-control-allow-headers": cors.headers.join(", "),
    "access-control-allow-methods": cors.methods.join(", "),
    ...(cors.origins.includes(origin) ? { "access-control-allow-origin": origin } : {})
  })
}

const always = ["Accept", "Accept-Language", "Content-Language", "Content-Type"]

const list = (text: string | undefined): ReadonlyArray<string> =>
  (text ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "")

/** Airflow 3 answers a preflight before it looks at the path, and refuses what is not allowed. */
const preflight = (cors: Cors, origin: string, method: string, wanted: string | undefined): Answer => {
  const allowed = [...always, ...cors.headers]
  const known = list(allowed.join(","))
  const wrong = [
    ...(cors.origins.includes(origin) ? [] : ["origin"]),
    ...(cors.methods.includes(method) ? [] : ["method"]),
    ...(list(wanted).every((name) => known.includes(name)) ? [] : ["headers"])
  ]
  return {
    status: wrong.length === 0 ? 200 : 400,
    headers: {
      vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
      "access-control-allow-methods": cors.methods.join(", "),
      "access-control-max-age": "600",
      "access-control-allow-headers": allowed.join(", "),
      "access-control-allow-credentials": "true",
      ...(cors.origins.includes(origin) ? { "access-control-allow-origin": origin } : {}),
      "content-type": "text/plain; charset=utf-8"
    },
    body: wrong.length === 0 ? "OK" : `Disallowed CORS ${wrong.join(", ")}`
  }
}

const v2 = (cors: Cors, { headers, method }: ArrivedRequest, answer: () => Answer): Answer => {
  const { "access-control-request-headers": wanted, "access-control-request-method": wish, origin } = headers
  if (origin === undefined) return answer()
  if (method === "OPTIONS" && wish !== undefined) return preflight(cors, origin, wish, wanted)
  return marked(answer(), {
    "access-control-allow-credentials": "true",
    ...(cors.origins.includes(origin) ? { "access-control-allow-origin": origin } : {})
  })
}

/** An answer, as pages from other origins get it. Undefined: a server without such settings. */
export const around = (
  cors: Cors | undefined,
  { api }: Behaviour,
  request: ArrivedRequest,
  answer: () => Answer
): Answer =>
  cors === undefined ? answer() : api === "v1" ? v1(cors, request, answer()) : v2(cors, request, answer)
