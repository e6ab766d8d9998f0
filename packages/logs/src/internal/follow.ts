/**
 * The follower as a state machine: a step sleeps, makes at most one request for the log and one for the
 * status, and gives events and the next state. What it knows between steps is in the state alone, so that a
 * step that fails can be run again.
 */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { isTerminal } from "@effect-airflow/core/v1/TaskInstance"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { LogEvent } from "../LogEvent.js"
import type { LogError, LogSource, PageRecord, TaskStatus } from "../LogSource.js"
import * as Cadence from "./cadence.js"

/** The first attempt to read: a number, or `latest` for the one the server is at. */
export type From = number | "latest"

interface Common {
  /** To sleep before the next request, in milliseconds. */
  readonly delay: number
  /** How many looks in a row brought nothing. */
  readonly idle: number
  /** The status last seen. */
  readonly status: TaskStatus | undefined
  /** Lines passed on, of all attempts. */
  readonly total: number
}

/** For an attempt to begin. */
interface Waiting extends Common {
  readonly _tag: "Waiting"
  readonly from: From
}

/** An attempt's log; `over` once its end was seen and only a last look is missing. */
interface Reading<Cursor> extends Common {
  readonly _tag: "Reading"
  readonly try_number: number
  readonly cursor: Cursor
  /** Lines of this attempt passed on. */
  readonly lines: number
  /** The server's last words about this log. */
  readonly endOfLog: boolean | undefined
  readonly lost: boolean
  readonly over: boolean
}

type State<Cursor> = Waiting | Reading<Cursor>

type Step<Cursor> = readonly [Chunk.Chunk<LogEvent>, Option.Option<State<Cursor>>]

const stop = <Cursor>(events: ReadonlyArray<LogEvent>): Step<Cursor> => [
  Chunk.unsafeFromArray([...events]),
  Option.none()
]
const go = <Cursor>(events: ReadonlyArray<LogEvent>, state: State<Cursor>): Step<Cursor> => [
  Chunk.unsafeFromArray([...events]),
  Option.some(state)
]

const changed = (from: TaskStatus | undefined, to: TaskStatus): ReadonlyArray<LogEvent> =>
  from?.state === to.state && from.try_number === to.try_number
    ? []
    : [{ _tag: "StateChanged", from: from?.state, to: to.state, try_number: to.try_number }]

/** Whether this attempt will write no more, as far as the status tells. */
const isOver = (status: TaskStatus, try_number: number): boolean =>
  status.try_number > try_number || isTerminal(status.state) || status.state === "up_for_retry"

export const follow = <Cursor>(
  source: LogSource<Cursor>,
  from: From,
  cadence: Cadence.Cadence
): Stream.Stream<LogEvent, LogError, AirflowClient> => {
  const { target } = source

  const numbered = (records: ReadonlyArray<PageRecord>, try_number: number, first: number): Array<LogEvent> =>
    records.map((record, index) => ({
      _tag: "Line",
      line: {
        ...record,
        dag_id: target.dag_id,
        dag_run_id: target.dag_run_id,
        task_id: target.task_id,
        map_index: target.map_index ?? -1,
        try_number,
        index: first + index
      }
    }))

  const begin = (try_number: number, status: TaskStatus, total: number): Reading<Cursor> => ({
    _tag: "Reading",
    delay: 0,
    idle: 0,
    status,
    total,
    try_number,
    cursor: source.start(try_number),
    lines: 0,
    endOfLog: undefined,
    lost: false,
    over: false
  })

  const wait = (state: Waiting): Effect.Effect<Step<Cursor>, LogError, AirflowClient> =>
    Effect.map(source.status, (status) => {
      const events = changed(state.status, status)
      const try_number = state.from === "latest" ? status.try_number : state.from
      const hasLog = status.try_number > try_number || (status.try_number === try_number && status.started)
      if (try_number > 0 && hasLog) {
        return go([...events, { _tag: "AttemptStarted", try_number }], begin(try_number, status, state.total))
      }
      if (isTerminal(status.state)) {
        return stop([
          ...events,
          {
            _tag: "Ended",
            end: "complete",
            state: status.state,
            try_number: status.try_number,
            lines: state.total
          }
        ])
      }
      const idle = events.length > 0 ? 0 : state.idle + 1
      return go(events, { ...state, status, idle, delay: Cadence.afterIdle(cadence, idle) })
    })

  /** The attempt is over and its log read: on to the next one, or the end. */
  const finish = (
    state: Reading<Cursor>,
    status: TaskStatus,
    events: ReadonlyArray<LogEvent>
  ): Step<Cursor> => {
    const { endOfLog, lines, lost, total, try_number } = state
    const moved = status.try_number > try_number
    const ended: LogEvent = {
      _tag: "AttemptEnded",
      try_number,
      state: moved ? undefined : status.state,
      lines
    }
    if (moved || !isTerminal(status.state)) {
      const next: Waiting = {
        _tag: "Waiting",
        from: try_number + 1,
        delay: cadence.active,
        idle: 0,
        status,
        total
      }
      // The next attempt may have begun already: no need to wait for it.
      return go([...events, ended], moved ? { ...next, delay: 0 } : next)
    }
    const end = lost && lines === 0 ? "lost" : endOfLog === false ? "incomplete" : "complete"
    return stop([...events, ended, { _tag: "Ended", end, state: status.state, try_number, lines: total }])
  }

  const read = (state: Reading<Cursor>): Effect.Effect<Step<Cursor>, LogError, AirflowClient> =>
    Effect.gen(function* () {
      const { try_number } = state
      const page = yield* source.next(state.cursor)
      const events: Array<LogEvent> = page.notices.map((text) => ({ _tag: "SourceNotice", try_number, text }))
      let { lines, total } = state
      let at = page.cursor
      const pass = (records: ReadonlyArray<PageRecord>) => {
        for (const event of numbered(records, try_number, lines)) events.push(event)
        lines += records.length
        total += records.length
      }
      pass(page.records)
      const finalLook = state.over && !page.received
      if (!page.received && page.held) {
        const flushed = source.flush(at, finalLook)
        at = flushed.cursor
        pass(flushed.records)
      }
      const lost = page.received ? false : state.lost || page.lost
      const idle = page.received ? 0 : state.idle + 1
      const next: Reading<Cursor> = {
        ...state,
        cursor: at,
        lines,
        total,
        lost,
        idle,
        endOfLog: page.endOfLog
      }

      if (page.endOfLog === false && !state.over) {
        const confirm = page.held && page.records.length === 0
        return go(events, { ...next, delay: confirm ? cadence.settle : Cadence.afterIdle(cadence, idle) })
      }
      const status = yield* source.status
      events.push(...changed(state.status, status))
      if (!isOver(status, try_number)) {
        return go(events, { ...next, status, over: false, delay: Cadence.afterIdle(cadence, idle) })
      }
      return finalLook
        ? finish(next, status, events)
        : go(events, { ...next, status, over: true, delay: cadence.settle })
    })

  return Stream.paginateChunkEffect(
    { _tag: "Waiting", from, delay: 0, idle: 0, status: undefined, total: 0 } as State<Cursor>,
    (state) =>
      Effect.zipRight(Cadence.sleep(state.delay), state._tag === "Waiting" ? wait(state) : read(state))
  )
}
