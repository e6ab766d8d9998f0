import { type LogPage as V1LogPage, readToken } from "@effect-airflow/core/v1/Log"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Effect from "effect/Effect"
import { type LogTarget, parseText } from "../LogLine.js"
import type { LogPage, LogSource, PageRecord } from "../LogSource.js"
import * as Splitter from "./lineSplitter.js"
import * as Order from "./order.js"
import * as Status from "./status.js"
import * as Header from "./v1Header.js"

/** The text of one host: Elasticsearch sends those of several, interleaved by page. */
interface HostText {
  readonly host: string
  readonly splitter: Splitter.Splitter
}

export interface V1Cursor {
  readonly try_number: number
  /** Absent: nothing has been read. */
  readonly token?: string
  readonly hosts: ReadonlyArray<HostText>
  /** The last line, which nothing new can be before. */
  readonly last?: Order.Last
  /** The server's count of characters does not fit its texts: it is not looked at. */
  readonly unchecked?: true
}

const toRecords = (host: string, { pieces }: Splitter.Split): ReadonlyArray<PageRecord> =>
  pieces.map(({ continued, text, whole }) => ({
    continued,
    whole,
    show:
      text === undefined
        ? undefined
        : {
            ...(continued ? { text, raw: text } : parseText(text)),
            ...(host === "" ? {} : { host })
          }
  }))

/** Python counts characters of any plane as one. */
const countCharacters = (text: string): number => {
  let count = text.length
  for (let index = 0; index < text.length; index++) if ((text.charCodeAt(index) & 0xfc00) === 0xdc00) count--
  return count
}

export const make = (target: LogTarget): LogSource<V1Cursor> => {
  const { map_index, ...task } = target
  const mapped = map_index === undefined ? {} : { map_index }

  const read = (cursor: V1Cursor, page: V1LogPage): LogPage<V1Cursor> => {
    const hosts = [...cursor.hosts]
    const records: Array<PageRecord> = []
    const notices: Array<string> = []
    let characters = 0
    let spliced = false
    for (const part of page.content) {
      let { text } = part
      if (cursor.token === undefined) {
        const header = Header.split(text)
        notices.push(...header.notices)
        text = header.text
      }
      if (text === "") continue
      characters += countCharacters(text)
      // The name of a host can change from '' to its own, or be left out of a page, in one text.
      const known = page.content.length === 1 ? 0 : hosts.findIndex(({ host }) => host === part.host)
      const at = known === -1 || hosts.length <= known ? hosts.length : known
      const before = hosts[at]?.splitter ?? Splitter.empty
      spliced ||= (before.open !== "" || before.rest !== "") && !/^\r?\n/.test(text)
      const split = Splitter.push(before, text)
      const host = part.host === "" ? (hosts[at]?.host ?? "") : part.host
      hosts[at] = { host, splitter: split.splitter }
      for (const record of toRecords(host, split)) records.push(record)
    }
    // The first line can be one that had begun before; the next one has not.
    if (cursor.token !== undefined && hosts.length < 2) {
      spliced ||= records.slice(0, 2).some((line) => Order.isBefore(line, cursor.last))
    }
    const last = Order.last(records, cursor.last)
    const info = readToken(page.continuation_token)
    const from = cursor.token === undefined ? 0 : readToken(cursor.token)?.log_pos
    const counted = from !== undefined && info?.log_pos !== undefined && cursor.unchecked !== true
    return {
      records,
      notices,
      // A server that counts otherwise, or not at all, cuts its pages otherwise, too.
      spliced: spliced && counted,
      lost: characters === 0 && notices.some(Header.saysLost),
      cursor: {
        ...cursor,
        token: page.continuation_token,
        hosts,
        ...(last === undefined ? {} : { last })
      },
      endOfLog: info?.end_of_log,
      misfit: counted && from + characters !== info.log_pos ? "content" : undefined,
      more: false,
      repeated: 0
    }
  }

  return {
    api: "v1",
    target,
    status: Status.of(target),
    start: (try_number, unchecked = false) => ({
      try_number,
      hosts: [],
      ...(unchecked ? { unchecked: true as const } : {})
    }),
    next: (cursor) =>
      TaskInstances.getLog({
        ...task,
        ...mapped,
        task_try_number: cursor.try_number,
        ...(cursor.token === undefined ? {} : { token: cursor.token })
      }).pipe(
        Effect.map((page) => read(cursor, page)),
        // Without a token there is nothing to refuse: a 400 for another reason comes again.
        Effect.catchTag("BadRequest", (error) =>
          cursor.token !== undefined
            ? Effect.succeed<LogPage<V1Cursor>>({
                records: [],
                notices: [],
                lost: false,
                cursor,
                endOfLog: undefined,
                misfit: "token",
                spliced: false,
                more: false,
                repeated: 0
              })
            : Effect.fail(error)
        )
      ),
    held: ({ hosts }) => hosts.map(({ splitter }) => splitter.rest).join(""),
    open: ({ hosts }) => hosts.map(({ splitter }) => splitter.open).join(""),
    flush: (cursor) => {
      const records: Array<PageRecord> = []
      const hosts = cursor.hosts.map(({ host, splitter }) => {
        const split = Splitter.flush(splitter)
        records.push(...toRecords(host, split))
        return { host, splitter: split.splitter }
      })
      return { records, cursor: { ...cursor, hosts } }
    },
    reopen: (cursor, open) => {
      const [first, ...others] = cursor.hosts
      if (first === undefined || others.length > 0) return undefined
      const whole = { open: "", rest: first.splitter.open + first.splitter.rest }
      const splitter = Splitter.reopen(whole, open)
      return splitter === undefined ? undefined : { ...cursor, hosts: [{ ...first, splitter }] }
    },
    remainder: ({ show, whole = "" }, open) => {
      // A `\r` before the break was passed on with what stood before it, and is no part of the line.
      const begun = open.endsWith("\r") && open.length === whole.length + 1 ? open.slice(0, -1) : open
      if (!whole.startsWith(begun)) return undefined
      const text = whole.slice(begun.length)
      const host = show?.host === undefined ? {} : { host: show.host }
      return { continued: true, whole, show: text === "" ? undefined : { text, raw: text, ...host } }
    }
  }
}
