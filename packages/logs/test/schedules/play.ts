/** Plays a schedule on the fake, in simulated time, and judges what the reader got. */
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as Auth from "@effect-airflow/core/Auth"
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import type { LogLine } from "@effect-airflow/logs/LogLine"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, task } from "@effect-airflow/testing/Scenario"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { isLossy, type Schedule as FaultSchedule, type Trouble, type Victim } from "./schedule.js"
import * as SimulatedClock from "./simulatedClock.js"

const target = { dag_id: "d", dag_run_id: "r", task_id: "t" }

export interface Outcome {
  readonly seed: number
  readonly version: string
  /** What is wrong; undefined: nothing. */
  readonly verdict: string | undefined
  /** How often each kind of trouble struck. */
  readonly struck: ReadonlyMap<string, number>
  readonly events: ReadonlyArray<LogEvent>
  readonly gaps: number
  readonly resynced: number
  /** Gaps that were said only after lines that stood behind them. */
  readonly late: number
  readonly lines: number
  readonly requests: number
  /** Simulated milliseconds. */
  readonly millis: number
}

const matches: Readonly<Record<Victim, (path: string) => boolean>> = {
  log: (path) => path.includes("/logs/"),
  status: (path) => path.endsWith("/taskInstances/t"),
  any: () => true
}

const speaksV2 = ({ version }: FaultSchedule): boolean => version.startsWith("3")

/**
 * What a follower makes of the exceptions in a record of Airflow 3 is no line of the log. The lines of a schedule's tasks begin
 * otherwise.
 */
const isTraceback = ({ text, timestamp }: LogLine): boolean =>
  timestamp === undefined && /^(Traceback \(most|  File "|[\w.]+(Error|Terminated|Exception)\b|$)/.test(text)

/** What stood in an attempt's file at the times that matter. */
class Versions {
  private readonly before = new Map<number, Array<ReadonlyArray<string>>>()
  private readonly ended = new Map<number, ReadonlyArray<string>>()
  private readonly fake: FakeAirflow.FakeAirflow
  constructor(fake: FakeAirflow.FakeAirflow) {
    this.fake = fake
  }
  /** Only one file is damaged, and then there is only one. */
  private now(try_number: number): ReadonlyArray<string> {
    const file = this.fake.logFiles({ ...target, try_number }).find(({ source }) => source === "worker")
    return file?.lines ?? []
  }
  remember(try_number: number): void {
    this.before.set(try_number, [...(this.before.get(try_number) ?? []), this.now(try_number)])
  }
  end(try_number: number): void {
    this.ended.set(try_number, this.now(try_number))
  }
  at(try_number: number) {
    const end = this.ended.get(try_number) ?? []
    return { end, all: [...(this.before.get(try_number) ?? []), end], damaged: this.before.has(try_number) }
  }
}

const strike = (
  fake: FakeAirflow.FakeAirflow,
  versions: Versions,
  one: Trouble,
  clock: SimulatedClock.SimulatedClock
) => {
  switch (one.kind) {
    case "fault":
      return fake.inject(one.fault, { times: one.times, when: ({ path }) => matches[one.victim](path) })
    case "key rotation":
      return fake.rotateSecretKey()
    case "restart":
      fake.goDown()
      return clock.at(clock.now() + one.millis, () => fake.comeBack({ secretKey: one.newKey }))
    case "half line":
      for (const half of one.halves) fake.readHalfLine(half)
      return
    case "clear":
      return fake.clear(target)
    case "resume":
      return
    default: {
      const try_number = currentTry(fake)
      if (try_number === 0) return
      versions.remember(try_number)
      const id = { ...target, try_number }
      if (one.kind === "log truncated") return fake.truncateLog(id, one.keep)
      if (one.kind === "log replaced") return fake.replaceLog(id, one.lines)
      return fake.deleteLog(id)
    }
  }
}

/** The last attempt that has written. */
const currentTry = (fake: FakeAirflow.FakeAirflow): number => {
  let try_number = 0
  while (fake.written({ ...target, try_number: try_number + 1 }).length > 0) try_number++
  return try_number
}

export const play = async (schedule: FaultSchedule): Promise<Outcome> => {
  const start = Date.UTC(2024, 0, 1)
  const clock = SimulatedClock.make(start)
  await using fake = await FakeAirflow.start({
    version: schedule.version,
    stdoutDelay: schedule.overtaking,
    ...(schedule.servedPart === undefined ? {} : { servedPart: schedule.servedPart }),
    clock: { now: clock.now },
    dags: [
      dag("d", [
        task("t", {
          attempts: schedule.attempts,
          retryDelay: schedule.retryDelay,
          queuedFor: schedule.queuedFor
        })
      ])
    ],
    runs: [{ dag_id: "d", dag_run_id: "r" }]
  })
  const versions = new Versions(fake)
  const struck = new Map<string, number>()
  let wantsResume = false
  for (const one of schedule.troubles) {
    clock.at(start + one.at, () => {
      struck.set(nameOf(one), (struck.get(nameOf(one)) ?? 0) + 1)
      if (one.kind === "resume") wantsResume = true
      else strike(fake, versions, one, clock)
    })
  }

  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const done = clock.busy()
    try {
      return await fake.fetch(input as Request, init)
    } finally {
      done()
    }
  }
  const client = Layer.orDie(
    BrowserAirflow.layer({
      baseUrl: fake.baseUrl,
      auth: speaksV2(schedule)
        ? Auth.jwt({ username: "admin", password: Redacted.make("admin") })
        : Auth.basic("admin", Redacted.make("admin")),
      fetch: fetch as typeof globalThis.fetch
    })
  )

  const events: Array<LogEvent> = []
  const { active, idle, settle, verify } = schedule
  // Ten answers that stall, one after another, are waited for longer than an hour, as each wait may be ten minutes.
  const options = { active, idle, settle, verify, patience: "12 hours" } as const
  const readFrom = (from: "first" | LogCursor.LogCursor) =>
    LogFollower.follow(target, { ...options, from }).pipe(
      Stream.takeUntil((event) => {
        events.push(event)
        if (event._tag === "AttemptEnded") versions.end(event.try_number)
        // An operator sees that a task of 3.0 does not come back by itself.
        if (
          schedule.version.startsWith("3.0") &&
          event._tag === "StateChanged" &&
          event.to === "restarting"
        ) {
          clock.at(clock.now() + 20_000, () => fake.clear(target))
        }
        if (!wantsResume) return false
        wantsResume = false
        return true
      }),
      Stream.runDrain
    )
  const run = Effect.gen(function* () {
    // Before the server has answered once, a failure is final: whoever starts a follower starts it again.
    yield* readFrom("first").pipe(
      Effect.retry({
        schedule: Schedule.spaced("1 second"),
        times: 100,
        while: () => events.length === 0
      })
    )
    while (events.at(-1)?._tag !== "Ended") {
      const saved = JSON.stringify(LogCursor.toJson(events.at(-1)!.cursor))
      yield* readFrom(yield* LogCursor.fromJson(JSON.parse(saved)))
    }
  })
  const exit = await Effect.runPromiseExit(
    run.pipe(Effect.provide(client), Effect.withClock(clock), Effect.withRandom(Random.make(schedule.seed)))
  )
  const judged = Exit.isFailure(exit)
    ? { verdict: `the stream failed: ${String(Cause.squash(exit.cause))}`, late: 0 }
    : judge(schedule, fake, versions, events)
  return {
    seed: schedule.seed,
    version: schedule.version,
    ...judged,
    struck,
    events,
    gaps: events.filter(({ _tag }) => _tag === "Gap").length,
    resynced: events.filter(({ _tag }) => _tag === "Resynced").length,
    lines: events.filter(({ _tag }) => _tag === "Line").length,
    requests: fake.requests.length,
    millis: clock.now() - start
  }
}

export const nameOf = (one: Trouble): string => (one.kind === "fault" ? one.name : one.kind)

/** Lines of an attempt as they were received, in parts between gaps; what came in pieces is joined. */
const partsOf = (
  events: ReadonlyArray<LogEvent>,
  try_number: number,
  isLine: (line: LogLine) => boolean
): ReadonlyArray<ReadonlyArray<string>> => {
  const parts: Array<Array<string>> = [[]]
  for (const event of events) {
    if (event._tag === "Gap" && event.try_number === try_number) parts.push([])
    if (event._tag !== "Line" || event.line.try_number !== try_number || !isLine(event.line)) continue
    const part = parts.at(-1)!
    if (event.line.continued === true && part.length > 0) part.push(`${part.pop()}${event.line.raw}`)
    else part.push(event.line.raw)
  }
  return parts
}

/** The lines of an attempt that came late. */
const lateOf = (
  events: ReadonlyArray<LogEvent>,
  try_number: number,
  isLine: (line: LogLine) => boolean
): ReadonlyArray<string> =>
  events.flatMap((event) =>
    event._tag === "Line" &&
    event.line.late === true &&
    event.line.try_number === try_number &&
    isLine(event.line)
      ? [event.line.raw]
      : []
  )

/** What was received in order, and each late line where it was written. */
const inPlace = (
  received: ReadonlyArray<string>,
  late: ReadonlyArray<string>,
  written: ReadonlyArray<string>
): ReadonlyArray<string> => {
  if (late.length === 0) return received
  const left = [...received]
  const waiting = [...late]
  const placed: Array<string> = []
  for (const line of written) {
    if (left[0] === line) placed.push(left.shift()!)
    else if (waiting.includes(line)) placed.push(...waiting.splice(waiting.indexOf(line), 1))
    else break
  }
  return [...placed, ...left, ...waiting]
}

/** The index of the first line after the last gap. */
const firstIndex = (events: ReadonlyArray<LogEvent>, try_number: number): number => {
  const lastGap = events.findLastIndex((event) => event._tag === "Gap" && event.try_number === try_number)
  const first = events
    .slice(lastGap + 1)
    .find((event) => event._tag === "Line" && event.line.try_number === try_number)
  return first?._tag === "Line" ? first.line.index : -1
}

/** Whether the lines' places are what they should be: one after the other, and each in a record that has begun. */
const wrongPlaces = (events: ReadonlyArray<LogEvent>, try_number: number): string | undefined => {
  let next = 0
  let record = -1
  let count = 0
  for (const event of events) {
    if (event._tag === "Gap" && event.try_number === try_number) {
      next = event.at
      // A record of the log that was before is none of this one.
      if (record >= next) record = -1
    }
    if (event._tag === "AttemptEnded" && event.try_number === try_number) {
      if (event.lines !== next) return `AttemptEnded says ${event.lines} lines, the next place is ${next}`
    }
    if (event._tag !== "Line" || event.line.try_number !== try_number) continue
    const { continued, index, late, record: own, timestamp } = event.line
    if (continued === true) {
      if (index !== next - 1) return `a rest has place ${index}, not ${next - 1}`
      continue
    }
    count++
    if (index !== next) return `line ${count} has place ${index}, not ${next}`
    next = index + 1
    if (late === true) {
      if (own !== index) return `line ${index} came late, and is said to belong to ${own}`
      continue
    }
    if (timestamp !== undefined) record = index
    if (own !== (record === -1 ? index : record))
      return `line ${index} is said to belong to ${own}, not ${record}`
  }
  return undefined
}

const same = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((line, index) => line === b[index])

const holds = (whole: ReadonlyArray<string>, part: ReadonlyArray<string>): boolean => {
  if (part.length === 0) return true
  for (let at = whole.indexOf(part[0]!); at !== -1; at = whole.indexOf(part[0]!, at + 1)) {
    if (same(whole.slice(at, at + part.length), part)) return true
  }
  return false
}

const firstDifference = (received: ReadonlyArray<string>, written: ReadonlyArray<string>): string => {
  const at = received.findIndex((line, index) => line !== written[index])
  const index = at === -1 ? received.length : at
  return `${written.length} lines written, ${received.length} received; line ${index} is ${JSON.stringify(received[index])}, should be ${JSON.stringify(written[index])}`
}

const judge = (
  schedule: FaultSchedule,
  fake: FakeAirflow.FakeAirflow,
  versions: Versions,
  events: ReadonlyArray<LogEvent>
): { readonly verdict: string | undefined; readonly late: number } => {
  const last = events.at(-1)
  if (last?._tag !== "Ended") return { verdict: "the stream ended without Ended", late: 0 }
  let late = 0
  const wrong = (verdict: string) => ({ verdict, late })
  const hasGap = events.some(({ _tag }) => _tag === "Gap")
  if (hasGap && !schedule.troubles.some(isLossy)) return wrong("a Gap, though no line was lost")
  // An attempt that was cleared before it ran has no log, and the server says so as of one that is lost.
  const neverRan = events.some(
    (event) => event._tag === "AttemptEnded" && event.end === "lost" && event.lines === 0
  )
  if (!hasGap && last.end !== "complete" && !schedule.lossy && !neverRan) return wrong(`ended ${last.end}`)
  if (hasGap && last.end === "complete") return wrong("ended complete, with a Gap")
  const counted = events.filter((event) => event._tag === "Line" && event.line.continued !== true).length
  if (last.lines !== counted) return wrong(`${counted} lines came, Ended says ${last.lines}`)
  for (let try_number = 1; try_number <= last.try_number; try_number++) {
    const places = wrongPlaces(events, try_number)
    if (places !== undefined) return wrong(`attempt ${try_number}: ${places}`)
    const isLine = (line: LogLine) => !speaksV2(schedule) || !isTraceback(line)
    const parts = partsOf(events, try_number, isLine)
    const inOrder = partsOf(events, try_number, (line) => isLine(line) && line.late !== true)
    const overtaken = lateOf(events, try_number, isLine)
    const { all, damaged, end } = versions.at(try_number)
    if (!damaged) {
      const written = fake.written({ ...target, try_number })
      const received = inPlace(inOrder.flat(), overtaken, written)
      if (parts.length > 1 || !same(received, written)) {
        return wrong(`attempt ${try_number}: ${firstDifference(received, written)}`)
      }
      continue
    }
    if (parts.length === 1) {
      // What happens to a log that was read to its end is no loss.
      if (same(parts[0]!, fake.written({ ...target, try_number }))) continue
      const received = inPlace(inOrder[0]!, overtaken, end)
      if (!same(received, end))
        return wrong(`attempt ${try_number}, no Gap: ${firstDifference(received, end)}`)
      continue
    }
    const gaps = events.flatMap((event) =>
      event._tag === "Gap" && event.try_number === try_number ? [event.reason] : []
    )
    parts.forEach((part, index) => {
      if (all.some((version) => holds(version, part))) return
      // Two logs in one part: only a gap that follows may tell of it.
      if (index < gaps.length) late++
      else late = NaN
    })
    if (Number.isNaN(late))
      return { verdict: `attempt ${try_number}: the lines after the last Gap are of no log`, late: 0 }
    const reason = gaps.at(-1)
    const final = parts.at(-1)!
    if (reason === "lost" || reason === "shrank") {
      if (final.length > 0) return wrong(`attempt ${try_number}: lines after the log was ${reason}`)
    } else if (!same(end.slice(end.length - final.length), final)) {
      return wrong(`attempt ${try_number}: the end of the log is missing`)
    } else if (final.length > 0 && end.length - final.length !== firstIndex(events, try_number)) {
      return wrong(`attempt ${try_number}: the lines after the last Gap are not where they say`)
    }
  }
  return { verdict: undefined, late }
}
