/** How the demo looks on a terminal. */
import type { TaskInstance } from "@effect-airflow/core/v1/TaskInstance"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"
import * as SafeText from "@effect-airflow/logs/SafeText"
import { styleText } from "node:util"

type Style = Parameters<typeof styleText>[0]

const coloured =
  process.env["NO_COLOR"] === undefined && (process.stdout.isTTY || process.env["FORCE_COLOR"] !== undefined)

const paint = (style: Style, text: string): string => (coloured ? styleText(style, text) : text)

const stateStyles: Readonly<Record<string, Style>> = {
  success: "green",
  failed: "red",
  upstream_failed: "red",
  running: "cyan",
  up_for_retry: "yellow",
  deferred: "magenta",
  skipped: "gray"
}

const levelStyles: Readonly<Record<string, Style>> = { ERROR: "red", CRITICAL: "red", WARNING: "yellow" }

const state = (name: string | null | undefined, width = 0): string =>
  paint(stateStyles[name ?? ""] ?? "gray", (name ?? "none").padEnd(width))

export const heading = (text: string): string => paint("bold", `\n${text}\n`)

const columns = (row: TaskInstance): ReadonlyArray<string> => [
  row.map_index < 0 ? row.task_id : `${row.task_id}[${row.map_index}]`,
  String(row.try_number),
  row.operator ?? "",
  row.start_date?.slice(0, 19) ?? "",
  row.duration == null ? "" : `${row.duration.toFixed(1)} s`
]

export const table = (rows: ReadonlyArray<TaskInstance>): string => {
  const titles = ["task", "try", "operator", "started", "took"]
  const cells = rows.map(columns)
  const widths = titles.map((title, index) =>
    Math.max(title.length, ...cells.map((cell) => cell[index]!.length))
  )
  const line = (cell: ReadonlyArray<string>) =>
    cell.map((text, index) => text.padEnd(widths[index]!)).join("  ")
  return [
    paint("dim", `${"state".padEnd(15)}  ${line(titles)}`),
    ...rows.map((row, index) => `${state(row.state, 15)}  ${line(cells[index]!)}`)
  ].join("\n")
}

const prefix = (try_number: number): string =>
  paint(try_number === 1 ? "cyan" : "blue", `[try ${try_number}]`)

/** The lines an event is shown as. */
export const event = (event: LogEvent): ReadonlyArray<string> => {
  switch (event._tag) {
    case "Line": {
      const { level = "", text, timestamp = "", try_number } = event.line
      // What a task prints is not to be trusted with the terminal.
      const safe = SafeText.strip(text)
      const style = levelStyles[level]
      const time = paint("dim", timestamp.slice(11, 23).padEnd(12))
      return [`${prefix(try_number)} ${time} ${style === undefined ? safe : paint(style, safe)}`]
    }
    case "StateChanged":
      return [`${paint("dim", "state:")} ${state(event.to)}`]
    case "AttemptEnded":
      return [`${prefix(event.try_number)} ${paint("dim", `ended, ${event.lines} lines`)}`]
    default:
      return []
  }
}

export const summary = (events: ReadonlyArray<LogEvent>): string => {
  const attempts = events.filter(({ _tag }) => _tag === "AttemptEnded").length
  const last = events.at(-1)
  if (last?._tag !== "Ended") return "the follow ended early"
  const words = {
    complete: "every line of it was received",
    incomplete: "the server never said that it had ended",
    lost: "the server could not read it"
  }
  return [
    heading("what happened"),
    `attempts  ${attempts}`,
    `lines     ${last.lines}`,
    `outcome   ${state(last.state)}`,
    `log       ${last.end}: ${words[last.end]}`
  ].join("\n")
}
