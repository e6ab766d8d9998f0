/**
 * What Airflow 2.x puts before an attempt's log: where it was read, or why it could not be. It has three
 * forms: `***` lines (to 2.10.3), the same inside a group whose lines begin with ` INFO - ` (from 2.10.4), and
 * nothing.
 */
const groupStart = " INFO - ::group::Log message source details"
const groupEnd = " INFO - ::endgroup::"

export interface Header {
  /** The lines of the header, without their marks. */
  readonly notices: ReadonlyArray<string>
  /** What follows it. */
  readonly text: string
}

const notice = (line: string): string => line.replace(/^\*{3} */, "")

/** Messages with a second line, which has no stars: how they begin, and how that does. */
const further: ReadonlyArray<readonly [first: string, second: string]> = [
  ["!!!!", "See more at "],
  // Of the HTTP library to 2.8.
  ["Could not read served logs: ", "For more information check: "]
]

const goesOn = (line: string, before = ""): boolean =>
  further.some(([first, second]) => before.startsWith(first) && line.startsWith(second))

/** Takes the header off the first page of an attempt. The server sends it whole, before anything else. */
export const split = (text: string): Header => {
  const notices: Array<string> = []
  let at = 0
  const grouped = text.startsWith(groupStart)
  while (at < text.length) {
    const found = text.indexOf("\n", at)
    const end = found === -1 ? text.length : found
    const line = text.slice(at, end)
    const isMark = grouped && (line === groupStart || line === groupEnd)
    // In a group a message can have further lines, without the stars. Without one, only some have.
    if (!grouped && !line.startsWith("***") && !goesOn(line, notices.at(-1))) break
    if (!isMark) notices.push(notice(line))
    at = Math.min(end + 1, text.length)
    if (isMark && line === groupEnd) break
  }
  return { notices, text: text.slice(at) }
}

const lost =
  /Could not read served logs|Log file does not exist|Failed to fetch log file|Log file not found on worker|Could not read logs? from/i

/** A task instance without a host never wrote any. */
const neverRan = /No host supplied|Request URL is missing an 'http:\/\/'/i

/** Whether a notice says that there should be a log, and it cannot be read. */
export const saysLost = (notice: string): boolean => lost.test(notice) && !neverRan.test(notice)
