/**
 * How long a server may let wait for an answer, and for more of it: a server of API v2 reads all of a log before it says a
 * word. Once the client's own time-out was too short it is twice as long, up to ten minutes; and half as long, when the
 * server turns out to be quick: then it was the network.
 */

/** No server is waited for longer, unless the client does so anyway; in milliseconds. */
const longest = 600_000

export interface Allowance {
  /** In milliseconds; undefined: the client's own time-out. */
  readonly current: () => number | undefined
  /** A wait was too long, of so many milliseconds. */
  readonly exceeded: (millis: number) => void
  /** A wait ended well, after so many milliseconds. */
  readonly waited: (millis: number) => void
  /** An answer was read to its end. */
  readonly read: () => void
}

export const make = (): Allowance => {
  let allowed: { readonly usual: number; readonly millis: number } | undefined
  let most = 0
  return {
    current: () => allowed?.millis,
    exceeded: (millis) => {
      const { usual } = allowed ?? { usual: millis }
      allowed = { usual, millis: Math.max(usual, Math.min(longest, 2 * millis)) }
      most = 0
    },
    waited: (millis) => {
      most = Math.max(most, millis)
    },
    read: () => {
      if (allowed !== undefined && most < allowed.millis / 4) {
        allowed = { ...allowed, millis: Math.max(allowed.usual, allowed.millis / 2) }
      }
      most = 0
    }
  }
}
