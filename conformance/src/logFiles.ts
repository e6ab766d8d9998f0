/**
 * What Airflow makes of the log files on its disk, read without the client's code. Airflow 2 writes lines of text,
 * Airflow 3 a JSON object a line.
 */

export interface Format {
  /** The lines of a file as the server sends them and a reader sees them. */
  readonly read: (text: string) => ReadonlyArray<string>
  /** What stands in a file for these lines, when they were written just before a time (milliseconds since 1970). */
  readonly write: (lines: ReadonlyArray<string>, before: number) => string
}

/** Where Python's `str.splitlines` breaks, as Airflow 2 does when it reads a log file. */
// oxlint-disable-next-line no-control-regex -- exactly those characters
const pythonBreaks = /\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]/

const timeOf = /^\[(\d{4}-\d\d-\d\dT[^\]]+)\]/

/** In the order of their times: two processes write to a file, and overtake each other by a millisecond. */
const inTime = <A extends { readonly time: number }>(lines: ReadonlyArray<A>): ReadonlyArray<A> =>
  [...lines].sort((a, b) => a.time - b.time)

/** Without blank lines, and without one that repeats the one before it. */
export const text: Format = {
  read: (text) => {
    let time = 0
    const lines = text
      .split(pythonBreaks)
      .slice(0, -1)
      .filter((line) => line !== "")
      .map((line) => {
        time = Date.parse(timeOf.exec(line)?.[1]?.replace(/(\d\d)$/, ":$1") ?? "") || time
        return { line, time }
      })
    return inTime(lines)
      .map(({ line }) => line)
      .filter((line, index, all) => !(line.startsWith("[") && line === all[index - 1]))
  },
  write: (lines) => lines.map((line) => `${line}\n`).join("")
}

interface Raised {
  readonly exc_type: string
  readonly exc_value: string
  readonly exc_notes?: ReadonlyArray<string>
  readonly is_cause: boolean
  readonly frames?: ReadonlyArray<{
    readonly filename: string
    readonly lineno: number
    readonly name: string
  }>
}

interface Row {
  readonly event: string
  readonly timestamp?: string | null
  readonly error_detail?: ReadonlyArray<Raised>
}

/** As Python prints it, the exception that came first above the one that came of it. */
const traceback = (details: ReadonlyArray<Raised>): ReadonlyArray<string> => {
  const blocks = details.map(({ exc_notes = [], exc_type, exc_value, frames = [] }) => {
    const head = frames.length > 0 ? ["Traceback (most recent call last):"] : []
    const calls = frames.map(
      ({ filename, lineno, name }) => `  File "${filename}", line ${lineno}, in ${name}`
    )
    return [...head, ...calls, exc_value === "" ? exc_type : `${exc_type}: ${exc_value}`, ...exc_notes].join(
      "\n"
    )
  })
  const between = ({ is_cause }: Raised): string =>
    is_cause
      ? "The above exception was the direct cause of the following exception:"
      : "During handling of the above exception, another exception occurred:"
  const text = blocks.reduceRight(
    (below, block, index) =>
      below === "" ? block : `${below}\n\n${between(details[index + 1]!)}\n\n${block}`,
    ""
  )
  return text === "" ? [] : text.split("\n")
}

const parse = (line: string): Row => {
  try {
    return JSON.parse(line) as Row
  } catch {
    return { event: line }
  }
}

/** The message of each record, in as many lines as it has, and below it the exceptions that are attached. */
export const records: Format = {
  read: (text) => {
    let time = 0
    const rows = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const row = parse(line)
        time = Date.parse(row.timestamp ?? "") || time
        return { row, time }
      })
    return inTime(rows).flatMap(({ row }) => [
      ...row.event.split(/\r?\n/),
      ...traceback(row.error_detail ?? [])
    ])
  },
  // Lines that follow are later; without a time each would be shown twice while the task runs.
  write: (lines, before) =>
    lines
      .map((event, index) => {
        const timestamp = new Date(before - lines.length + index).toISOString()
        return `${JSON.stringify({ timestamp, level: "info", event, logger: "task.stdout" })}\n`
      })
      .join("")
}
