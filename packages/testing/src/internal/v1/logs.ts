/** The log view of API v1. */
import * as python from "../python.js"
import { sign, verify } from "../token.js"
import { type Instance, statusAt, type World } from "../world.js"
import { type Answer, json, problem, text } from "./answer.js"
import type { Values } from "./params.js"

/** Whether the answer is JSON: werkzeug's best match of text/plain and application/json, a tie being text. */
export const wantsJson = (accept: string | undefined): boolean => {
  if (accept === undefined || accept.trim() === "") return true
  const ranges = accept.split(",").map((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim())
    const q = parameters.find((parameter) => parameter.startsWith("q="))
    return { type: type.toLowerCase(), q: q === undefined ? 1 : Number(q.slice(2)) }
  })
  const quality = (type: string) => {
    const exact = ranges.find((range) => range.type === type)
    const wild = ranges.find((range) => range.type === `${type.split("/")[0]}/*` || range.type === "*/*")
    return { q: (exact ?? wild)?.q ?? 0, exact: exact === undefined ? 0 : 1 }
  }
  const [plain, asJson] = [quality("text/plain"), quality("application/json")]
  if (plain.q === 0 && asJson.q === 0) return true
  return asJson.q > plain.q || (asJson.q === plain.q && asJson.exact > plain.exact)
}

const group = (lines: ReadonlyArray<string>): string =>
  [" INFO - ::group::Log message source details", ...lines, " INFO - ::endgroup::", ""].join("\n")

const path = ({ map_index, run, task }: Instance, try_number: number): string =>
  [
    `dag_id=${run.dag.dag_id}`,
    `run_id=${run.dag_run_id}`,
    `task_id=${task.task_id}`,
    ...(map_index < 0 ? [] : [`map_index=${map_index}`]),
    `attempt=${try_number}.log`
  ].join("/")

/** What the server says before the log: where it found it, or why it did not. */
const header = (instance: Instance, try_number: number, found: boolean, now: number): string => {
  const status = statusAt(instance, now)
  const local = ["*** Found local files:", `***   * /opt/airflow/logs/${path(instance, try_number)}`]
  if (found) {
    const running = status.state === "running" && status.try_number === try_number
    const served = `*** Found logs served from host http://fake:8793/log/${path(instance, try_number)}`
    return group(running ? [...local, served] : local)
  }
  // A task without a host to ask, or that has not run yet.
  if (status.started === undefined) return group([])
  const host = instance.task.run === undefined ? "" : "fake"
  const url = `http://${host}:8793/log/${path(instance, try_number)}`
  return group([
    host === ""
      ? `*** Could not read served logs: Invalid URL '${url}': No host supplied`
      : `*** Could not read served logs: 404 Client Error: NOT FOUND for url: ${url}`
  ])
}

export interface LogSettings {
  readonly secret: string
  /** Logs that were deleted, by instance and attempt. */
  readonly isLost: (instance: Instance, try_number: number) => boolean
}

export const get = (
  world: World,
  settings: LogSettings,
  ids: {
    readonly dag_id: string
    readonly dag_run_id: string
    readonly task_id: string
    readonly try_number: number
  },
  query: Values,
  accept: string | undefined,
  now: number
): Answer => {
  const { dag_id, dag_run_id, task_id, try_number } = ids
  const map_index = (query["map_index"] as number | undefined) ?? -1
  const token = query["token"] as string | undefined
  const payload = token === undefined ? {} : verify(settings.secret, token)
  if (payload === undefined) {
    return problem(400, null, "Bad Signature. Please use only the tokens provided by the API.")
  }
  const instance = world.find(dag_id, dag_run_id, task_id, now).find((found) => found.map_index === map_index)
  if (instance === undefined) return problem(404, null, "TaskInstance not found")
  const asJson = wantsJson(accept)
  const answer = (host: string, content: string, next: Readonly<Record<string, unknown>>): Answer =>
    asJson
      ? json({
          content: `[(${python.repr(host)}, ${python.repr(content)})]`,
          continuation_token: sign(settings.secret, next)
        })
      : text(`${host}\n${content}\n`)
  if (try_number < 1) {
    return answer("default_host", `Error fetching the logs. Try number ${try_number} is invalid.`, {
      end_of_log: true
    })
  }

  const status = statusAt(instance, now)
  const lost = settings.isLost(instance, try_number)
  const log = lost || try_number > status.try_number ? undefined : instance.log(try_number)
  // Text knows no position: it is always the whole log.
  const position = asJson && typeof payload["log_pos"] === "number" ? payload["log_pos"] : 0
  const { length, text: content } = log?.after(now, position) ?? { text: "", length: position }
  const first = position === 0 && (!asJson || payload["log_pos"] === undefined)
  const found = log !== undefined && length > 0
  const writing =
    status.try_number === try_number && (status.state === "running" || status.state === "deferred")
  const host = status.started === undefined || instance.task.run === undefined ? "" : "fake"
  return answer(host, `${first ? header(instance, try_number, found, now) : ""}${content}`, {
    end_of_log: !writing,
    log_pos: length
  })
}
