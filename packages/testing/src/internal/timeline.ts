/**
 * What becomes of one task instance over time, computed once from when it is ready: its states, and the lines
 * of each attempt. Nothing here runs; later code asks what was so at a time.
 */
import type { AttemptContext, Task } from "../Scenario.js"

export interface Change {
  readonly at: number
  readonly state: string | null
  readonly try_number: number
  readonly started: number | undefined
  readonly ended: number | undefined
  readonly queued: number | undefined
  /** Until when it is deferred. */
  readonly trigger: number | undefined
}

export interface Written {
  readonly at: number
  readonly line: string
}

export interface Timeline {
  readonly changes: ReadonlyArray<Change>
  /** The lines of attempt n at n - 1. */
  readonly logs: ReadonlyArray<ReadonlyArray<Written>>
  /** When it is over, and how. */
  readonly end: { readonly at: number; readonly state: string }
}

/** What surrounds the lines of a task: Airflow's own. */
export interface Surroundings {
  readonly before: (at: number, context: AttemptContext, resumed: boolean) => ReadonlyArray<string>
  readonly print: (at: number, text: string) => ReadonlyArray<string>
  readonly log: (at: number, level: string, text: string) => ReadonlyArray<string>
  readonly raised: (at: number, error: string, message: string) => ReadonlyArray<string>
  readonly after: (at: number, outcome: string, started: number) => ReadonlyArray<string>
  readonly trigger: (from: number, to: number) => ReadonlyArray<Written>
}

/** How long Airflow's own part of starting and ending an attempt takes. */
const overhead = 100

/** A task whose upstream did not succeed. */
export const blocked = (at: number, upstream: "upstream_failed" | "skipped"): Timeline => ({
  changes: [
    { at, state: upstream, try_number: 0, started: at, ended: at, queued: undefined, trigger: undefined }
  ],
  logs: [],
  end: { at, state: upstream }
})

export const make = (
  task: Task,
  ready: number,
  context: Omit<AttemptContext, "try_number">,
  around: Surroundings
): Timeline => {
  const changes: Array<Change> = []
  const logs: Array<Array<Written>> = []
  let now = ready
  let started: number | undefined
  let queued: number | undefined
  let try_number = 0
  const become = (state: string, more: Partial<Change> = {}) =>
    changes.push({
      at: now,
      state,
      try_number,
      started,
      ended: undefined,
      queued,
      trigger: undefined,
      ...more
    })

  if (task.run === undefined) {
    try_number = 1
    started = now
    become("success", { ended: now })
    return { changes, logs, end: { at: now, state: "success" } }
  }

  /** From ready to running; a new attempt counts from when it is queued. */
  const queue = (next: boolean) => {
    become("scheduled")
    now += task.queuedFor / 2
    if (next) try_number++
    queued = now
    become("queued")
    now += task.queuedFor / 2
  }

  for (;;) {
    queue(true)
    const lines: Array<Written> = []
    logs.push(lines)
    const write = (texts: ReadonlyArray<string>) => {
      for (const line of texts) lines.push({ at: now, line })
    }
    const attempt: AttemptContext = { ...context, try_number }
    const start = (resumed: boolean) => {
      started = now
      become("running")
      write(around.before(now, attempt, resumed))
      now += overhead
    }
    start(false)
    let outcome = "success"
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
          outcome = try_number <= task.retries ? "up_for_retry" : "failed"
          write(around.raised(now, step.error, step.message))
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
          if (step._tag === "Defer") lines.push(...around.trigger(now, until))
          now = until
          queue(false)
          start(true)
          break
        }
      }
      if (outcome !== "success") break
    }
    write(around.after(now, outcome, started!))
    become(outcome, { ended: now })
    if (outcome !== "up_for_retry") return { changes, logs, end: { at: now, state: outcome } }
    now += task.retryDelay
  }
}
