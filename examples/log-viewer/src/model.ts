/** The log as it is known: what each event makes of it. It knows nothing of the page. */
import type { End, LogEvent } from "@effect-airflow/logs/LogEvent"
import { groupTitle, type LogLine } from "@effect-airflow/logs/LogLine"
import { Folding } from "./folding.js"
import { Flag, Kind, levelOf, noAttempt, Store } from "./store.js"
import * as Words from "./words.js"

export interface Attempt {
  readonly try_number: number
  /** Its header in the store. */
  readonly header: number
  lines: number
  gaps: number
  /** Undefined while it runs, and where another attempt followed too soon to see it. */
  state: string | null | undefined
  end: End | undefined
}

export type Ended = Extract<LogEvent, { _tag: "Ended" }>
export type Retrying = Extract<LogEvent, { _tag: "Retrying" }>

/** What an event changed beside what it added. */
export interface Change {
  /** An entry that is not what it was. */
  readonly extended?: number
  /** A section that came to its end. */
  readonly finished?: Attempt
}

const nothing: Change = {}

/** The time as it was written, on the clock of who wrote it. */
export const timeOf = (timestamp: string | undefined): number => {
  if (timestamp === undefined) return NaN
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,3}))?/.exec(timestamp)
  return found === null ? NaN : Date.parse(`${found[1]}.${(found[2] ?? "0").padEnd(3, "0")}Z`)
}

export class Model {
  readonly store = new Store()
  readonly folding = new Folding()
  readonly attempts: Array<Attempt> = []
  /** Undefined until it was seen. */
  state: string | null | undefined = undefined
  ended: Ended | undefined = undefined
  retrying: Retrying | undefined = undefined
  lines = 0
  gaps = 0
  /** The number of the group that an entry begins. */
  readonly groupOf = new Map<number, number>()
  private lastLine: number | undefined
  // The record that further lines belong to, and its level.
  private record = -1
  private level = 0

  apply(event: LogEvent): Change {
    if (event._tag !== "Retrying") this.retrying = undefined
    switch (event._tag) {
      case "Line":
        return this.line(event.line)
      case "StateChanged":
        this.state = event.to
        // A cleared task goes on after its end.
        this.ended = undefined
        return nothing
      case "AttemptStarted":
        this.section(event.try_number)
        return nothing
      case "SourceNotice":
        this.section(event.try_number)
        this.notice(event.text, false)
        return nothing
      case "Resynced":
        this.notice(Words.resynced(event), false)
        return nothing
      case "Gap":
        this.gaps++
        this.section(event.try_number).gaps++
        this.notice(Words.gap(event), true)
        return nothing
      case "Retrying":
        this.retrying = event
        return nothing
      case "AttemptEnded": {
        const attempt = this.section(event.try_number)
        attempt.state = event.state
        attempt.end = event.end
        this.folding.endAll()
        return { finished: attempt }
      }
      case "Ended":
        this.ended = event
        this.state = event.state
        return nothing
    }
  }

  /** The section of an attempt: the last one, or a new one. */
  private section(try_number: number): Attempt {
    const last = this.attempts.at(-1)
    if (last !== undefined && last.try_number === try_number) return last
    this.folding.endAll()
    this.lastLine = undefined
    this.record = -1
    const header = this.store.add({ kind: Kind.attempt, text: "", attempt: this.attempts.length })
    const attempt: Attempt = { try_number, header, lines: 0, gaps: 0, state: undefined, end: undefined }
    this.attempts.push(attempt)
    return attempt
  }

  private notice(text: string, bad: boolean): void {
    const attempt = this.attempts.length === 0 ? noAttempt : this.attempts.length - 1
    const { current: group } = this.folding
    // A gap must be seen, also where it fell into a group.
    this.store.add({
      kind: Kind.notice,
      text,
      attempt,
      group: bad ? 0 : group,
      flags: bad ? Flag.bad : 0
    })
  }

  private line(line: LogLine): Change {
    const section = this.section(line.try_number)
    if (line.continued === true && this.lastLine !== undefined) {
      this.store.extend(this.lastLine, line.raw)
      return { extended: this.lastLine }
    }
    const { folding, store } = this
    if (line.record === line.index) {
      this.record = line.index
      this.level = levelOf(line.level)
    }
    const level =
      line.level !== undefined ? levelOf(line.level) : line.record === this.record ? this.level : 0
    // A mark that comes late says nothing of what stands after it here.
    const mark = line.late === true ? undefined : line.group
    const { current: before } = folding
    // The mark of an end is not shown, and not counted; unless there is more to it, or it ends nothing.
    const ends = mark === "end" && folding.end()
    const bare = ends && line.text.trimEnd() === "::endgroup::"
    const group = ends && !bare ? folding.current : before
    if (!bare) {
      folding.count()
      if (mark === "start") folding.begin()
    }
    const kind = mark === "start" ? Kind.groupStart : bare ? Kind.groupEnd : Kind.line
    const title = groupTitle(line)
    const shown = kind === Kind.groupStart && title !== undefined ? title : line.text
    this.lastLine = store.add({
      kind,
      text: line.raw,
      from: line.raw.endsWith(shown) ? line.raw.length - shown.length : 0,
      level,
      flags: line.late === true ? Flag.late : 0,
      attempt: this.attempts.length - 1,
      group,
      index: line.index,
      time: timeOf(line.timestamp)
    })
    if (kind === Kind.groupStart) this.groupOf.set(this.lastLine, folding.current)
    section.lines++
    this.lines++
    return nothing
  }
}
