/** What is said to who listens: not more often than one can hear it. */
import { h } from "./dom.js"

/** Milliseconds between two things that are said. */
const quiet = 4000

export interface Announcer {
  readonly element: HTMLElement
  /** Says it as soon as may be. What waits to be said of the same topic is said no more. */
  readonly say: (text: string, topic?: string) => void
  readonly close: () => void
}

export const make = (): Announcer => {
  const element = h("p", { class: "announcement", role: "status" })
  let toSay: Array<{ readonly text: string; readonly topic: string | undefined }> = []
  let lastSaid = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    element,
    say: (text, topic) => {
      if (topic !== undefined) toSay = toSay.filter((one) => one.topic !== topic)
      toSay.push({ text, topic })
      timer ??= setTimeout(
        () => {
          timer = undefined
          lastSaid = Date.now()
          element.textContent = toSay.map((one) => one.text).join(" ")
          toSay = []
        },
        Math.max(100, lastSaid + quiet - Date.now())
      )
    },
    close: () => clearTimeout(timer)
  }
}
