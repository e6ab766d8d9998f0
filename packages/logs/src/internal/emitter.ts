/** Collects the events of one step, each with the cursor of the place after it. */
import type { LogCursor } from "../LogCursor.js"
import type { LogEvent } from "../LogEvent.js"
import type { LogTarget } from "../LogLine.js"
import type { LogSource, PageRecord } from "../LogSource.js"
import type { Anchor, Memory } from "./align.js"
import * as Cursor from "./cursor.js"
import * as Tally from "./tally.js"

type WithoutCommon<E> = E extends LogEvent ? Omit<E, "target" | "cursor"> : never

/** An event before it is given its place. */
export type Draft = WithoutCommon<LogEvent>

/** How much of the tail and of the beginnings goes into a cursor. */
const cursorTail = 32

/** Where a reader is in an attempt's log. */
export interface Place<SourceCursor> extends Memory {
  readonly try_number: number
  readonly anchor: Anchor<SourceCursor>
  /** The index of the line that began the last record. */
  readonly record: number
  /** Gaps before this attempt. */
  readonly gapsBefore: number
}

export interface Totals {
  /** Lines passed on, of all attempts. */
  readonly lines: number
  readonly gaps: number
  /** Attempts whose log was not complete. */
  readonly flawed: number
}

export interface Emitter<SourceCursor> {
  readonly events: Array<LogEvent>
  /** From here on the cursors say: in this attempt, at this place. */
  readonly at: (place: Place<SourceCursor>) => void
  /** From here on they say: an attempt is to begin. */
  readonly before: (from: number | "latest") => void
  readonly emit: (event: Draft) => void
  /** Passes on records, and gives the place after them. */
  readonly pass: (records: ReadonlyArray<PageRecord>, place: Place<SourceCursor>) => Place<SourceCursor>
  readonly totals: () => Totals
}

const wholesOf = (records: ReadonlyArray<PageRecord>): ReadonlyArray<string> =>
  records.flatMap(({ whole }) => (whole === undefined ? [] : [whole]))

/** What was passed on of the line that has not ended, after one more record. */
const openAfter = (open: string, { continued, show, whole }: PageRecord): string =>
  whole !== undefined ? "" : (continued ? open : "") + (show?.raw ?? "")

export const make = <SourceCursor>(source: LogSource<SourceCursor>, start: Totals): Emitter<SourceCursor> => {
  const { api } = source
  const target: LogTarget = source.target
  const events: Array<LogEvent> = []
  let { flawed, gaps, lines } = start
  let cursor: () => LogCursor

  const common = () => ({ version: 1 as const, api, target, lines, gaps, flawed })
  /** The cursor after the first `passed` of the records that follow a place. */
  const reading = (
    head: ReturnType<typeof common>,
    { anchor, gapsBefore, open, record, tally, try_number }: Place<SourceCursor>,
    records: ReadonlyArray<PageRecord>,
    passed: number
  ): LogCursor =>
    Cursor.make(target, () => {
      const before = records.slice(0, passed)
      return {
        ...head,
        place: {
          phase: "reading",
          try_number,
          anchor: { source: anchor.cursor, count: anchor.count, hash: anchor.hash },
          tally: Tally.trim(Tally.add(tally, wholesOf(before)), cursorTail),
          open: before.reduce(openAfter, open),
          record,
          gapsBefore
        }
      }
    })

  const self: Emitter<SourceCursor> = {
    events,
    at: (place) => {
      cursor = () => reading(common(), place, [], 0)
    },
    before: (from) => {
      cursor = () => {
        const head = common()
        return Cursor.make(target, () => ({ ...head, place: { phase: "waiting", from } }))
      }
    },
    emit: (event) => {
      if (event._tag === "Gap") gaps++
      if (event._tag === "AttemptEnded" && event.end !== "complete") flawed++
      events.push({ ...event, target, cursor: cursor() } as LogEvent)
    },
    pass: (records, place) => {
      let { open, record } = place
      let index = place.tally.count
      const { try_number } = place
      for (const [at, { continued, show, whole }] of records.entries()) {
        // A line without a time belongs to the record before it, if there is one.
        if (!continued && show?.timestamp !== undefined) record = index
        if (show !== undefined) {
          if (!continued) lines++
          events.push({
            _tag: "Line",
            target,
            cursor: reading(common(), { ...place, record }, records, at + 1),
            line: {
              ...show,
              dag_id: target.dag_id,
              dag_run_id: target.dag_run_id,
              task_id: target.task_id,
              map_index: target.map_index ?? -1,
              try_number,
              index,
              record: record === -1 ? index : record,
              ...(continued ? { continued: true as const } : {})
            }
          })
        }
        open = openAfter(open, records[at]!)
        if (whole !== undefined) index++
      }
      const after = { ...place, tally: Tally.add(place.tally, wholesOf(records)), open, record }
      self.at(after)
      return after
    },
    totals: () => ({ lines, gaps, flawed })
  }
  return self
}
