/** Collects the events of one step, each with the cursor of the place after it. */
import type { LogCursor } from "../LogCursor.js"
import type { LogEvent } from "../LogEvent.js"
import type { LogLine, LogTarget } from "../LogLine.js"
import type { LogSource, PageRecord } from "../LogSource.js"
import type { Anchor, Late, Memory } from "./align.js"
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
  /** Passes on a line that stands before others that were passed on, and gives the place that knows of it. */
  readonly late: (late: Late, place: Place<SourceCursor>) => Place<SourceCursor>
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
  const { dag_id, dag_run_id, map_index = -1, task_id } = target
  const ids = { dag_id, dag_run_id, task_id, map_index }
  const events: Array<LogEvent> = []
  let { flawed, gaps, lines } = start
  let cursor: () => LogCursor

  const reading = (
    { anchor, gapsBefore, open, tally, try_number }: Place<SourceCursor>,
    records: ReadonlyArray<PageRecord>
  ): Cursor.Place => {
    const totals = { gaps, flawed }
    // Cursors are mostly asked for one after the other: each goes on from what was counted for the one before.
    let counted = { passed: 0, tally, open }
    return {
      target,
      data: (passed, lines, record) => {
        const from = passed >= counted.passed ? counted : { passed: 0, tally, open }
        const since = records.slice(from.passed, passed)
        counted = {
          passed,
          tally: Tally.add(from.tally, wholesOf(since)),
          open: since.reduce(openAfter, from.open)
        }
        return {
          version: 1,
          api,
          target,
          lines,
          ...totals,
          place: {
            phase: "reading",
            try_number,
            anchor: { source: anchor.cursor, count: anchor.count, hash: anchor.hash },
            tally: Tally.trim(counted.tally, cursorTail),
            open: counted.open,
            record,
            gapsBefore
          }
        }
      }
    }
  }

  const self: Emitter<SourceCursor> = {
    events,
    at: (place) => {
      cursor = () => Cursor.at(reading(place, []), 0, lines, place.record)
    },
    before: (from) => {
      cursor = () =>
        Cursor.make({ version: 1, api, target, lines, gaps, flawed, place: { phase: "waiting", from } })
    },
    emit: (event) => {
      if (event._tag === "Gap") gaps++
      if (event._tag === "AttemptEnded" && event.end !== "complete") flawed++
      events.push({ ...event, target, cursor: cursor() } as LogEvent)
    },
    pass: (records, place) => {
      const { try_number } = place
      const here = reading(place, records)
      let { open, record } = place
      let index = place.tally.count
      let passed = 0
      for (const one of records) {
        const { continued, show, whole } = one
        passed++
        // A line without a time belongs to the record before it, if there is one.
        if (!continued && show?.timestamp !== undefined) record = index
        if (show !== undefined) {
          if (!continued) lines++
          const line: LogLine = {
            ...show,
            ...ids,
            try_number,
            index,
            record: record === -1 ? index : record,
            ...(continued ? { continued } : undefined)
          }
          events.push({ _tag: "Line", target, cursor: Cursor.at(here, passed, lines, record), line })
        }
        open = openAfter(open, one)
        if (whole !== undefined) index++
      }
      const after = { ...place, tally: Tally.add(place.tally, wholesOf(records)), open, record }
      self.at(after)
      return after
    },
    late: ({ record, tally }, place) => {
      const after = { ...place, tally: tally() }
      const index = after.tally.count - 1
      self.at(after)
      if (record.show !== undefined) {
        lines++
        const line: LogLine = {
          ...record.show,
          ...ids,
          try_number: place.try_number,
          index,
          record: index,
          late: true
        }
        events.push({ _tag: "Line", target, cursor: cursor(), line })
      }
      return after
    },
    totals: () => ({ lines, gaps, flawed })
  }
  return self
}
