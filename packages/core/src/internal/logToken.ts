/** What a log token tells. Airflow signs it (itsdangerous) and does not encrypt it; API v1 and v2 share its form. */

export interface TokenInfo {
  readonly end_of_log?: boolean
  readonly log_pos?: number
}

export const readToken = (token: string): TokenInfo | undefined => {
  const payload = token.slice(0, token.indexOf("."))
  if (payload === "") return undefined
  try {
    const value: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")))
    if (typeof value !== "object" || value === null) return undefined
    const { end_of_log, log_pos } = value as Record<string, unknown>
    return {
      ...(typeof end_of_log === "boolean" ? { end_of_log } : {}),
      ...(typeof log_pos === "number" ? { log_pos } : {})
    }
  } catch {
    return undefined
  }
}
