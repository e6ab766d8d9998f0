/** What stands around the log: how the task is doing, what went wrong, and its attempts. */
import type { LogError } from "@effect-airflow/logs/LogSource"
import { button, h } from "./dom.js"
import type { Attempt, Model } from "./model.js"
import * as Words from "./words.js"

export interface Options {
  readonly describe: (error: LogError) => Words.Trouble
  /** Reads on. */
  readonly resume: () => void
  /** Where it is missing, a login is not offered. */
  readonly login: (() => void) | undefined
  /** Goes to where an attempt begins. */
  readonly toAttempt: (attempt: Attempt) => void
}

/** What the model does not know. */
export interface Now {
  readonly reading: boolean
  /** Why it is not read. */
  readonly trouble: Words.Trouble | undefined
  /** When the last good answer came. */
  readonly heard: number | undefined
}

export interface Status {
  readonly element: HTMLElement
  readonly alarm: HTMLElement
  readonly sections: HTMLElement
  readonly draw: (now: Now) => void
  readonly drawTrouble: (trouble: Words.Trouble | undefined) => void
}

/** Leaves the document alone where nothing changes. */
export const setText = (node: HTMLElement, text: string): void => {
  if (node.textContent !== text) node.textContent = text
}

export const make = (model: Model, options: Options): Status => {
  const { attempts } = model
  const chip = h("span", { class: "chip" })
  const words = h("p", { class: "words" })
  const heardAt = h("p", { class: "heard" })
  const again = button("Look again", options.resume, { hidden: true })
  const element = h("div", { class: "status" }, chip, words, heardAt, again)
  const alarm = h("div", { class: "trouble", role: "alert", hidden: true })
  const sections = h("nav", { class: "attempts", "aria-label": "Attempts" })

  const wordsOf = ({ reading, trouble }: Now): string => {
    if (trouble !== undefined) return `Reading has stopped. ${Words.count(model.lines, "line")} so far.`
    if (model.ended !== undefined && !reading) return Words.ended(model.ended)
    if (!navigator.onLine) return `${Words.offline.title}. ${Words.offline.text}`
    if (model.retrying !== undefined)
      return Words.retrying(model.retrying, options.describe(model.retrying.error))
    if (attempts.length === 0)
      return model.state === undefined ? "Asking the server …" : "Waiting for the task to start."
    return `Following attempt ${attempts.at(-1)!.try_number}: ${Words.count(model.lines, "line")} so far.`
  }

  const drawSections = () => {
    while (sections.childElementCount < attempts.length) {
      const attempt = attempts[sections.childElementCount]!
      sections.append(button("", () => options.toAttempt(attempt)))
    }
    attempts.forEach((attempt, place) => {
      const one = sections.children[place] as HTMLElement
      setText(one, `Attempt ${attempt.try_number}: ${Words.outcome(attempt)}`)
      const name = `state-${attempt.end === undefined ? "running" : attempt.state === "up_for_retry" ? "failed" : attempt.state}`
      if (one.className !== name) one.className = name
    })
    sections.hidden = attempts.length === 0
  }

  return {
    element,
    alarm,
    sections,
    draw: (now) => {
      const { heard, reading, trouble } = now
      setText(chip, Words.state(model.state))
      chip.className = `chip state-${model.state ?? "none"}`
      setText(words, wordsOf(now))
      words.classList.toggle("retrying", model.retrying !== undefined && trouble === undefined)
      heardAt.hidden = !reading
      setText(
        heardAt,
        heard === undefined ? "" : `Last answer ${new Date(heard).toLocaleTimeString("en-GB")}`
      )
      again.hidden = reading || trouble !== undefined
      drawSections()
    },
    drawTrouble: (trouble) => {
      alarm.hidden = trouble === undefined
      if (trouble === undefined) return alarm.replaceChildren()
      const { login, resume } = options
      const remedies = [
        ...(trouble.remedy === "login" && login !== undefined ? [button("Log in", login)] : []),
        ...(trouble.remedy === "none" ? [] : [button("Try again", resume)])
      ]
      alarm.replaceChildren(h("strong", {}, trouble.title), h("p", {}, trouble.text), ...remedies)
    }
  }
}
