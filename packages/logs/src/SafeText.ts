/**
 * Makes the text of a log harmless. Whoever can write into a log can write control sequences into it, and a
 * terminal that shows the log obeys them: it sets the clipboard, hides lines, types answers to queries into
 * the shell. Pass each text through one of these where it is shown.
 *
 * A text may be a line, many lines, or any piece of them: what becomes of a piece is harmless by itself, and
 * so is what pieces give together. A sequence that is cut in two leaves its second half as words.
 *
 * @since 0.1.0
 */
import { isControl, scan } from "./internal/safeTextScan.js"
import * as Style from "./internal/safeTextStyle.js"

/**
 * What is let through.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * True keeps the colours and faces that a text sets (SGR), up to the end of each line. They can hide words
   * on a terminal (black on black, conceal), so a text that decides something is better without. Default
   * false.
   */
  readonly colours?: boolean
}

const reset = "\u001b[0m"

/** Only what resets everything and nothing else: `38;5;0` ends in 0 too. */
const isReset = (params: string): boolean => /^0*$/.test(params)

const forTerminal = (
  text: string,
  { colours }: Options,
  control: (from: number, to: number) => string
): string => {
  let out = ""
  let open = false
  scan(text, {
    plain: (part) => (out += part),
    control: (from, to) => (out += control(from, to)),
    style: (params, from, to) => {
      if (colours !== true) return (out += control(from, to))
      open = !isReset(params)
      return (out += `\u001b[${params}m`)
    },
    // Else the colour would run into the next line, or into what the caller prints.
    lineEnd: (end) => {
      out += open ? reset + end : end
      open = false
    }
  })
  return out
}

/**
 * Removes every control sequence and every other control character but tab and newline, and the characters
 * that reorder text (U+202A–U+202E, U+2066–U+2069). A sequence that does not end takes the rest of its line.
 *
 * @example
 * import * as SafeText from "@effect-airflow/logs/SafeText"
 *
 * SafeText.strip("\u001b]0;title\u0007\u001b[31mfailed\u001b[39m") // "failed"
 * SafeText.strip("\u001b]0;title\u0007\u001b[31mfailed", { colours: true }) // "\u001b[31mfailed\u001b[0m"
 *
 * @since 0.1.0
 * @category utils
 */
export const strip = (text: string, options: Options = {}): string => forTerminal(text, options, () => "")

/** How each control character met so far is shown; there are not many. */
const written: Array<string | undefined> = []

const write = (code: number): string => {
  if (code === 0x0d) return "\\r"
  const hex = code.toString(16)
  return code > 0xff ? `\\u${hex}` : `\\x${hex.padStart(2, "0")}`
}

/**
 * Shows what `strip` removes: `\r`, `\x1b`, `\u202e`, … It is for reading and cannot be undone, since a
 * backslash of the text is not doubled.
 *
 * @example
 * import * as SafeText from "@effect-airflow/logs/SafeText"
 *
 * SafeText.escape("done\r\u001b[2Kfailed") // "done\\r\\x1b[2Kfailed"
 *
 * @since 0.1.0
 * @category utils
 */
export const escape = (text: string, options: Options = {}): string =>
  forTerminal(text, options, (from, to) => {
    // The printable characters of a sequence say what it was: they are shown as they are.
    let shown = ""
    let plainFrom = from
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at)
      if (!isControl(code)) continue
      shown += text.slice(plainFrom, at) + (written[code] ??= write(code))
      plainFrom = at + 1
    }
    return shown + text.slice(plainFrom, to)
  })

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;"
}

/**
 * Stripped, and safe as the content of an HTML element; without `colours` also as an attribute in quotes.
 * It is not safe in a script, a style sheet, a comment or a URL. Nothing becomes a link.
 *
 * With `colours` there are `<span class="…">` elements, at most one deep and closed at the end of each line.
 * Their classes are `ansi-fg-N` and `ansi-bg-N`, N being 0 to 255 of the terminal palette (of which 0 to 7
 * and 8 to 15 are the plain and the bright colours), `ansi-bold`, `ansi-dim`, `ansi-italic`,
 * `ansi-underline`, `ansi-inverse` and `ansi-strike`: no inline styles, so a strict content security policy
 * holds. A 24-bit colour is shown as the default one. Concealed and blinking text is shown like other text.
 *
 * @example
 * import * as SafeText from "@effect-airflow/logs/SafeText"
 *
 * SafeText.html("<b>\u001b[1;31mfailed") // "&lt;b&gt;failed"
 * SafeText.html("\u001b[1;31mfailed", { colours: true }) // '<span class="ansi-fg-1 ansi-bold">failed</span>'
 *
 * @since 0.1.0
 * @category utils
 */
export const html = (text: string, options: Options = {}): string => {
  let out = ""
  /** Of the text to come. */
  let style = Style.none
  /** The classes of the span that is open. */
  let open = ""
  const enter = (classes: string) => {
    if (classes === open) return
    if (open !== "") out += "</span>"
    if (classes !== "") out += `<span class="${classes}">`
    open = classes
  }
  scan(text, {
    plain: (part) => {
      enter(Style.classes(style))
      out += part.replace(/[&<>"'`]/g, (character) => entities[character]!)
    },
    control: () => {},
    style: (params) => {
      if (options.colours === true) style = Style.apply(style, params)
    },
    lineEnd: (end) => {
      style = Style.none
      enter("")
      out += end
    }
  })
  return out
}
