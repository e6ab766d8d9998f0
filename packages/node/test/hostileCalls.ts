/** The calls of the hostile table, by name; they are made in a browser, too. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { AirflowError } from "@effect-airflow/core/AirflowError"
import type { RequestOptions } from "@effect-airflow/core/Endpoint"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { streamLog } from "@effect-airflow/core/v2/Log"
import type * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export const task = { dag_id: "d", dag_run_id: "r", task_id: "t" }

export type CallName = "get" | "list" | "log" | "logText" | "streamed" | "batch" | "head"

type Call = (options: RequestOptions) => Effect.Effect<unknown, AirflowError, AirflowClient>

const attempt = { ...task, task_try_number: 1 }
const stream = (options: RequestOptions) => streamLog({ ...task, try_number: 1 }, options)

export const calls: Readonly<Record<CallName, Call>> = {
  get: (options) => TaskInstances.getTaskInstance(task, options),
  list: (options) => TaskInstances.getTaskInstances({ dag_id: "d", dag_run_id: "r" }, options),
  log: (options) => TaskInstances.getLog(attempt, options),
  logText: (options) => TaskInstances.getLogText(attempt, options),
  batch: (options) => TaskInstances.getTaskInstancesBatch({}, options),
  streamed: (options) => Stream.runDrain(stream(options)),
  /** Leaves after the first part. */
  head: (options) => Stream.runHead(stream(options))
}
