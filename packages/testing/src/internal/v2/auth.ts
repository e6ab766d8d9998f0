/** Who asks: the simple auth manager of Airflow 3. */
import type { ArrivedRequest } from "../../Fault.js"
import { type Answer, refuse } from "../answer.js"
import type { Backend, User } from "../backend.js"
import * as Jwt from "../jwt.js"
import { crash, type Fault, invalid, json, notAllowed, problem } from "./answer.js"
import * as Params from "./params.js"

const roles: Readonly<Record<User["role"], Jwt.Role>> = { Admin: "admin", Viewer: "viewer", Public: null }

const bearer = ({ behaviour }: Backend, { headers }: ArrivedRequest): string | undefined => {
  const header = headers["authorization"] ?? ""
  // 3.0 takes what is empty for a token, too.
  if (!behaviour.since31) return /^Bearer ?(.*)$/i.exec(header)?.[1]
  const given = /^Bearer (.+)$/i.exec(header)?.[1]
  if (given !== undefined) return given
  return /(?:^|;\s*)_token=([^;]*)/.exec(headers["cookie"] ?? "")?.[1]
}

/** A token without a good signature is a 403, one that is too old a 401. */
export const authenticate = (backend: Backend, request: ArrivedRequest): Jwt.Claims => {
  const token = bearer(backend, request)
  if (token === undefined) {
    return refuse(
      problem(401, "Not authenticated", backend.behaviour.since31 ? {} : { "www-authenticate": "Bearer" })
    )
  }
  const claims = Jwt.verify(backend.jwt.secret, token, backend.now())
  if (claims === "invalid") return refuse(problem(403, "Invalid JWT token"))
  if (claims === "expired") return refuse(problem(401, "Token Expired"))
  return claims
}

const fields: Params.Fields = {
  username: { read: Params.string, required: true },
  password: { read: Params.string, required: true }
}

/** The same mistakes as pydantic tells them by itself, which is how 3.1 and later answer. */
const asText = (faults: ReadonlyArray<Fault>): string => {
  const shown = (value: unknown) =>
    typeof value === "string"
      ? `'${value}'`
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value)
  const typeOf = (value: unknown) =>
    typeof value === "string" ? "str" : typeof value === "object" ? "dict" : "int"
  return [
    `${faults.length} validation error${faults.length === 1 ? "" : "s"} for LoginBody`,
    ...faults.flatMap(({ input, loc, msg, type }) => [
      loc.slice(1).join("."),
      `  ${msg} [type=${type}, input_value=${shown(input)}, input_type=${typeOf(input)}]`,
      `    For further information visit https://errors.pydantic.dev/2.12/v/${type}`
    ])
  ].join("\n")
}

const login = (backend: Backend, { body, headers }: ArrivedRequest): Params.Values => {
  const { since31 } = backend.behaviour
  const type = headers["content-type"]
  const faults: Array<Fault> = []
  if (since31 && /^application\/x-www-form-urlencoded\b/i.test(type ?? "")) {
    return Params.readFields(Object.fromEntries(new URLSearchParams(body)), fields, ["body"], faults)
  }
  if (since31 && type !== undefined && !/^application\/json\b/i.test(type)) {
    refuse(problem(415, "Only application/json or application/x-www-form-urlencoded is supported"))
  }
  const values = Params.readBody(type, body, fields, faults)
  if (faults.length === 0) return values
  if (!since31) return refuse(invalid(faults))
  const unreadable = faults.some(({ loc, type }) => loc.length < 2 || type === "json_invalid")
  return refuse(unreadable ? crash() : problem(422, asText(faults)))
}

const allAdmins = "This method is only allowed if ``[core] simple_auth_manager_all_admins`` is True"

/** POST /auth/token gives a token, /auth/token/cli one that lives an hour. */
export const token = (backend: Backend, request: ArrivedRequest): Answer => {
  const cli = request.path.endsWith("/cli")
  if (request.method === "GET" && !cli) return problem(403, allAdmins)
  if (request.method !== "POST") return notAllowed("POST")
  const { password, username } = login(backend, request) as Readonly<Record<string, string>>
  if (username === "" || password === "") return problem(400, "Username and password must be provided")
  const user = backend.users.find((user) => user.username === username && user.password === password)
  if (user === undefined) return problem(401, "Invalid credentials")
  const settings = cli ? { ...backend.jwt, life: Math.min(backend.jwt.life, 3_600_000) } : backend.jwt
  const access_token = Jwt.sign(
    settings,
    { sub: user.username, role: roles[user.role] },
    backend.now(),
    backend.behaviour
  )
  return json({ access_token }, 201)
}
