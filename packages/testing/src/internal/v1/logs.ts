/** The log view of API v1. */
import * as python from "../python.js"
import { sign, verify } from "../token.js"
import { type Instance, statusAt } from "../world.js"
import type { LogFile, Source } from "../attemptLog.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import { type Answer, crash, json, problem, text } from "./answer.js"
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

/** Since 2.10.4 what the server says is a group; before, it may be nothing at all. */
const group = (lines: ReadonlyArray<string>, { headerGroup }: Behaviour): string =>
  headerGroup
    ? [" INFO - ::group::Log message source details", ...lines, " INFO - ::endgroup::", ""].join("\n")
    : lines.map((line) => `${line}\n`).join("")

const suffixes: Readonly<Record<Source, string>> = {
  worker: "",
  scheduler: ".SchedulerJob.log",
  trigger: ".trigger.2.log"
}

const path = ({ map_index, run, task }: Instance, try_number: number, source: Source): string =>
  [
    `dag_id=${run.dag.dag_id}`,
    `run_id=${run.dag_run_id}`,
    `task_id=${task.task_id}`,
    ...(map_index < 0 ? [] : [`map_index=${map_index}`]),
    `attempt=${try_number}.log${suffixes[source]}`
  ].join("/")

/** What the server says when its key is not that of the worker; the second line has no stars. */
const otherKey =
  "*** !!!! Please make sure that all your Airflow components (e.g. schedulers, webservers, workers and triggerer) have the same 'secret_key' configured in 'webserver' section and time is synchronized on all your machines (for example with ntpd)\nSee more at https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#secret-key"

/** The states in which a worker or a triggerer is asked for its file, too. */
const served = ["running", "deferred"]

/** Those in which it is asked when there is no file. */
const finished = ["success", "failed", "skipped", "upstream_failed"]

const noHost = (url: string, { lostLog }: Behaviour): string =>
  lostLog === "httpx"
    ? "Could not read served logs: Request URL is missing an 'http://' or 'https://' protocol."
    : `Could not read served logs: Invalid URL '${url}': No host supplied`

const explained = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Status"

/** What the server says of a worker that does not let it read. */
const refused = (url: string, { lostLog }: Behaviour): string =>
  lostLog === "httpx"
    ? `Could not read served logs: Client error '403 FORBIDDEN' for url '${url}'\nFor more information check: ${explained}/403`
    : `Could not read served logs: 403 Client Error: FORBIDDEN for url: ${url}`

/** What the server says of a file that a worker does not have. */
const lost = (url: string, { lostLog }: Behaviour): string =>
  lostLog === "not-on-worker"
    ? "Log file not found on worker 'fake'. This attempt may have run on a different worker whose logs are no longer accessible. Consider configuring remote logging (S3, GCS, etc.) for log persistence."
    : lostLog === "requests"
      ? `Could not read served logs: 404 Client Error: NOT FOUND for url: ${url}`
      : `Could not read served logs: Client error '404 NOT FOUND' for url '${url}'\nFor more information check: ${explained}/404`

/** What the server says before the log: where it found it, or why it did not. */
const header = (
  instance: Instance,
  try_number: number,
  files: ReadonlyArray<LogFile>,
  allowed: boolean,
  now: number,
  behaviour: Behaviour
): string => {
  const { started, state, try_number: latest } = statusAt(instance, now)
  const local = files.map(({ source }) => `***   * /opt/airflow/logs/${path(instance, try_number, source)}`)
  const lines = local.length === 0 ? [] : ["*** Found local files:", ...local]
  const asked =
    (served.includes(state ?? "") && (behaviour.servesOlder || try_number === latest)) ||
    (finished.includes(state ?? "") && files.length === 0)
  if (!asked) return group(lines, behaviour)
  const source = state === "deferred" ? "trigger" : "worker"
  const host = started === undefined || instance.task.run === undefined ? "" : "fake"
  const url = `http://${host}:${source === "trigger" ? 8794 : 8793}/log/${path(instance, try_number, source)}`
  if (host !== "" && !allowed) {
    return group([...lines, otherKey, `*** ${refused(url, behaviour)}`], behaviour)
  }
  const file = files.find((file) => file.source === source)
  if (file === undefined) {
    return group([...lines, `*** ${host === "" ? noHost(url, behaviour) : lost(url, behaviour)}`], behaviour)
  }
  // An empty file is not worth a word.
  return group(file.isEmpty ? lines : [...lines, `*** Found logs served from host ${url}`], behaviour)
}

export const get = (
  { behaviour, log: settings, world, ...backend }: Backend,
  ids: {
    readonly dag_id: string
    readonly dag_run_id: string
    readonly task_id: string
    readonly try_number: number
  },
  query: Values,
  accept: string | undefined
): Answer => {
  const now = backend.now()
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

  // Airflow finds no name for the file of a mapped task that is not expanded.
  if (instance.task.mapped !== undefined && map_index < 0) return crash()
  const status = statusAt(instance, now)
  const log = instance.log(try_number)
  // Text knows no position: it is always the whole log.
  const position = asJson && typeof payload["log_pos"] === "number" ? payload["log_pos"] : 0
  const { length, text: content } = log?.after(now, position) ?? { text: "", length: 0 }
  const first = !asJson || payload["log_pos"] === undefined
  const writing =
    status.try_number === try_number && (status.state === "running" || status.state === "deferred")
  const host = status.started === undefined || instance.task.run === undefined ? "" : "fake"
  const allowed = settings.secret === settings.workerSecret
  const notices = first ? header(instance, try_number, log?.files(now) ?? [], allowed, now, behaviour) : ""
  return answer(host, `${notices}${content}`, {
    end_of_log: !writing,
    log_pos: length
  })
}
