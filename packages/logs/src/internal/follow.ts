/**
 * The follower as a state machine: a step sleeps, makes at most one request for the log and one for the
 * status, and gives events and the next state. What it knows between steps is in the state alone, so that a
 * step that fails can be run again.
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { isTerminal } from "@effect-airflow/core/v1/TaskInstance"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { End, LogEvent, Resynced } from "../LogEvent.js"
import type { LogError, LogPage, LogSource, TaskStatus } from "../LogSource.js"
import * as Align from "./align.js"
import * as Cadence from "./cadence.js"
import * as Emitter from "./emitter.js"
import * as Patience from "./patience.js"
import * as Tally from "./tally.js"

/** The first attempt to read: a number, or `latest` for the one the server is at. */
export type From = number | "latest"

/** What is there already has been read: from here on lines are new. Only filters see it. */
export interface CaughtUp {
  readonly _tag: "CaughtUp"
  /** Whether the next line is of those, and was only held back because its end has not come. */
  readonly pending: boolean
}

export type FollowEvent = LogEvent | CaughtUp

interface Common {
  /** To sleep before the next request, in milliseconds. */
  readonly delay: number
  /** How many looks in a row brought nothing. */
  readonly idle: number
  /** The status last seen. */
  readonly status: TaskStatus | undefined
  readonly totals: Emitter.Totals
  /** Whether the server has answered at all. */
  readonly answered: boolean
  /** Since when, and how often, requests have failed. */
  readonly failing: { readonly since: number; readonly failures: number } | undefined
}

/** For an attempt to begin. */
export interface Waiting extends Common {
  readonly _tag: "Waiting"
  readonly from: From
}

/**
 * How the next page is asked for: `next` what follows, `anchor` again from the page before, to see that it is
 * the same log still, `start` from the start, where the place should be, `search` from the start, to find it.
 */
type Mode = "next" | "anchor" | "start" | "search"

/** An attempt's log. */
export interface Reading<Cursor> extends Common {
  readonly _tag: "Reading"
  readonly mode: Mode
  /** Why the place is looked for; undefined: it is not. */
  readonly lostPlace: Resynced["reason"] | undefined
  readonly place: Emitter.Place<Cursor>
  /** What follows the place; undefined when only the anchor is known. */
  readonly cursor: Cursor | undefined
  /** Answers in a row that were not what was asked for. */
  readonly misfits: number
  /** What the server has said of where it reads. */
  readonly notices: ReadonlyArray<string>
  /** Whether the server expects no more, by its last answer. */
  readonly endOfLog: boolean | undefined
  readonly unreadable: boolean
  readonly behind: boolean
  /** Its end was seen, and only a last look is missing. */
  readonly over: boolean
  /** Looks in a row, after the end, to which the server had no log or a shorter one. */
  readonly troubledLooks: number
  /** Whether the look before was not counted, because it was slow. */
  readonly lookedAgain: boolean
  /** Whether more was read after the first answer, or waited for: only then can there be two logs in one. */
  readonly live: boolean
  /** Of the parts of an answer so far: characters that had come before, and whether anything was new. */
  readonly partly: { readonly repeated: number; readonly fresh: boolean }
}

export type State<Cursor> = Waiting | Reading<Cursor>

type Step<Cursor> = readonly [Chunk.Chunk<LogEvent>, Option.Option<State<Cursor>>]

/** So often a log that is away is looked for again: for some 15 seconds at the usual pace. */
const mostTroubledLooks = 3

/** So many answers in a row that do not fit the server's own count of characters: the count is not one. */
const mostMisfits = 4

/** Whether this attempt will write no more, as far as the status tells. */
const isOver = (status: TaskStatus, try_number: number): boolean =>
  status.try_number > try_number || isTerminal(status.state) || status.state === "up_for_retry"

/** Whether reading again from the anchor costs little: some 50 kB, or an eighth of the log. */
const isCheap = ({ anchor, tally }: Emitter.Place<unknown>): boolean =>
  tally.count > anchor.count && tally.count - anchor.count <= Math.max(500, tally.count / 8)

/** How many lines were passed on, one whose end has not come among them. */
const passed = ({ open, tally }: Align.Memory): number => tally.count + (open === "" ? 0 : 1)

export interface Options {
  readonly cadence: Cadence.Cadence
  /** How long requests may fail, in milliseconds. */
  readonly patience: number
  /** What is read once more before the end. */
  readonly verify: "tail" | "whole"
  /** Characters a millisecond that may be read again. */
  readonly reread: number
}

export const follow = <Cursor>(
  source: LogSource<Cursor>,
  initial: State<Cursor>,
  { cadence, patience, reread, verify }: Options
): Stream.Stream<FollowEvent, LogError, AirflowClient> => {
  const go = (emitter: Emitter.Emitter<Cursor>, state: State<Cursor>, answered = true): Step<Cursor> => [
    Chunk.unsafeFromArray(emitter.events),
    Option.some({ ...state, totals: emitter.totals(), answered })
  ]
  const stop = (emitter: Emitter.Emitter<Cursor>): Step<Cursor> => [
    Chunk.unsafeFromArray(emitter.events),
    Option.none()
  ]

  /** Emits the change; whether there was one. */
  const changed = (
    emitter: Emitter.Emitter<Cursor>,
    from: TaskStatus | undefined,
    to: TaskStatus
  ): boolean => {
    if (from?.state === to.state && from.try_number === to.try_number) return false
    emitter.emit({ _tag: "StateChanged", from: from?.state, to: to.state, try_number: to.try_number })
    return true
  }

  const begin = (try_number: number, status: TaskStatus, totals: Emitter.Totals): Reading<Cursor> => {
    const cursor = source.start(try_number)
    const place: Emitter.Place<Cursor> = {
      try_number,
      anchor: { cursor, count: 0, hash: 0 },
      tally: Tally.empty,
      open: "",
      record: -1,
      gapsBefore: totals.gaps
    }
    return { ...reading(place, totals), status, mode: "next", cursor, live: false }
  }

  const end = (emitter: Emitter.Emitter<Cursor>, status: TaskStatus, last: End): Step<Cursor> => {
    const { flawed, gaps, lines } = emitter.totals()
    const { state, try_number } = status
    emitter.before(try_number + 1)
    emitter.emit({
      _tag: "Ended",
      end: last === "complete" && flawed > 0 ? "incomplete" : last,
      state,
      try_number,
      lines,
      gaps
    })
    return stop(emitter)
  }

  const wait = (
    state: Waiting,
    emitter: Emitter.Emitter<Cursor>
  ): Effect.Effect<Step<Cursor>, LogError, AirflowClient> =>
    Effect.map(source.status, (status) => {
      // The latest is decided once: an attempt that begins and ends between two looks is not passed over.
      const try_number = state.from === "latest" ? Math.max(1, status.try_number) : state.from
      emitter.before(try_number)
      const isNew = changed(emitter, state.status, status)
      const hasLog = status.try_number > try_number || (status.try_number === try_number && status.started)
      if (hasLog) {
        const reading = begin(try_number, status, state.totals)
        emitter.at(reading.place)
        emitter.emit({ _tag: "AttemptStarted", try_number })
        return go(emitter, reading)
      }
      if (isTerminal(status.state)) return end(emitter, status, "complete")
      const idle = isNew ? 0 : state.idle + 1
      const delay = Cadence.afterIdle(cadence, idle)
      // A task that no run will have is not found later, either: that is still a wrong setting.
      const answered = state.answered || status.assumed !== true
      return go(emitter, { ...state, from: try_number, status, idle, delay }, answered)
    })

  /** The attempt is over and its log read: on to the next one, or the end. */
  const finish = (
    state: Reading<Cursor>,
    status: TaskStatus,
    emitter: Emitter.Emitter<Cursor>
  ): Step<Cursor> => {
    const { unreadable } = state
    let { place } = state
    const { try_number } = place
    if (state.behind) {
      // What came of a line before the rest was lost.
      if (state.cursor !== undefined) place = emitter.pass(source.flush(state.cursor, true).records, place)
      emitter.emit({ _tag: "Gap", try_number, reason: unreadable ? "lost" : "shrank", at: passed(place) })
    }
    const incomplete = state.endOfLog !== true || emitter.totals().gaps > place.gapsBefore
    const how: End = unreadable ? "lost" : incomplete ? "incomplete" : "complete"
    const moved = status.try_number > try_number
    emitter.before(try_number + 1)
    emitter.emit({
      _tag: "AttemptEnded",
      try_number,
      state: moved ? undefined : status.state,
      end: how,
      lines: passed(place)
    })
    if (!moved && isTerminal(status.state)) return end(emitter, status, how)
    return go(emitter, {
      _tag: "Waiting",
      from: try_number + 1,
      // The next attempt may have begun already: no need to wait for it.
      delay: moved ? 0 : cadence.active,
      idle: 0,
      status,
      totals: state.totals,
      answered: true,
      failing: undefined
    })
  }

  /** Whether the source itself can pass over what was passed on, so that it need not all come as one page. */
  const skips = ({ mode }: Reading<Cursor>): boolean =>
    source.behind !== undefined && (mode === "anchor" || mode === "start")

  const ask = (state: Reading<Cursor>): Cursor => {
    const { anchor, tally, try_number } = state.place
    if (state.mode === "next" && state.cursor !== undefined) return state.cursor
    const from =
      state.mode === "start" || state.mode === "search"
        ? source.start(try_number, state.misfits >= mostMisfits)
        : anchor.cursor
    return source.behind !== undefined && state.mode !== "search" ? source.behind(from, tally) : from
  }

  /** What to do instead, when a page cannot be used as it is. */
  const reconsider = (state: Reading<Cursor>, page: LogPage<Cursor>): Reading<Cursor> | undefined => {
    if (page.misfit === "content" && skips(state)) {
      const mode = state.mode === "anchor" ? ("start" as const) : ("search" as const)
      return { ...state, mode, lostPlace: state.lostPlace ?? "content", delay: 0 }
    }
    if (page.misfit === "place") return { ...state, mode: "start", delay: 0 }
    if (page.misfit !== undefined) {
      const misfits = state.misfits + 1
      // Once may be an answer out of turn; twice means that the place is lost.
      const fromStart = state.mode === "start" || state.mode === "search"
      const again = page.misfit === "content" && misfits === 1 && !fromStart
      return {
        ...state,
        misfits,
        // Where the source has compared all of it already, there is no need to do so once more.
        mode: again
          ? state.mode
          : page.misfit === "content" && source.behind !== undefined
            ? "search"
            : "start",
        lostPlace: again ? state.lostPlace : (state.lostPlace ?? page.misfit),
        delay: again || fromStart ? cadence.settle : 0
      }
    }
    // A line that goes on in the middle is rare, and looks like this when the log has become another one.
    const { mode } = state
    if (!page.spliced || (mode !== "next" && !(mode === "anchor" && skips(state)))) return undefined
    return { ...state, mode: mode === "next" && isCheap(state.place) ? "anchor" : "start", delay: 0 }
  }

  const read = (
    state: Reading<Cursor>,
    emitter: Emitter.Emitter<Cursor>
  ): Effect.Effect<Step<Cursor>, LogError, AirflowClient> =>
    Effect.gen(function* () {
      const { mode } = state
      const { tally, try_number } = state.place
      const asked = ask(state)
      const inPlace = mode === "next" || skips(state)
      const page = yield* source.next(asked, { whole: !inPlace, over: state.over, recent: tally.tail })
      const instead = reconsider(state, page)
      if (instead !== undefined) return go(emitter, instead)

      const { cursor: asIs, records } = page
      const found = inPlace
        ? ({ _tag: "Found", records, cursor: asIs, memory: state.place, late: [], gap: undefined } as const)
        : mode === "anchor"
          ? Align.fromAnchor(source, page, state.place.anchor, state.place)
          : Align.fromStart(source, page, state.place)
      if (found._tag === "Different") {
        return go(emitter, { ...state, mode: "start", lostPlace: state.lostPlace ?? "content", delay: 0 })
      }
      // A log that is read again begins with them again.
      const unsaid = page.notices.filter((text) => !state.notices.includes(text))
      for (const text of unsaid) emitter.emit({ _tag: "SourceNotice", try_number, text })
      const notices = unsaid.length > 0 ? [...state.notices, ...unsaid] : state.notices
      let next: Reading<Cursor> = {
        ...state,
        misfits: 0,
        notices,
        endOfLog: page.endOfLog,
        unreadable: page.lost || (page.records.length === 0 && page.notices.length === 0 && state.unreadable)
      }
      let fresh = false
      if (found._tag === "Behind") {
        next = { ...next, behind: true }
      } else {
        const before = state.place
        const anchor = inPlace
          ? page.records.length > 0
            ? { cursor: asked, count: before.tally.count, hash: before.tally.hash }
            : before.anchor
          : mode === "anchor"
            ? before.anchor
            : { cursor: asked, count: 0, hash: 0 }
        let place: Emitter.Place<Cursor> = {
          ...before,
          tally: found.memory.tally,
          open: found.memory.open,
          record: before.record < passed(found.memory) ? before.record : -1,
          anchor
        }
        emitter.at(place)
        if (mode === "start" || mode === "search") {
          if (found.gap !== undefined) {
            emitter.emit({ _tag: "Gap", try_number, reason: found.gap, at: place.tally.count })
          } else if (state.lostPlace !== undefined) {
            const skipped = place.tally.count
            emitter.emit({ _tag: "Resynced", try_number, skipped, reason: state.lostPlace })
          }
        }
        for (const late of found.late) place = emitter.late(late, place)
        place = emitter.pass(found.records, place)
        const heldBefore = state.cursor === undefined ? "" : source.held(state.cursor)
        fresh = found.records.length > 0 || found.late.length > 0 || source.held(found.cursor) !== heldBefore
        let { cursor } = found
        if (!fresh && source.held(cursor) !== "") {
          const flushed = source.flush(cursor, state.over)
          cursor = flushed.cursor
          place = emitter.pass(flushed.records, place)
        }
        next = { ...next, place, cursor, mode: "next", lostPlace: undefined, behind: false }
      }
      fresh ||= state.partly.fresh
      const repeated = state.partly.repeated + page.repeated
      if (page.more) return go(emitter, { ...next, partly: { repeated, fresh }, delay: 0 })
      next = { ...next, partly: wholly }
      const idle = fresh ? 0 : state.idle + 1
      const pause = (idle: number) => Math.max(Cadence.afterIdle(cadence, idle), repeated / reread)
      const finalLook = state.over && !fresh
      // Where the server never says that the log has ended, the status tells, once nothing has come for long.
      const quiet = idle > 0 && Cadence.afterIdle(cadence, idle) >= cadence.idle
      if (page.endOfLog === false && !state.over && !quiet) {
        const held = next.cursor !== undefined && source.held(next.cursor) !== ""
        const confirm = held && fresh && !("records" in found && found.records.length > 0)
        const delay = confirm ? cadence.settle : pause(idle)
        return go(emitter, { ...next, lookedAgain: false, live: true, idle, delay })
      }
      const readAt = yield* Clock.currentTimeMillis
      const status = yield* source.status
      // What was read long before the end was known is no first look of the two that an end takes. Said once:
      // where many followers wait for their turn, every look is slow.
      const slow = (yield* Clock.currentTimeMillis) - readAt > 2 * cadence.settle
      const stale = slow && !state.over && !state.lookedAgain
      const isNew = changed(emitter, state.status, status)
      if (stale || !isOver(status, try_number)) {
        const idleNow = isNew ? 0 : idle
        return go(emitter, {
          ...next,
          status,
          idle: idleNow,
          over: false,
          lookedAgain: stale,
          live: true,
          delay: pause(idleNow)
        })
      }
      if (finalLook) {
        const troubled = next.behind || next.unreadable
        if (!troubled || state.troubledLooks >= mostTroubledLooks) {
          return finish({ ...next, status }, status, emitter)
        }
        // A log that is moved when its task ends can be away for a moment.
        const troubledLooks = state.troubledLooks + 1
        return go(emitter, { ...next, status, troubledLooks, delay: cadence.settle * 2 ** troubledLooks })
      }
      // The last look also shows whether the log is the same still.
      const again = verify === "whole" ? "start" : isCheap(next.place) ? "anchor" : "next"
      const check = next.mode !== "next" || next.place.tally.count === 0 || !state.live ? next.mode : again
      return go(emitter, { ...next, status, idle: 0, over: true, mode: check, delay: cadence.settle })
    })

  /** The task instance was there, and is no more. */
  const gone = (state: State<Cursor>, emitter: Emitter.Emitter<Cursor>): Step<Cursor> => {
    if (state._tag === "Waiting") {
      return end(emitter, state.status ?? { state: null, try_number: 0, started: false }, "lost")
    }
    const { try_number } = state.place
    const status = state.status ?? { state: null, try_number, started: false }
    emitter.emit({ _tag: "Gap", try_number, reason: "lost", at: passed(state.place) })
    emitter.before(try_number + 1)
    emitter.emit({
      _tag: "AttemptEnded",
      try_number,
      state: status.state,
      end: "lost",
      lines: passed(state.place)
    })
    return end(emitter, status, "lost")
  }

  const fail = (
    state: State<Cursor>,
    error: LogError
  ): Effect.Effect<Step<Cursor>, LogError, AirflowClient> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const emitter = emitterAt(state)
      if (error._tag === "NotFound" && state.answered) {
        return Effect.succeed(gone(state, emitter))
      }
      const { failures, since } = state.failing ?? { failures: 0, since: now }
      // Before anything has worked, a failure is more likely a wrong setting than a passing trouble.
      if (!Patience.mayPass(error) || !state.answered || now - since >= patience) {
        return Effect.fail(error)
      }
      const delay = Math.max(Cadence.afterIdle(cadence, failures), Patience.asked(error))
      emitter.emit({ _tag: "Retrying", error, failures: failures + 1, delay })
      const next = { ...state, failing: { since, failures: failures + 1 }, delay }
      // A server that comes back may have another log.
      return Effect.succeed(
        go(
          emitter,
          next._tag === "Reading" && next.mode === "next" && isCheap(next.place)
            ? { ...next, mode: "anchor" as const }
            : next
        )
      )
    })

  const emitterAt = (state: State<Cursor>): Emitter.Emitter<Cursor> => {
    const emitter = Emitter.make(source, state.totals)
    if (state._tag === "Waiting") emitter.before(state.from)
    else emitter.at(state.place)
    return emitter
  }

  const step = (state: State<Cursor>): Effect.Effect<Step<Cursor>, LogError, AirflowClient> =>
    Effect.suspend(() => {
      const calm = state.failing === undefined ? state : { ...state, failing: undefined }
      const emitter = emitterAt(state)
      return calm._tag === "Waiting" ? wait(calm, emitter) : read(calm, emitter)
    }).pipe(Effect.catchAll((error) => fail(state, error)))

  /** Says once that what was there has been read: when the next step has to wait, or there is none. */
  const noteCaughtUp = ([events, next]: Step<Cursor>, caughtUp: boolean) => {
    const nowCaughtUp = caughtUp || Option.isNone(next) || next.value.delay > 0
    const reading = Option.getOrUndefined(next)
    const cursor = reading?._tag === "Reading" ? reading.cursor : undefined
    const pending = cursor !== undefined && source.held(cursor) !== ""
    const noted: Chunk.Chunk<FollowEvent> =
      nowCaughtUp && !caughtUp ? Chunk.append(events, { _tag: "CaughtUp", pending }) : events
    return [
      noted,
      Option.map(next, (state) => ({ state, caughtUp: nowCaughtUp, rested: Chunk.isEmpty(noted) }))
    ] as const
  }

  interface Turn {
    readonly state: State<Cursor>
    readonly caughtUp: boolean
    /** Whether nothing was passed on since the last wait. */
    readonly rested: boolean
  }
  return Stream.paginateChunkEffect<Turn, FollowEvent, LogError, AirflowClient>(
    { state: initial, caughtUp: false, rested: true },
    (turn) => {
      const { caughtUp, rested, state } = turn
      // A Stream keeps what it passed on last until it passes on more: a wait must not keep a whole page.
      if (!rested && state.delay > 0) {
        return Effect.succeed([Chunk.empty<FollowEvent>(), Option.some({ ...turn, rested: true })] as const)
      }
      return Effect.map(
        Effect.flatMap(Cadence.sleep(state.delay), (longer) => step(bearing(state, longer))),
        (done) => noteCaughtUp(done, caughtUp)
      )
    }
  )
}

/** A wait that was longer than meant is not counted as failing. */
const bearing = <Cursor>(state: State<Cursor>, longer: number): State<Cursor> =>
  state.failing === undefined
    ? state
    : { ...state, failing: { ...state.failing, since: state.failing.since + longer } }

const wholly = { repeated: 0, fresh: false }

const nothingYet = { delay: 0, idle: 0, status: undefined, answered: false, failing: undefined }

export const waiting = (from: From, totals?: Emitter.Totals): Waiting => ({
  ...nothingYet,
  answered: totals !== undefined,
  _tag: "Waiting",
  from,
  totals: totals ?? { lines: 0, gaps: 0, flawed: 0 }
})

/** In an attempt's log, knowing only what a cursor holds. */
export const reading = <Cursor>(place: Emitter.Place<Cursor>, totals: Emitter.Totals): Reading<Cursor> => ({
  ...nothingYet,
  // It has answered whoever took the cursor.
  answered: true,
  _tag: "Reading",
  totals,
  mode: "anchor",
  lostPlace: undefined,
  place,
  cursor: undefined,
  misfits: 0,
  notices: [],
  endOfLog: undefined,
  unreadable: false,
  behind: false,
  over: false,
  troubledLooks: 0,
  lookedAgain: false,
  live: true,
  partly: wholly
})
