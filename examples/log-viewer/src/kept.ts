/** What the browser keeps for the page. It may not let it: then nothing is kept, and the page works all the same. */

export interface Kept {
  /** Null where nothing is kept. */
  readonly read: () => string | null
  /** Null forgets it. */
  readonly write: (value: string | null) => void
}

/** One value. The storage is asked for late: where it is blocked, that alone throws. */
export const kept = (storage: () => Storage, key: string): Kept => ({
  read: () => {
    try {
      return storage().getItem(key)
    } catch {
      return null
    }
  },
  write: (value) => {
    try {
      if (value === null) storage().removeItem(key)
      else storage().setItem(key, value)
    } catch {
      // It holds for this page, then.
    }
  }
})
