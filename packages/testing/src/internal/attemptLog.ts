/**
 * The log files of one attempt over time, damage included, and what Airflow makes of them: the lines of all
 * files in the order of their times, joined, and the part of that after a position in Python's characters.
 */
import type { Written } from "./timeline.js"

/** What was done to the worker's file from outside. */
export interface Edit {
  readonly at: number
  /** How many lines it keeps, what it holds instead, or that it is gone. */
  readonly to:
    | { readonly _tag: "Truncated"; readonly keepLines: number }
    | { readonly _tag: "Replaced"; readonly lines: ReadonlyArray<string> }
    | { readonly _tag: "Deleted" }
}

export type Source = Written["source"]

export interface LogFile {
  readonly source: Source
  readonly isEmpty: boolean
  readonly lines: () => ReadonlyArray<string>
}

export interface AttemptLog {
  /** What follows `position` characters of the text by then, and how many there are in all. */
  readonly after: (time: number, position: number) => { readonly text: string; readonly length: number }
  /** The lines of that text. */
  readonly lines: (time: number) => ReadonlyArray<string>
  /** The files that are there by then. */
  readonly files: (time: number) => ReadonlyArray<LogFile>
  /** What is in them, as it was written. */
  readonly raw: (time: number) => ReadonlyArray<Written>
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

/** How many of these, in the order of their times, are there by a time. */
const countBy = (lines: ReadonlyArray<Written>, time: number): number => {
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (lines[middle]!.at <= time) low = middle + 1
    else high = middle
  }
  return low
}

/** The lines as a reader splits them: blank ones and those that repeat the one before are left out. */
const readable = (written: ReadonlyArray<Written>): ReadonlyArray<Written> => {
  const lines: Array<Written> = []
  for (const one of written) {
    for (const line of one.line.split(pythonBreaks)) {
      if (line !== "" && line !== lines.at(-1)?.line) lines.push({ ...one, line })
    }
  }
  return lines
}

const timestamp = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d):?(\d\d)\] /

/** In the order of the times in front of them; a line without one goes with the line before it. */
const byTimestamp = (written: ReadonlyArray<Written>): ReadonlyArray<Written> => {
  let last = Date.UTC(2000, 0, 1)
  return written
    .flatMap((one) => one.line.split(pythonBreaks).map((line) => ({ ...one, line })))
    .map((one) => {
      const found = timestamp.exec(one.line)
      if (found !== null) last = Date.parse(`${found[1]}${found[2]}:${found[3]}`)
      return { one, time: last }
    })
    .sort((a, b) => a.time - b.time)
    .map(({ one }) => one)
}

interface Text {
  readonly lines: ReadonlyArray<Written>
  /** Characters of the lines up to the i-th, without a break after it. */
  readonly ends: ReadonlyArray<number>
}

const measure = (lines: ReadonlyArray<Written>): Text => {
  const ends: Array<number> = []
  for (const { line } of lines) ends.push((ends.length === 0 ? -1 : ends.at(-1)!) + 1 + codePoints(line))
  return { lines, ends }
}

const join = (lines: ReadonlyArray<Written>, from: number, to: number): string => {
  const parts: Array<string> = []
  for (let index = from; index < to; index++) parts.push(lines[index]!.line)
  return parts.join("\n")
}

/** What follows a position in the first `visible` lines. */
const textAfter = ({ ends, lines }: Text, visible: number, position: number) => {
  const length = visible === 0 ? 0 : ends[visible - 1]!
  if (position >= length) return { text: "", length }
  let first = 0
  while (ends[first]! < position) first++
  // The position after a line is before its break.
  if (position === ends[first] && first + 1 < visible)
    return { text: `\n${join(lines, first + 1, visible)}`, length }
  const begins = first === 0 ? 0 : ends[first - 1]! + 1
  const text = join(lines, first, visible)
  return { text: position <= begins ? text : dropCodePoints(text, position - begins), length }
}

interface Files {
  /** The lines of all files, in the order of their writing. */
  readonly written: ReadonlyArray<Written>
  /** When the worker's file was there: its making, or the edit that made it anew. */
  readonly since: number
}

const ofWorker = ({ source }: Written): boolean => source === "worker"

const made = (written: ReadonlyArray<Written>): number =>
  written.find(ofWorker)?.at ?? Number.POSITIVE_INFINITY

const edit = ({ since, written }: Files, { at, to }: Edit): Files => {
  const here = written.filter((line) => ofWorker(line) && line.at <= at)
  const others = written.filter((line) => !ofWorker(line) && line.at <= at)
  const later = written.filter((line) => line.at > at)
  const process = here.at(-1)?.process ?? -1
  switch (to._tag) {
    case "Truncated":
      return { written: [...others, ...here.slice(0, to.keepLines)].concat(later), since }
    case "Replaced":
      return {
        written: [
          ...others,
          ...to.lines.map((line): Written => ({ at, line, source: "worker", process })),
          ...later
        ],
        since: Math.min(since, at)
      }
    case "Deleted": {
      // The process that runs goes on writing to the file that is gone; one that comes after it makes a new one.
      const left = [...others, ...later.filter((line) => !ofWorker(line) || line.process !== process)]
      return { written: left, since: made(left) }
    }
  }
}

const byLineBreak = (written: ReadonlyArray<Written>): ReadonlyArray<Written> =>
  written.flatMap((one) =>
    one.line.includes("\n") ? one.line.split("\n").map((line) => ({ ...one, line })) : [one]
  )

/** What was written, in the order of time, and what was then done to the file. */
export const make = (written: ReadonlyArray<Written>, edits: ReadonlyArray<Edit> = []): AttemptLog => {
  const whole = edits.reduce(edit, {
    written: edits.length === 0 ? written : byLineBreak(written),
    since: made(written)
  })
  // What tasks write is in the order of its timestamps; what was put in their place need not be.
  const ordered = !edits.some(({ to }) => to._tag === "Replaced")
  const all = ordered ? measure(readable(whole.written)) : undefined
  const textAt = (time: number): { readonly text: Text; readonly visible: number } => {
    if (all !== undefined) return { text: all, visible: countBy(all.lines, time) }
    const text = measure(readable(byTimestamp(whole.written.filter(({ at }) => at <= time))))
    return { text, visible: text.lines.length }
  }
  return {
    lines: (time) => {
      const { text, visible } = textAt(time)
      return text.lines.slice(0, visible).map(({ line }) => line)
    },
    files: (time) => {
      const visible = whole.written.filter(({ at }) => at <= time)
      const files: Array<LogFile> = []
      // In the order of their names.
      for (const source of ["worker", "scheduler", "trigger"] as const) {
        const lines = visible.filter((line) => line.source === source)
        if (source === "worker" ? whole.since <= time : lines.length > 0) {
          files.push({
            source,
            isEmpty: lines.length === 0,
            lines: () => readable(lines).map(({ line }) => line)
          })
        }
      }
      return files
    },
    after: (time, position) => {
      const { text, visible } = textAt(time)
      return textAfter(text, visible, position)
    },
    raw: (time) =>
      ordered
        ? whole.written.slice(0, countBy(whole.written, time))
        : whole.written.filter(({ at }) => at <= time)
  }
}
