/** From the records of API v2 to lines: a message of several lines, and a traceback, become as many. */
import type { LogRecord as V2Record } from "@effect-airflow/core/v2/Log"
import { groupOf, type LogRecord } from "../LogLine.js"
import type { PageRecord } from "../LogSource.js"

const headerStart = "::group::Log message source details"
const headerEnd = "::endgroup::"

/** What a record is to the header: what the server says before a log, where it reads or why it cannot. */
export interface Header {
  /** Whether the record belongs to it. */
  readonly isPart: boolean
  readonly notices: ReadonlyArray<string>
  /** Whether more of it may follow. */
  readonly open: boolean
}

const none: Header = { isPart: false, notices: [], open: false }

/**
 * Reads the next record of an answer; undefined: it is the first. The header has two forms: all sources in the record that begins
 * it (to 3.2), or each in a record of its own (from 3.3). The group's end belongs to it.
 */
export const readHeader = (before: Header | undefined, record: V2Record): Header => {
  if (before === undefined) {
    return record.event === headerStart
      ? { isPart: true, notices: [...(record.sources ?? [])], open: true }
      : none
  }
  const timed = record.timestamp !== undefined && record.timestamp !== null
  if (!before.open || timed) return none
  return record.event === headerEnd
    ? { isPart: true, notices: [], open: false }
    : { isPart: true, notices: [record.event], open: true }
}

const lineStart = '{"timestamp":"'

/**
 * Whether a record is half a line of the log's file: a server that reads while the line is being written sends what
 * there is as text. A whole line is sent as what it says, and has a level. (Where a worker was killed, two lines can be one.)
 */
export const isHalf = ({ event, level, logger }: V2Record): boolean => {
  const start = event.slice(0, lineStart.length)
  if (start === "" || !lineStart.startsWith(start)) return false
  if (typeof level === "string" || typeof logger === "string") return false
  return !event.includes(lineStart, 1)
}

interface Frame {
  readonly filename?: unknown
  readonly lineno?: unknown
  readonly name?: unknown
}

interface Raised {
  readonly exc_type?: unknown
  readonly exc_value?: unknown
  readonly is_cause?: unknown
  readonly frames?: unknown
  readonly exc_notes?: unknown
}

const caused = "The above exception was the direct cause of the following exception:"
const during = "During handling of the above exception, another exception occurred:"

/** A traceback as Python prints it, the innermost cause first; without the source lines, which are not sent. */
const traceback = (detail: unknown): ReadonlyArray<string> => {
  if (!Array.isArray(detail)) return []
  const lines: Array<string> = []
  const chain = (detail as ReadonlyArray<Raised | null>).filter(
    (one) => typeof one === "object" && one !== null
  )
  // They come outermost first, each with the one it came from after it.
  for (let index = chain.length - 1; index >= 0; index--) {
    const { exc_notes, exc_type, exc_value, frames, is_cause } = chain[index]!
    if (Array.isArray(frames) && frames.length > 0) {
      lines.push("Traceback (most recent call last):")
      for (const { filename, lineno, name } of frames as ReadonlyArray<Frame>) {
        lines.push(`  File "${String(filename)}", line ${String(lineno)}, in ${String(name)}`)
      }
    }
    const said = exc_value === undefined || exc_value === "" ? "" : `: ${String(exc_value)}`
    if (exc_type !== undefined) lines.push(...`${String(exc_type)}${said}`.split("\n"))
    if (Array.isArray(exc_notes)) for (const note of exc_notes) lines.push(...String(note).split("\n"))
    if (index > 0) lines.push("", is_cause === true ? caused : during, "")
  }
  return lines
}

/** The same time is the same text, whichever server writes it. */
const sameTime = (timestamp: string | null | undefined): string =>
  timestamp === undefined || timestamp === null ? "" : timestamp.replace(/\+00:?00$/, "Z")

const whole = (show: LogRecord, whole: string): PageRecord => ({ show, continued: false, whole })

const further = (text: string): PageRecord => whole({ text, raw: text }, text)

/** The lines of a record. What identifies one is its time and its text: servers differ in what else they send. */
export const toLines = (record: V2Record): ReadonlyArray<PageRecord> => {
  const { error_detail, event, filename, level, lineno, logger, timestamp, ...fields } = record
  const [text = "", ...more] = event.split(/\r?\n/)
  const first: LogRecord = {
    text,
    raw: text,
    ...(typeof timestamp === "string" ? { timestamp } : {}),
    ...(typeof level === "string" ? { level: level.toUpperCase() } : {}),
    ...(typeof filename === "string" ? { location: `${filename}:${String(lineno)}` } : {}),
    ...(typeof logger === "string" ? { logger } : {}),
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...groupOf(text)
  }
  const lines = [whole(first, `${sameTime(timestamp)} ${text}`)]
  for (const text of more) lines.push(further(text))
  for (const text of traceback(error_detail)) lines.push(further(text))
  return lines
}
