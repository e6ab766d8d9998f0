/** The viewer: puts a stream of events on the page, and follows it until it is closed. */
import type { LogCursor } from "@effect-airflow/logs/LogCursor"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import type { LogError } from "@effect-airflow/logs/LogSource"
import type * as Stream from "effect/Stream"
import * as Announcer from "./announcer.js"
import { h } from "./dom.js"
import { Finder } from "./finder.js"
import { Frames } from "./frames.js"
import { Intake } from "./intake.js"
import { List } from "./list.js"
import { Model } from "./model.js"
import { Reader } from "./reader.js"
import * as Rows from "./rows.js"
import * as Status from "./status.js"
import { Tail } from "./tail.js"
import * as Takeaway from "./takeaway.js"
import * as Tools from "./tools.js"
import { Turns } from "./turns.js"
import { View } from "./view.js"
import * as Words from "./words.js"

export interface Options<E> {
  /** What happens with the log, from its beginning or from a place in it on. */
  readonly events: (from: LogCursor | undefined) => Stream.Stream<LogEvent, E>
  /** What is said of an error: of the events', or one that they tell of. */
  readonly describe: (error: E | LogError) => Words.Trouble
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

export const mountViewer = <E>(root: HTMLElement, options: Options<E>): Viewer => {
  const model = new Model()
  const { attempts, folding, store } = model
  const tail = new Tail()
  const announcer = Announcer.make()
  /** Long lines that are shown whole. */
  const whole = new Set<number>()
  /** Attempts that were folded or opened by hand. */
  const touched = new Set<number>()
  let allFolded = false
  let view = new View(store, folding, 0)
  /** The one to come, while it is not complete. */
  let nextView: View | undefined
  let heard: number | undefined
  let closed = false

  // --- the page

  const status = Status.make(model, {
    describe: options.describe,
    resume: () => reader.resume(),
    login: options.login,
    toAttempt: ({ header }) => {
      tail.follows = false
      list.toTop(header)
      lines.focus({ preventScroll: true })
      frames.ask()
    }
  })
  const lines = h("div", {
    class: "log",
    role: "log",
    // What is drawn changes with each scroll: what is new is said by the announcer.
    "aria-live": "off",
    "aria-label": "Lines of the log",
    tabindex: 0,
    id: "log"
  })
  const tools = Tools.make({
    query: (text, matchCase) => {
      finder.query(text, matchCase, (nextView ?? view).minLevel)
      list.invalidate()
      turns.ask()
    },
    step: (by) => {
      finder.step(by)
      frames.ask()
    },
    level: (minLevel) => {
      finder.filter(minLevel)
      rebuild(minLevel)
    },
    foldGroups: () => {
      allFolded = !allFolded
      folding.foldAllGroups(allFolded)
      rebuild()
    },
    copy: () => void Takeaway.copy(model).then(announcer.say),
    download: () => void Takeaway.download(model, options.title),
    toEnd: () => {
      tail.follows = true
      list.toEnd()
      lines.focus({ preventScroll: true })
      frames.ask()
    }
  })
  const element = h(
    "section",
    { class: "viewer", "aria-label": options.title },
    status.element,
    status.alarm,
    tools.element,
    status.sections,
    lines,
    announcer.element
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

  const list = new List(
    lines,
    {
      length: () => view.ids.length,
      key: (row) => view.ids.at(row),
      rowOf: (id) => Math.min(view.ids.placeOf(id), Math.max(0, view.ids.length - 1)),
      draw: (row, id) => {
        const { current, search } = finder
        Rows.draw(row, model, id, { search, current, whole, filtered: view.minLevel > 0 }, actions)
      },
      onScroll: (atEnd, upwards) => tail.scrolled(atEnd, upwards)
    },
    () => frames.ask()
  )

  const turnBack = () => {
    if (lines.scrollTop > 0) tail.turnBack()
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
      tail.follows = true
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

  const drawTools = () => {
    Status.setText(tools.found, finder.found)
    Status.setText(tools.fold, allFolded ? "Open groups" : "Fold groups")
    tools.fold.hidden = folding.groups === 0
    const unseen = tail.unseen(view.ids.length)
    Status.setText(
      tools.end,
      unseen === 0 ? "Jump to the end" : `Jump to the end (${Words.count(unseen, "new line")})`
    )
    tools.end.classList.toggle("behind", !tail.follows)
  }

  // --- taking in

  /** An attempt that failed is folded when the next begins, unless somebody reads it. */
  const foldFailed = (place: number) => {
    const { end, gaps, state } = attempts[place]!
    if (!tail.follows || touched.has(place) || finder.current !== undefined) return
    if (state === "success" || end === undefined || gaps > 0) return
    folding.foldAttempt(place, true)
    rebuild()
  }

  const intake = new Intake(model, {
    ask: () => turns.ask(),
    say: (text) => announcer.say(text),
    changed: (which) => list.invalidate(which),
    extended: (id) => finder.search?.changed(id),
    begins: foldFailed,
    onState: options.onState,
    outcomes: options.outcomes
  })

  // --- which entries are in sight

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

  /** What is to be shown once it is in the view. */
  let pendingReveal: number | undefined

  const reveal = (id: number) => {
    tail.follows = false
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

  const finder = new Finder(store, { from: () => list.anchor()?.key ?? 0, show: reveal })

  const sayFound = () => {
    const { news } = finder
    if (news !== undefined) announcer.say(`Search: ${news}.`, "search")
  }

  // --- turns do the work, frames show it

  const turns = new Turns(() => {
    if (closed) return false
    intake.advance(performance.now() + budget.take)
    ;(nextView ?? view).advance(performance.now() + budget.view)
    finder.search?.advance(performance.now() + budget.search)
    frames.ask()
    return !intake.done || !(nextView ?? view).done || finder.search?.done === false
  })

  const frames = new Frames(() => {
    if (closed) return
    changeView()
    finder.go()
    sayFound()
    if (pendingReveal !== undefined && nextView === undefined && view.done) {
      list.reveal(pendingReveal)
      pendingReveal = undefined
    }
    if (tail.follows) list.toEnd()
    status.draw({ reading: reader.reading, trouble: reader.trouble, heard })
    drawTools()
    list.render()
    intake.drawn()
  })

  // --- reading

  const reader = new Reader<E>({
    events: options.events,
    describe: options.describe,
    cursor: () => intake.cursor,
    take: (events) => intake.take(events),
    changed: () => {
      status.drawTrouble(reader.trouble)
      frames.ask()
    }
  })

  const deaf = options.answers?.(() => {
    heard = Date.now()
    // No event says that a request went well again when it brought nothing new.
    model.retrying = undefined
    frames.ask()
  })

  const online = () => {
    if (reader.trouble?.remedy === "again") reader.resume()
    frames.ask()
  }
  // Nothing is asked then, so that nothing fails that could tell.
  const offline = () => frames.ask()
  globalThis.addEventListener("online", online)
  globalThis.addEventListener("offline", offline)

  reader.resume()
  return {
    model,
    resume: () => reader.resume(),
    close: () => {
      if (closed) return
      closed = true
      frames.close()
      turns.close()
      announcer.close()
      deaf?.()
      globalThis.removeEventListener("online", online)
      globalThis.removeEventListener("offline", offline)
      list.close()
      reader.close()
      element.remove()
    }
  }
}
