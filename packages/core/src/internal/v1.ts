/** What the operations of API v1 have in common. */
import type { TaskInstance } from "../v1/TaskInstance.js"
import * as decode from "./decode.js"
import * as kinds from "./params.js"
import * as rows from "./v1Rows.js"

export const json = "application/json"

/** A path below the task instances of a run. */
export const at = (rest = ""): string => `/api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances${rest}`

export const run = { dag_id: kinds.id, dag_run_id: kinds.id }
export const task = { dag_id: kinds.id, dag_run_id: kinds.id, task_id: kinds.id }
export const mapped = { dag_id: kinds.id, dag_run_id: kinds.id, task_id: kinds.id, map_index: kinds.count }

export const taskInstance: decode.Decoder<TaskInstance> = decode.struct(rows.taskInstance)
