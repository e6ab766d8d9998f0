import { readToken } from "@effect-airflow/core/v1/Log"
import { isTerminal } from "@effect-airflow/core/v1/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Effect from "effect/Effect"
import { type LogTarget, parseText } from "../LogLine.js"
import type { LogSource, PageRecord } from "../LogSource.js"
import * as Splitter from "./lineSplitter.js"
import * as Header from "./v1Header.js"

/** The text of one host: Elasticsearch sends those of several, interleaved by page. */
interface HostText {
  readonly host: string
  readonly splitter: Splitter.Splitter
}

export interface V1Cursor {
  readonly try_number: number
  /** Undefined: nothing has been read. */
  readonly token: string | undefined
  readonly hosts: ReadonlyArray<HostText>
}

const toRecords = (host: string, { continued, lines }: Splitter.Split): ReadonlyArray<PageRecord> =>
  lines.map((line, index) => ({
    ...(continued && index === 0 ? { text: line, raw: line, continued: true as const } : parseText(line)),
    ...(host === "" ? {} : { host })
  }))

const isHeld = ({ splitter }: HostText): boolean => splitter.rest !== ""

export const make = (target: LogTarget): LogSource<V1Cursor> => {
  const { map_index, ...task } = target
  const mapped = map_index === undefined ? {} : { map_index }
  const get =
    map_index === undefined
      ? TaskInstances.getTaskInstance(task)
      : TaskInstances.getMappedTaskInstance({ ...task, map_index })
  return {
    target,
    status: Effect.map(get, ({ hostname, start_date, state = null, try_number }) => ({
      state,
      try_number,
      // A task that never ran (skipped, failed upstream, an empty operator) is over without a host.
      started:
        isTerminal(state) || state === "up_for_retry"
          ? (hostname ?? "") !== ""
          : state === "running" ||
            state === "deferred" ||
            (state === "up_for_reschedule" && start_date !== null)
    })),
    start: (try_number) => ({ try_number, token: undefined, hosts: [] }),
    next: (cursor) =>
      Effect.map(
        TaskInstances.getLog({
          ...task,
          ...mapped,
          task_try_number: cursor.try_number,
          ...(cursor.token === undefined ? {} : { token: cursor.token })
        }),
        (page) => {
          const hosts = [...cursor.hosts]
          const records: Array<PageRecord> = []
          const notices: Array<string> = []
          let received = false
          for (const part of page.content) {
            let { text } = part
            if (cursor.token === undefined) {
              const header = Header.split(text)
              notices.push(...header.notices)
              text = header.text
            }
            if (text === "") continue
            received = true
            // The name of a host can change from '' to its own, or be left out of a page, in one text.
            const known = page.content.length === 1 ? 0 : hosts.findIndex(({ host }) => host === part.host)
            const at = known === -1 || hosts.length <= known ? hosts.length : known
            const split = Splitter.push(hosts[at]?.splitter ?? Splitter.empty, text)
            const host = part.host === "" ? (hosts[at]?.host ?? "") : part.host
            hosts[at] = { host, splitter: split.splitter }
            for (const record of toRecords(host, split)) records.push(record)
          }
          return {
            records,
            notices,
            lost: notices.some(Header.saysLost),
            cursor: { try_number: cursor.try_number, token: page.continuation_token, hosts },
            endOfLog: readToken(page.continuation_token)?.end_of_log,
            received,
            held: hosts.some(isHeld)
          }
        }
      ),
    flush: (cursor, final) => {
      const records: Array<PageRecord> = []
      const hosts = cursor.hosts.map(({ host, splitter }) => {
        const split = final ? Splitter.end(splitter) : Splitter.flush(splitter)
        records.push(...toRecords(host, split))
        return { host, splitter: split.splitter }
      })
      return { records, cursor: { ...cursor, hosts } }
    }
  }
}
