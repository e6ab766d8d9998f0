/** Why a task instance is not run: Airflow's own words. */
import { type Instance, runAt, statusAt } from "./world.js"

export interface Dependency {
  readonly name: string
  readonly reason: string
}

/** Only of one that has not been scheduled. */
export const unmet = (instance: Instance, now: number): ReadonlyArray<Dependency> => {
  const { run, task } = instance
  if (statusAt(instance, now).state !== null) return []
  const { state } = runAt(run, now)
  const before = run.instances.filter(
    (other) => task.upstream.includes(other.task.task_id) && other.from <= now && now < other.until
  )
  const states = before.map((other) => statusAt(other, now).state)
  const count = (...wanted: ReadonlyArray<string>) =>
    states.filter((state) => wanted.includes(state ?? "")).length
  const missing = before.length - count("success")
  const ids = task.upstream.map((id) => `'${id}'`).join(", ")
  return [
    ...(state === "running"
      ? []
      : [
          {
            name: "Dagrun Running",
            reason: `Task instance's dagrun was not in the 'running' state but in the state '${state}'.`
          }
        ]),
    { name: "Task Instance State", reason: "Task is in the 'None' state." },
    ...(missing === 0
      ? []
      : [
          {
            name: "Trigger Rule",
            reason: `Task's trigger rule 'all_success' requires all upstream tasks to have succeeded, but found ${missing} non-success(es). upstream_states=_UpstreamTIStates(success=${count("success")}, skipped=${count("skipped")}, failed=${count("failed")}, upstream_failed=${count("upstream_failed")}, removed=0, done=${count("success", "skipped", "failed", "upstream_failed")}, success_setup=0, skipped_setup=0), upstream_task_ids={${ids}}`
          }
        ])
  ]
}
