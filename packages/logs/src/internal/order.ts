/** A server sorts the lines of a log by time: what comes later cannot stand before what came. */
import type { PageRecord } from "../LogSource.js"
import * as Tally from "./tally.js"

/** The last line that was passed on, and the last time. */
export interface Last {
  readonly hash: number
  readonly time: string
}

/** Of lines, and of those before them. */
export const last = (lines: ReadonlyArray<PageRecord>, before: Last | undefined): Last | undefined => {
  const whole = lines.findLast((line) => line.whole !== undefined)?.whole
  if (whole === undefined) return before
  const timed = lines.findLast(({ show }) => show?.timestamp !== undefined)
  return { hash: Tally.hashLine(whole), time: timed?.show?.timestamp ?? before?.time ?? "" }
}

/**
 * Whether a line cannot come after the last one: it is that line again, or is from an earlier time. A server's times are
 * milliseconds: of one of these, it is looked for among the recent lines.
 */
export const isBefore = (
  { show, whole }: PageRecord,
  last: Last | undefined,
  recent: ReadonlyArray<number> = []
): boolean => {
  if (last === undefined || whole === undefined) return false
  const hash = Tally.hashLine(whole)
  if (hash === last.hash) return true
  if (show?.timestamp === undefined) return false
  const later = Date.parse(show.timestamp) - Date.parse(last.time)
  return later < 0 || (later === 0 && recent.includes(hash))
}
