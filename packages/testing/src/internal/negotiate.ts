/** Tokens as Kerberos makes them: each names its user, and is taken once. */

export interface Negotiate {
  /** A new one, as a user with a ticket would send it. */
  readonly make: (username: string) => string
  /** Whose it is; undefined: it is none of ours, or was taken before. */
  readonly take: (token: string) => string | undefined
}

export const make = (): Negotiate => {
  const waiting = new Map<string, string>()
  return {
    make: (username) => {
      const token = Buffer.from(`${crypto.randomUUID()} ${username}`).toString("base64")
      waiting.set(token, username)
      return token
    },
    take: (token) => {
      const username = waiting.get(token)
      waiting.delete(token)
      return username
    }
  }
}
