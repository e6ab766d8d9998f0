/** Changing task instances on any server. */
import * as Effect from "effect/Effect"
import { AirflowClient } from "../AirflowClient.js"
import type { Unsupported } from "../AirflowError.js"
import type { OperationError, RequestOptions } from "../Endpoint.js"
import type { DetectError, Server } from "../Server.js"
import type { ClearedTaskInstance, TaskInstance } from "../TaskInstance.js"
import * as V1 from "../v1/TaskInstanceActions.js"
import * as V1Read from "../v1/TaskInstances.js"
import type { TaskInstanceCollection } from "../v2/TaskInstance.js"
import * as V2 from "../v2/TaskInstanceActions.js"
import * as V2Read from "../v2/TaskInstances.js"
import { table } from "./capabilities.js"
import * as facade from "./facade.js"
import * as rules from "./facadeParams.js"
import * as rows from "./facadeRows.js"

interface InstanceParams extends V1Read.TaskParams {
  readonly map_index?: number
}

type Failure = OperationError<400 | 401 | 403 | 404 | 409 | 422> | DetectError | Unsupported

const readV1 = (
  { dag_id, dag_run_id, map_index, task_id }: InstanceParams,
  server: Server,
  options: RequestOptions | undefined
) => {
  const task = { dag_id, dag_run_id, task_id }
  return Effect.map(
    map_index === undefined
      ? V1Read.getTaskInstance(task, options)
      : V1Read.getMappedTaskInstance({ ...task, map_index }, options),
    (row) => rows.fromV1(server, row)
  )
}

const readV2 = (
  { dag_id, dag_run_id, map_index = -1, task_id }: InstanceParams,
  server: Server,
  options: RequestOptions | undefined
) =>
  Effect.map(V2Read.getMappedTaskInstance({ dag_id, dag_run_id, task_id, map_index }, options), (row) =>
    rows.fromV2(server, row)
  )

/** The one that was meant, out of those a patch answers with. */
const pick = (
  { task_instances }: TaskInstanceCollection,
  params: InstanceParams,
  server: Server,
  options: RequestOptions | undefined
) => {
  const { map_index = -1, task_id } = params
  const row = task_instances.find((each) => each.task_id === task_id && each.map_index === map_index)
  return row === undefined ? readV2(params, server, options) : Effect.succeed(rows.fromV2(server, row))
}

const noteOperation = { id: "TaskInstances.setNote", since: table.notes, rules: rules.note }

export const setNote = (
  params: InstanceParams & { readonly note: string },
  options: RequestOptions | undefined
): Effect.Effect<TaskInstance, Failure, AirflowClient> =>
  facade.dispatch(
    noteOperation,
    params,
    ({ map_index, ...given }: typeof params, server) =>
      Effect.map(
        map_index === undefined
          ? V1.setTaskInstanceNote(given, options)
          : V1.setMappedTaskInstanceNote({ ...given, map_index }, options),
        (row) => rows.fromV1(server, row)
      ),
    // Without a map index it would be all instances of a mapped task.
    (given: typeof params, server) =>
      Effect.flatMap(V2.patchTaskInstance({ map_index: -1, ...given }, options), (answer) =>
        pick(answer, given, server, options)
      )
  )

const stateOperation = { id: "TaskInstances.setState", rules: rules.state }

export const setState = (
  params: InstanceParams & { readonly new_state: V2.NewState },
  options: RequestOptions | undefined
): Effect.Effect<TaskInstance, Failure, AirflowClient> =>
  Effect.flatMap(AirflowClient, (client) =>
    facade.dispatch(
      stateOperation,
      params,
      ({ map_index, ...given }: typeof params, server) =>
        Effect.zipRight(
          map_index === undefined
            ? client.execute(
                { ...V1.patchTaskInstance.endpoint, idempotent: true },
                { ...given, dry_run: false },
                options
              )
            : client.execute(
                { ...V1.patchMappedTaskInstance.endpoint, idempotent: true },
                { ...given, map_index, dry_run: false },
                options
              ),
          // What API v1 answers is empty.
          readV1(params, server, options)
        ),
      (given: typeof params, server) =>
        client
          .execute(
            { ...V2.patchTaskInstance.endpoint, idempotent: true },
            { map_index: -1, ...given },
            options
          )
          .pipe(
            Effect.flatMap((answer) => pick(answer, given, server, options)),
            // It is in this state already.
            Effect.catchTag("Conflict", () => readV2(given, server, options))
          )
    )
  )

const clearOperation = { id: "TaskInstances.clear", rules: rules.clear }

export const clear = (
  params: V2.ClearTaskInstancesParams,
  options: RequestOptions | undefined
): Effect.Effect<ReadonlyArray<ClearedTaskInstance>, Failure, AirflowClient> =>
  facade.dispatch(
    clearOperation,
    params,
    // The default of API v1 is another one.
    (given: V1.ClearTaskInstancesParams) =>
      Effect.map(
        V1.clearTaskInstances({ reset_dag_runs: true, ...given }, options),
        ({ task_instances }): ReadonlyArray<ClearedTaskInstance> =>
          task_instances.map((raw) => ({
            dag_id: raw.dag_id,
            dag_run_id: raw.dag_run_id,
            task_id: raw.task_id,
            map_index: null,
            api: "v1",
            raw
          }))
      ),
    (given: V2.ClearTaskInstancesParams) =>
      Effect.map(
        V2.clearTaskInstances(given, options),
        ({ task_instances }): ReadonlyArray<ClearedTaskInstance> =>
          task_instances.map((raw) => ({
            dag_id: raw.dag_id,
            dag_run_id: raw.dag_run_id,
            task_id: raw.task_id,
            map_index: raw.map_index,
            api: "v2",
            raw
          }))
      )
  )
