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
  readonly scheduled: number | undefined
  readonly queued: number | undefined
  /** Until when it is deferred. */
  readonly trigger: number | undefined
}

export interface Written {
  readonly at: number
  readonly line: string
  /** Whose file it is in. */
  readonly source: "worker" | "trigger" | "scheduler"
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
  /**
   * So many milliseconds late what is printed is written. A record of Airflow's has its time at once, and is written
   * after it.
   */
  readonly late: number
  readonly before: (
    at: number,
    context: AttemptContext,
    max_tries: number,
    resumed: boolean,
    /** When the task instance was last made anew, after an attempt that did not last. */
    renewed: number | undefined
  ) => ReadonlyArray<string>
  readonly print: (at: number, text: string) => ReadonlyArray<string>
  readonly log: (at: number, level: string, text: string) => ReadonlyArray<string>
  readonly raised: (at: number, error: string, message: string) => ReadonlyArray<string>
  readonly after: (at: number, outcome: string, started: number) => ReadonlyArray<string>
  /** What the scheduler writes when it misses the worker, where it does. */
  readonly missed?: (at: number) => ReadonlyArray<string>
  /** Lines that are written a moment after it is over. */
  readonly trailing: (at: number) => ReadonlyArray<string>
  /** What becomes of an attempt that is cleared while it runs. */
  readonly restart: {
    /** So long it goes on writing. */
    readonly writes: number
    /** After so long it is dead. */
    readonly killed: number
    /** What it is then: it waits to be tried again, or to be scheduled as after any clearing, or nobody sees that it is dead. */
    readonly next: "up_for_retry" | "restarting" | null
  }
  /** Its last lines. */
  readonly killed: (at: number, started: number) => ReadonlyArray<string>
  /** The last lines of one whose state was set by hand while it ran, and how long it goes on. */
  readonly overruled: {
    readonly writes: number
    readonly lines: (at: number, state: string) => ReadonlyArray<string>
  }
  readonly trigger: (
    from: number,
    to: number
  ) => ReadonlyArray<{ readonly at: number; readonly line: string }>
}

/** How long Airflow's own part of starting and ending an attempt takes. */
const overhead = 100

/** How long after its end an attempt's last lines come. */
const trailingDelay = 30

/** Of a task that nothing has happened to. */
export const untouched = ({ retries }: Task): Change => ({
  at: 0,
  state: null,
  try_number: 0,
  max_tries: retries,
  started: undefined,
  ended: undefined,
  duration: undefined,
  scheduled: undefined,
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

/** When, by a time, an attempt did not last for the last time: it failed and is tried again, or was cleared. */
export const renewed = (changes: ReadonlyArray<Change>, time: number): number | undefined => {
  let found: number | undefined
  let before: string | null | undefined
  for (const { at, state } of changes) {
    if (at > time) break
    const cleared = state === "restarting" || (state === null && before !== "restarting")
    if (cleared || (state === "up_for_retry" && before !== "restarting")) found = at
    before = state
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

/** How long the scheduler takes to see that it waits. */
const schedulerDelay = 500

/** The lines of an attempt up to a time, and others that end it. */
const cut = (
  logs: Timeline["logs"],
  try_number: number,
  time: number,
  at: number,
  last: ReadonlyArray<string>
): ReadonlyArray<ReadonlyArray<Written>> =>
  // Its own closing lines are written at the time of the next change.
  logs.slice(0, try_number).map((lines, index) => {
    if (index !== try_number - 1) return lines
    const before = lines.filter((line) => line.at < time)
    const process = before.at(-1)?.process ?? 0
    return [...before, ...last.map((line): Written => ({ at, line, source: "worker", process }))]
  })

/** What a running task is after it was cleared: it is killed soon after, and `ready` to be tried again some time, or never. */
export const restarted = (
  timeline: Timeline,
  task: Task,
  at: number,
  around: Surroundings
): { readonly past: Timeline; readonly ready: number | undefined } => {
  const { killed, next, writes } = around.restart
  const status = statusAt(timeline, task, at)
  const started = status.started ?? at
  const change = timeline.changes.find((change) => change.at > at)?.at ?? Number.POSITIVE_INFINITY
  const end = Math.min(at + killed, change)
  const restarting: Change = { ...status, at, state: "restarting", ended: at, duration: at - started }
  const dead: Readonly<Record<string, ReadonlyArray<Change>>> = {
    up_for_retry: [{ ...status, at: end, state: "up_for_retry", ended: end, duration: end - started }],
    null: [{ ...restarting, at: end, state: null, max_tries: status.try_number + task.retries }],
    restarting: []
  }
  return {
    past: {
      changes: [...timeline.changes.filter((change) => change.at <= at), restarting, ...dead[String(next)]!],
      logs: cut(
        timeline.logs,
        status.try_number,
        Math.min(at + writes, end),
        end,
        around.killed(end, started)
      ),
      end: { at: Number.POSITIVE_INFINITY, state: null }
    },
    ready: next === "restarting" ? undefined : end + (next === null ? schedulerDelay : task.retryDelay)
  }
}

/** What a task is after its state was set by hand. One that runs is stopped a little later. */
export const overruled = (
  timeline: Timeline,
  task: Task,
  at: number,
  state: string,
  around: Surroundings
): Timeline => {
  const status = statusAt(timeline, task, at)
  const running = status.state === "running"
  const started = status.started ?? at
  const ended = running ? at : (status.ended ?? at)
  const stops = at + around.overruled.writes
  return {
    changes: [
      ...timeline.changes.filter((change) => change.at <= at),
      { ...status, at, state, started, ended, duration: ended - started, trigger: undefined }
    ],
    logs: running
      ? cut(timeline.logs, status.try_number, stops, stops, around.overruled.lines(stops, state))
      : until(timeline, at).logs,
    end: { at, state }
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
  let { duration, ended, queued, scheduled, started, try_number } = before
  const become = (state: string, more: Partial<Change> = {}) =>
    changes.push({
      at: now,
      state,
      try_number,
      max_tries,
      started,
      ended,
      duration,
      scheduled,
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
    scheduled = now
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
    let last = 0
    const write = (texts: ReadonlyArray<string>, late = 0) => {
      last = Math.max(last, now + late)
      for (const line of texts) lines.push({ at: last, line, source: "worker", process })
    }
    const print = (text: string) => write(around.print(now + around.late, text), around.late)
    /** What ends a process is written when all that was printed is. */
    const close = (texts: ReadonlyArray<string>) => {
      if (last > now) now = last + around.late
      write(texts)
    }
    const attempt: AttemptContext = { ...context, try_number }
    const start = (resumed: boolean) => {
      process++
      // One attempt begins once, however many processes it takes.
      if (!resumed) started = now
      ended = undefined
      become("running")
      write(around.before(now, attempt, max_tries, resumed, renewed(changes, now)))
      now += overhead
    }
    start(false)
    let outcome = "success"
    let lost = false
    for (const step of task.run(attempt)) {
      switch (step._tag) {
        case "Print":
          print(step.text)
          now += 1
          break
        case "Log":
          write(around.log(now, step.level, step.text))
          now += 1
          break
        case "Lines":
          for (let index = 0; index < step.count; index++) {
            print(step.line(index))
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
          close(around.after(now, state, started!))
          const until = now + step.millis
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
    if (!lost) close(around.after(now, outcome, started!))
    else {
      const said = around.missed?.(now) ?? []
      for (const line of said) lines.push({ at: now, line, source: "scheduler", process })
    }
    ended = now
    duration = ended - started!
    become(outcome)
    if (!lost) {
      const at = now + trailingDelay
      for (const line of around.trailing(at)) lines.push({ at, line, source: "worker", process })
    }
    if (outcome !== "up_for_retry") return { changes, logs, end: { at: now, state: outcome } }
    now += task.retryDelay
  }
}
