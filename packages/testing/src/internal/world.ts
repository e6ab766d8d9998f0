/** The DAGs and runs of a fake Airflow, and what is so with their task instances at a time. */
import type { Conf, Dag, Task } from "../Scenario.js"
import * as AttemptLog from "./attemptLog.js"
import type { Behaviour } from "./behaviour.js"
import * as Ids from "./ids.js"
import * as LogText from "./logText.js"
import * as RecordText from "./recordText.js"
import * as Tasks from "./tasks.js"
import { iso } from "./time.js"
import * as Timeline from "./timeline.js"

/** From when a run is queued until all its tasks are over. */
export interface Episode {
  readonly queued: number
  /** How it was over, once something has changed after it. */
  readonly over?: { readonly at: number; readonly state: string }
}

export interface Run {
  readonly dag: Dag
  readonly dag_run_id: string
  /** How many runs were made before. */
  readonly sequence: number
  readonly conf: Conf
  /** When it was triggered. */
  readonly execution: number
  /** The date it stands for, in API v2; none unless it was asked for. */
  readonly logical: number | undefined
  readonly note: string | null
  /** The last one holds; a run that is cleared after its end is queued again. */
  episodes: ReadonlyArray<Episode>
  instances: ReadonlyArray<Instance>
}

export interface Instance {
  readonly run: Run
  readonly task: Task
  readonly map_index: number
  readonly timeline: Timeline.Timeline
  /** When it is there: a mapped one once its task is expanded. */
  readonly from: number
  /** When it is gone: the row that stands for a mapped task until then. */
  readonly until: number
  readonly edits: ReadonlyMap<number, ReadonlyArray<AttemptLog.Edit>>
  readonly note: string | null
  readonly log: (try_number: number) => AttemptLog.AttemptLog | undefined
}

/** How long a run waits before its first task is looked at. */
const schedulerDelay = 200

/** The last change by a time. */
export const statusAt = ({ task, timeline }: Instance, time: number): Timeline.Change =>
  Timeline.statusAt(timeline, task, time)

const isThere = ({ from, until }: Instance, time: number): boolean => from <= time && time < until

/** When a run is over, and how, if nothing changes. */
const outcome = (run: Run): { readonly at: number; readonly state: string } => {
  const { over, queued } = run.episodes.at(-1)!
  if (over !== undefined) return over
  const ends = run.instances
    .filter(({ until }) => until === Number.POSITIVE_INFINITY)
    .map(({ timeline }) => timeline.end)
  return {
    at: Math.max(queued, ...ends.map(({ at }) => at)),
    state: ends.some(({ state }) => state === "failed" || state === "upstream_failed") ? "failed" : "success"
  }
}

export interface RunStatus {
  readonly state: string
  readonly started: number | undefined
  readonly ended: number | undefined
}

export const runAt = (run: Run, time: number): RunStatus => {
  const { queued } = run.episodes.at(-1)!
  if (time < queued + schedulerDelay) return { state: "queued", started: undefined, ended: undefined }
  const { at, state } = outcome(run)
  return time < at
    ? { state: "running", started: queued, ended: undefined }
    : { state, started: queued, ended: at }
}

export class World {
  readonly dags: ReadonlyMap<string, Dag>
  private readonly runs = new Map<string, Map<string, Run>>()
  /** Runs that a task of another will have triggered. */
  private planned: Array<{ readonly by: Run; readonly run: Run }> = []
  private pid = 1000
  private sequence = 0

  private readonly behaviour: () => Behaviour
  private readonly late: number

  /** The behaviour decides what Airflow writes around the lines of an attempt when it is planned. */
  constructor(dags: ReadonlyArray<Dag>, behaviour: () => Behaviour, late: number) {
    this.late = late
    this.dags = new Map(dags.map((dag) => [dag.dag_id, dag]))
    this.behaviour = behaviour
  }

  run(dag_id: string, dag_run_id: string): Run | undefined {
    return this.runs.get(dag_id)?.get(dag_run_id)
  }

  /** The task instances that are there, in the order of their making. */
  instances(time: number): ReadonlyArray<Instance> {
    const found: Array<Instance> = []
    for (const runs of this.runs.values()) {
      for (const run of runs.values()) {
        for (const instance of run.instances) if (isThere(instance, time)) found.push(instance)
      }
    }
    return found
  }

  find(dag_id: string, dag_run_id: string, task_id: string, time: number): ReadonlyArray<Instance> {
    const run = this.run(dag_id, dag_run_id)
    return (run?.instances ?? []).filter(
      (instance) => instance.task.task_id === task_id && isThere(instance, time)
    )
  }

  /** All runs, in the order of their making. */
  allRuns(): Array<Run> {
    return [...this.runs.values()]
      .flatMap((runs) => [...runs.values()])
      .sort((a, b) => a.execution - b.execution)
  }

  /** Whether any DAG has a run of this name. */
  hasRun(dag_run_id: string): boolean {
    return [...this.runs.values()].some((runs) => runs.has(dag_run_id))
  }

  /** Starts a run; the DAG must be there, and the run not. */
  trigger(
    dag: Dag,
    dag_run_id: string,
    conf: Conf,
    at: number,
    more: Partial<Pick<Run, "logical" | "note">> = {}
  ): Run {
    const run: Run = {
      dag,
      dag_run_id,
      sequence: this.sequence++,
      conf,
      execution: at,
      logical: more.logical,
      note: more.note ?? null,
      episodes: [{ queued: at }],
      instances: []
    }
    run.instances = Tasks.inOrder(dag).map((task) => this.unready(run, task, at))
    const runs = this.runs.get(dag.dag_id) ?? new Map<string, Run>()
    this.runs.set(dag.dag_id, runs.set(dag_run_id, run))
    this.settle(run, at, at + schedulerDelay)
    return run
  }

  /**
   * Clears task instances: they are run again, with more tries. A run that is over only goes on if it is to be
   * reset.
   */
  clear(instances: ReadonlyArray<Instance>, at: number, resetRuns: boolean): void {
    for (const run of new Set(instances.map(({ run }) => run))) {
      const cleared = instances.filter((instance) => instance.run === run)
      const over = this.freeze(run, at)
      if (over && resetRuns) run.episodes = [...run.episodes, { queued: at }]
      run.instances = run.instances.map((instance) =>
        cleared.includes(instance) ? this.cleared(instance, at) : instance
      )
      if (!over || resetRuns) this.settle(run, at, at + schedulerDelay)
    }
  }

  /** Keeps how a run was over before something changes in it; false: it is not over. */
  private freeze(run: Run, at: number): boolean {
    const { state } = runAt(run, at)
    if (state !== "success" && state !== "failed") return false
    run.episodes = [...run.episodes.slice(0, -1), { ...run.episodes.at(-1)!, over: outcome(run) }]
    return true
  }

  setNote(instance: Instance, note: string | null): void {
    this.replace(instance, this.remade(instance, { note }))
  }

  /**
   * Sets the state of a task instance by hand. What is after it and has failed, by itself or because of it, is
   * cleared.
   */
  setState(instance: Instance, state: string, at: number): void {
    const { run, task, timeline } = instance
    const over = this.freeze(run, at)
    const around = this.surroundings(instance)
    this.replace(
      instance,
      this.remade(instance, { timeline: Timeline.overruled(timeline, task, at, state, around) })
    )
    const after = Tasks.after(run.dag, task.task_id)
    const failed = run.instances.filter(
      (other) =>
        after.has(other.task.task_id) &&
        isThere(other, at) &&
        ["failed", "upstream_failed"].includes(statusAt(other, at).state ?? "")
    )
    if (failed.length > 0) this.clear(failed, at, true)
    else if (!over) this.settle(run, at, at + schedulerDelay)
  }

  /** Removes a task instance. */
  remove(instance: Instance, at: number): void {
    const { run } = instance
    this.freeze(run, at)
    run.instances = run.instances.filter((other) => other !== instance)
  }

  private replace(instance: Instance, by: Instance): void {
    const { run } = instance
    run.instances = run.instances.map((other) => (other === instance ? by : other))
  }

  /** What an attempt writes, whatever is done to its file. */
  written({ edits, log, timeline }: Instance, try_number: number): AttemptLog.AttemptLog | undefined {
    return edits.has(try_number) ? AttemptLog.make(timeline.logs[try_number - 1] ?? []) : log(try_number)
  }

  /** Changes an attempt's log file. */
  edit(instance: Instance, try_number: number, to: AttemptLog.Edit["to"], at: number): void {
    const edits = new Map(instance.edits)
    edits.set(try_number, [...(edits.get(try_number) ?? []), { at, to }])
    this.replace(instance, this.remade(instance, { edits }))
  }

  private cleared(instance: Instance, at: number): Instance {
    const { map_index, run, task, timeline } = instance
    if (statusAt(instance, at).state !== "running") {
      return this.remade(instance, { timeline: Timeline.cleared(timeline, task, at) })
    }
    const around = this.surroundings(instance)
    const { past, ready } = Timeline.restarted(timeline, task, at, around)
    return this.remade(instance, {
      timeline:
        ready === undefined ? past : Timeline.make(past, task, ready, { map_index, conf: run.conf }, around)
    })
  }

  /** Computes what becomes of all instances that wait at a time, looked at from `ready` on. */
  private settle(run: Run, at: number, ready: number): void {
    const ends = new Map<string, { readonly at: number; readonly state: string | null }>()
    const instances: Array<Instance> = []
    const waits = (instance: Instance) => statusAt(instance, at).state === null && at < instance.until
    for (const task of Tasks.inOrder(run.dag)) {
      const upstream = task.upstream.map((id) => ends.get(id)).filter((end) => end !== undefined)
      const from = Math.max(ready, ...upstream.map((end) => end.at))
      const bad = upstream.find((end) => end.state !== "success")
      const before = run.instances.filter((instance) => instance.task === task && instance.from <= at)
      const made = before.flatMap((instance) =>
        !waits(instance)
          ? [instance]
          : bad !== undefined
            ? [this.blocked(instance, from, bad.state === "skipped" ? "skipped" : "upstream_failed")]
            : task.mapped !== undefined && instance.map_index < 0
              ? this.expanded(instance, from)
              : [this.scheduled(instance, from, at)]
      )
      instances.push(...made)
      const lasting = made.filter(({ until }) => until === Number.POSITIVE_INFINITY)
      const failed = lasting.find(({ timeline }) => timeline.end.state !== "success")
      ends.set(task.task_id, {
        at: Math.max(...lasting.map(({ timeline }) => timeline.end.at)),
        state: failed === undefined ? "success" : failed.timeline.end.state
      })
    }
    run.instances = instances
    this.triggerRuns(run, at)
  }

  /** The runs that tasks of a run trigger from a time on. */
  private triggerRuns(by: Run, at: number): void {
    const mistaken = this.planned.filter((plan) => plan.by === by && plan.run.execution > at)
    this.planned = this.planned.filter((plan) => !mistaken.includes(plan))
    for (const { run } of mistaken) this.runs.get(run.dag.dag_id)?.delete(run.dag_run_id)
    for (const { task, timeline } of by.instances) {
      const { at: ends, state } = timeline.end
      for (const other of task.triggers) {
        const dag = this.dags.get(other)
        if (dag === undefined || state !== "success" || ends <= at) continue
        const run = this.trigger(dag, `manual__${iso(ends)}`, {}, ends)
        this.planned.push({ by, run })
      }
    }
  }

  private unready(run: Run, task: Task, from: number): Instance {
    return this.make({
      run,
      task,
      map_index: -1,
      timeline: Timeline.nothing,
      from,
      until: Number.POSITIVE_INFINITY,
      edits: new Map(),
      note: null
    })
  }

  private blocked(instance: Instance, at: number, state: "upstream_failed" | "skipped"): Instance {
    const { task, timeline } = instance
    return this.remade(instance, {
      timeline: Timeline.blocked(Timeline.until(timeline, at), task, at, state),
      until: Number.POSITIVE_INFINITY
    })
  }

  /** The row of a mapped task makes place for its instances. */
  private expanded(instance: Instance, from: number): ReadonlyArray<Instance> {
    return [
      this.remade(instance, { until: from }),
      ...instance.task.mapped!.map((_, map_index) =>
        this.scheduled(
          this.remade(instance, { map_index, from, until: Number.POSITIVE_INFINITY }),
          from,
          from
        )
      )
    ]
  }

  private scheduled(instance: Instance, ready: number, at: number): Instance {
    const { map_index, run, task, timeline } = instance
    const past = Timeline.until(timeline, at)
    const context = { map_index, conf: run.conf }
    return this.remade(instance, {
      timeline: Timeline.make(past, task, ready, context, this.surroundings(instance))
    })
  }

  private surroundings(instance: Instance): Timeline.Surroundings {
    const { map_index, run, task } = instance
    const context: LogText.LogContext = {
      dag_id: run.dag.dag_id,
      dag_run_id: run.dag_run_id,
      execution: run.execution,
      task,
      map_index,
      downstream: run.dag.tasks.filter(({ upstream }) => upstream.includes(task.task_id)).length,
      pid: ++this.pid,
      ti_id: (renewed) => Ids.ofInstance(instance, renewed)
    }
    const { lines, triesCleared } = this.behaviour()
    return lines === "2.7" || lines === "2.9" || lines === "2.10"
      ? LogText.make(context, lines)
      : RecordText.make(context, { lines, triesCleared }, this.late)
  }

  private remade(instance: Instance, changes: Partial<Omit<Instance, "log">>): Instance {
    return this.make({ ...instance, ...changes })
  }

  private make(instance: Omit<Instance, "log">): Instance {
    const { edits, timeline } = instance
    const logs = new Map<number, AttemptLog.AttemptLog>()
    return {
      ...instance,
      log: (try_number) => {
        const written = timeline.logs[try_number - 1]
        if (written === undefined) return undefined
        const log = logs.get(try_number) ?? AttemptLog.make(written, edits.get(try_number))
        logs.set(try_number, log)
        return log
      }
    }
  }
}
