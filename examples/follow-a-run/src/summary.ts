/** What became of each task, and of the run. */
import type { Ended, FanInEvent, Finished, SourceFailed } from "@effect-airflow/logs/LogEvent"
import { label } from "@effect-airflow/logs/LogLine"
import { type Look, paint } from "./look.js"

const lines = (count: number): string => `${count} ${count === 1 ? "line" : "lines"}`

export class Summary {
  /** The last word on each task instance: one that is cleared ends more than once. */
  private readonly tasks = new Map<string, Ended | SourceFailed>()
  private run: Finished | undefined

  add(event: FanInEvent): void {
    if (event._tag === "Finished") this.run = event
    else if (event._tag === "Ended" || event._tag === "SourceFailed") {
      this.tasks.set(label(event.target), event)
    }
  }

  private task(event: Ended | SourceFailed, look: Look): string {
    const name = look.prefix(event.target)
    if (event._tag === "SourceFailed") return `${name} not read: ${look.safe(String(event.error))}`
    const attempts = event.try_number > 1 ? `, ${event.try_number} attempts` : ""
    return `${name} ${look.state(event.state)}, ${lines(event.lines)}${attempts}, log ${event.end}`
  }

  lines(look: Look): ReadonlyArray<string> {
    const { run } = this
    if (run === undefined) return []
    const gaps = run.gaps === 0 ? "" : `, ${run.gaps} gaps`
    return [
      "",
      ...[...this.tasks.values()].map((event) => this.task(event, look)),
      paint("bold", "the run") +
        ` ${look.state(run.state)}, ${lines(run.lines)} of ${run.sources} tasks, ${run.complete} logs complete${gaps}`
    ]
  }
}
