/** The log view of API v2. */
import { type Answer, refuse } from "../answer.js"
import type { LogFile, Source } from "../attemptLog.js"
import type { Backend } from "../backend.js"
import * as History from "../history.js"
import type { Change } from "../timeline.js"
import { sign, type TokenPayload, verify } from "../token.js"
import { zulu } from "../time.js"
import { type Instance, statusAt } from "../world.js"
import { crash, ndjson, problem, raw } from "./answer.js"
import * as CutLines from "./cutLines.js"
import type { Values } from "./params.js"
import * as Records from "./records.js"
import { type Ids, instanceAt } from "./taskInstances.js"

/** Which kind an `Accept` asks for: what it begins with decides. */
const kindOf = (accept: string | undefined): "json" | "ndjson" | undefined =>
  accept === undefined || accept === "*/*" || accept.startsWith("application/json")
    ? "json"
    : accept.startsWith("application/x-ndjson")
      ? "ndjson"
      : undefined

const path = ({ map_index, run, task }: Instance, try_number: number, source: Source): string =>
  [
    `dag_id=${run.dag.dag_id}`,
    `run_id=${run.dag_run_id}`,
    `task_id=${task.task_id}`,
    ...(map_index < 0 ? [] : [`map_index=${map_index}`]),
    `attempt=${try_number}.log${source === "trigger" ? ".trigger.2.log" : ""}`
  ].join("/")

/** What the server says when its key is not that of the worker. */
const otherKey =
  "!!!! Please make sure that all your Airflow components (e.g. schedulers, api-servers, dag-processors, workers and triggerer) have the same 'secret_key' configured in '[api]' section and time is synchronized on all your machines (for example with ntpd)\nSee more at https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#secret-key"

/** In these states a worker or a triggerer is asked for its file, too. */
const served = new Set<string | null>(["running", "deferred"])

/** In these it is asked when there is no file. */
const finished = new Set<string | null>(["success", "failed", "skipped", "upstream_failed", "removed"])

/** Since 3.2 also in these. */
const attemptOver = new Set<string | null>(["up_for_retry", "up_for_reschedule"])

/** Where the server found a log, or why it did not. */
const sourcesOf = (
  { behaviour, log }: Backend,
  instance: Instance,
  { state, try_number }: Change,
  files: ReadonlyArray<LogFile>
): ReadonlyArray<string> => {
  const local = files.map(({ source }) => `/opt/airflow/logs/${path(instance, try_number, source)}`)
  const asked =
    served.has(state) ||
    (files.length === 0 && (finished.has(state) || (behaviour.since32 && attemptOver.has(state))))
  if (!asked) return local
  if (instance.task.run === undefined) {
    return [
      ...local,
      behaviour.since33
        ? "Could not read served logs: Hostname not available for worker. Please check your `hostname_callable` configuration."
        : "Operator inherits from empty operator and thus does not have logs"
    ]
  }
  const source = state === "deferred" ? "trigger" : "worker"
  const url = `http://fake:${source === "trigger" ? 8794 : 8793}/log/${path(instance, try_number, source)}`
  if (log.secret !== log.workerSecret) return [...local, otherKey]
  const file = files.find((file) => file.source === source)
  if (file !== undefined) return file.isEmpty ? local : [...local, url]
  if (!behaviour.since32) {
    return [...local, `Could not read served logs: 404 Client Error: Not Found for url: ${url}`]
  }
  if (local.length > 0) return [...local, ...local]
  return [
    "Log file not found on worker 'fake'. This attempt may have run on a different worker whose logs are no longer accessible. Consider configuring remote logging (S3, GCS, etc.) for log persistence."
  ]
}

/** A line of a list, or of ndjson, where the time is never left out. */
type Form = (value: Readonly<Record<string, unknown>>) => string

const forms: Readonly<Record<"json" | "ndjson", Form>> = {
  json: (value) => JSON.stringify(value),
  ndjson: (value) => JSON.stringify({ timestamp: null, ...value })
}

const start = "::group::Log message source details"
const end = "::endgroup::"

const header = (sources: ReadonlyArray<string>, { behaviour }: Backend, form: Form): ReadonlyArray<string> =>
  behaviour.sources === "field"
    ? [form({ event: start, sources }), form({ event: end })]
    : [form({ event: start }), ...sources.map((event) => form({ event })), form({ event: end })]

/** What stands for the log of an attempt that there never was. */
const noLog = (instance: Instance, status: Change, backend: Backend, form: Form): ReadonlyArray<string> => {
  if (!backend.behaviour.since31) {
    return [
      form(
        status.state === "skipped"
          ? { event: "Task was skipped, no logs available." }
          : { event: "Error fetching the logs. Try number 0 is invalid.", level: "error" }
      )
    ]
  }
  const event =
    status.state === "skipped"
      ? "Task was skipped — no logs available."
      : status.state === "upstream_failed"
        ? "Task did not run because upstream task(s) failed."
        : "No logs available for this task."
  return [
    form({ timestamp: null, event: start }),
    form({ timestamp: null, event: end }),
    form({ timestamp: zulu(status.at === 0 ? instance.run.execution : status.at), event })
  ]
}

export const get = (
  backend: Backend,
  ids: Ids & { readonly try_number: number },
  values: Values,
  accept: string | undefined
): Answer => {
  const { behaviour, log: settings } = backend
  const now = backend.now()
  const kind = kindOf(accept)
  if (kind === undefined) {
    return problem(406, "Only application/json or application/x-ndjson is supported")
  }
  const token = values["token"] as string | undefined
  const payload = token === undefined || token === "" ? {} : verify(settings.secret, token)
  if (payload === undefined) {
    return problem(400, "Bad Signature. Please use only the tokens provided by the API.")
  }
  const instance = instanceAt(backend, ids, (values["map_index"] as number | undefined) ?? -1)
  const status = instance === undefined ? undefined : History.attempt(instance, ids.try_number, now)
  if (instance === undefined || status === undefined) return problem(404, "TaskInstance not found")

  const form = forms[kind]
  const answer = (lines: ReadonlyArray<string>, next: TokenPayload | undefined): Answer => {
    if (kind === "json") {
      const continuation = next === undefined ? "null" : JSON.stringify(sign(settings.secret, next))
      return raw(`{"content":[${lines.join(",")}],"continuation_token":${continuation}}`)
    }
    // The token is made before the log is read, and so says nothing of it.
    const before: TokenPayload = { ...payload, download_logs: values["full_content"] ?? false }
    return ndjson(
      lines.map((line) => `${line}\n`).join(""),
      before["end_of_log"] === true ? {} : { "airflow-continuation-token": sign(settings.secret, before) }
    )
  }
  if (ids.try_number === 0) return answer(noLog(instance, status, backend, form), undefined)

  const log = instance.log(ids.try_number)
  const writing = served.has(status.state) && statusAt(instance, now).try_number === ids.try_number
  const position = kind === "json" ? payload["log_pos"] : undefined
  if (typeof position === "number" && behaviour.logToken === "fails") return refuse(crash())
  const records =
    log === undefined
      ? []
      : Records.read(log, now, writing, (raw) =>
          CutLines.cut(log, raw, behaviour.breaksServed ? settings.servedPart : Infinity, settings.halfLines)
        )
  const shown =
    typeof position === "number" && behaviour.logToken === "works" ? records.slice(position) : records
  const lines = shown.map((record) => (kind === "json" ? record.json : Records.asLine(record)))
  const notices =
    typeof position === "number"
      ? []
      : header(sourcesOf(backend, instance, status, log?.files(now) ?? []), backend, form)
  return answer([...notices, ...lines], writing ? { end_of_log: false, log_pos: records.length } : undefined)
}

/** No log handler of a fake has logs elsewhere. */
export const externalUrl = (): Answer => problem(400, "Task log handler does not support external logs.")
