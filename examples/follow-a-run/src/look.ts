/** How events look on a terminal: the task first, in a colour of its own. */
import type { FanInEvent } from "@effect-airflow/logs/LogEvent"
import { label, type LogLine, type LogTarget } from "@effect-airflow/logs/LogLine"
import * as SafeText from "@effect-airflow/logs/SafeText"
import { styleText } from "node:util"

type Style = Parameters<typeof styleText>[0]

const { FORCE_COLOR = "", NO_COLOR = "" } = process.env
const coloured = NO_COLOR === "" && (process.stdout.isTTY || FORCE_COLOR !== "")

export const paint = (style: Style, text: string): string => (coloured ? styleText(style, text) : text)

/** Red and yellow are for levels and states. */
const taskStyles: ReadonlyArray<Style> = [
  "cyanBright",
  "greenBright",
  "magentaBright",
  "blueBright",
  "cyan",
  "green",
  "magenta",
  "blue"
]

/** FNV-1a: a task has the same colour in each run and on each machine. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0
  return value
}

const taskStyle = ({ task_id }: LogTarget): Style => taskStyles[hash(task_id) % taskStyles.length]!

const levelStyles: Readonly<Record<string, Style>> = {
  DEBUG: "gray",
  WARNING: "yellow",
  ERROR: "red",
  CRITICAL: "redBright"
}

const stateStyles: Readonly<Record<string, Style>> = {
  success: "green",
  failed: "red",
  upstream_failed: "red",
  up_for_retry: "yellow",
  skipped: "gray"
}

export interface Options {
  /** Whether to show when a line was written. */
  readonly times: boolean
}

export class Look {
  /** Of the longest name so far: which tasks will come is not known before. */
  private width = 0
  private readonly options: Options

  constructor(options: Options) {
    this.options = options
  }

  /** Nothing that comes from a server is to be trusted with the terminal: neither logs nor names nor errors. */
  safe(text: string): string {
    return SafeText.strip(text)
  }

  state(name: string | null | undefined): string {
    return paint(stateStyles[name ?? ""] ?? "gray", this.safe(name ?? "none"))
  }

  /** The first attempt is not worth a word. */
  prefix(target: LogTarget, try_number = 1): string {
    const name = this.safe(label(target)) + (try_number > 1 ? ` #${try_number}` : "")
    this.width = Math.max(this.width, name.length)
    return paint(taskStyle(target), name.padEnd(this.width))
  }

  private line({ level = "", text, timestamp = "" }: LogLine): string {
    const style = levelStyles[level]
    const safe = this.safe(text)
    const time = this.options.times ? `${paint("dim", this.safe(timestamp.slice(11, 23)).padEnd(12))} ` : ""
    return time + (style === undefined ? safe : paint(style, safe))
  }

  /** The lines an event is shown as. */
  event(event: FanInEvent): ReadonlyArray<string> {
    switch (event._tag) {
      case "Line":
        return [`${this.prefix(event.target, event.line.try_number)} ${this.line(event.line)}`]
      case "AttemptStarted":
        return [`${paint("green", "+")} ${this.prefix(event.target, event.try_number)}`]
      case "AttemptEnded": {
        const { end, state, target, try_number } = event
        const what = state === undefined ? "tried again" : this.state(state)
        const how = end === "complete" ? "" : `, its log is ${end}`
        return [`${paint("red", "-")} ${this.prefix(target, try_number)} ${what}${how}`]
      }
      case "Gap":
        return [
          `${this.prefix(event.target)} ${paint("yellow", `lines may be missing here: ${event.reason}`)}`
        ]
      case "Retrying":
      case "SourceFailed":
        return [`${this.prefix(event.target)} ${paint("yellow", this.safe(String(event.error)))}`]
      default:
        return []
    }
  }
}
