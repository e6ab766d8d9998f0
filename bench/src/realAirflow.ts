/** A real Airflow for as long as a bench needs it, and what it has, asked and read without the client. */
import * as Auth from "@effect-airflow/core/Auth"
import type { LogTarget } from "@effect-airflow/logs/LogLine"
import * as Airflow from "airflow/Airflow"
import * as Redacted from "effect/Redacted"
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
// What Airflow makes of its records, written without the client's code.
import * as LogFiles from "../../conformance/src/logFiles.js"

export type Running = Airflow.RunningAirflow

/** Takes it down afterwards, unless it was up before. */
export const using = async <A>(
  version: string,
  work: (airflow: Running) => Promise<A>,
  options: Airflow.UpOptions = {}
): Promise<A> => {
  const wasUp = (await Airflow.status()).some((one) => one.version === version && one.running !== undefined)
  const airflow = await Airflow.up(version, options)
  try {
    return await work(airflow)
  } finally {
    if (!wasUp) await Airflow.down(version)
  }
}

export const versionsIn = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.filter((arg) => /^\d+\.\d+\.\d+$/.test(arg))

export const auth = ({ api, users }: Pick<Running, "api" | "users">): Auth.Auth => {
  const { password, username } = users[0]!
  return api === "v1"
    ? Auth.basic(username, Redacted.make(password))
    : Auth.jwt({ username, password: Redacted.make(password) })
}

const ask = async (airflow: Running, path: string, accept: string, body?: unknown): Promise<Response> => {
  const response = await fetch(`${airflow.baseUrl}/api/${airflow.api}/dags/${path}`, {
    headers: {
      accept,
      authorization: await Airflow.authorization(airflow, airflow.users[0]!),
      "content-type": "application/json"
    },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response
}

let runs = 0

/** Gives the new run's id. */
export const trigger = async (airflow: Running, dag_id: string, conf: object = {}): Promise<string> => {
  const dag_run_id = `bench-${Date.now().toString(36)}-${++runs}`
  const body = { dag_run_id, conf, ...(airflow.api === "v2" ? { logical_date: null } : {}) }
  await (await ask(airflow, `${dag_id}/dagRuns`, "application/json", body)).text()
  return dag_run_id
}

export const runState = async (airflow: Running, dag_id: string, dag_run_id: string): Promise<string> => {
  const response = await ask(airflow, `${dag_id}/dagRuns/${dag_run_id}`, "application/json")
  return ((await response.json()) as { readonly state: string }).state
}

/** A line as it is told from others: with its time, where it has one. */
export interface ServerLine {
  readonly key: string
  readonly text: string
}

const headerText = /^(\*\*\* .*|\*\*\*   \* .*|.* - ::group::Log message source details.*)$/

const readText = (body: string): ReadonlyArray<ServerLine> => {
  // The first line is the host's name.
  const lines = body
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
  let start = 0
  while (headerText.test(lines[start] ?? "")) start++
  if (start > 0 && /^\s*INFO - ::endgroup::$/.test(lines[start] ?? "")) start++
  return lines.slice(start).map((line) => ({ key: line, text: line }))
}

interface ServerRecord {
  readonly event: string
  readonly timestamp?: string | null
}

const readRecords = (records: ReadonlyArray<ServerRecord>): ReadonlyArray<ServerLine> => {
  let start = 0
  if (records[0]?.event === "::group::Log message source details") {
    while (records[start]!.event !== "::endgroup::") start++
    start++
  }
  return records.slice(start).flatMap((record) =>
    LogFiles.records.read(`${JSON.stringify(record)}\n`).map((text, index) => ({
      key: index === 0 ? `${record.timestamp ?? ""} ${text}` : text,
      text
    }))
  )
}

/** An attempt's whole log as the server shows it. */
export const serverLog = async (
  airflow: Running,
  { dag_id, dag_run_id, map_index, task_id }: LogTarget,
  try_number: number
): Promise<ReadonlyArray<ServerLine>> => {
  const index = map_index === undefined || map_index < 0 ? "" : `&map_index=${map_index}`
  const path = `${dag_id}/dagRuns/${dag_run_id}/taskInstances/${task_id}/logs/${try_number}?full_content=true${index}`
  if (airflow.api === "v1") return readText(await (await ask(airflow, path, "text/plain")).text())
  const { content } = (await (await ask(airflow, path, "application/json")).json()) as {
    readonly content: ReadonlyArray<ServerRecord>
  }
  return readRecords(content)
}

/** Bytes of the log files of a task, of all its attempts and instances. */
export const logBytes = async (
  { logs }: Running,
  { dag_id, dag_run_id, task_id }: LogTarget
): Promise<number> => {
  const folder = join(logs, `dag_id=${dag_id}`, `run_id=${dag_run_id}`, `task_id=${task_id}`)
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile()
  )
  const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}
