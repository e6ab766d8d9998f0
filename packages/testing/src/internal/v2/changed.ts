/** What a view of API v2 answers after a change. */
import type { Answer } from "../answer.js"
import type { Backend } from "../backend.js"
import type { Instance } from "../world.js"
import { row } from "./rows.js"
import { collection } from "./taskInstances.js"

export const rows = ({ behaviour, now }: Backend, instances: ReadonlyArray<Instance>): Answer =>
  collection(
    "task_instances",
    instances.map((instance) => row(instance, now(), behaviour, "alone")),
    instances.length,
    behaviour
  )

/** The instances as they are now, after something was done to them. */
export const again = ({ now, world }: Backend, instances: ReadonlyArray<Instance>): ReadonlyArray<Instance> =>
  instances.flatMap(({ map_index, run, task }) =>
    world
      .find(run.dag.dag_id, run.dag_run_id, task.task_id, now())
      .filter((instance) => instance.map_index === map_index)
  )
