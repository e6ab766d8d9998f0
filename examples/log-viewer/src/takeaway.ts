/** How a log leaves the page: as a file, or by the clipboard. */
import { h } from "./dom.js"
import type { Model } from "./model.js"
import * as Text from "./text.js"
import * as Words from "./words.js"

/** More than this is not put into the clipboard. */
const copyLimit = 20_000_000

export const download = async (model: Model, title: string): Promise<void> => {
  const url = URL.createObjectURL(await Text.file(model))
  h("a", { href: url, download: `${title.replace(/[^\w.+-]+/g, "_")}.log` }).click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** Gives what is to be said of it. */
export const copy = async (model: Model): Promise<string> => {
  try {
    const text = await Text.clipboard(model)
    if (text.length > copyLimit) return "The log is too large for the clipboard: download it."
    await navigator.clipboard.writeText(text)
    return `${Words.count(model.lines, "line")} copied.`
  } catch {
    return "The browser does not let this page copy: download the log."
  }
}
