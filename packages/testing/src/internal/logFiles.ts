/** The log files of an attempt, among them the one that the scheduler writes when it misses the worker. */
import type { AttemptLog, LogFile } from "./attemptLog.js"

/** Those that are there by a time, in the order of their names. */
export const at = (log: AttemptLog, time: number): ReadonlyArray<LogFile> => {
  const lines = log.raw(time).flatMap(({ line, source }) => (source === "scheduler" ? [line] : []))
  if (lines.length === 0) return log.files(time)
  const [worker, trigger] = (["worker", "trigger"] as const).map((wanted) =>
    log.files(time).filter(({ source }) => source === wanted)
  )
  return [...worker!, { source: "scheduler", isEmpty: false, lines: () => lines }, ...trigger!]
}
