/** The operations of API v1 as functions. */
import * as DagRuns from "@effect-airflow/core/v1/DagRuns"
import type { LogPage } from "@effect-airflow/core/v1/Log"
import type { TaskInstance, TaskInstanceCollection } from "@effect-airflow/core/v1/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import { type Call, call, type ListCall, listCall } from "./call.js"
import type { Session } from "./session.js"

export interface V1 {
  readonly taskInstances: {
    /** One task instance. For a mapped task: `NotFound`. */
    readonly getTaskInstance: Call<TaskInstances.TaskParams, TaskInstance>
    /** One instance of a mapped task. */
    readonly getMappedTaskInstance: Call<TaskInstances.MappedTaskParams, TaskInstance>
    /** The task instances of a run, or with `~` of all runs or DAGs. */
    readonly getTaskInstances: ListCall<
      TaskInstances.GetTaskInstancesParams,
      TaskInstanceCollection,
      TaskInstance
    >
    /** The instances of a mapped task. */
    readonly getMappedTaskInstances: ListCall<
      TaskInstances.GetMappedTaskInstancesParams,
      TaskInstanceCollection,
      TaskInstance
    >
    /** The task instances of any DAGs and runs, by lists of their ids. */
    readonly getTaskInstancesBatch: ListCall<
      TaskInstances.GetTaskInstancesBatchParams,
      TaskInstanceCollection,
      TaskInstance
    >
    /** The extra links of a task instance. */
    readonly getExtraLinks: Call<TaskInstances.GetExtraLinksParams, TaskInstances.ExtraLinks>
    /** A page of an attempt's log. */
    readonly getLog: Call<TaskInstances.GetLogParams, LogPage>
    /** The whole log of an attempt so far, as text. */
    readonly getLogText: Call<TaskInstances.GetLogTextParams, string>
  }
  readonly dagRuns: {
    /** One run of a DAG. */
    readonly getDagRun: Call<TaskInstances.DagRunParams, DagRuns.DagRun>
  }
}

export const v1 = (session: Session): V1 => ({
  dagRuns: { getDagRun: call(session, DagRuns.getDagRun) },
  taskInstances: {
    getTaskInstance: call(session, TaskInstances.getTaskInstance),
    getMappedTaskInstance: call(session, TaskInstances.getMappedTaskInstance),
    getTaskInstances: listCall(session, TaskInstances.getTaskInstances),
    getMappedTaskInstances: listCall(session, TaskInstances.getMappedTaskInstances),
    getTaskInstancesBatch: listCall(session, TaskInstances.getTaskInstancesBatch),
    getExtraLinks: call(session, TaskInstances.getExtraLinks),
    getLog: call(session, TaskInstances.getLog),
    getLogText: call(session, TaskInstances.getLogText)
  }
})
