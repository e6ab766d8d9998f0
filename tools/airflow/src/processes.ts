/** The processes of one Airflow, and no others: they were started with its AIRFLOW_HOME. */
import * as Processes from "system/processes"

export { end, start, withDescendants } from "system/processes"

export const ofHome = (home: string): ReadonlyArray<number> => Processes.having("AIRFLOW_HOME", home)

/** Whether a process with this id belongs to this home. */
export const isOurs = (pid: number, home: string): boolean => Processes.has(pid, "AIRFLOW_HOME", home)

/** Asks processes to end, and gives them the time they need for it; those still there then are killed. */
export const drain = (pids: ReadonlyArray<number>, home: string, millis: number): Promise<unknown> =>
  Processes.end(() => pids.filter((pid) => isOurs(pid, home)), millis)
