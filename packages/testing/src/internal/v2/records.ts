/**
 * The records of an attempt as API v2 shows them: each line of its files, parsed where it is one of JSON, in
 * the order of their times.
 */
import type { AttemptLog } from "../attemptLog.js"
import type { Written } from "../timeline.js"

export interface LogRecord {
  /** In milliseconds; of a line without a time, that of the one before. */
  readonly time: number | undefined
  readonly event: string
  /** As in an answer of JSON. */
  readonly json: string
}

/** The same as a line of ndjson, where the time is never left out. */
export const asLine = ({ json }: LogRecord): string =>
  json.startsWith('{"timestamp":') ? json : `{"timestamp":null,${json.slice(1)}`

const zone = /(?:Z|[+-]\d\d:?\d\d)$/i

/** The time as pydantic writes it again: UTC as `Z`, another offset kept, six digits of a second or none. */
const shownTime = (value: unknown): { readonly text: string; readonly time: number } | undefined => {
  if (typeof value === "number") {
    const time = Math.abs(value) > 2e10 ? value : value * 1000
    return { text: new Date(time).toISOString().replace(/\.(\d{3})Z$/, fraction), time }
  }
  if (typeof value !== "string") return undefined
  const found = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(.*)$/.exec(value)
  if (found === null) return undefined
  const [, day, clock, part = "", offset = ""] = found
  if (offset !== "" && !zone.test(offset)) return undefined
  const utc = offset === "" || /^(?:z|[+-]00:?00)$/i.test(offset)
  const micros = part === "" ? "" : `.${part.slice(1, 7).padEnd(6, "0")}`
  const shown = /^\.0*$/.test(micros) ? "" : micros
  const spelled = utc ? "Z" : `${offset.slice(0, 3)}:${offset.slice(-2)}`
  const time = Date.parse(`${day}T${clock}${part.slice(0, 4)}${spelled}`)
  return Number.isNaN(time) ? undefined : { text: `${day}T${clock}${shown}${spelled}`, time }
}

const fraction = (_: string, digits: string): string => (digits === "000" ? "Z" : `.${digits}000Z`)

const record = (
  time: number | undefined,
  timestamp: string | null | undefined,
  rest: Readonly<Record<string, unknown>>
): LogRecord => {
  const fields = JSON.stringify(rest)
  return {
    time,
    event: rest["event"] as string,
    json: timestamp === undefined ? fields : `{"timestamp":${JSON.stringify(timestamp)},${fields.slice(1)}`
  }
}

/** A line of JSON with an event and, if at all, a good time; undefined: anything else. */
const parse = (line: string): LogRecord | undefined => {
  if (!line.startsWith("{")) return undefined
  let value: Record<string, unknown>
  try {
    value = JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
  const { event, timestamp, ...rest } = value
  if (typeof event !== "string") return undefined
  if (timestamp === undefined || timestamp === null) {
    return record(undefined, timestamp as null | undefined, { event, ...rest })
  }
  const shown = shownTime(timestamp)
  return shown === undefined ? undefined : record(shown.time, shown.text, { event, ...rest })
}

/** What was parsed once is not parsed again, as a log is read many times. */
const parsed = new WeakMap<Written, LogRecord>()

/** The time a text line begins with. */
const leadingTime = (line: string): { readonly text: string; readonly time: number } | undefined => {
  const first = /^\[?([^\s\]]+)\]?(?= )/.exec(line)?.[1]
  return first === undefined ? undefined : shownTime(first.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"))
}

/** The records of one file. */
export const ofFile = (lines: ReadonlyArray<Written>): Array<LogRecord> => {
  const found: Array<LogRecord> = []
  let time: number | undefined
  // A text without a time has that of the text with one before, whatever records are between.
  let stamp: { readonly text: string; readonly time: number } | undefined
  for (const written of lines) {
    for (const line of written.line.includes("\n") ? written.line.split("\n") : [written.line]) {
      if (line === "") continue
      const whole = line.length === written.line.length
      let one = whole ? parsed.get(written) : undefined
      if (one === undefined) {
        one = parse(line)
        if (one !== undefined && whole) parsed.set(written, one)
      }
      if (one === undefined) {
        stamp = leadingTime(line) ?? stamp
        if (stamp !== undefined) time = stamp.time
        found.push(record(time, stamp?.text ?? null, { event: line }))
        continue
      }
      if (one.time === undefined) found.push(time === undefined ? one : { ...one, time })
      else {
        time = one.time
        found.push(one)
      }
    }
  }
  return found
}

const isSorted = (records: ReadonlyArray<LogRecord>): boolean =>
  records.every((one, index) => index === 0 || (records[index - 1]!.time ?? 0) <= (one.time ?? 0))

/** Lines without any time come first, and those of one millisecond in the order of their numbers. */
const merged = (files: ReadonlyArray<ReadonlyArray<LogRecord>>): ReadonlyArray<LogRecord> => {
  if (files.length === 1 && isSorted(files[0]!)) return files[0]!
  return files
    .flatMap((records) => records.map((record, number) => ({ record, number })))
    .sort((a, b) => (a.record.time ?? 0) - (b.record.time ?? 0) || a.number - b.number)
    .map(({ record }) => record)
}

/**
 * The records that are there by a time. Each file is read twice while it is served, too; a copy is left out,
 * but not of a line without any time, nor of one that is not whole.
 */
export const read = (
  log: AttemptLog,
  time: number,
  served: boolean,
  cut?: (raw: ReadonlyArray<Written>) => ReadonlyArray<Written>
): ReadonlyArray<LogRecord> => {
  const whole = log.raw(time)
  const raw = served && cut !== undefined ? cut(whole) : whole
  const worker = raw.filter(({ source }) => source === "worker")
  const files = (
    worker.length === raw.length ? [raw] : [worker, raw.filter(({ source }) => source === "trigger")]
  )
    .map(ofFile)
    .filter((records) => records.length > 0)
  const records = merged(files)
  const found: Array<LogRecord> = []
  for (const [index, one] of records.entries()) {
    if (one.time !== undefined) {
      if (one.json !== records[index - 1]?.json) found.push(one)
    } else found.push(...(served ? [one, one] : [one]))
  }
  return found
}
