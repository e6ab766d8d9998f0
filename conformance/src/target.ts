/** What the suite runs against: the fake, or a real Airflow. The cases see no difference. */
import type * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import * as Airflow from "airflow/Airflow"
import { readdir, readFile } from "node:fs/promises"
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
  readonly pace: LogFollower.Options
  /** Starts a run, or finds it started. */
  readonly trigger: (dag_id: string, dag_run_id: string, conf?: Record<string, unknown>) => Promise<void>
  /** Until a run is over. */
  readonly finished: (dag_id: string, dag_run_id: string) => Promise<void>
  /** The log files of an attempt as they are on the server's disk: each file's lines. */
  readonly files: (id: AttemptId) => Promise<ReadonlyArray<ReadonlyArray<string>>>
  readonly close: () => Promise<void>
}

const api = (baseUrl: string, pollMillis: number): Pick<Target, "trigger" | "finished"> => {
  const headers = { authorization: `Basic ${btoa("admin:admin")}`, "content-type": "application/json" }
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
  const airflow = await FakeAirflow.start({ clock: FakeClock.real({ speed: 8 }) })
  return {
    name: "fake",
    baseUrl: airflow.baseUrl,
    pace: { active: "200 millis", idle: "400 millis", settle: "100 millis" },
    ...api(airflow.baseUrl, 50),
    files: async (id) => [airflow.written(id)],
    close: airflow.close
  }
}

/** Where Python's `str.splitlines` breaks, as Airflow does when it reads a log file. */
// oxlint-disable-next-line no-control-regex -- exactly those characters
const pythonBreaks = /\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]/

/** Airflow drops a line that repeats the one before it, its timestamp included. */
const withoutRepeats = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.filter((line, index) => !(line.startsWith("[") && line === lines[index - 1]))

/** A real Airflow, started if it is not up. It stays up. */
export const real = async (version: string): Promise<Target> => {
  const airflow = await Airflow.up(version)
  return {
    name: `Airflow ${version}`,
    baseUrl: airflow.baseUrl,
    pace: {},
    ...api(airflow.baseUrl, 500),
    files: async ({ dag_id, dag_run_id, map_index, task_id, try_number }) => {
      const folder = join(
        airflow.logs,
        `dag_id=${dag_id}`,
        `run_id=${dag_run_id}`,
        `task_id=${task_id}`,
        ...(map_index === undefined ? [] : [`map_index=${map_index}`])
      )
      // A deferred task has a second file, of its triggerer.
      const names = (await readdir(folder))
        .filter((name) => name.startsWith(`attempt=${try_number}.log`))
        .sort()
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")))
      return texts.map((text) => withoutRepeats(text.split(pythonBreaks).slice(0, -1)))
    },
    close: async () => undefined
  }
}
