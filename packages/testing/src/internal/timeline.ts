/**
 * What becomes of one task instance over time, computed ahead from when it is ready: its states, and the lines
 * of each attempt. Nothing here runs; later code asks what was so at a time.
 */
import type { AttemptContext, Task } from "../Scenario.js"

export interface Change {
  readonly at: number
  readonly state: string | null
  readonly try_number: number
  /** The last attempt that may fail and be tried again. */
  readonly max_tries: number
  readonly started: number | undefined
  readonly ended: number | undefined
  /** Milliseconds that the last attempt that ended took. */
  readonly duration: number | undefined
  readonly queued: number | undefined
  /** Until when it is deferred. */
  readonly trigger: number | undefined
}

export interface Written {
  readonly at: number
  readonly line: string
  /** Whose file it is in. */
  readonly source: "worker" | "trigger"
  /** Which of an attempt's processes wrote it: another one goes on after a deferral. */
  readonly process: number
}

export interface Timeline {
  readonly changes: ReadonlyArray<Change>
  /** The lines of attempt n at n - 1. */
  readonly logs: ReadonlyArray<ReadonlyArray<Written>>
  /** When it is over, and how; never, when it is not scheduled. */
  readonly end: { readonly at: number; readonly state: string | null }
}

/** What surrounds the lines of a task: Airflow's own. */
export interface Surroundings {
  readonly before: (
    at: number,
    context: AttemptContext,
    max_tries: number,
    resumed: boolean
  ) => ReadonlyArray<string>
  readonly print: (at: number, text: string) => ReadonlyArray<string>
  readonly log: (at: number, level: string, text: string) => ReadonlyArray<string>
  readonly raised: (at: number, error: string, message: string) => ReadonlyArray<string>
  readonly after: (at: number, outcome: string, started: number) => ReadonlyArray<string>
  /** Of an attempt that is killed because it was cleared. */
  readonly killed: (at: number, started: number) => ReadonlyArray<string>
  readonly trigger: (
    from: number,
    to: number
  ) => ReadonlyArray<{ readonly at: number; readonly line: string }>
}

/** How long Airflow's own part of starting and ending an attempt takes. */
const overhead = 100

/** Of a task that nothing has happened to. */
export const untouched = ({ retries }: Task): Change => ({
  at: 0,
  state: null,
  try_number: 0,
  max_tries: retries,
  started: undefined,
  ended: undefined,
  duration: undefined,
  queued: undefined,
  trigger: undefined
})

/** The last change by a time. */
export const statusAt = ({ changes }: Timeline, task: Task, time: number): Change => {
  let found = untouched(task)
  for (const change of changes) {
    if (change.at > time) break
    found = change
  }
  return found
}

/** What was so by a time, and nothing after it. */
export const until = ({ changes, logs }: Timeline, time: number): Timeline => ({
  changes: changes.filter(({ at }) => at <= time),
  logs: logs.map((lines) => lines.filter(({ at }) => at <= time)),
  end: { at: Number.POSITIVE_INFINITY, state: null }
})

export const nothing: Timeline = {
  changes: [],
  logs: [],
  end: { at: Number.POSITIVE_INFINITY, state: null }
}

/** A task whose upstream did not succeed. */
export const blocked = (
  past: Timeline,
  task: Task,
  at: number,
  upstream: "upstream_failed" | "skipped"
): Timeline => {
  const change = { ...statusAt(past, task, at), at, state: upstream, started: at, ended: at, duration: 0 }
  return { changes: [...past.changes, change], logs: past.logs, end: { at, state: upstream } }
}

/** What a task that does not run is after it was cleared: it waits to be scheduled again, with more tries. */
export const cleared = (timeline: Timeline, task: Task, at: number): Timeline => {
  const past = until(timeline, at)
  const status = statusAt(past, task, at)
  const max_tries = status.try_number + task.retries
  return {
    ...past,
    changes: [...past.changes, { ...status, at, state: null, trigger: undefined, max_tries }]
  }
}

/** How long a running task goes on after it was cleared: its supervisor looks at its state twice. */
const untilKilled = 2000

/** What a running task is after it was cleared: it is killed soon after, and tried again. */
export const restarted = (
  timeline: Timeline,
  task: Task,
  at: number,
  around: Surroundings
): { readonly past: Timeline; readonly ready: number } => {
  const status = statusAt(timeline, task, at)
  const started = status.started ?? at
  const next = timeline.changes.find((change) => change.at > at)?.at ?? Number.POSITIVE_INFINITY
  const end = Math.min(at + untilKilled, next)
  const killed: ReadonlyArray<Written> = around
    .killed(end, started)
    .map((line) => ({ at: end, line, source: "worker", process: 0 }))
  // Its own closing lines are written at the time of that next change.
  const logs = timeline.logs.slice(0, status.try_number).map((lines, index) => {
    if (index !== status.try_number - 1) return lines
    const before = lines.filter((line) => line.at < end)
    return [...before, ...killed.map((line) => ({ ...line, process: before.at(-1)?.process ?? 0 }))]
  })
  return {
    past: {
      changes: [
        ...timeline.changes.filter((change) => change.at <= at),
        { ...status, at, state: "restarting", ended: at, duration: at - started },
        { ...status, at: end, state: "up_for_retry", ended: end, duration: end - started }
      ],
      logs,
      end: { at: Number.POSITIVE_INFINITY, state: null }
    },
    ready: end + task.retryDelay
  }
}

/** What follows a past once the task is ready. */
export const make = (
  past: Timeline,
  task: Task,
  ready: number,
  context: Omit<AttemptContext, "try_number">,
  around: Surroundings
): Timeline => {
  const changes: Array<Change> = [...past.changes]
  const logs: Array<ReadonlyArray<Written>> = [...past.logs]
  let now = ready
  const { max_tries, ...before } = statusAt(past, task, ready)
  let { duration, ended, queued, started, try_number } = before
  const become = (state: string, more: Partial<Change> = {}) =>
    changes.push({
      at: now,
      state,
      try_number,
      max_tries,
      started,
      ended,
      duration,
      queued,
      trigger: undefined,
      ...more
    })

  if (task.run === undefined) {
    try_number++
    started = now
    ended = now
    duration = 0
    become("success")
    return { changes, logs, end: { at: now, state: "success" } }
  }

  /** From ready to running; a new attempt counts from when it is scheduled. */
  const queue = (next: boolean) => {
    if (next) try_number++
    become("scheduled")
    now += task.queuedFor / 2
    queued = now
    become("queued")
    now += task.queuedFor / 2
  }

  for (;;) {
    queue(true)
    const lines: Array<Written> = []
    let process = 0
    logs[try_number - 1] = lines
    const write = (texts: ReadonlyArray<string>) => {
      for (const line of texts) lines.push({ at: now, line, source: "worker", process })
    }
    const attempt: AttemptContext = { ...context, try_number }
    const start = (resumed: boolean) => {
      process++
      // One attempt begins once, however many processes it takes.
      if (!resumed) started = now
      ended = undefined
      become("running")
      write(around.before(now, attempt, max_tries, resumed))
      now += overhead
    }
    start(false)
    let outcome = "success"
    let lost = false
    for (const step of task.run(attempt)) {
      switch (step._tag) {
        case "Print":
          write(around.print(now, step.text))
          now += 1
          break
        case "Log":
          write(around.log(now, step.level, step.text))
          now += 1
          break
        case "Lines":
          for (let index = 0; index < step.count; index++) {
            write(around.print(now, step.line(index)))
            now += step.every
          }
          break
        case "Sleep":
          now += step.millis
          break
        case "Raise":
          outcome = try_number <= max_tries ? "up_for_retry" : "failed"
          write(around.raised(now, step.error, step.message))
          break
        case "Lose":
          outcome = try_number <= max_tries ? "up_for_retry" : "failed"
          lost = true
          now += step.millis
          break
        case "Skip":
          outcome = "skipped"
          break
        case "Defer":
        case "Reschedule": {
          const state = step._tag === "Defer" ? "deferred" : "up_for_reschedule"
          const until = now + step.millis
          write(around.after(now, state, started!))
          become(state, step._tag === "Defer" ? { trigger: until } : {})
          if (step._tag === "Defer") {
            for (const line of around.trigger(now, until)) lines.push({ ...line, source: "trigger", process })
          }
          now = until
          queue(false)
          start(true)
          break
        }
      }
      if (outcome !== "success") break
    }
    if (!lost) write(around.after(now, outcome, started!))
    ended = now
    duration = ended - started!
    become(outcome)
    if (outcome !== "up_for_retry") return { changes, logs, end: { at: now, state: outcome } }
    now += task.retryDelay
  }
}
