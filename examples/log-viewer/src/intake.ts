/** Takes events into the model, some at a time, and tells of what they change. */
import type { LogCursor } from "@effect-airflow/logs/LogCursor"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import type { Attempt, Model } from "./model.js"
import { Kind } from "./store.js"
import * as Words from "./words.js"

export interface Options {
  /** There is something to `advance`. */
  readonly ask: () => void
  readonly say: (text: string) => void
  /** Entries of which this is so look otherwise now. */
  readonly changed: (which: (id: number) => boolean) => void
  /** A line got its rest. */
  readonly extended: (id: number) => void
  /** Another attempt begins; of the one before, its place. */
  readonly begins: (before: number) => void
  readonly onState: ((state: string | null) => void) | undefined
  readonly outcomes: (() => Promise<ReadonlyMap<number, string | null>>) | undefined
}

interface Batch {
  readonly events: ReadonlyArray<LogEvent>
  next: number
  readonly taken: () => void
}

export class Intake {
  /** The place of the last event that was taken. */
  cursor: LogCursor | undefined
  private batch: Batch | undefined
  private headersStale = false
  private readonly model: Model
  private readonly options: Options

  constructor(model: Model, options: Options) {
    this.model = model
    this.options = options
  }

  get done(): boolean {
    return this.batch === undefined
  }

  /** Resolves when all were taken. */
  take(events: ReadonlyArray<LogEvent>): Promise<void> {
    return new Promise((taken) => {
      this.batch = { events, next: 0, taken }
      this.options.ask()
    })
  }

  /** Takes some, until this time. */
  advance(until: number): void {
    if (this.batch === undefined) return
    const { events, taken } = this.batch
    let at = this.batch.next
    while (at < events.length) {
      this.takeOne(events[at++]!)
      if ((at & 63) === 0 && performance.now() >= until) break
    }
    this.batch.next = at
    this.cursor = events[at - 1]?.cursor ?? this.cursor
    // Headers say how many lines there are.
    if (!this.headersStale) this.options.changed(this.isHeader)
    this.headersStale = true
    if (at < events.length) return
    this.batch = undefined
    taken()
  }

  /** What was told as changed is drawn. */
  drawn(): void {
    this.headersStale = false
  }

  private readonly isHeader = (id: number): boolean => {
    const kind = this.model.store.kind(id)
    return kind === Kind.attempt || kind === Kind.groupStart
  }

  private takeOne(event: LogEvent): void {
    const { attempts } = this.model
    const { begins, changed, extended, onState, say } = this.options
    const before = attempts.length
    const change = this.model.apply(event)
    if (change.extended !== undefined) {
      extended(change.extended)
      changed((id) => id === change.extended)
    }
    if (change.finished !== undefined) this.finished(change.finished)
    if (attempts.length > before) {
      say(`Attempt ${attempts.at(-1)!.try_number} begins.`)
      if (attempts.length > 1) begins(attempts.length - 2)
    }
    if (event._tag === "StateChanged") onState?.(event.to)
    if (event._tag === "Ended") onState?.(event.state)
    if (event._tag === "Gap") say(Words.gap(event))
    if (event._tag === "Ended") say(Words.ended(event))
  }

  private finished(attempt: Attempt): void {
    if (attempt.state === undefined) void this.findOutcome()
    this.options.say(`Attempt ${attempt.try_number}: ${Words.attempt(attempt)}.`)
  }

  /** Of attempts that were over before they could be seen in their last state. */
  private async findOutcome(): Promise<void> {
    const known = (await this.options.outcomes?.()) ?? new Map<number, string | null>()
    for (const attempt of this.model.attempts)
      if (attempt.end !== undefined && attempt.state === undefined)
        attempt.state = known.get(attempt.try_number) ?? undefined
    this.options.changed(this.isHeader)
  }
}
