/** What the suite runs against: the fake, or a real Airflow. The cases see no difference. */
import type * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import * as Airflow from "airflow/Airflow"
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"

export interface AttemptId {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  readonly map_index?: number
  readonly try_number: number
}

export interface Target {
  readonly name: string
  readonly baseUrl: string
  /** How fast to follow here. */
  readonly pace: LogFollower.Pace
  /** How much faster than ours its time runs. */
  readonly speed: number
  /** Starts a run, or finds it started. */
  readonly trigger: (dag_id: string, dag_run_id: string, conf?: Record<string, unknown>) => Promise<void>
  /** Until a run is over. */
  readonly finished: (dag_id: string, dag_run_id: string) => Promise<void>
  /** The log files of an attempt as they are on the server's disk: each file's lines. */
  readonly files: (id: AttemptId) => Promise<ReadonlyArray<ReadonlyArray<string>>>
  /** Waits for some milliseconds of the server's time. */
  readonly wait: (millis: number) => Promise<void>
  /** Cuts the worker's file of an attempt after some lines. */
  readonly truncateLog: (id: AttemptId, keepLines: number) => Promise<void>
  /** Puts other lines into it. */
  readonly replaceLog: (id: AttemptId, lines: ReadonlyArray<string>) => Promise<void>
  readonly deleteLog: (id: AttemptId) => Promise<void>
  /** Clears a task instance as an operator does, not over the API. */
  readonly clear: (id: Pick<AttemptId, "dag_id" | "dag_run_id" | "task_id">) => Promise<void>
  /** Takes the web server down for some (real) milliseconds, and brings it back with the usual key or another. */
  readonly restartWebserver: (options: {
    readonly downMillis: number
    readonly secretKey?: string
  }) => Promise<void>
  readonly close: () => Promise<void>
}

const headers = { authorization: `Basic ${btoa("admin:admin")}`, "content-type": "application/json" }

const api = (baseUrl: string, pollMillis: number): Pick<Target, "trigger" | "finished"> => {
  const url = (dag_id: string) => `${baseUrl}/api/v1/dags/${encodeURIComponent(dag_id)}/dagRuns`
  return {
    trigger: async (dag_id, dag_run_id, conf = {}) => {
      const body = JSON.stringify({ dag_run_id, conf })
      const response = await fetch(url(dag_id), { method: "POST", headers, body })
      if (!response.ok && response.status !== 409) {
        throw new Error(`could not trigger ${dag_id}: ${response.status} ${await response.text()}`)
      }
    },
    finished: async (dag_id, dag_run_id) => {
      for (let polls = 0; polls < 240_000 / pollMillis; polls++) {
        const response = await fetch(`${url(dag_id)}/${encodeURIComponent(dag_run_id)}`, { headers })
        const { state } = (await response.json()) as { readonly state: string }
        if (state === "success" || state === "failed") return
        await delay(pollMillis)
      }
      throw new Error(`the run ${dag_run_id} of ${dag_id} is not over after 4 minutes`)
    }
  }
}

/** The fake, its time running faster. */
export const fake = async (): Promise<Target> => {
  const speed = 8
  const airflow = await FakeAirflow.start({ clock: FakeClock.real({ speed }) })
  return {
    name: "fake",
    baseUrl: airflow.baseUrl,
    pace: { active: "200 millis", idle: "400 millis", settle: "100 millis" },
    speed,
    ...api(airflow.baseUrl, 50),
    files: async (id) => airflow.logFiles(id).map(({ lines }) => lines),
    wait: (millis) => delay(millis / speed),
    truncateLog: async (id, keepLines) => airflow.truncateLog(id, keepLines),
    replaceLog: async (id, lines) => airflow.replaceLog(id, lines),
    deleteLog: async (id) => airflow.deleteLog(id),
    clear: async (id) => airflow.clear(id),
    restartWebserver: async ({ downMillis, secretKey = "fake-secret" }) => {
      airflow.goDown()
      await delay(downMillis)
      airflow.comeBack({ secretKey })
    },
    close: airflow.close
  }
}

/** Where Python's `str.splitlines` breaks, as Airflow does when it reads a log file. */
// oxlint-disable-next-line no-control-regex -- exactly those characters
const pythonBreaks = /\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]/

const timeOf = /^\[(\d{4}-\d\d-\d\dT[^\]]+)\]/

/**
 * The lines of a file as Airflow reads them: in the order of their times (two processes write to it, and
 * overtake each other by a millisecond), without blank ones, and without one that repeats the one before it.
 */
const asRead = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let time = 0
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      time = Date.parse(timeOf.exec(line)?.[1]?.replace(/(\d\d)$/, ":$1") ?? "") || time
      return { line, time }
    })
    .sort((a, b) => a.time - b.time)
    .map(({ line }) => line)
    .filter((line, index, all) => !(line.startsWith("[") && line === all[index - 1]))
}

/** A real Airflow, started if it is not up. It stays up. */
export const real = async (version: string): Promise<Target> => {
  const airflow = await Airflow.up(version)
  const folder = ({ dag_id, dag_run_id, map_index, task_id }: AttemptId) =>
    join(
      airflow.logs,
      `dag_id=${dag_id}`,
      `run_id=${dag_run_id}`,
      `task_id=${task_id}`,
      ...(map_index === undefined ? [] : [`map_index=${map_index}`])
    )
  const file = (id: AttemptId) => join(folder(id), `attempt=${id.try_number}.log`)
  return {
    name: `Airflow ${version}`,
    baseUrl: airflow.baseUrl,
    pace: {},
    speed: 1,
    ...api(airflow.baseUrl, 500),
    files: async (id) => {
      // A deferred task has a second file, of its triggerer.
      const names = (await readdir(folder(id)))
        .filter((name) => name.startsWith(`attempt=${id.try_number}.log`))
        .sort()
      const texts = await Promise.all(names.map((name) => readFile(join(folder(id), name), "utf8")))
      return texts.map((text) => asRead(text.split(pythonBreaks).slice(0, -1)))
    },
    wait: (millis) => delay(millis),
    truncateLog: async (id, keepLines) => {
      const lines = (await readFile(file(id), "utf8")).split("\n").slice(0, keepLines)
      await truncate(file(id), Buffer.byteLength(lines.map((line) => `${line}\n`).join("")))
    },
    // In place: a task that runs holds it open.
    replaceLog: (id, lines) => writeFile(file(id), lines.map((line) => `${line}\n`).join("")),
    deleteLog: (id) => rm(file(id)),
    clear: async ({ dag_id, dag_run_id, task_id }) => {
      const response = await fetch(
        `${airflow.baseUrl}/api/v1/dags/${encodeURIComponent(dag_id)}/dagRuns/${encodeURIComponent(dag_run_id)}`,
        { headers }
      )
      const { execution_date } = (await response.json()) as { readonly execution_date: string }
      await Airflow.clearTask(version, { dag_id, task_id, execution_date })
    },
    restartWebserver: async ({ downMillis, secretKey }) => {
      await Airflow.stopWebserver(version)
      await delay(downMillis)
      await Airflow.startWebserver(version, secretKey)
    },
    close: async () => undefined
  }
}
