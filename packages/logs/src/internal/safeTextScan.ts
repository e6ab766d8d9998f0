/**
 * Finds control sequences as terminals do (ECMA-48 and xterm), looking at each character a few times at most:
 * a text that is made to be slow is not.
 */

/** Told what a text consists of, in order and without gaps. */
export interface Visitor {
  /** Free of control characters but tab. */
  readonly plain: (text: string) => void
  /** Where a control sequence stands, whole or as much as there is of it, or a lone control character. */
  readonly control: (from: number, to: number) => void
  /** Where one stands that sets colours and faces. Its parameters are digits, `;` and `:`. */
  readonly style: (params: string, from: number, to: number) => void
  /** A newline, or `""` at the end of the text. */
  readonly lineEnd: (end: string) => void
}

const BEL = 0x07
const TAB = 0x09
const LF = 0x0a
const CAN = 0x18
const SUB = 0x1a
const ESC = 0x1b
const DEL = 0x7f
const CSI = 0x9b
const ST = 0x9c
const BRACKET = 0x5b
const BACKSLASH = 0x5c
const SMALL_M = 0x6d

/** What begins a string that ends with ST: DCS, SOS, OSC, PM, APC. */
const strings8 = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f])
/** The same after ESC, and `ESC k`, the title of screen and tmux. */
const strings7 = new Set(Array.from("PX]^_k", (letter) => letter.charCodeAt(0)))

const isC1 = (code: number): boolean => code > DEL && code <= 0x9f

const isBidi = (code: number): boolean =>
  (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)

/** All but tab; a newline is one. */
export const isControl = (code: number): boolean =>
  code < 0x20 ? code !== TAB : code >= DEL && (isC1(code) || code === DEL || isBidi(code))

/** Ends a sequence at once, with it. */
const aborts = (code: number): boolean => code === CAN || code === SUB

/**
 * Ends a sequence at once, and is not part of it. A terminal would obey the newline and read on; here a line
 * must not take from the next one.
 */
const interrupts = (code: number): boolean => code === LF || code === ESC || isC1(code)

/** Obeyed by a terminal in the midst of a sequence, which goes on. */
const isInner = (code: number): boolean => code < 0x20 || code === DEL

const stringEnd = (text: string, from: number): number => {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BEL || code === ST || aborts(code)) return at + 1
    if (code === ESC && text.charCodeAt(at + 1) === BACKSLASH) return at + 2
    if (interrupts(code)) return at
  }
  return text.length
}

const csiEnd = (text: string, from: number): number => {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (aborts(code)) return at + 1
    if (interrupts(code) || code > DEL) return at
    if (code >= 0x40 && code !== DEL) return at + 1
  }
  return text.length
}

const escapeEnd = (text: string, from: number): number => {
  let first = true
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (aborts(code)) return at + 1
    if (interrupts(code) || code > DEL) return at
    if (isInner(code)) continue
    if (code >= 0x30) {
      if (first && code === BRACKET) return csiEnd(text, at + 1)
      return first && strings7.has(code) ? stringEnd(text, at + 1) : at + 1
    }
    // An intermediate character: of `ESC ( B`, say.
    first = false
  }
  return text.length
}

const controlEnd = (text: string, at: number): number => {
  const code = text.charCodeAt(at)
  if (code === ESC) return escapeEnd(text, at + 1)
  if (code === CSI) return csiEnd(text, at + 1)
  return strings8.has(code) ? stringEnd(text, at + 1) : at + 1
}

/** The parameters, if these are all there is: `CSI > 4 m` sets the keyboard. */
const styleParams = (text: string, from: number, to: number): string | undefined => {
  if (text.charCodeAt(to - 1) !== SMALL_M) return undefined
  const start = text.charCodeAt(from) === CSI ? 1 : text.charCodeAt(from + 1) === BRACKET ? 2 : undefined
  if (start === undefined) return undefined
  const params = text.slice(from + start, to - 1)
  return /^[\d:;]*$/.test(params) ? params : undefined
}

export const scan = (text: string, visitor: Visitor): void => {
  let plainFrom = 0
  let at = 0
  const endPlain = () => {
    if (at > plainFrom) visitor.plain(text.slice(plainFrom, at))
  }
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (!isControl(code)) {
      at++
      continue
    }
    endPlain()
    if (code === LF) {
      visitor.lineEnd("\n")
      at++
    } else {
      const end = controlEnd(text, at)
      const params = styleParams(text, at, end)
      if (params === undefined) visitor.control(at, end)
      else visitor.style(params, at, end)
      at = end
    }
    plainFrom = at
  }
  endPlain()
  visitor.lineEnd("")
}
