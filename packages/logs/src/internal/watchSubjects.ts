/** What can be waited for. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import * as DagRuns from "@effect-airflow/core/DagRuns"
import { isTerminal, type TaskInstance } from "@effect-airflow/core/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/TaskInstances"
import type { DagRunParams } from "@effect-airflow/core/v1/TaskInstances"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { LogTarget } from "../LogLine.js"
import type { RunState, TaskState, WatchError } from "../Watch.js"
import * as Limiter from "./limiter.js"
import type { Subject } from "./watch.js"

/** The next look is the retry. */
const once = { retry: false } as const

/**
 * Until a mapped task is expanded, it has one row with map index -1, that no scheduler starts: it has no state,
 * or ends without having run.
 */
const isPlaceholder = ({ map_index, state = null }: TaskInstance): boolean =>
  map_index === -1 && (state === null || (isTerminal(state) && state !== "success" && state !== "failed"))

export const task = (target: LogTarget): Subject<TaskState, WatchError> => {
  const { map_index, ...params } = target
  const unmapped = TaskInstances.get(params, once)
  const mapped = map_index === undefined ? unmapped : TaskInstances.get({ ...params, map_index }, once)
  // The task may be expanded between two requests, so the instance is asked for once more.
  const placeholder = Effect.flatMap(
    Effect.catchTag(unmapped, "NotFound", () => Effect.succeed(undefined)),
    (row) => (row !== undefined && isPlaceholder(row) ? Effect.succeed(row) : mapped)
  )
  const look = (seen: TaskState | undefined): Effect.Effect<TaskInstance, WatchError, AirflowClient> =>
    map_index === undefined
      ? unmapped
      : seen?.taskInstance.map_index === -1
        ? placeholder
        : Effect.catchTag(mapped, "NotFound", () => placeholder)
  return {
    look: (seen) =>
      Effect.zipWith(Limiter.paced(look(seen)), Clock.currentTimeMillis, (taskInstance, at) => ({
        state: taskInstance.state ?? null,
        try_number: taskInstance.try_number,
        at,
        taskInstance
      })),
    isSame: (before, now) => before.state === now.state && before.try_number === now.try_number,
    isOver: ({ state }) => isTerminal(state)
  }
}

export const run = (params: DagRunParams): Subject<RunState, WatchError> => ({
  look: () =>
    Effect.zipWith(Limiter.paced(DagRuns.get(params, once)), Clock.currentTimeMillis, (dagRun, at) => ({
      state: dagRun.state ?? null,
      at,
      dagRun
    })),
  isSame: (before, now) => before.state === now.state,
  isOver: ({ state }) => DagRuns.isTerminalRun(state)
})
