/**
 * A line of a task's log, the same whether the server sends text (Airflow 2.x) or records (3.x).
 *
 * @since 0.1.0
 */

/**
 * Names the task instance whose log is read.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogTarget {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  /** Which instance of a mapped task; for such a task it must be given. */
  readonly map_index?: number
}

/**
 * What a line says, read as far as its form is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogRecord {
  /** The message, without what the logging format puts before it. */
  readonly text: string
  /** When it was written, as ISO 8601 with the offset the server wrote. */
  readonly timestamp?: string
  /** `INFO`, `WARNING`, … as Python's logging names them. */
  readonly level?: string
  /** The file and line of the code that logged, e.g. `logging_mixin.py:190`. */
  readonly location?: string
  /** The logger's name, where the server tells. */
  readonly logger?: string
  /** What else the record holds, on Airflow 3: whatever the task's logging put there. */
  readonly fields?: { readonly [key: string]: unknown }
  /** Whether the line begins (`::group::`) or ends (`::endgroup::`) a group that viewers fold. */
  readonly group?: "start" | "end"
  /** The whole line as the server sent it, without its line break; on Airflow 3, which sends records, `text`. */
  readonly raw: string
  /** Who wrote it, where the server tells. */
  readonly host?: string
}

/**
 * A line in its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogLine extends LogRecord {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  /** -1 for a task that is not mapped. */
  readonly map_index: number
  /** The attempt, 1 for the first. */
  readonly try_number: number
  /** The line's place in its attempt, from 0. */
  readonly index: number
  /**
   * The place of the line that begins the record this one belongs to: its own, or for the further lines of a
   * message (a traceback, say) that of the line with time and level.
   */
  readonly record: number
  /**
   * True when this is not a line of its own but the rest of the one before, which had stood without its end
   * for so long that it was passed on. It has the place of that line.
   */
  readonly continued?: true
  /**
   * True when the server has put this line before others that were passed on already: it sorts by time, and two processes
   * write. It is passed on as soon as that is noticed; `index` counts on in the order of passing on.
   */
  readonly late?: true
}

/**
 * Names a task instance in one text, e.g. for a prefix: `load`, `load[3]`.
 *
 * @since 0.1.0
 * @category utils
 */
export const label = ({
  map_index = -1,
  task_id
}: {
  readonly task_id: string
  readonly map_index?: number
}): string => (map_index < 0 ? task_id : `${task_id}[${map_index}]`)

const groupStart = "::group::"
const groupEnd = "::endgroup::"

/**
 * Whether a text begins or ends a group.
 *
 * @internal
 */
export const groupOf = (text: string): Pick<LogRecord, "group"> =>
  text.startsWith(groupStart) ? { group: "start" } : text.startsWith(groupEnd) ? { group: "end" } : {}

/**
 * The title of the group that a line begins; undefined for any other line.
 *
 * @example
 * import { groupTitle, parseText } from "@effect-airflow/logs/LogLine"
 *
 * groupTitle(parseText("[2026-11-24T01:42:47.306+0000] {x.py:1} INFO - ::group::Setup")) // "Setup"
 *
 * @since 0.1.0
 * @category utils
 */
export const groupTitle = ({ group, text }: LogRecord): string | undefined =>
  group === "start" ? text.slice(groupStart.length) : undefined

// [2026-11-24T01:42:47.306+0000] {logging_mixin.py:190} INFO - tick 000000
const airflow2 =
  /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?)([+-]\d\d):?(\d\d)\] \{([^{}]*)\} ([A-Z]+) - ([\s\S]*)$/

/**
 * Reads a line in the format that Airflow 2.x writes by default (`[logging] log_format`). A line in another
 * form, e.g. one of a traceback, is its own text.
 *
 * @example
 * import { parseText } from "@effect-airflow/logs/LogLine"
 *
 * parseText("[2026-11-24T01:42:47.306+0000] {logging_mixin.py:190} INFO - tick").text // "tick"
 *
 * @since 0.1.0
 * @category utils
 */
export const parseText = (raw: string): LogRecord => {
  const match = airflow2.exec(raw)
  if (match === null) return { text: raw, raw, ...groupOf(raw) }
  const [, time, hours, minutes, location, level, text] = match as unknown as ReadonlyArray<string>
  return {
    text: text!,
    timestamp: `${time!.replace(",", ".")}${hours}:${minutes}`,
    level: level!,
    location: location!,
    raw,
    ...groupOf(text!)
  }
}
