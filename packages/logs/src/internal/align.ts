/**
 * Finds, in a part of a log that was read again, where what was passed on ends. Pure: the reader's memory (a
 * tally, and what was passed on of an unfinished line) against the records of a page.
 */
import type { Gap } from "../LogEvent.js"
import type { LogPage, LogSource, PageRecord } from "../LogSource.js"
import * as Tally from "./tally.js"

/** A place before the reader's, from which the log can be read again. */
export interface Anchor<Cursor> {
  readonly cursor: Cursor
  /** Lines before it, and their hash. */
  readonly count: number
  readonly hash: number
}

/** What the reader remembers of an attempt's log. */
export interface Memory {
  readonly tally: Tally.Tally
  /** What was passed on of a line whose end has not come. */
  readonly open: string
}

/** What is new in the page. */
export interface Found<Cursor> {
  readonly _tag: "Found"
  readonly records: ReadonlyArray<PageRecord>
  readonly cursor: Cursor
  readonly memory: Memory
  /** Undefined: the memory fits. */
  readonly gap: Gap["reason"] | undefined
  /** Lines passed over. */
  readonly skipped: number
  /** Lines that the server has put between those that were passed on; they come before the records. */
  readonly late: ReadonlyArray<Late>
}

/** A line that was passed over, and is to be passed on after all. */
export interface Late {
  readonly record: PageRecord
  /** What is remembered once it was. */
  readonly tally: () => Tally.Tally
}

/** The page ends before the reader's place: the server shows less than it did. */
export interface Behind {
  readonly _tag: "Behind"
}

/** The page does not fit the memory. */
export interface Different {
  readonly _tag: "Different"
}

const isWhole = ({ whole }: PageRecord): boolean => whole !== undefined

const wholesOf = (records: ReadonlyArray<PageRecord>): ReadonlyArray<string> =>
  records.flatMap(({ whole }) => (whole === undefined ? [] : [whole]))

/** The records after the first `skip` lines; all records of a page read again are whole lines. */
const after = (records: ReadonlyArray<PageRecord>, skip: number): ReadonlyArray<PageRecord> =>
  records.filter(isWhole).slice(skip)

/** Goes on in the line that had not ended. Undefined: it does not begin as it did. */
const goOn = <Cursor>(
  source: LogSource<Cursor>,
  page: LogPage<Cursor>,
  rest: ReadonlyArray<PageRecord>,
  open: string
): { readonly records: ReadonlyArray<PageRecord>; readonly cursor: Cursor } | "behind" | undefined => {
  if (open === "") return { records: rest, cursor: page.cursor }
  const [first, ...others] = rest
  if (first !== undefined) {
    const left = source.remainder(first, open)
    return left === undefined ? undefined : { records: [left, ...others], cursor: page.cursor }
  }
  const cursor = source.reopen(page.cursor, open)
  if (cursor !== undefined) return { records: [], cursor }
  return open.startsWith(source.held(page.cursor)) ? "behind" : undefined
}

/** Reading again from an anchor: it must bring the same. */
export const fromAnchor = <Cursor>(
  source: LogSource<Cursor>,
  page: LogPage<Cursor>,
  anchor: Anchor<Cursor>,
  { open, tally }: Memory
): Found<Cursor> | Different => {
  const skip = tally.count - anchor.count
  const wholes = wholesOf(page.records)
  if (wholes.length < skip || Tally.extend(anchor.hash, wholes.slice(0, skip)) !== tally.hash) {
    return { _tag: "Different" }
  }
  const next = goOn(source, page, after(page.records, skip), open)
  return next === undefined || next === "behind"
    ? { _tag: "Different" }
    : { _tag: "Found", ...next, memory: { tally, open }, gap: undefined, skipped: skip, late: [] }
}

const lateOf = (
  records: ReadonlyArray<PageRecord>,
  wholes: ReadonlyArray<string>,
  tally: Tally.Tally,
  { late, skip }: { readonly late: ReadonlyArray<number>; readonly skip: number }
): ReadonlyArray<Late> => {
  const whole = records.filter(isWhole)
  return late.map((at, index) => ({
    record: whole[at]!,
    tally: () => Tally.without(tally, wholes, skip, late.slice(index + 1))
  }))
}

/** Reading again from the start of the log: the place is looked for. */
export const fromStart = <Cursor>(
  source: LogSource<Cursor>,
  page: LogPage<Cursor>,
  { open, tally }: Memory
): Found<Cursor> | Behind => {
  const wholes = wholesOf(page.records)
  const place = Tally.locate(tally, wholes)
  if (place._tag === "Behind") return place
  const skip = place._tag === "Same" ? tally.count : place.skip
  const rest = after(page.records, skip)
  if (place._tag !== "Other") {
    const next = goOn(source, page, rest, open)
    if (next === "behind") return { _tag: "Behind" }
    if (next !== undefined) {
      const changed = place._tag === "Moved"
      return {
        _tag: "Found",
        ...next,
        memory: { tally: changed ? Tally.add(Tally.empty, wholes.slice(0, skip)) : tally, open },
        gap: changed ? "changed" : undefined,
        skipped: tally.count,
        late: place._tag === "Inserted" ? lateOf(page.records, wholes, tally, place) : []
      }
    }
  }
  return {
    _tag: "Found",
    records: rest,
    cursor: page.cursor,
    memory: { tally: Tally.add(Tally.empty, wholes.slice(0, skip)), open: "" },
    gap: "replaced",
    skipped: skip,
    late: []
  }
}
