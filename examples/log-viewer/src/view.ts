/** Which entries are in sight: found step by step, so that a million of them block nothing. */
import type { Folding } from "./folding.js"
import { Ids } from "./ids.js"
import { Kind, type Store } from "./store.js"

/** Entries looked at between two looks at the clock. */
const step = 1024

/** Whether the level filter lets an entry through. What has no level is let through, as the follower does it. */
export const passes = (store: Store, id: number, minLevel: number): boolean => {
  if (minLevel === 0 || store.kind(id) >= Kind.attempt) return true
  if (store.kind(id) === Kind.groupEnd) return false
  const level = store.level(id)
  return level === 0 || level >= minLevel
}

export class View {
  readonly ids = new Ids()
  private cursor = 0

  /** 0: all. A filter looks into folded groups, whose first line it may hide. */
  readonly minLevel: number
  private readonly store: Store
  private readonly folding: Folding

  constructor(store: Store, folding: Folding, minLevel: number) {
    this.store = store
    this.folding = folding
    this.minLevel = minLevel
  }

  private shows(id: number): boolean {
    const { folding, minLevel, store } = this
    const kind = store.kind(id)
    if (kind === Kind.attempt) return true
    if (folding.isAttemptFolded(store.attempt(id))) return false
    if (kind === Kind.groupEnd || !passes(store, id, minLevel)) return false
    const group = store.group(id)
    return minLevel > 0 || group === 0 || !folding.isHidden(group)
  }

  get done(): boolean {
    return this.cursor >= this.store.length
  }

  /** Takes in what is new, until this time. Tells whether that was all. */
  advance(until: number): boolean {
    while (!this.done) {
      const stop = Math.min(this.store.length, this.cursor + step)
      for (; this.cursor < stop; this.cursor++) if (this.shows(this.cursor)) this.ids.push(this.cursor)
      if (performance.now() >= until) break
    }
    return this.done
  }
}
