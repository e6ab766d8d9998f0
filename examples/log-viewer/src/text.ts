/** The log as text, for a file or the clipboard: put together in parts, so that a large one blocks nothing. */
import * as SafeText from "@effect-airflow/logs/SafeText"
import { Flag, Kind } from "./store.js"
import type { Model } from "./model.js"

const step = 2000

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/**
 * The lines as the server sent them. Where there are several attempts each has its title, and where lines may be
 * missing that is said; such lines begin with `***`, as Airflow's own do.
 */
const wordsOf = (model: Model, id: number): string | undefined => {
  const { attempts, store } = model
  switch (store.kind(id)) {
    case Kind.attempt:
      return attempts.length > 1 ? `*** attempt ${attempts[store.attempt(id)]!.try_number}` : undefined
    case Kind.notice:
      return store.has(id, Flag.bad) ? `*** ${store.text(id)}` : undefined
    default:
      return store.raw(id)
  }
}

const parts = async (model: Model, change: (text: string) => string): Promise<ReadonlyArray<string>> => {
  const out: Array<string> = []
  const { length } = model.store
  for (let from = 0; from < length; from += step) {
    let part = ""
    for (let id = from; id < Math.min(length, from + step); id++) {
      const words = wordsOf(model, id)
      if (words !== undefined) part += `${words}\n`
    }
    out.push(change(part))
    await pause()
  }
  return out
}

/** As it is. */
export const file = async (model: Model): Promise<Blob> =>
  new Blob((await parts(model, (text) => text)) as Array<string>, { type: "text/plain;charset=utf-8" })

/** Without control sequences: what is pasted into a terminal must not command it. */
export const clipboard = async (model: Model): Promise<string> =>
  (await parts(model, (text) => SafeText.strip(text))).join("")
