/** 401 and 403 of every operation, for who may not. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Effect from "effect/Effect"
import * as assert from "../assert.js"
import { type Case, group, unauthenticated, type Who } from "../suite.js"
import type { Target } from "../target.js"

const run = { dag_id: "quick", dag_run_id: "c1" }
const task = { ...run, task_id: "hello" }
const attempt = { ...task, task_try_number: 1 }

const operations: Readonly<Record<string, Effect.Effect<unknown, { readonly _tag: string }, AirflowClient>>> =
  {
    getTaskInstance: TaskInstances.getTaskInstance(task),
    getMappedTaskInstance: TaskInstances.getMappedTaskInstance({ ...task, map_index: 0 }),
    getTaskInstances: TaskInstances.getTaskInstances(run),
    getMappedTaskInstances: TaskInstances.getMappedTaskInstances(task),
    getTaskInstancesBatch: TaskInstances.getTaskInstancesBatch({}),
    getExtraLinks: TaskInstances.getExtraLinks(task),
    getLog: TaskInstances.getLog(attempt),
    getLogText: TaskInstances.getLogText(attempt)
  }

const refusals: ReadonlyArray<readonly [who: Who, tag: (target: Target) => string, what: string]> = [
  ["stranger", unauthenticated, "401 or 403: without credentials"],
  ["impostor", unauthenticated, "401 or 403: with wrong ones"],
  ["nobody", () => "Forbidden", "403: without rights"]
]

export const cases: ReadonlyArray<Case> = Object.entries(operations).flatMap(([name, operation]) =>
  refusals.map(([who, tag, what]) =>
    group(name, { api: "v1" })(
      what,
      (target) => Effect.map(Effect.flip(operation), (error) => assert.equal(error._tag, tag(target))),
      who
    )
  )
)
