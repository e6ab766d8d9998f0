/**
 * Reads what Python writes for a list of (host, text) tuples: `[('host', 'text\n')]`. The container may be a
 * tuple, the host may be `None`, and a literal has double quotes when its text holds a single one and no
 * double one. Undefined: it is something else.
 */
import type { LogPart } from "../v1/Log.js"

const simple: Record<string, string> = { n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'", '"': '"' }
// Everything that can stand after a backslash; whatever is none of it stays as it is, as in Python.
const escape = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([\s\S]))/g

const unescape = (body: string): string =>
  body.includes("\\")
    ? body.replace(escape, (whole, x?: string, u?: string, long?: string, one?: string) => {
        if (one !== undefined) return simple[one] ?? whole
        const code = Number.parseInt((x ?? u ?? long)!, 16)
        return code > 0x10ffff ? whole : String.fromCodePoint(code)
      })
    : body

export const parse = (source: string): ReadonlyArray<LogPart> | undefined => {
  let at = 0
  const space = () => {
    while (source[at] === " ") at++
  }
  const take = (character: string): boolean => {
    space()
    if (source[at] !== character) return false
    at++
    return true
  }
  const literal = (): string | undefined => {
    space()
    const quote = source[at]
    if (quote !== "'" && quote !== '"') {
      if (!source.startsWith("None", at)) return undefined
      at += 4
      return ""
    }
    const start = at + 1
    let end = source.indexOf(quote, start)
    // A quote is the closing one unless an odd number of backslashes stands before it.
    while (end !== -1) {
      let backslashes = 0
      while (source[end - 1 - backslashes] === "\\") backslashes++
      if (backslashes % 2 === 0) break
      end = source.indexOf(quote, end + 1)
    }
    if (end === -1) return undefined
    at = end + 1
    return unescape(source.slice(start, end))
  }

  const close = take("[") ? "]" : take("(") ? ")" : undefined
  if (close === undefined) return undefined
  const parts: Array<LogPart> = []
  while (!take(close)) {
    if (!take("(")) return undefined
    const host = literal()
    if (host === undefined || !take(",")) return undefined
    const text = literal()
    if (text === undefined) return undefined
    take(",")
    if (!take(")")) return undefined
    parts.push({ host, text })
    if (!take(",")) {
      if (take(close)) break
      return undefined
    }
  }
  space()
  return at === source.length ? parts : undefined
}
