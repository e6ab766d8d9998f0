/** Follows a task without Effect: `pnpm start DAG_ID RUN_ID TASK_ID`. */
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import { connect, SafeText } from "@effect-airflow/promise"

const [dag_id = "", dag_run_id = "", task_id = ""] = process.argv.slice(2)

const airflow = await connect(NodeAirflow.layerConfig())
for await (const line of airflow.logs.lines({ dag_id, dag_run_id, task_id })) {
  console.log(SafeText.strip(line.text))
}
await airflow.close()
