/** Searching: the lines that hold a text, found step by step, those that come later too. */
import { plainOf } from "./ansi.js"
import { Ids } from "./ids.js"
import { Kind, type Store } from "./store.js"
import { passes } from "./view.js"

/** Marks in one line; more would only be slow. */
const maxMarks = 200

/** Entries, and characters, looked at between two looks at the clock. */
const step = 256
const stepLength = 200_000

export interface Query {
  readonly text: string
  readonly matchCase: boolean
}

const pattern = ({ matchCase, text }: Query): RegExp =>
  new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), matchCase ? "gu" : "giu")

export class Search {
  /** The entries found so far. */
  readonly matches = new Ids()
  private readonly expression: RegExp
  private cursor = 0

  readonly query: Query
  private readonly store: Store
  private readonly minLevel: number

  constructor(store: Store, query: Query, minLevel: number) {
    this.store = store
    this.query = query
    this.minLevel = minLevel
    this.expression = pattern(query)
  }

  private finds(id: number): boolean {
    const { store } = this
    if (store.kind(id) >= Kind.groupEnd || !passes(store, id, this.minLevel)) return false
    this.expression.lastIndex = 0
    return this.expression.test(plainOf(store, id))
  }

  get done(): boolean {
    return this.cursor >= this.store.length
  }

  /** How much of the log was looked at, from 0 to 1. */
  get progress(): number {
    return this.store.length === 0 ? 1 : this.cursor / this.store.length
  }

  /** Looks on until this time. Tells whether that was all. */
  advance(until: number): boolean {
    while (!this.done) {
      const stop = Math.min(this.store.length, this.cursor + step)
      for (let length = 0; this.cursor < stop && length < stepLength; this.cursor++) {
        length += this.store.raw(this.cursor).length
        if (this.finds(this.cursor)) this.matches.push(this.cursor)
      }
      if (performance.now() >= until) break
    }
    return this.done
  }

  /** This entry is not what it was: looks at it again. */
  changed(id: number): void {
    if (id >= this.cursor) return
    this.matches.dropFrom(id)
    this.cursor = id
  }

  /** Where in a text it stands. */
  marks(text: string): ReadonlyArray<readonly [from: number, to: number]> {
    const out: Array<readonly [number, number]> = []
    this.expression.lastIndex = 0
    for (let found = this.expression.exec(text); found !== null; found = this.expression.exec(text)) {
      out.push([found.index, found.index + found[0].length])
      if (out.length >= maxMarks || found[0] === "") break
    }
    return out
  }
}
