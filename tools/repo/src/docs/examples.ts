/** The TypeScript in doc comments: what stands below each `@example`, up to the next tag. */
import type { Block, Found, Line, Problem } from "./Block.js"
import { fromMarkdown } from "./markdown.js"

const commentLine = (text: string): { readonly text: string; readonly indent: number } => {
  const inside = /^\s*\*(?!\/) ?/.exec(text)?.[0] ?? ""
  return { text: text.slice(inside.length), indent: inside.length }
}

/** Without the empty lines around the code; undefined when there is nothing else. */
const trimmed = (lines: ReadonlyArray<Line>): ReadonlyArray<Line> | undefined => {
  const first = lines.findIndex(({ text }) => text.trim() !== "")
  const last = lines.findLastIndex(({ text }) => text.trim() !== "")
  return first < 0 ? undefined : lines.slice(first, last + 1)
}

/** The code of an example can stand in a fence, as editors show it best, or by itself. */
const unfenced = (source: string, lines: ReadonlyArray<Line>): Found => {
  if (!/^(`{3,}|~{3,})/.test(lines[0]?.text.trim() ?? ""))
    return { blocks: [{ source, lines }], problems: [] }
  const { blocks, problems } = fromMarkdown(source, lines.map(({ text }) => text).join("\n"))
  const place = (at: number): Line => lines[at - 1] ?? lines[0]!
  return {
    blocks: blocks.map((block) => ({
      source,
      lines: block.lines.map(({ indent, line, text }) => ({
        text,
        line: place(line).line,
        indent: place(line).indent + indent
      }))
    })),
    problems: problems.map((problem) => ({ ...problem, line: place(problem.line).line }))
  }
}

export const fromComments = (source: string, code: string): Found => {
  const blocks: Array<Block> = []
  const problems: Array<Problem> = []
  let inComment = false
  let example: { readonly line: number; readonly lines: Array<Line> } | undefined

  const finish = (): void => {
    if (example === undefined) return
    const lines = trimmed(example.lines)
    const found = lines === undefined ? undefined : unfenced(source, lines)
    if (found === undefined || (found.blocks.length === 0 && found.problems.length === 0)) {
      problems.push({ source, line: example.line, message: "there is no code below this @example" })
    } else {
      blocks.push(...found.blocks)
      problems.push(...found.problems)
    }
    example = undefined
  }

  for (const [index, whole] of code.split(/\r?\n/).entries()) {
    const line = index + 1
    if (!inComment && /^\s*\/\*\*/.test(whole)) {
      inComment = !whole.includes("*/")
      if (/@example\b/.test(whole)) {
        problems.push({ source, line, message: "@example must begin a line of its own, with its code below" })
      }
      continue
    }
    if (!inComment) continue
    const { indent, text } = commentLine(whole)
    if (whole.includes("*/")) {
      finish()
      inComment = false
    } else if (/^@[a-z]+/i.test(text)) {
      finish()
      if (/^@example\b/.test(text)) example = { line, lines: [] }
    } else example?.lines.push({ text, line, indent })
  }
  return { blocks, problems }
}
