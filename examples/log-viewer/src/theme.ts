/** Dark or light: as the system says, until somebody chooses. */
import { button } from "./dom.js"
import { kept } from "./kept.js"

const stored = kept(() => localStorage, "log-viewer.theme")
const dark = matchMedia("(prefers-color-scheme: dark)")

const isDark = (): boolean => {
  const chosen = document.documentElement.dataset["theme"]
  return chosen === undefined ? dark.matches : chosen === "dark"
}

/** The button that changes it. */
export const toggle = (): HTMLButtonElement => {
  const chosen = stored.read()
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset["theme"] = chosen
  const element = button("Dark", () => {
    const next = isDark() ? "light" : "dark"
    document.documentElement.dataset["theme"] = next
    stored.write(next)
    show()
  })
  const show = () => element.setAttribute("aria-pressed", String(isDark()))
  dark.addEventListener("change", show)
  show()
  return element
}
