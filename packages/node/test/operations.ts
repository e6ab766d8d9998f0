/** Every operation of API v2, and every one that works on any server, ready to be called. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { AirflowError } from "@effect-airflow/core/AirflowError"
import * as DagRuns from "@effect-airflow/core/DagRuns"
import type { RequestOptions } from "@effect-airflow/core/Endpoint"
import * as TaskInstances from "@effect-airflow/core/TaskInstances"
import * as DagRuns2 from "@effect-airflow/core/v2/DagRuns"
import * as Log2 from "@effect-airflow/core/v2/Log"
import * as Actions2 from "@effect-airflow/core/v2/TaskInstanceActions"
import * as Tries2 from "@effect-airflow/core/v2/TaskInstanceTries"
import * as TaskInstances2 from "@effect-airflow/core/v2/TaskInstances"
import type * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { answer, type Serve } from "./rawServer.js"

type Call = (options: RequestOptions) => Effect.Effect<unknown, AirflowError, AirflowClient>

export interface Operation {
  readonly name: string
  readonly call: Call
  /** The version that is asked for first; without it, none is. */
  readonly version?: string
  /** The operation's name in its errors. */
  readonly id: string
  /** What it reads, when it is not a JSON that has to have a certain shape. */
  readonly reads?: "records" | "nothing"
  /** The log token that it sends. */
  readonly token?: true
}

/** A log token that nobody may see. */
export const token = "l0g-t0k3n-s3cr3t"

const run = { dag_id: "d", dag_run_id: "r" }
const task = { ...run, task_id: "t" }
const mapped = { ...task, map_index: 2 }
const group = { ...run, group_id: "g" }

const v2 = (id: string, call: Call, more: Partial<Operation> = {}): Operation => ({
  name: `v2 ${id}`,
  id,
  call,
  ...more
})

export const onV2: ReadonlyArray<Operation> = [
  v2("getTaskInstance", (options) => TaskInstances2.getTaskInstance(task, options)),
  v2("getMappedTaskInstance", (options) => TaskInstances2.getMappedTaskInstance(mapped, options)),
  v2("getTaskInstances", (options) => TaskInstances2.getTaskInstances(run, options)),
  v2("getMappedTaskInstances", (options) => TaskInstances2.getMappedTaskInstances(task, options)),
  v2("getTaskInstancesBatch", (options) => TaskInstances2.getTaskInstancesBatch({}, options)),
  v2("getExtraLinks", (options) => TaskInstances2.getExtraLinks(task, options)),
  v2("getLog", (options) => TaskInstances2.getLog({ ...task, try_number: 1, token }, options), {
    token: true
  }),
  v2("getExternalLogUrl", (options) => TaskInstances2.getExternalLogUrl({ ...task, try_number: 1 }, options)),
  v2("streamLog", (options) => Stream.runDrain(Log2.streamLog({ ...task, try_number: 1, token }, options)), {
    reads: "records",
    token: true
  }),
  v2("getTaskInstanceTries", (options) => Tries2.getTaskInstanceTries(task, options)),
  v2("getMappedTaskInstanceTries", (options) => Tries2.getMappedTaskInstanceTries(mapped, options)),
  v2("getTaskInstanceTryDetails", (options) =>
    Tries2.getTaskInstanceTryDetails({ ...task, task_try_number: 1 }, options)
  ),
  v2("getMappedTaskInstanceTryDetails", (options) =>
    Tries2.getMappedTaskInstanceTryDetails({ ...mapped, task_try_number: 1 }, options)
  ),
  v2("getTaskInstanceDependencies", (options) => Tries2.getTaskInstanceDependencies(task, options)),
  v2("getTaskInstanceDependenciesByMapIndex", (options) =>
    Tries2.getTaskInstanceDependenciesByMapIndex(mapped, options)
  ),
  v2("patchTaskInstance", (options) => Actions2.patchTaskInstance({ ...task, new_state: "failed" }, options)),
  v2("patchTaskInstanceByMapIndex", (options) =>
    Actions2.patchTaskInstanceByMapIndex({ ...mapped, note: null }, options)
  ),
  v2("patchTaskInstanceDryRun", (options) =>
    Actions2.patchTaskInstanceDryRun({ ...task, new_state: "failed" }, options)
  ),
  v2("patchTaskInstanceDryRunByMapIndex", (options) =>
    Actions2.patchTaskInstanceDryRunByMapIndex({ ...mapped, new_state: "failed" }, options)
  ),
  v2("patchTaskGroupInstances", (options) =>
    Actions2.patchTaskGroupInstances({ ...group, new_state: "failed" }, options)
  ),
  v2("patchTaskGroupInstancesDryRun", (options) =>
    Actions2.patchTaskGroupInstancesDryRun({ ...group, new_state: "failed" }, options)
  ),
  v2("bulkTaskInstances", (options) =>
    Actions2.bulkTaskInstances({ ...run, actions: [{ action: "delete", entities: ["t"] }] }, options)
  ),
  v2("deleteTaskInstance", (options) => Actions2.deleteTaskInstance(task, options), { reads: "nothing" }),
  v2("clearTaskInstances", (options) =>
    Actions2.clearTaskInstances({ dag_id: "d", dry_run: false }, options)
  ),
  v2("getDagRun", (options) => DagRuns2.getDagRun(run, options)),
  v2("triggerDagRun", (options) => DagRuns2.triggerDagRun(run, options))
]

/** Each with the name of the operation that is called on Airflow 2, and on Airflow 3. */
const neutral: Readonly<Record<string, readonly [call: Call, onAirflow2: string, onAirflow3: string]>> = {
  "TaskInstances.get": [(options) => TaskInstances.get(task, options), "getTaskInstance", "getTaskInstance"],
  "TaskInstances.list": [
    (options) => TaskInstances.list(run, options),
    "getTaskInstances",
    "getTaskInstances"
  ],
  "TaskInstances.listAll": [
    (options) => Stream.runDrain(TaskInstances.listAll(run, options)),
    "getTaskInstances",
    "getTaskInstances"
  ],
  "TaskInstances.listMapped": [
    (options) => TaskInstances.listMapped(task, options),
    "getMappedTaskInstances",
    "getMappedTaskInstances"
  ],
  "TaskInstances.listMappedAll": [
    (options) => Stream.runDrain(TaskInstances.listMappedAll(task, options)),
    "getMappedTaskInstances",
    "getMappedTaskInstances"
  ],
  "TaskInstances.batch": [
    (options) => TaskInstances.batch({}, options),
    "getTaskInstancesBatch",
    "getTaskInstancesBatch"
  ],
  "TaskInstances.batchAll": [
    (options) => Stream.runDrain(TaskInstances.batchAll({}, options)),
    "getTaskInstancesBatch",
    "getTaskInstancesBatch"
  ],
  "TaskInstances.links": [(options) => TaskInstances.links(task, options), "getExtraLinks", "getExtraLinks"],
  "TaskInstances.log": [
    (options) => TaskInstances.log({ ...task, try_number: 1, token }, options),
    "getLog",
    "getLog"
  ],
  "TaskInstances.tries": [
    (options) => TaskInstances.tries(task, options),
    "getTaskInstanceTries",
    "getTaskInstanceTries"
  ],
  "TaskInstances.dependencies": [
    (options) => TaskInstances.dependencies(task, options),
    "getTaskInstanceDependencies",
    "getTaskInstanceDependencies"
  ],
  "TaskInstances.setNote": [
    (options) => TaskInstances.setNote({ ...task, note: "n" }, options),
    "setTaskInstanceNote",
    "patchTaskInstance"
  ],
  "TaskInstances.setState": [
    (options) => TaskInstances.setState({ ...task, new_state: "failed" }, options),
    "patchTaskInstance",
    "patchTaskInstance"
  ],
  "TaskInstances.clear": [
    (options) => TaskInstances.clear({ dag_id: "d", dry_run: false }, options),
    "clearTaskInstances",
    "clearTaskInstances"
  ],
  "DagRuns.get": [(options) => DagRuns.get(run, options), "getDagRun", "getDagRun"],
  "DagRuns.trigger": [(options) => DagRuns.trigger(run, options), "triggerDagRun", "triggerDagRun"]
}

export const onAny: ReadonlyArray<Operation> = Object.entries(neutral).flatMap(
  ([name, [call, onAirflow2, onAirflow3]]) =>
    [
      ["2.11.0", onAirflow2],
      ["3.3.2", onAirflow3]
    ].map(([version = "", id = ""]): Operation => ({
      name: `${name} on ${version}`,
      id,
      version,
      call,
      ...(id === "getLog" ? { token: true } : {})
    }))
)

const called = (module: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.entries(module).flatMap(([name, value]) =>
    typeof value === "function" && "endpoint" in value ? [name] : []
  )

/** Those that the modules have, whether or not they are above. */
export const existing: { readonly v2: ReadonlyArray<string>; readonly any: ReadonlyArray<string> } = {
  v2: [TaskInstances2, Log2, Tries2, Actions2, DagRuns2].flatMap(called),
  any: [
    ...Object.keys(TaskInstances).map((name) => `TaskInstances.${name}`),
    ...Object.keys(DagRuns)
      .filter((name) => name !== "isTerminalRun")
      .map((name) => `DagRuns.${name}`)
  ]
}

/** Tells its version as an Airflow would, and serves all else so. */
export const versioned =
  (version: string | undefined, serve: Serve): Serve =>
  (socket, request) => {
    const asked = /^GET \/api\/(v\d)\/version /.exec(request)?.[1]
    if (asked === undefined || version === undefined) return serve(socket, request)
    return asked === (version.startsWith("2.") ? "v1" : "v2")
      ? answer("200 OK", ["Content-Type: application/json"], JSON.stringify({ version }))(socket, request)
      : answer("404 NOT FOUND", [])(socket, request)
  }
