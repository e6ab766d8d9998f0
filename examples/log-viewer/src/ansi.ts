/** What a line looks like: pieces of text and the classes of their colours, never markup. */
import * as SafeText from "@effect-airflow/logs/SafeText"
import { Flag, type Store } from "./store.js"

export interface Segment {
  readonly text: string
  /** As `SafeText.html` names them; empty: none. */
  readonly classes: string
}

// What SafeText lets through and a page shows as nothing at all: soft hyphens, marks of direction, separators,
// invisible operators, what cannot be decoded. Joiners stay: words and emoji are made with them.
const invisible = /[\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb]/g

const escapeInvisible = (text: string): string =>
  text.replace(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&#96;": "`"
}

const unescape = (html: string): string =>
  html.includes("&") ? html.replace(/&(?:amp|lt|gt|quot|#39|#96);/g, (entity) => entities[entity]!) : html

/**
 * A text with its colours. The colours are read from what `SafeText.html` gives, whose only markup is
 * `<span class="…">`, one deep: it is cut at that, and nothing of it is ever parsed as HTML.
 */
export const segments = (text: string): ReadonlyArray<Segment> => {
  const shown = escapeInvisible(SafeText.escape(text, { colours: true }))
  const html = SafeText.html(shown, { colours: true })
  const out: Array<Segment> = []
  let classes = ""
  let from = 0
  const add = (to: number) => {
    if (to > from) out.push({ text: unescape(html.slice(from, to)), classes })
  }
  for (const tag of html.matchAll(/<span class="([a-z0-9 -]*)">|<\/span>/g)) {
    add(tag.index)
    classes = tag[1] ?? ""
    from = tag.index + tag[0].length
  }
  add(html.length)
  return out
}

/** A text as it is read on the page: without colours, with what is unusual escaped. */
export const plain = (text: string): string =>
  segments(text)
    .map((segment) => segment.text)
    .join("")

/** The same of an entry. */
export const plainOf = (store: Store, id: number): string =>
  store.has(id, Flag.unusual) ? plain(store.text(id)) : store.text(id)

export interface Piece extends Segment {
  readonly marked: boolean
}

/** Cuts segments where marks begin and end; marks are pairs of places, in order. */
export const mark = (
  parts: ReadonlyArray<Segment>,
  marks: ReadonlyArray<readonly [from: number, to: number]>
): ReadonlyArray<Piece> => {
  const out: Array<Piece> = []
  let at = 0
  let next = 0
  for (const { classes, text } of parts) {
    const end = at + text.length
    let from = at
    const add = (to: number, marked: boolean) => {
      if (to > from) out.push({ text: text.slice(from - at, to - at), classes, marked })
      from = Math.max(from, to)
    }
    while (next < marks.length && marks[next]![0] < end) {
      const [start, stop] = marks[next]!
      add(start, false)
      add(Math.min(stop, end), true)
      if (stop > end) break
      next++
    }
    add(end, false)
    at = end
  }
  return out
}
