/** The text of an attempt's log at a time, and the part of it after a position, in Python's characters. */
import type { Written } from "./timeline.js"

export interface AttemptLog {
  /** All that was written by then. */
  readonly at: (time: number) => string
  /** What follows `position` characters of that, and how many there are in all. */
  readonly after: (time: number, position: number) => { readonly text: string; readonly length: number }
  /** The lines by then, as a reader of the file would split it. */
  readonly lines: (time: number) => ReadonlyArray<string>
}

/** Python splits lines at more than `\n`, and Airflow reads its log files so. */
// oxlint-disable-next-line no-control-regex -- the characters of str.splitlines
const pythonBreaks = /\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]/

const codePoints = (text: string): number => {
  let count = 0
  for (let at = 0; at < text.length; count++) at += text.codePointAt(at)! > 0xffff ? 2 : 1
  return count
}

/** Without the first `count` code points. */
const dropCodePoints = (text: string, count: number): string => {
  let at = 0
  for (let seen = 0; seen < count && at < text.length; seen++) at += text.codePointAt(at)! > 0xffff ? 2 : 1
  return text.slice(at)
}

export const make = (written: ReadonlyArray<Written>): AttemptLog => {
  const lines: Array<Written> = []
  for (const { at, line } of written) {
    const parts = line.split(pythonBreaks)
    // Airflow drops a record that repeats the one before with the same time in front of it.
    for (const part of parts) {
      if (part.startsWith("[") && part === lines.at(-1)?.line) continue
      lines.push({ at, line: part })
    }
  }
  // ends[i]: characters of the lines up to the i-th, without a break after it.
  const ends: Array<number> = []
  for (const { line } of lines) ends.push((ends.length === 0 ? -1 : ends.at(-1)!) + 1 + codePoints(line))
  const count = (time: number): number => {
    let low = 0
    let high = lines.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (lines[middle]!.at <= time) low = middle + 1
      else high = middle
    }
    return low
  }
  const join = (from: number, to: number): string => {
    const parts: Array<string> = []
    for (let index = from; index < to; index++) parts.push(lines[index]!.line)
    return parts.join("\n")
  }
  return {
    at: (time) => join(0, count(time)),
    lines: (time) => lines.slice(0, count(time)).map(({ line }) => line),
    after: (time, position) => {
      const visible = count(time)
      const length = visible === 0 ? 0 : ends[visible - 1]!
      if (position >= length) return { text: "", length: Math.max(length, position) }
      let first = 0
      while (ends[first]! < position) first++
      const begins = first === 0 ? 0 : ends[first - 1]! + 1
      const text = join(first, visible)
      // The position after a line is before its break.
      if (position === ends[first] && first + 1 < visible)
        return { text: `\n${join(first + 1, visible)}`, length }
      return { text: position <= begins ? text : dropCodePoints(text, position - begins), length }
    }
  }
}
