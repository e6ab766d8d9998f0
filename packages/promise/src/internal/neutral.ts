/** The operations that are the same on every Airflow, as functions. */
import * as DagRunsModule from "@effect-airflow/core/DagRuns"
import type {
  ClearedTaskInstance,
  LogPage,
  TaskInstance,
  TaskInstancePage,
  TaskInstanceTry
} from "@effect-airflow/core/TaskInstance"
import * as Module from "@effect-airflow/core/TaskInstances"
import type { DagRunParams } from "@effect-airflow/core/v1/TaskInstances"
import { type Call, call, type CallOptions, rows } from "./call.js"
import type { Session } from "./session.js"

type Rows<Params> = (
  params: Params,
  options?: CallOptions
) => AsyncIterableIterator<TaskInstance, undefined, undefined>

export interface TaskInstances {
  /** One task instance; of a mapped task with its `map_index`. */
  readonly get: Call<Module.TaskInstanceParams, TaskInstance>
  /** A page of the task instances of a run, or with `~` of all runs or DAGs. */
  readonly list: Call<Module.ListParams, TaskInstancePage>
  /** All rows of that list, each once. */
  readonly listAll: Rows<Module.ListParams>
  /** A page of the instances of a mapped task. */
  readonly listMapped: Call<Module.ListMappedParams, TaskInstancePage>
  /** All of them. */
  readonly listMappedAll: Rows<Module.ListMappedParams>
  /** A page of the task instances of any DAGs and runs, by lists of their ids. */
  readonly batch: Call<Module.BatchParams, TaskInstancePage>
  /** All rows of that list, each once. */
  readonly batchAll: Rows<Module.BatchParams>
  /** Its extra links, by name. */
  readonly links: Call<Module.LinksParams, Module.ExtraLinks>
  /** A page of an attempt's log. */
  readonly log: Call<Module.LogParams, LogPage>
  /** Its attempts so far. */
  readonly tries: Call<Module.TaskInstanceParams, ReadonlyArray<TaskInstanceTry>>
  /** Why it is not started yet. */
  readonly dependencies: Call<Module.TaskInstanceParams, ReadonlyArray<Module.TaskDependency>>
  /** Writes a note on it. */
  readonly setNote: Call<Module.SetNoteParams, TaskInstance>
  /** Puts it into a state. */
  readonly setState: Call<Module.SetStateParams, TaskInstance>
  /** Clears task instances of a DAG, so that they are run again; by default it only tells which. */
  readonly clear: Call<Module.ClearParams, ReadonlyArray<ClearedTaskInstance>>
}

export interface DagRuns {
  /** One run of a DAG. */
  readonly get: Call<DagRunParams, DagRunsModule.DagRun>
  /** Starts a run under a name of your own; if it is there already, it is given as it is. Safe to repeat. */
  readonly trigger: Call<DagRunsModule.TriggerParams, DagRunsModule.DagRun>
}

export const taskInstances = (session: Session): TaskInstances => ({
  get: call(session, Module.get),
  list: call(session, Module.list),
  listAll: rows(session, Module.listAll),
  listMapped: call(session, Module.listMapped),
  listMappedAll: rows(session, Module.listMappedAll),
  batch: call(session, Module.batch),
  batchAll: rows(session, Module.batchAll),
  links: call(session, Module.links),
  log: call(session, Module.log),
  tries: call(session, Module.tries),
  dependencies: call(session, Module.dependencies),
  setNote: call(session, Module.setNote),
  setState: call(session, Module.setState),
  clear: call(session, Module.clear)
})

export const dagRuns = (session: Session): DagRuns => ({
  get: call(session, DagRunsModule.get),
  trigger: call(session, DagRunsModule.trigger)
})
