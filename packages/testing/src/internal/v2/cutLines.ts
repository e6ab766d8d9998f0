/**
 * Lines that a server reads in part. It reads a running attempt's file twice, from the disk and from the worker,
 * while the worker writes: the last line of a copy may be a half one. And of the worker's copy it reads no more than
 * whole parts of so many characters. A half line is no JSON and so becomes a record of its own, beside the whole one.
 */
import type { AttemptLog } from "../attemptLog.js"
import type { Written } from "../timeline.js"

/** A look at a log that finds a line half written. */
export interface HalfLine {
  /** `both`: in both copies, so that it is the last; `served`: in the worker's, so that the whole line is there, too. */
  readonly copy: "both" | "served"
  /** How many lines before the last one. */
  readonly back: number
  /** How many characters of it are there. */
  readonly chars: number
  /** How many are in the copy from the disk, where it is another half. */
  readonly disk?: number
}

const half = (line: Written, chars: number): Written => ({ ...line, line: line.line.slice(0, chars) })

/**
 * Where the worker's copy ends: in which line, and after how many characters of it. The server reads so many at a time,
 * and the last of these parts fails when what the worker sends at last, by 65,536 bytes, is more than half of that.
 */
const endOf = (
  raw: ReadonlyArray<Written>,
  part: number
): { readonly index: number; readonly chars: number } | undefined => {
  const length = raw.reduce((sum, { line, source }) => (source === "worker" ? sum + line.length + 1 : sum), 0)
  const sent = part / 80
  let left = length - (length % part)
  if (left === 0 || length % sent < sent / 2) return undefined
  for (const [index, { line, source }] of raw.entries()) {
    if (source !== "worker") continue
    if (left < line.length) return left === 0 ? undefined : { index, chars: left }
    left -= line.length + 1
    if (left < 0) return undefined
  }
  return undefined
}

/** How many lines of a log an earlier look has found whole. */
const whole = new WeakMap<AttemptLog, number>()

/**
 * What is read of what was written, from the worker whole parts of so many characters. The next half line that is due is of a line that
 * was not whole at the look before, or it waits for the next look.
 */
export const cut = (
  log: AttemptLog,
  raw: ReadonlyArray<Written>,
  part: number,
  due: Array<HalfLine>
): ReadonlyArray<Written> => {
  const before = whole.get(log) ?? 0
  whole.set(log, raw.length)
  const end = endOf(raw, part)
  const read = end === undefined ? raw : raw.toSpliced(end.index, 0, half(raw[end.index]!, end.chars))
  const [looked] = due
  if (looked === undefined) return read
  const index = raw.length - 1 - looked.back
  const line = raw[index]
  if (line === undefined || index < before || looked.chars >= line.line.length) return read
  due.shift()
  if (looked.copy === "served")
    return read.toSpliced(index + read.length - raw.length, 0, half(line, looked.chars))
  whole.set(log, index)
  return [
    ...read.slice(0, index + read.length - raw.length),
    ...(looked.disk === undefined ? [] : [half(line, looked.disk)]),
    half(line, looked.chars)
  ]
}
