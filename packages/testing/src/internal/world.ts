/** The DAGs and runs of a fake Airflow, and what is so with their task instances at a time. */
import type { Conf, Dag, Task } from "../Scenario.js"
import * as AttemptLog from "./attemptLog.js"
import * as LogText from "./logText.js"
import { iso } from "./time.js"
import * as Timeline from "./timeline.js"

export interface Run {
  readonly dag: Dag
  readonly dag_run_id: string
  readonly conf: Conf
  /** When it was triggered. */
  readonly execution: number
  readonly instances: ReadonlyArray<Instance>
}

export interface Instance {
  readonly run: Run
  readonly task: Task
  readonly map_index: number
  readonly timeline: Timeline.Timeline
  /** When it is there: a mapped one once its task is expanded. */
  readonly from: number
  readonly log: (try_number: number) => AttemptLog.AttemptLog | undefined
}

/** How long a run waits before its first task is looked at. */
const schedulerDelay = 200

const noChange: Timeline.Change = {
  at: 0,
  state: null,
  try_number: 0,
  started: undefined,
  ended: undefined,
  queued: undefined,
  trigger: undefined
}

/** The last change by a time. */
export const statusAt = ({ timeline }: Instance, time: number): Timeline.Change => {
  let found = noChange
  for (const change of timeline.changes) {
    if (change.at > time) break
    found = change
  }
  return found
}

export const overAt = (run: Run): number =>
  Math.max(run.execution, ...run.instances.map(({ timeline }) => timeline.end.at))

export const runStateAt = (run: Run, time: number): string => {
  if (time < run.execution + schedulerDelay) return "queued"
  if (time < overAt(run)) return "running"
  return run.instances.some(
    ({ timeline }) => timeline.end.state === "failed" || timeline.end.state === "upstream_failed"
  )
    ? "failed"
    : "success"
}

export class World {
  readonly dags: ReadonlyMap<string, Dag>
  private readonly runs = new Map<string, Map<string, Run>>()
  private pid = 1000

  constructor(dags: ReadonlyArray<Dag>) {
    this.dags = new Map(dags.map((dag) => [dag.dag_id, dag]))
  }

  run(dag_id: string, dag_run_id: string): Run | undefined {
    return this.runs.get(dag_id)?.get(dag_run_id)
  }

  /** The task instances that are there, in the order of their making. */
  instances(time: number): ReadonlyArray<Instance> {
    const found: Array<Instance> = []
    for (const runs of this.runs.values()) {
      for (const run of runs.values()) {
        for (const instance of run.instances) if (instance.from <= time) found.push(instance)
      }
    }
    return found
  }

  find(dag_id: string, dag_run_id: string, task_id: string, time: number): ReadonlyArray<Instance> {
    const run = this.run(dag_id, dag_run_id)
    return (run?.instances ?? []).filter(({ from, task }) => task.task_id === task_id && from <= time)
  }

  /** Starts a run; the DAG must be there, and the run not. */
  trigger(dag: Dag, dag_run_id: string, conf: Conf, at: number): Run {
    const instances: Array<Instance> = []
    const run: Run = { dag, dag_run_id, conf, execution: at, instances }
    const ends = new Map<string, { at: number; state: string }>()
    for (const task of inOrder(dag)) {
      const upstream = task.upstream.map((id) => ends.get(id)).filter((end) => end !== undefined)
      const ready = Math.max(at + schedulerDelay, ...upstream.map((end) => end.at))
      const bad = upstream.find((end) => end.state !== "success")
      const made =
        bad === undefined
          ? (task.mapped?.map((_, index) => index) ?? [-1]).map((index) =>
              this.instance(run, task, index, ready)
            )
          : [this.blockedInstance(run, task, ready, bad.state === "skipped" ? "skipped" : "upstream_failed")]
      instances.push(...made)
      const failed = made.find(({ timeline }) => timeline.end.state !== "success")
      ends.set(task.task_id, {
        at: Math.max(...made.map(({ timeline }) => timeline.end.at)),
        state: failed?.timeline.end.state ?? "success"
      })
    }
    const runs = this.runs.get(dag.dag_id) ?? new Map<string, Run>()
    this.runs.set(dag.dag_id, runs.set(dag_run_id, run))
    for (const { task, timeline } of instances) {
      for (const other of task.triggers) {
        const triggered = this.dags.get(other)
        if (triggered !== undefined && timeline.end.state === "success") {
          this.trigger(triggered, `manual__${iso(timeline.end.at)}`, {}, timeline.end.at)
        }
      }
    }
    return run
  }

  private blockedInstance(
    run: Run,
    task: Task,
    ready: number,
    state: "upstream_failed" | "skipped"
  ): Instance {
    const timeline = Timeline.blocked(ready, state)
    return { run, task, map_index: -1, timeline, from: run.execution, log: () => undefined }
  }

  private instance(run: Run, task: Task, map_index: number, ready: number): Instance {
    const around = LogText.make({
      dag_id: run.dag.dag_id,
      dag_run_id: run.dag_run_id,
      execution: run.execution,
      task,
      map_index,
      downstream: run.dag.tasks.filter(({ upstream }) => upstream.includes(task.task_id)).length,
      pid: ++this.pid
    })
    const timeline = Timeline.make(task, ready, { map_index, conf: run.conf }, around)
    const logs = new Map<number, AttemptLog.AttemptLog>()
    return {
      run,
      task,
      map_index,
      timeline,
      from: map_index < 0 ? run.execution : ready,
      log: (try_number) => {
        const written = timeline.logs[try_number - 1]
        if (written === undefined) return undefined
        const log = logs.get(try_number) ?? AttemptLog.make(written)
        logs.set(try_number, log)
        return log
      }
    }
  }
}

/** Upstream tasks first. */
const inOrder = (dag: Dag): ReadonlyArray<Task> => {
  const sorted: Array<Task> = []
  const add = (task: Task, path: ReadonlyArray<string>) => {
    if (sorted.includes(task)) return
    if (path.includes(task.task_id)) throw new Error(`the DAG ${dag.dag_id} has a cycle: ${path.join(" → ")}`)
    for (const id of task.upstream) {
      const upstream = dag.tasks.find(({ task_id }) => task_id === id)
      if (upstream === undefined) throw new Error(`the task ${task.task_id} has an unknown upstream: ${id}`)
      add(upstream, [...path, task.task_id])
    }
    sorted.push(task)
  }
  for (const task of dag.tasks) add(task, [])
  return sorted
}
