/** What is remembered of an Airflow that was started. */
import { existsSync } from "node:fs"
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { ToolError } from "system/shell"
import type { User } from "./environment.js"
import * as Paths from "./paths.js"
import * as Versions from "./versions.js"

/** A started Airflow. */
export interface RunningAirflow {
  readonly version: string
  readonly api: "v1" | "v2"
  readonly baseUrl: string
  readonly users: ReadonlyArray<User>
  /** Whether they prove who they are by Kerberos. */
  readonly kerberos: boolean
  readonly port: number
  /** AIRFLOW_HOME; after an upgrade, the one of the version it was started with. */
  readonly home: string
  /** Where the log files of tasks are. */
  readonly logs: string
  /** The process ids of its parts. */
  readonly pids: Readonly<Record<string, number>>
  /** The variables it was started with beyond the usual ones. */
  readonly env: Readonly<Record<string, string>>
}

/** Undefined: it was not started, or was taken down. */
export const read = async (name: string): Promise<RunningAirflow | undefined> => {
  const { state } = Paths.of(name)
  return existsSync(state) ? (JSON.parse(await readFile(state, "utf8")) as RunningAirflow) : undefined
}

export const get = async (name: string): Promise<RunningAirflow> => {
  const airflow = await read(name)
  if (airflow === undefined) throw new ToolError(`Airflow ${name} is not up`)
  return airflow
}

export const write = (airflow: RunningAirflow): Promise<void> =>
  writeFile(Paths.of(airflow.version).state, JSON.stringify(airflow, null, 2))

export const remove = (name: string): Promise<void> => rm(Paths.of(name).state, { force: true })

/** The versions that were ever started or installed here. */
export const names = async (): Promise<ReadonlyArray<string>> =>
  existsSync(Paths.root)
    ? (await readdir(Paths.root)).filter((name) => Versions.parse(name) !== undefined).sort()
    : []
