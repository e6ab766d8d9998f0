/** Draws a row: a line, the header of an attempt or of a group, or what is said of the log. */
import * as Ansi from "./ansi.js"
import { button, h } from "./dom.js"
import type { Model } from "./model.js"
import type { Search } from "./search.js"
import { Flag, Kind, levels } from "./store.js"
import * as Words from "./words.js"

/** Characters of a line that are drawn unless more is asked for. */
const most = 5000

export interface Actions {
  readonly foldAttempt: (attempt: number) => void
  readonly foldGroup: (group: number) => void
  readonly showWhole: (id: number) => void
}

export interface Look {
  readonly search: Search | undefined
  /** The entry that the search is at. */
  readonly current: number | undefined
  /** Lines that are drawn whole, however long. */
  readonly whole: ReadonlySet<number>
  /** Where a filter holds, groups are not folded. */
  readonly filtered: boolean
}

const clock = (time: number): HTMLElement => {
  const element = h("span", { class: "time" })
  if (Number.isNaN(time)) return element
  const text = new Date(time).toISOString()
  element.textContent = text.slice(11, 23)
  element.title = text.slice(0, 23).replace("T", " ")
  return element
}

const textOf = (text: string, search: Search | undefined): HTMLElement => {
  const element = h("span", { class: "text" })
  const segments = Ansi.segments(text)
  const marks = search?.marks(segments.map((segment) => segment.text).join("")) ?? []
  for (const { classes, marked, text } of Ansi.mark(segments, marks)) {
    if (classes === "" && !marked) element.append(text)
    else element.append(h(marked ? "mark" : "span", classes === "" ? {} : { class: classes }, text))
  }
  return element
}

/** A piece of a long text, not cut inside a character or a control sequence. */
const beginning = (text: string): string => {
  if (text.length <= most) return text
  const cut = text.slice(0, most).replace(/[\ud800-\udbff]$/, "")
  const escape = cut.lastIndexOf("\u001b")
  return escape > most - 20 ? cut.slice(0, escape) : cut
}

const attemptRow = (model: Model, id: number, actions: Actions): HTMLElement => {
  const place = model.store.attempt(id)
  const attempt = model.attempts[place]!
  const toggle = button(`Attempt ${attempt.try_number}`, () => actions.foldAttempt(place), {
    class: "toggle",
    "aria-expanded": String(!model.folding.isAttemptFolded(place))
  })
  return h(
    "div",
    { class: "heading", role: "heading", "aria-level": 3 },
    toggle,
    h("span", { class: "outcome" }, Words.attempt(attempt))
  )
}

const stamp = ({ store }: Model, id: number) =>
  [
    h("span", { class: "number" }, String(store.index(id) + 1)),
    clock(store.time(id)),
    h("span", { class: "level" }, levels[store.level(id)] ?? "")
  ] as const

const lineParts = (model: Model, id: number, look: Look, actions: Actions): ReadonlyArray<HTMLElement> => {
  const { store } = model
  const text = store.text(id)
  const cut = text.length > most && !look.whole.has(id)
  const shown = textOf(cut ? beginning(text) : text, look.search)
  if (cut) {
    shown.append(
      button(`… show all ${text.length.toLocaleString("en-GB")} characters`, () => actions.showWhole(id), {
        class: "more"
      })
    )
  }
  return [
    ...stamp(model, id),
    ...(store.has(id, Flag.late)
      ? [
          h(
            "span",
            { class: "late", title: "The server put this line before others that were shown" },
            "late"
          )
        ]
      : []),
    shown
  ]
}

export const draw = (element: HTMLElement, model: Model, id: number, look: Look, actions: Actions): void => {
  const { folding, store } = model
  const kind = store.kind(id)
  const depth = Math.min(store.group(id) === 0 ? 0 : folding.depth(store.group(id)), 5)
  const names = ["row", `depth-${depth}`]
  if (look.current === id) names.push("current")
  switch (kind) {
    case Kind.attempt:
      names.push("attempt")
      element.replaceChildren(attemptRow(model, id, actions))
      break
    case Kind.notice:
      names.push("notice", ...(store.has(id, Flag.bad) ? ["bad"] : []))
      element.replaceChildren(textOf(store.text(id), undefined))
      break
    case Kind.groupStart: {
      const group = model.groupOf.get(id)!
      names.push("group")
      const text = store.text(id)
      const toggle = button("", () => actions.foldGroup(group), {
        class: "toggle",
        "aria-expanded": String(look.filtered || !folding.isFolded(group))
      })
      toggle.append(textOf(beginning(text), look.search), text.length > most ? "…" : "")
      const [number, time, level] = stamp(model, id)
      const lines = h("span", { class: "outcome" }, Words.count(folding.lines(group), "line"))
      element.replaceChildren(number, time, level, toggle, lines)
      break
    }
    default:
      names.push(`level-${levels[store.level(id)]!.toLowerCase() || "none"}`)
      element.replaceChildren(...lineParts(model, id, look, actions))
  }
  element.className = names.join(" ")
}
