/** The viewer: puts a stream of events on the page, and follows it until it is closed. */
import type { LogCursor } from "@effect-airflow/logs/LogCursor"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { button, h } from "./dom.js"
import { Frames } from "./frames.js"
import { Turns } from "./turns.js"
import { List } from "./list.js"
import { type Attempt, Model } from "./model.js"
import * as Rows from "./rows.js"
import { Kind } from "./store.js"
import { Search } from "./search.js"
import * as Text from "./text.js"
import * as Tools from "./tools.js"
import { View } from "./view.js"
import * as Words from "./words.js"

export interface Options<E> {
  /** What happens with the log, from its beginning or from a place in it on. */
  readonly events: (from: LogCursor | undefined) => Stream.Stream<LogEvent, E>
  /** What is said of an error. */
  readonly describe: (error: E) => Words.Trouble
  /** What the log is called. */
  readonly title: string
  /** Called when who reads wants to log in again. Where it is missing, that is not offered. */
  readonly login?: () => void
  /** Told the state of the task instance whenever it is another one. */
  readonly onState?: (state: string | null) => void
  /** How attempts ended, by their numbers: asked for where the events did not tell. */
  readonly outcomes?: () => Promise<ReadonlyMap<number, string | null>>
  /** Tells of each good answer of the server, until what it gives back is called. */
  readonly answers?: (heard: () => void) => () => void
}

export interface Viewer {
  /** What is known of the log. */
  readonly model: Model
  /** Reads on from where it stopped; reading already, it does nothing. */
  readonly resume: () => void
  /** Stops reading and leaves the page. */
  readonly close: () => void
}

/** Milliseconds of a turn for each kind of work. */
const budget = { take: 5, view: 4, search: 4 }
/** Milliseconds between two things that are said to who listens. */
const quiet = 4000
/** More than this is not put into the clipboard. */
const copyLimit = 20_000_000

interface Batch {
  readonly events: ReadonlyArray<LogEvent>
  next: number
  readonly taken: () => void
}

/** So long a scroll may take to leave the end, in milliseconds. */
const turning = 500

export const mountViewer = <E>(root: HTMLElement, options: Options<E>): Viewer => {
  const model = new Model()
  const { attempts, folding, store } = model
  const whole = new Set<number>()
  let batch: Batch | undefined
  let view = new View(store, folding, 0)
  /** The one to come, while it is not complete. */
  let nextView: View | undefined
  let search: Search | undefined
  let current: number | undefined
  /** Steps of the search that wait for something to be found. */
  let steps: Array<1 | -1> = []
  let followsEnd = true
  let turnedBack = -Infinity
  let seen = 0
  let cursor: LogCursor | undefined
  let trouble: Words.Trouble | undefined
  let heard: number | undefined
  let fiber: Fiber.RuntimeFiber<void, E> | undefined
  let closed = false

  // --- the page

  const chip = h("span", { class: "chip" })
  const words = h("p", { class: "words" })
  const heardAt = h("p", { class: "heard" })
  const again = button("Look again", () => resume(), { hidden: true })
  const status = h("div", { class: "status" }, chip, words, heardAt, again)
  const alarm = h("div", { class: "trouble", role: "alert", hidden: true })
  const sections = h("nav", { class: "attempts", "aria-label": "Attempts" })
  const lines = h("div", {
    class: "log",
    role: "log",
    // What is drawn changes with each scroll: what is new is said by the announcement below.
    "aria-live": "off",
    "aria-label": "Lines of the log",
    tabindex: 0,
    id: "log"
  })
  const announcement = h("p", { class: "announcement", role: "status" })
  const tools = Tools.make({
    query: (text, matchCase) => {
      search = text === "" ? undefined : new Search(store, { text, matchCase }, (nextView ?? view).minLevel)
      current = undefined
      steps = text === "" ? [] : [1]
      list.invalidate()
      turns.ask()
    },
    step: (by) => {
      steps.push(by)
      frames.ask()
    },
    level: (minLevel) => {
      if (search !== undefined) search = new Search(store, search.query, minLevel)
      current = undefined
      rebuild(minLevel)
    },
    foldGroups: () => {
      allFolded = !allFolded
      folding.foldAllGroups(allFolded)
      rebuild()
    },
    copy: () => void copy(),
    download: () => void download(),
    toEnd: () => {
      followsEnd = true
      list.toEnd()
      lines.focus({ preventScroll: true })
      frames.ask()
    }
  })
  let allFolded = false
  const element = h(
    "section",
    { class: "viewer", "aria-label": options.title },
    status,
    alarm,
    tools.element,
    sections,
    lines,
    announcement
  )
  root.append(element)

  const actions: Rows.Actions = {
    foldAttempt: (attempt) => {
      folding.foldAttempt(attempt, !folding.isAttemptFolded(attempt))
      touched.add(attempt)
      rebuild()
    },
    foldGroup: (group) => {
      folding.fold(group, !folding.isFolded(group))
      rebuild()
    },
    showWhole: (id) => {
      whole.add(id)
      list.invalidate()
    }
  }
  /** Attempts that were folded or opened by hand. */
  const touched = new Set<number>()

  const list = new List(
    lines,
    {
      length: () => view.ids.length,
      key: (row) => view.ids.at(row),
      rowOf: (id) => Math.min(view.ids.placeOf(id), Math.max(0, view.ids.length - 1)),
      draw: (row, id) =>
        Rows.draw(row, model, id, { search, current, whole, filtered: view.minLevel > 0 }, actions),
      onScroll: (atEnd, upwards) => {
        if (atEnd && performance.now() - turnedBack > turning) followsEnd = true
        else if (upwards) followsEnd = false
      }
    },
    () => frames.ask()
  )

  // Who turns back must not be held at the end: a scroll that is smooth begins with less than a pixel, which is at the end still.
  const turnBack = () => {
    if (lines.scrollTop === 0) return
    followsEnd = false
    turnedBack = performance.now()
  }
  lines.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && turnBack(), { passive: true })

  lines.addEventListener("keydown", (event) => {
    if (event.target === lines && ["Home", "PageUp", "ArrowUp"].includes(event.key)) turnBack()
    const find = event.key === "/" || (event.key === "f" && (event.ctrlKey || event.metaKey))
    if (find) {
      // What the browser would find is only what is in sight.
      event.preventDefault()
      tools.search.focus()
      tools.search.select()
    } else if (event.key === "End" && event.target === lines) {
      event.preventDefault()
      followsEnd = true
      list.toEnd()
    } else if (event.key === "Home" && event.target === lines) {
      // The browser's own way there is smooth, and ends wherever the page changes meanwhile.
      event.preventDefault()
      list.toStart()
    }
  })
  tools.search.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && tools.search.value === "") lines.focus({ preventScroll: true })
  })

  // --- what is said to who listens

  let toSay: Array<string> = []
  let lastSaid = 0
  let sayTimer: ReturnType<typeof setTimeout> | undefined
  const say = (text: string) => {
    toSay.push(text)
    sayTimer ??= setTimeout(
      () => {
        sayTimer = undefined
        lastSaid = Date.now()
        announcement.textContent = toSay.join(" ")
        toSay = []
      },
      Math.max(100, lastSaid + quiet - Date.now())
    )
  }

  // --- taking in

  /** An attempt that was over before it could be seen in its last state. */
  const findOutcome = async () => {
    const known = (await options.outcomes?.()) ?? new Map<number, string | null>()
    for (const attempt of attempts)
      if (attempt.end !== undefined && attempt.state === undefined)
        attempt.state = known.get(attempt.try_number) ?? undefined
    list.invalidate(isHeader)
  }

  const finished = (attempt: Attempt) => {
    if (attempt.state === undefined) void findOutcome()
    say(`Attempt ${attempt.try_number}: ${Words.attempt(attempt)}.`)
  }

  /** One that failed is folded when the next begins, unless somebody reads it. */
  const foldFailed = () => {
    const place = attempts.length - 2
    const before = attempts[place]
    if (before === undefined || !followsEnd || touched.has(place) || current !== undefined) return
    if (before.state === "success" || before.end === undefined || before.gaps > 0) return
    folding.foldAttempt(place, true)
    rebuild()
  }

  const take = (event: LogEvent) => {
    const before = attempts.length
    const { extended, finished: over } = model.apply(event)
    if (extended !== undefined) {
      search?.changed(extended)
      list.invalidate((id) => id === extended)
    }
    if (over !== undefined) finished(over)
    if (attempts.length > before) {
      say(`Attempt ${attempts.at(-1)!.try_number} begins.`)
      foldFailed()
    }
    if (event._tag === "StateChanged") options.onState?.(event.to)
    if (event._tag === "Ended") options.onState?.(event.state)
    if (event._tag === "Gap") say(Words.gap(event))
    if (event._tag === "Ended") say(Words.ended(event))
  }

  const isHeader = (id: number) => store.kind(id) === Kind.attempt || store.kind(id) === Kind.groupStart
  let headersStale = false

  const takeSome = (until: number) => {
    if (batch === undefined) return
    const { events, taken } = batch
    let at = batch.next
    while (at < events.length) {
      take(events[at++]!)
      if ((at & 63) === 0 && performance.now() >= until) break
    }
    batch.next = at
    cursor = events[at - 1]?.cursor ?? cursor
    // Headers say how many lines there are.
    if (!headersStale) list.invalidate(isHeader)
    headersStale = true
    if (at < events.length) return
    batch = undefined
    taken()
  }

  const rebuild = (minLevel = (nextView ?? view).minLevel) => {
    nextView = new View(store, folding, minLevel)
    turns.ask()
  }

  /** Puts the view that was made in the place of the one there was. */
  const changeView = () => {
    if (nextView === undefined || !nextView.done) return
    const anchor = list.anchor()
    view = nextView
    nextView = undefined
    list.restore(anchor)
    list.invalidate()
  }

  // --- searching

  const goTo = (id: number) => {
    current = id
    followsEnd = false
    const hidden =
      folding.isAttemptFolded(store.attempt(id)) || (view.minLevel === 0 && folding.isHidden(store.group(id)))
    if (hidden) {
      folding.reveal(store.attempt(id), store.group(id))
      touched.add(store.attempt(id))
      rebuild()
      pendingReveal = id
    } else list.reveal(id)
    list.invalidate()
  }
  let pendingReveal: number | undefined

  const stepSearch = () => {
    while (stepOnce());
  }

  /** Tells whether there may be another. */
  const stepOnce = (): boolean => {
    const by = steps[0]
    if (search === undefined || by === undefined) return false
    const { matches } = search
    if (matches.length === 0) {
      if (search.done) steps = []
      return false
    }
    // From what is in sight, when there was no match before; a step back from the first waits for all.
    const from = current ?? list.anchor()?.key ?? 0
    const at = matches.placeOf(from)
    let place = by === 1 ? (current !== undefined && matches.has(from) ? at + 1 : at) : at - 1
    if (place < 0 || place >= matches.length) {
      if (!search.done) return false
      place = (place + matches.length) % matches.length
    }
    steps.shift()
    goTo(matches.at(place))
    return true
  }

  const found = (): string => {
    if (search === undefined) return ""
    const { length } = search.matches
    const sum = `${length.toLocaleString("en-GB")} ${length === 1 ? "line" : "lines"}`
    const at =
      current !== undefined && search.matches.has(current)
        ? `${(search.matches.placeOf(current) + 1).toLocaleString("en-GB")} of ${sum}`
        : length === 0 && search.done
          ? "not found"
          : sum
    return search.done ? at : `${at} (${Math.floor(search.progress * 100)} % searched)`
  }

  // --- status

  const setText = (node: HTMLElement, text: string) => {
    if (node.textContent !== text) node.textContent = text
  }

  const statusWords = (): string => {
    if (trouble !== undefined) return `Reading has stopped. ${Words.count(model.lines, "line")} so far.`
    if (model.ended !== undefined && fiber === undefined) return Words.ended(model.ended)
    if (!navigator.onLine) return `${Words.offline.title}. ${Words.offline.text}`
    if (model.retrying !== undefined)
      return Words.retrying(model.retrying, options.describe(model.retrying.error as E))
    if (attempts.length === 0)
      return model.state === undefined ? "Asking the server …" : "Waiting for the task to start."
    return `Following attempt ${attempts.at(-1)!.try_number}: ${Words.count(model.lines, "line")} so far.`
  }

  const drawStatus = () => {
    const { state } = model
    setText(chip, Words.state(state))
    chip.className = `chip state-${state ?? "none"}`
    setText(words, statusWords())
    words.classList.toggle("retrying", model.retrying !== undefined && trouble === undefined)
    heardAt.hidden = fiber === undefined
    setText(heardAt, heard === undefined ? "" : `Last answer ${new Date(heard).toLocaleTimeString("en-GB")}`)
    again.hidden = fiber !== undefined || trouble !== undefined
    setText(tools.found, found())
    setText(tools.fold, allFolded ? "Open groups" : "Fold groups")
    tools.fold.hidden = folding.groups === 0
    if (followsEnd) seen = view.ids.length
    const unseen = view.ids.length - seen
    setText(
      tools.end,
      followsEnd || unseen <= 0 ? "Jump to the end" : `Jump to the end (${Words.count(unseen, "new line")})`
    )
    tools.end.classList.toggle("behind", !followsEnd)
    drawSections()
  }

  const drawSections = () => {
    while (sections.childElementCount < attempts.length) {
      const { header } = attempts[sections.childElementCount]!
      sections.append(
        button("", () => {
          followsEnd = false
          list.toTop(header)
          lines.focus({ preventScroll: true })
          frames.ask()
        })
      )
    }
    attempts.forEach((attempt, place) => {
      const one = sections.children[place] as HTMLElement
      setText(one, `Attempt ${attempt.try_number}: ${Words.outcome(attempt)}`)
      const name = `state-${attempt.end === undefined ? "running" : attempt.state === "up_for_retry" ? "failed" : attempt.state}`
      if (one.className !== name) one.className = name
    })
    sections.hidden = attempts.length === 0
  }

  const drawTrouble = () => {
    alarm.hidden = trouble === undefined
    if (trouble === undefined) return alarm.replaceChildren()
    const { login } = options
    const remedies = [
      ...(trouble.remedy === "login" && login !== undefined ? [button("Log in", login)] : []),
      ...(trouble.remedy === "none" ? [] : [button("Try again", () => resume())])
    ]
    alarm.replaceChildren(h("strong", {}, trouble.title), h("p", {}, trouble.text), ...remedies)
  }

  // --- turns do the work, frames show it

  const turns = new Turns(() => {
    if (closed) return false
    takeSome(performance.now() + budget.take)
    ;(nextView ?? view).advance(performance.now() + budget.view)
    search?.advance(performance.now() + budget.search)
    frames.ask()
    return batch !== undefined || !(nextView ?? view).done || search?.done === false
  })

  const frames = new Frames(() => {
    if (closed) return
    changeView()
    stepSearch()
    if (pendingReveal !== undefined && nextView === undefined && view.done) {
      list.reveal(pendingReveal)
      pendingReveal = undefined
    }
    if (followsEnd) list.toEnd()
    drawStatus()
    list.render()
    headersStale = false
  })

  // --- reading

  const intake = (events: ReadonlyArray<LogEvent>): Promise<void> =>
    new Promise((taken) => {
      batch = { events, next: 0, taken }
      turns.ask()
    })

  const resume = () => {
    if (fiber !== undefined || closed) return
    trouble = undefined
    drawTrouble()
    // A chunk is taken before the next is asked for: the follower asks only as fast as it is read.
    const reading = options
      .events(cursor)
      .pipe(Stream.runForEachChunk((chunk) => Effect.promise(() => intake(Chunk.toReadonlyArray(chunk)))))
    const started = Effect.runFork(reading)
    fiber = started
    started.addObserver((exit) => {
      if (fiber !== started) return
      fiber = undefined
      if (closed) return
      if (Exit.isFailure(exit)) {
        const error = Cause.failureOption(exit.cause)
        trouble = Option.isSome(error)
          ? options.describe(error.value)
          : { title: "The viewer failed", text: Cause.pretty(exit.cause), remedy: "again" }
      }
      drawTrouble()
      frames.ask()
    })
    frames.ask()
  }

  const deaf = options.answers?.(() => {
    heard = Date.now()
    // No event says that a request went well again when it brought nothing new.
    model.retrying = undefined
    frames.ask()
  })

  const online = () => {
    if (trouble?.remedy === "again") resume()
    frames.ask()
  }
  // Nothing is asked then, so that nothing fails that could tell.
  const offline = () => frames.ask()
  globalThis.addEventListener("online", online)
  globalThis.addEventListener("offline", offline)

  // --- taking away

  const download = async () => {
    const url = URL.createObjectURL(await Text.file(model))
    const name = `${options.title.replace(/[^\w.+-]+/g, "_")}.log`
    h("a", { href: url, download: name }).click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }

  const copy = async () => {
    try {
      const text = await Text.clipboard(model)
      if (text.length > copyLimit) return say("The log is too large for the clipboard: download it.")
      await navigator.clipboard.writeText(text)
      say(`${Words.count(model.lines, "line")} copied.`)
    } catch {
      say("The browser does not let this page copy: download the log.")
    }
  }

  const close = () => {
    if (closed) return
    closed = true
    frames.close()
    turns.close()
    clearTimeout(sayTimer)
    deaf?.()
    globalThis.removeEventListener("online", online)
    globalThis.removeEventListener("offline", offline)
    list.close()
    fiber?.unsafeInterruptAsFork(fiber.id())
    fiber = undefined
    element.remove()
  }

  resume()
  return { model, resume, close }
}
