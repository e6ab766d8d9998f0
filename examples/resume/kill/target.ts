/** A task to follow, on a fake or on a real Airflow, and its log as it was written. */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { readFile } from "node:fs/promises"
import { join } from "node:path"

export interface Conf {
  readonly lines: number
  /** Seconds between two lines. */
  readonly every: number
}

export interface Target extends AsyncDisposable {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  /** What the example needs to know. */
  readonly env: { readonly AIRFLOW_BASE_URL: string; readonly [name: string]: string }
  /** The lines that were written, once the task is over. */
  readonly log: () => Promise<ReadonlyArray<string>>
}

const task = { dag_id: "ticker", task_id: "tick" }
const newRun = () => `kill-${Date.now()}`

const fakeTarget = async (conf: Conf): Promise<Target> => {
  const fake = await FakeAirflow.start()
  const run = { ...task, dag_run_id: fake.trigger(task.dag_id, { dag_run_id: newRun(), conf: { ...conf } }) }
  return {
    ...run,
    env: { AIRFLOW_BASE_URL: fake.baseUrl, AIRFLOW_USERNAME: "admin", AIRFLOW_PASSWORD: "admin" },
    log: () => Promise.resolve(fake.written({ ...run, try_number: 1 })),
    [Symbol.asyncDispose]: fake.close
  }
}

/** Airflow passes over a line that is the same as the one before it. */
const asRead = (text: string): ReadonlyArray<string> =>
  text
    .replace(/\n$/, "")
    .split("\n")
    .filter((line, index, lines) => line !== lines[index - 1])

const realTarget = async (baseUrl: string, conf: Conf): Promise<Target> => {
  const { AIRFLOW_LOGS, AIRFLOW_PASSWORD = "admin", AIRFLOW_USERNAME = "admin" } = process.env
  if (new URL(baseUrl).hostname !== "127.0.0.1") throw new Error("only an Airflow on 127.0.0.1 is asked")
  if (AIRFLOW_LOGS === undefined) throw new Error("AIRFLOW_LOGS must name the folder of its logs")
  const dag_run_id = newRun()
  const trigger = () =>
    fetch(`${baseUrl}/api/v1/dags/${task.dag_id}/dagRuns`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa(`${AIRFLOW_USERNAME}:${AIRFLOW_PASSWORD}`)}`,
        "content-type": "application/json"
      },
      body: JSON.stringify({ dag_run_id, conf })
    })
  // The server may be about to start.
  const response = await trigger().catch(async () => {
    await new Promise((resolve) => setTimeout(resolve, 30_000))
    return trigger()
  })
  if (!response.ok) throw new Error(`the run was not triggered: ${response.status} ${await response.text()}`)
  const file = join(
    AIRFLOW_LOGS,
    `dag_id=${task.dag_id}/run_id=${dag_run_id}/task_id=${task.task_id}/attempt=1.log`
  )
  return {
    ...task,
    dag_run_id,
    env: { AIRFLOW_BASE_URL: baseUrl, AIRFLOW_USERNAME, AIRFLOW_PASSWORD },
    log: async () => asRead(await readFile(file, "utf8")),
    [Symbol.asyncDispose]: () => Promise.resolve()
  }
}

export const openTarget = (conf: Conf): Promise<Target> => {
  const { AIRFLOW_BASE_URL } = process.env
  return AIRFLOW_BASE_URL === undefined ? fakeTarget(conf) : realTarget(AIRFLOW_BASE_URL, conf)
}
