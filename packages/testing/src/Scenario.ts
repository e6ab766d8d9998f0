/**
 * What a fake Airflow holds, as data: DAGs, their tasks, and what each attempt of a task does over time.
 *
 * @since 0.1.0
 */

/**
 * One thing an attempt does.
 *
 * @since 0.1.0
 * @category models
 */
export type Step =
  | { readonly _tag: "Print"; readonly text: string }
  | { readonly _tag: "Log"; readonly level: string; readonly text: string }
  | {
      readonly _tag: "Lines"
      readonly count: number
      readonly every: number
      readonly line: (index: number) => string
    }
  | { readonly _tag: "Sleep"; readonly millis: number }
  | { readonly _tag: "Raise"; readonly error: string; readonly message: string }
  | { readonly _tag: "Lose"; readonly millis: number }
  | { readonly _tag: "Skip" }
  | { readonly _tag: "Defer"; readonly millis: number }
  | { readonly _tag: "Reschedule"; readonly millis: number }

/**
 * `print(text)` in a task: one record at level INFO.
 *
 * @since 0.1.0
 * @category steps
 */
export const print = (text: string): Step => ({ _tag: "Print", text })

/**
 * A record of the task's own logger. Default level INFO.
 *
 * @since 0.1.0
 * @category steps
 */
export const log = (text: string, level = "INFO"): Step => ({ _tag: "Log", level, text })

/**
 * Prints `count` lines, each followed by a wait of `every` milliseconds.
 *
 * @since 0.1.0
 * @category steps
 */
export const lines = (count: number, every: number, line: (index: number) => string): Step => ({
  _tag: "Lines",
  count,
  every,
  line
})

/**
 * Does nothing for some milliseconds.
 *
 * @since 0.1.0
 * @category steps
 */
export const sleep = (millis: number): Step => ({ _tag: "Sleep", millis })

/**
 * Raises an exception: the attempt fails.
 *
 * @since 0.1.0
 * @category steps
 */
export const raise = (error: string, message: string): Step => ({ _tag: "Raise", error, message })

/**
 * The worker vanishes: the attempt writes no more, not even Airflow's own closing lines. It stays `running`
 * for some milliseconds, until the scheduler misses its heartbeat; then the attempt has failed.
 *
 * @example
 * import { lose, print, task } from "@effect-airflow/testing/Scenario"
 *
 * const load = task("load", { attempts: [[print("loading"), lose(300_000)], [print("loaded")]] })
 *
 * @since 0.1.0
 * @category steps
 */
export const lose = (millis: number): Step => ({ _tag: "Lose", millis })

/**
 * Raises AirflowSkipException: the task is skipped.
 *
 * @since 0.1.0
 * @category steps
 */
export const skip: Step = { _tag: "Skip" }

/**
 * Defers to a trigger for some milliseconds; the same attempt goes on after it.
 *
 * @since 0.1.0
 * @category steps
 */
export const defer = (millis: number): Step => ({ _tag: "Defer", millis })

/**
 * Ends as a sensor in mode `reschedule` does, and starts again some milliseconds later with the steps that
 * follow, as the same attempt.
 *
 * @since 0.1.0
 * @category steps
 */
export const reschedule = (millis: number): Step => ({ _tag: "Reschedule", millis })

/**
 * What a run was triggered with.
 *
 * @since 0.1.0
 * @category models
 */
export type Conf = Readonly<Record<string, unknown>>

/**
 * What an attempt knows about itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptContext {
  /** The attempt, 1 for the first. */
  readonly try_number: number
  /** -1 for a task that is not mapped. */
  readonly map_index: number
  /** What the run was triggered with. */
  readonly conf: Conf
}

/**
 * A task.
 *
 * @since 0.1.0
 * @category models
 */
export interface Task {
  readonly task_id: string
  /** What an attempt does. Undefined: nothing runs at all, as with an EmptyOperator. */
  readonly run: ((context: AttemptContext) => ReadonlyArray<Step>) | undefined
  readonly operator: string
  /** How often it is run again after a failure. */
  readonly retries: number
  /** Milliseconds between a failure and the next attempt. */
  readonly retryDelay: number
  /** The tasks that must succeed before. */
  readonly upstream: ReadonlyArray<string>
  /** The names of its instances, when it is mapped. */
  readonly mapped: ReadonlyArray<string> | undefined
  /** Milliseconds from being ready to running, half of it scheduled and half queued. */
  readonly queuedFor: number
  /** Its extra links, of a run. */
  readonly links: (run: {
    readonly dag_run_id: string
    readonly execution_date: string
    /** That of the server: a link looks different in Airflow 3. */
    readonly version: string
  }) => Record<string, string | null>
  /** DAGs a run of which it triggers when it succeeds. */
  readonly triggers: ReadonlyArray<string>
  /** Fields of the answer that differ from the usual. */
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * How a task differs from one that prints nothing and succeeds.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskOptions extends Partial<Omit<Task, "task_id" | "run">> {
  /** The steps of every attempt, or a function that gives them. */
  readonly run?: ReadonlyArray<Step> | ((context: AttemptContext) => ReadonlyArray<Step>)
  /** The steps of each attempt; the last ones serve all that follow. Sets `retries` to fit. */
  readonly attempts?: ReadonlyArray<ReadonlyArray<Step>>
}

/**
 * A task.
 *
 * @example
 * import { print, raise, sleep, task } from "@effect-airflow/testing/Scenario"
 *
 * const load = task("load", {
 *   attempts: [[print("loading"), sleep(1000), raise("RuntimeError", "boom")], [print("loaded")]]
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const task = (task_id: string, options: TaskOptions = {}): Task => {
  const { attempts, run = [], ...rest } = options
  return {
    task_id,
    run:
      attempts !== undefined
        ? ({ try_number }) => attempts[Math.min(try_number, attempts.length) - 1] ?? []
        : typeof run === "function"
          ? run
          : () => run,
    operator: "_PythonDecoratedOperator",
    retries: attempts === undefined ? 0 : Math.max(0, attempts.length - 1),
    retryDelay: 3000,
    upstream: [],
    mapped: undefined,
    queuedFor: 1000,
    links: () => ({}),
    triggers: [],
    fields: {},
    ...rest
  }
}

/**
 * A task that nothing runs: the scheduler marks it a success.
 *
 * @since 0.1.0
 * @category constructors
 */
export const emptyTask = (task_id: string): Task => ({
  ...task(task_id, { operator: "EmptyOperator", queuedFor: 0 }),
  run: undefined
})

/**
 * A DAG.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dag {
  readonly dag_id: string
  readonly tasks: ReadonlyArray<Task>
}

/**
 * A DAG.
 *
 * @since 0.1.0
 * @category constructors
 */
export const dag = (dag_id: string, tasks: ReadonlyArray<Task>): Dag => ({ dag_id, tasks })
