/** The controls above the log. */
import { button, h, labelled } from "./dom.js"

export interface Handlers {
  readonly query: (text: string, matchCase: boolean) => void
  readonly step: (by: 1 | -1) => void
  readonly level: (minLevel: number) => void
  readonly foldGroups: () => void
  readonly copy: () => void
  readonly download: () => void
  readonly toEnd: () => void
}

export interface Tools {
  readonly element: HTMLElement
  readonly search: HTMLInputElement
  readonly found: HTMLElement
  readonly fold: HTMLButtonElement
  readonly end: HTMLButtonElement
}

export const make = (handlers: Handlers): Tools => {
  const search = h("input", { type: "search", autocomplete: "off", spellcheck: "false", maxlength: 200 })
  const matchCase = h("input", { type: "checkbox" })
  // It changes with each frame of a search: the viewer's announcer says the result.
  const found = h("output", { class: "found", "aria-live": "off" })
  const changed = () => handlers.query(search.value, matchCase.checked)
  search.addEventListener("input", changed)
  matchCase.addEventListener("change", changed)
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return
    event.preventDefault()
    handlers.step(event.shiftKey ? -1 : 1)
  })

  const level = h(
    "select",
    {},
    h("option", { value: 0 }, "All levels"),
    h("option", { value: 1 }, "DEBUG and above"),
    h("option", { value: 2 }, "INFO and above"),
    h("option", { value: 3 }, "WARNING and above"),
    h("option", { value: 4 }, "ERROR and above"),
    h("option", { value: 5 }, "CRITICAL")
  )
  level.addEventListener("change", () => handlers.level(Number(level.value)))

  const fold = button("Fold groups", handlers.foldGroups)
  const end = button("Jump to the end", handlers.toEnd, { class: "end" })
  const element = h(
    "div",
    { class: "tools" },
    h(
      "div",
      { class: "group-of-tools", role: "search", "aria-label": "In the log" },
      labelled("Search", search),
      h("label", { class: "check" }, matchCase, "Match case"),
      button("Previous", () => handlers.step(-1), { "aria-label": "Previous match" }),
      button("Next", () => handlers.step(1), { "aria-label": "Next match" }),
      found
    ),
    labelled("Level", level),
    fold,
    button("Copy", handlers.copy, { "aria-label": "Copy the log" }),
    button("Download", handlers.download, { "aria-label": "Download the log" }),
    end
  )
  return { element, search, found, fold, end }
}
