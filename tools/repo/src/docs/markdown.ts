/** The TypeScript in a Markdown document: every fence that says `ts`. */
import type { Block, Found, Line, Problem } from "./Block.js"

interface Fence {
  readonly indent: number
  readonly mark: string
  readonly info: string
  readonly line: number
  readonly lines: Array<Line>
}

const opening = /^([\s>]*(?:[-*+]\s+|\d+[.)]\s+)?)(`{3,}|~{3,})\s*([^`]*)$/

const isTypeScript = (info: string): boolean => /^(ts|typescript|[mc]ts|tsx)\b/i.test(info)

/** As a list or a quotation would have it, a line may be indented less than its fence. */
const withoutIndent = (text: string, indent: number): { readonly text: string; readonly indent: number } => {
  let at = 0
  while (at < indent && /[\s>]/.test(text[at] ?? "x")) at++
  return { text: text.slice(at), indent: at }
}

export const fromMarkdown = (source: string, document: string): Found => {
  const blocks: Array<Block> = []
  const problems: Array<Problem> = []
  let fence: Fence | undefined

  const finish = ({ info, line, lines }: Fence): void => {
    if (!isTypeScript(info)) return
    if (info === "ts") blocks.push({ source, lines })
    else {
      const message = `the fence says \`${info}\`: write \`ts\` and nothing else, for all code here is checked`
      problems.push({ source, line, message })
    }
  }

  for (const [index, text] of document.split(/\r?\n/).entries()) {
    const line = index + 1
    if (fence === undefined) {
      const [, before, mark, info] = opening.exec(text) ?? []
      if (before === undefined || mark === undefined || info === undefined) continue
      fence = { indent: before.length, mark, info: info.trim(), line, lines: [] }
      continue
    }
    const inner = withoutIndent(text, fence.indent)
    const end = /^\s{0,3}(`{3,}|~{3,})\s*$/.exec(inner.text)?.[1]
    if (end !== undefined && end[0] === fence.mark[0] && end.length >= fence.mark.length) {
      finish(fence)
      fence = undefined
    } else fence.lines.push({ ...inner, line })
  }
  if (fence !== undefined) {
    problems.push({ source, line: fence.line, message: "the fence that begins here does not end" })
  }
  return { blocks, problems }
}
