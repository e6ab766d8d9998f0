/** The search that is shown: which match is the current one, and the steps to the next and the one before. */
import { Search } from "./search.js"
import type { Store } from "./store.js"

export interface Options {
  /** The entry from which the first step goes. */
  readonly from: () => number
  /** Shows the entry that a step came to. */
  readonly show: (id: number) => void
}

const number = (n: number): string => n.toLocaleString("en-GB")

export class Finder {
  /** Undefined while nothing is searched for. */
  search: Search | undefined
  /** The entry that was stepped to. */
  current: number | undefined
  /** Steps that wait for something to be found. */
  private steps: Array<1 | -1> = []
  private told: { readonly search: Search; readonly current: number | undefined } | undefined

  private readonly store: Store
  private readonly options: Options

  constructor(store: Store, options: Options) {
    this.store = store
    this.options = options
  }

  /** Searches for another text, and goes to its first match. An empty one ends the search. */
  query(text: string, matchCase: boolean, minLevel: number): void {
    this.search = text === "" ? undefined : new Search(this.store, { text, matchCase }, minLevel)
    this.current = undefined
    this.steps = text === "" ? [] : [1]
  }

  /** Searches for the same among these levels. */
  filter(minLevel: number): void {
    if (this.search !== undefined) this.search = new Search(this.store, this.search.query, minLevel)
    this.current = undefined
  }

  step(by: 1 | -1): void {
    this.steps.push(by)
  }

  /** Does the steps that can be done by now. */
  go(): void {
    while (this.goOnce());
  }

  /** Tells whether there may be another. */
  private goOnce(): boolean {
    const { search, steps } = this
    const by = steps[0]
    if (search === undefined || by === undefined) return false
    const { matches } = search
    if (matches.length === 0) {
      if (search.done) this.steps = []
      return false
    }
    // From what is in sight, when there was no match before; a step back from the first waits for all.
    const from = this.current ?? this.options.from()
    const at = matches.placeOf(from)
    const onMatch = this.current !== undefined && matches.has(from)
    let place = by === 1 ? (onMatch ? at + 1 : at) : at - 1
    if (place < 0 || place >= matches.length) {
      if (!search.done) return false
      place = (place + matches.length) % matches.length
    }
    steps.shift()
    this.current = matches.at(place)
    this.options.show(this.current)
    return true
  }

  /** How much was found, as it is shown. */
  get found(): string {
    const { current, search } = this
    if (search === undefined) return ""
    const { length } = search.matches
    const sum = `${number(length)} ${length === 1 ? "line" : "lines"}`
    const at =
      current !== undefined && search.matches.has(current)
        ? `${number(search.matches.placeOf(current) + 1)} of ${sum}`
        : length === 0 && search.done
          ? "not found"
          : sum
    return search.done ? at : `${at} (${Math.floor(search.progress * 100)} % searched)`
  }

  /** The same, once for each search that is done and each step: not again for matches in lines that come later. */
  get news(): string | undefined {
    const { current, search, told } = this
    if (search?.done !== true) return undefined
    if (told?.search === search && told.current === current) return undefined
    this.told = { search, current }
    return this.found
  }
}
