/**
 * What the list shows, one entry after the other: texts in one array, all else in typed arrays, so that a million of
 * lines is some 100 bytes each and not an object each.
 */

/** What an entry is. */
export const Kind = { line: 0, groupStart: 1, groupEnd: 2, attempt: 3, notice: 4 } as const

/** What is so of an entry. */
export const Flag = { late: 1, bad: 2, unusual: 4 } as const

/** Names of levels by their number; 0 is a line without one. */
export const levels = ["", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const

export const levelOf = (name: string | undefined): number =>
  name === undefined ? 0 : Math.max(0, (levels as ReadonlyArray<string>).indexOf(name.toUpperCase()))

/** The attempt of what belongs to none. */
export const noAttempt = 0xffff

export interface Entry {
  readonly kind: number
  /** For a line the whole of it, as the server sent it. */
  readonly text: string
  /** Where in it the message begins. */
  readonly from?: number
  readonly level?: number
  readonly flags?: number
  /** The number of its attempt's section, from 0. */
  readonly attempt: number
  /** The innermost group it is in; 0: none. */
  readonly group?: number
  /** Its place in its attempt. */
  readonly index?: number
  /** Milliseconds since 1970 on the clock of who wrote it; NaN where that is not known. */
  readonly time?: number
}

// All that is shown otherwise than it stands there: what is plain need not be looked at twice.
const unusual = /[^\t\x20-\x7e\u00a1-\u00ac\u00ae-\u05ff\u0620-\u1fff\u2010-\u2027\u2030-\u205f\u2070-\ufefe]/

export class Store {
  length = 0
  private capacity = 1024
  private readonly texts: Array<string> = []
  private kinds = new Uint8Array(this.capacity)
  private levelNumbers = new Uint8Array(this.capacity)
  private flagBits = new Uint8Array(this.capacity)
  private attempts = new Uint16Array(this.capacity)
  private groups = new Uint32Array(this.capacity)
  private indexes = new Uint32Array(this.capacity)
  private starts = new Uint32Array(this.capacity)
  private times = new Float64Array(this.capacity)

  add(entry: Entry): number {
    if (this.length === this.capacity) this.grow()
    const id = this.length++
    const { attempt, flags = 0, from = 0, group = 0, index = 0, kind, level = 0, text, time = NaN } = entry
    this.texts.push(text)
    this.kinds[id] = kind
    this.levelNumbers[id] = level
    this.flagBits[id] = flags | (unusual.test(text) ? Flag.unusual : 0)
    this.attempts[id] = attempt
    this.groups[id] = group
    this.indexes[id] = index
    this.starts[id] = from
    this.times[id] = time
    return id
  }

  /** The rest of a line that had come without its end. */
  extend(id: number, rest: string): void {
    this.texts[id] += rest
    if (unusual.test(rest)) this.flagBits[id]! |= Flag.unusual
  }

  kind = (id: number): number => this.kinds[id]!
  level = (id: number): number => this.levelNumbers[id]!
  has = (id: number, flag: number): boolean => (this.flagBits[id]! & flag) !== 0
  attempt = (id: number): number => this.attempts[id]!
  group = (id: number): number => this.groups[id]!
  index = (id: number): number => this.indexes[id]!
  time = (id: number): number => this.times[id]!
  /** As the server sent it. */
  raw = (id: number): string => this.texts[id]!
  /** The message alone. */
  text = (id: number): string => {
    const from = this.starts[id]!
    return from === 0 ? this.texts[id]! : this.texts[id]!.slice(from)
  }

  private grow(): void {
    this.capacity *= 2
    const larger = <A extends { set: (from: A) => void }>(Typed: new (length: number) => A, from: A): A => {
      const to = new Typed(this.capacity)
      to.set(from)
      return to
    }
    this.kinds = larger(Uint8Array, this.kinds)
    this.levelNumbers = larger(Uint8Array, this.levelNumbers)
    this.flagBits = larger(Uint8Array, this.flagBits)
    this.attempts = larger(Uint16Array, this.attempts)
    this.groups = larger(Uint32Array, this.groups)
    this.indexes = larger(Uint32Array, this.indexes)
    this.starts = larger(Uint32Array, this.starts)
    this.times = larger(Float64Array, this.times)
  }
}
