/** Identifiers as Airflow 3 gives them out: UUIDs of version 7, which sort by the time of their making. */
import { createHash } from "node:crypto"
import type { Task } from "../Scenario.js"
import type { Run } from "./world.js"

/** In one millisecond the runs sort in the order of their making, and their tasks in that of the DAG. */
const uuid7 = (millis: number, run: number, task: number, of: string): string => {
  const hex = (value: number, digits: number) =>
    Math.floor(value).toString(16).padStart(digits, "0").slice(-digits)
  const time = hex(millis, 12)
  return [
    time.slice(0, 8),
    time.slice(8),
    `7${hex(run, 3)}`,
    `8${hex(task, 3)}`,
    createHash("sha1").update(of).digest("hex").slice(0, 12)
  ].join("-")
}

/** What an id is made of: which task instance it is, and since when it has this id. */
export interface Subject {
  readonly run: Run
  readonly task: Task
  readonly map_index: number
  /** When it was made: a mapped one once its task is expanded. */
  readonly from: number
}

/**
 * The id of a task instance. After an attempt that did not last, which is kept in the history, it goes on under
 * another one.
 */
export const ofInstance = ({ from, map_index, run, task }: Subject, renewed: number | undefined): string => {
  const since = renewed ?? (map_index > 0 ? from : run.execution)
  const order = run.dag.tasks.indexOf(task) * 16 + Math.max(0, map_index)
  return uuid7(
    since,
    run.sequence,
    order,
    [run.dag.dag_id, run.dag_run_id, task.task_id, map_index, since].join("\n")
  )
}

/** The id of the one version of a DAG that a fake has. */
export const ofDagVersion = (dag_id: string): string => uuid7(Date.UTC(2024, 0, 1), 0, 0, dag_id)
