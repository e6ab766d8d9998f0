/** Dark or light: as the system says, until somebody chooses. */
import { button } from "./dom.js"

const key = "log-viewer.theme"
const dark = matchMedia("(prefers-color-scheme: dark)")

const stored = (): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

const isDark = (): boolean => {
  const chosen = document.documentElement.dataset["theme"]
  return chosen === undefined ? dark.matches : chosen === "dark"
}

/** The button that changes it. */
export const toggle = (): HTMLButtonElement => {
  const chosen = stored()
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset["theme"] = chosen
  const element = button("Dark", () => {
    const next = isDark() ? "light" : "dark"
    document.documentElement.dataset["theme"] = next
    try {
      localStorage.setItem(key, next)
    } catch {
      // It holds for this page, then.
    }
    show()
  })
  const show = () => element.setAttribute("aria-pressed", String(isDark()))
  dark.addEventListener("change", show)
  show()
  return element
}
