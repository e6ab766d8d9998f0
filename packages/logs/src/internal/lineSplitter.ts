/**
 * Joins pieces of text that are cut anywhere and splits them at `\n` (a `\r` before it belongs to the break; a
 * lone one, as progress bars write it, to the line). The end of a piece is kept until the line's break comes.
 *
 * A line that was passed on without its break (`flush`) is remembered: what comes next is its rest, unless it
 * starts with the break.
 */
export interface Splitter {
  /** What stands after the last break. */
  readonly rest: string
  /** Whether the line before was passed on without its break. */
  readonly open: boolean
}

export interface Split {
  readonly lines: ReadonlyArray<string>
  /** Whether the first of `lines` is the rest of a line that was passed on. */
  readonly continued: boolean
  readonly splitter: Splitter
}

export const empty: Splitter = { rest: "", open: false }

const trimReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line)

export const push = (splitter: Splitter, text: string): Split => {
  if (text === "") return { lines: [], continued: false, splitter }
  const lines = (splitter.rest + text).split("\n")
  const rest = lines.pop()!
  let { open } = splitter
  // The break of the line that was passed on makes no line of its own.
  if (open && lines.length > 0 && trimReturn(lines[0]!) === "") {
    lines.shift()
    open = false
  }
  const continued = open && lines.length > 0
  return { lines: lines.map(trimReturn), continued, splitter: { rest, open: open && lines.length === 0 } }
}

/** Passes on what has no break yet. */
export const flush = ({ open, rest }: Splitter): Split =>
  rest === ""
    ? { lines: [], continued: false, splitter: { rest, open } }
    : { lines: [rest], continued: open, splitter: { rest: "", open: true } }

/** The end of the text: what has no break is the last line. */
export const end = (splitter: Splitter): Split => {
  const last = flush(splitter)
  return { ...last, lines: last.lines.map(trimReturn), splitter: empty }
}
