/** Events as a follower gives them, for tests. */
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import { type LogRecord, parseText } from "@effect-airflow/logs/LogLine"
import { Model } from "../src/model.js"

const target = { dag_id: "d", dag_run_id: "r", task_id: "t" }
const common = { target, cursor: undefined as never }

export const started = (try_number: number): LogEvent => ({ _tag: "AttemptStarted", ...common, try_number })
export const attemptEnded = (try_number: number, state: string): LogEvent => ({
  _tag: "AttemptEnded",
  ...common,
  try_number,
  state,
  end: "complete",
  lines: 1
})
export const gap = (try_number: number): LogEvent => ({
  _tag: "Gap",
  ...common,
  try_number,
  reason: "replaced",
  at: 1
})
export const ended = (lines: number): LogEvent => ({
  _tag: "Ended",
  ...common,
  end: "complete",
  state: "success",
  try_number: 1,
  lines,
  gaps: 0
})

/** Lines in Airflow 2's format; one in another form belongs to the record before it. */
export const lines = (
  try_number: number,
  texts: ReadonlyArray<string>,
  from = 0
): ReadonlyArray<LogEvent> => {
  let record = from
  return texts.map((raw, place) => {
    const index = from + place
    const read = parseText(raw)
    if (read.timestamp !== undefined) record = index
    return line(try_number, index, { ...read }, { record })
  })
}

export const line = (
  try_number: number,
  index: number,
  record: LogRecord,
  more: { readonly record?: number; readonly continued?: true; readonly late?: true } = {}
): LogEvent => ({
  _tag: "Line",
  ...common,
  line: { ...target, map_index: -1, try_number, index, record: index, ...record, ...more }
})

export const at = (level: string, text: string): string =>
  `[2026-01-02T03:04:05.678+0100] {x.py:1} ${level} - ${text}`

export const modelOf = (events: ReadonlyArray<LogEvent>): Model => {
  const model = new Model()
  for (const event of events) model.apply(event)
  return model
}
