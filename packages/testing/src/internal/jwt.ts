/** The tokens of Airflow 3's simple auth manager. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import type { JwtSettings } from "./backend.js"
import type { Behaviour } from "./behaviour.js"

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

const signature = (secret: string, text: string): Buffer => createHmac("sha512", secret).update(text).digest()

export type Role = "admin" | "viewer" | null

export interface Claims {
  readonly sub: string
  readonly role: Role
}

const issuedBefore = new Map<string, number>()

/** A token for a user; no two are the same. */
export const sign = (
  { life, secret }: JwtSettings,
  claims: Claims,
  now: number,
  { since31 }: Behaviour
): string => {
  const at = Math.floor(now / 1000)
  const name = `${secret}\n${claims.sub}\n${at}`
  const count = (issuedBefore.get(name) ?? 0) + 1
  issuedBefore.set(name, count)
  const text = `${encode({ alg: "HS512", ...(since31 ? { kid: "not-used" } : {}), typ: "JWT" })}.${encode({
    ...claims,
    teams: [],
    jti: createHash("md5").update(`${name}\n${count}`).digest("hex"),
    aud: "apache-airflow",
    nbf: at,
    exp: Math.floor((now + life) / 1000),
    iat: at
  })}`
  return `${text}.${signature(secret, text).toString("base64url")}`
}

/** Airflow takes a token for so many seconds more than it says (`[api_auth] jwt_leeway`). */
const leeway = 10

/** Whose token it is, or what is wrong with it. */
export const verify = (secret: string, token: string, now: number): Claims | "expired" | "invalid" => {
  const [header = "", payload = "", signed = "", ...more] = token.split(".")
  const given = Buffer.from(signed, "base64url")
  const wanted = signature(secret, `${header}.${payload}`)
  if (more.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return "invalid"
  try {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims & {
      readonly exp: number
    }
    return claims.exp + leeway <= now / 1000 ? "expired" : claims
  } catch {
    return "invalid"
  }
}
