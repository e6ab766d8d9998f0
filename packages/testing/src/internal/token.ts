/**
 * Continuation tokens as Airflow makes them, with itsdangerous: compact JSON in base64url, a dot, and an
 * HMAC-SHA1 of it under a key derived from the web server's secret key.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

export type TokenPayload = Readonly<Record<string, unknown>>

const signature = (secret: string, payload: string): Buffer => {
  const key = createHash("sha1").update("itsdangerous").update("signer").update(secret).digest()
  return createHmac("sha1", key).update(payload).digest()
}

export const sign = (secret: string, payload: TokenPayload): string => {
  const text = Buffer.from(JSON.stringify(payload)).toString("base64url")
  return `${text}.${signature(secret, text).toString("base64url")}`
}

/** Undefined: it was not signed with this key. */
export const verify = (secret: string, token: string): TokenPayload | undefined => {
  const dot = token.lastIndexOf(".")
  if (dot < 0) return undefined
  const text = token.slice(0, dot)
  const given = Buffer.from(token.slice(dot + 1), "base64url")
  const wanted = signature(secret, text)
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString()) as TokenPayload
  } catch {
    return undefined
  }
}
