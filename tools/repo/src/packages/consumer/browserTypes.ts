/** Everything a page can use, in a project that knows nothing of Node. */
import * as AirflowClient from "@effect-airflow/core/AirflowClient"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as AsyncIterable from "@effect-airflow/logs/AsyncIterable"
import { connect } from "@effect-airflow/promise"
import { follow } from "./browser.js"

export default [AirflowClient.layer, TaskInstances.getTaskInstance, AsyncIterable.fromStream, connect, follow]
