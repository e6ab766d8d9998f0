/**
 * Joins pieces of text that are cut anywhere and splits them at `\n` (a `\r` before it belongs to the break; a
 * lone one, as progress bars write it, to the line). The end of a piece is kept until the line's break comes.
 *
 * A line that was passed on without its break (`flush`) is remembered: what comes next is its rest.
 */
export interface Splitter {
  /** What was passed on already of the line that has not ended. */
  readonly open: string
  /** What came of it after that. */
  readonly rest: string
}

/** A line, or a part of one. */
export interface Piece {
  /** What is to be passed on now; undefined: nothing, only the break of a line that was passed on came. */
  readonly text: string | undefined
  /** Whether a part of the line was passed on before. */
  readonly continued: boolean
  /** The whole line; undefined: its end has not come. */
  readonly whole: string | undefined
}

export interface Split {
  readonly pieces: ReadonlyArray<Piece>
  readonly splitter: Splitter
}

export const empty: Splitter = { open: "", rest: "" }

const trimReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line)

/** A line whose end has come. */
const complete = (open: string, rest: string): Piece => {
  if (open === "") {
    const text = trimReturn(rest)
    return { text, continued: false, whole: text }
  }
  const text = trimReturn(rest)
  return { text: text === "" ? undefined : text, continued: true, whole: trimReturn(open + rest) }
}

export const push = (splitter: Splitter, text: string): Split => {
  if (text === "") return { pieces: [], splitter }
  const lines = (splitter.rest + text).split("\n")
  const rest = lines.pop()!
  if (lines.length === 0) return { pieces: [], splitter: { open: splitter.open, rest } }
  return {
    pieces: lines.map((line, index) => complete(index === 0 ? splitter.open : "", line)),
    splitter: { open: "", rest }
  }
}

/** Passes on what has no break yet. */
export const flush = ({ open, rest }: Splitter): Split =>
  rest === ""
    ? { pieces: [], splitter: { open, rest } }
    : {
        pieces: [{ text: rest, continued: open !== "", whole: undefined }],
        splitter: { open: open + rest, rest: "" }
      }

/** The same line, of which `open` was passed on; undefined: the line does not begin so. */
export const reopen = ({ rest }: Splitter, open: string): Splitter | undefined =>
  rest.startsWith(open) ? { open, rest: rest.slice(open.length) } : undefined
