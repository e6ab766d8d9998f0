/**
 * What is remembered of lines that were passed on, without keeping them: how many, a hash of all of them, of
 * the last ones each, and of some beginnings. It tells where in a log read again a reader had been.
 */
export interface Tally {
  readonly count: number
  /** Of all lines, in their order. */
  readonly hash: number
  /** Of each of the last lines. */
  readonly tail: ReadonlyArray<number>
  /** The hash of all lines before the tail. */
  readonly base: number
  /** Hashes of beginnings, ever farther apart. */
  readonly marks: ReadonlyArray<Mark>
}

export interface Mark {
  readonly count: number
  readonly hash: number
}

const longestTail = 256
const mostMarks = 32
const firstStride = 64

export const empty: Tally = { count: 0, hash: 0, tail: [], base: 0, marks: [] }

const high = 2 ** 32

/** 52 bits of a text. */
export const hashLine = (text: string): number => {
  let a = 0x811c9dc5
  let b = 0x5bd1e995
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 13)
  }
  return ((b >>> 12) & 0xfffff) * high + (a >>> 0)
}

/** The same of hashes. */
const fold = (hash: number, line: number): number => {
  const a = Math.imul(((hash % high) | 0) ^ ((line % high) | 0), 0x9e3779b1)
  const b = Math.imul(Math.floor(hash / high) ^ Math.floor(line / high) ^ (a >>> 15), 0xc2b2ae35)
  return ((b >>> 12) & 0xfffff) * high + ((a ^ (a >>> 16)) >>> 0)
}

const thin = (marks: ReadonlyArray<Mark>): ReadonlyArray<Mark> =>
  marks.length <= mostMarks ? marks : marks.filter((_, index) => index % 2 === 1)

const stride = (marks: ReadonlyArray<Mark>): number =>
  marks.length < 2 ? firstStride : marks[1]!.count - marks[0]!.count

/** The hash of some lines and one more. */
export const extendBy = (hash: number, line: string): number => fold(hash, hashLine(line))

/** The hash of some lines and more. */
export const extend = (hash: number, lines: ReadonlyArray<string>): number =>
  lines.reduce((sum, line) => fold(sum, hashLine(line)), hash)

/** Shortens the tail. */
export const trim = (tally: Tally, length: number): Tally => {
  const drop = tally.tail.length - length
  if (drop <= 0) return tally
  return { ...tally, base: tally.tail.slice(0, drop).reduce(fold, tally.base), tail: tally.tail.slice(drop) }
}

export const add = (tally: Tally, lines: ReadonlyArray<string>): Tally =>
  addHashes(tally, lines.map(hashLine))

const addHashes = (tally: Tally, lines: ReadonlyArray<number>): Tally => {
  let { count, hash, marks } = tally
  const tail = [...tally.tail]
  for (const own of lines) {
    hash = fold(hash, own)
    count++
    tail.push(own)
    if (count % stride(marks) === 0) marks = thin([...marks, { count, hash }])
  }
  return trim({ count, hash, tail, base: tally.base, marks }, longestTail)
}

/**
 * Where the reader was, in a log that was read again.
 *
 * - `Same`: the log begins with all lines that were passed on.
 * - `Behind`: it is shorter, and as far as is known their beginning.
 * - `Inserted`: it holds all of them in their order, and at `late` others between them.
 * - `Moved`: it holds the last of them, in another place, or after another beginning.
 * - `Other`: it agrees with them only up to a place (at least).
 */
export type Place =
  | { readonly _tag: "Same" }
  | { readonly _tag: "Behind" }
  | { readonly _tag: "Inserted"; readonly skip: number; readonly late: ReadonlyArray<number> }
  | { readonly _tag: "Moved"; readonly skip: number }
  | { readonly _tag: "Other"; readonly skip: number }

/** How many of the last lines must be there again to know the place by them. */
const enough = 16

/** Where lines were put between those of the tail: the places of those that were not there before. */
const insertions = (
  tail: ReadonlyArray<number>,
  own: ReadonlyArray<number>,
  from: number
): { readonly skip: number; readonly late: ReadonlyArray<number> } | undefined => {
  const late: Array<number> = []
  let at = from
  for (const line of tail) {
    while (at < own.length && own[at] !== line) late.push(at++)
    if (at === own.length) return undefined
    at++
  }
  return { skip: at, late }
}

/**
 * The tally of the lines up to `skip` without some of those that were inserted: what a reader knows that has been given the
 * others.
 */
export const without = (
  tally: Tally,
  lines: ReadonlyArray<string>,
  skip: number,
  missing: ReadonlyArray<number>
): Tally => {
  const start = tally.count - tally.tail.length
  const before: Tally = {
    count: start,
    hash: tally.base,
    tail: [],
    base: tally.base,
    marks: tally.marks.filter(({ count }) => count <= start)
  }
  return add(
    before,
    lines.slice(start, skip).filter((_, index) => !missing.includes(start + index))
  )
}

export const locate = (tally: Tally, lines: ReadonlyArray<string>): Place => {
  const { base, count, hash, marks, tail } = tally
  const own = lines.map(hashLine)
  const beginnings = [0]
  for (const line of own) beginnings.push(fold(beginnings.at(-1)!, line))
  if (beginnings[count] === hash) return { _tag: "Same" }

  let agree = 0
  let conflict = false
  for (const mark of marks) {
    if (mark.count > own.length) break
    if (beginnings[mark.count] === mark.hash) agree = mark.count
    else conflict = true
  }
  const tailStart = count - tail.length
  if (tailStart <= own.length) {
    if (beginnings[tailStart] === base) {
      agree = tailStart
      while (agree < count && agree < own.length && own[agree] === tail[agree - tailStart]) agree++
      if (agree < own.length) conflict = true
    } else conflict = true
  }
  if (own.length < count && !conflict) return { _tag: "Behind" }
  if (tailStart <= own.length && beginnings[tailStart] === base) {
    const inserted = insertions(tail, own, tailStart)
    if (inserted !== undefined) return { _tag: "Inserted", ...inserted }
  }

  const sample = tail.slice(-enough)
  let moved: number | undefined
  for (let end = sample.length; end <= own.length; end++) {
    if (!sample.every((line, index) => own[end - sample.length + index] === line)) continue
    if (moved === undefined || Math.abs(end - count) < Math.abs(moved - count)) moved = end
  }
  return moved === undefined ? { _tag: "Other", skip: agree } : { _tag: "Moved", skip: moved }
}
