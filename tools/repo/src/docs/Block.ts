/** A piece of documentation that is code, and where each of its lines stands. */

export interface Line {
  readonly text: string
  /** Of the document, from 1. */
  readonly line: number
  /** How many characters of the document's line come before the text. */
  readonly indent: number
}

export interface Block {
  /** The document, relative to the repository. */
  readonly source: string
  readonly lines: ReadonlyArray<Line>
}

/** Something that must be put right. */
export interface Problem {
  readonly source: string
  readonly line: number
  readonly column?: number
  readonly message: string
}

export interface Found {
  readonly blocks: ReadonlyArray<Block>
  readonly problems: ReadonlyArray<Problem>
}

export const showProblem = ({ column, line, message, source }: Problem): string =>
  `${source}:${line}${column === undefined ? "" : `:${column}`}: ${message}`
