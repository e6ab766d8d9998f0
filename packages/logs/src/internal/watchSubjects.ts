/** What can be waited for over API v1. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import type { OperationError } from "@effect-airflow/core/Endpoint"
import * as DagRuns from "@effect-airflow/core/v1/DagRuns"
import { isTerminal, type TaskInstance } from "@effect-airflow/core/v1/TaskInstance"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { LogTarget } from "../LogLine.js"
import type { RunState, TaskState } from "../Watch.js"
import { limited } from "./limiter.js"
import type { Subject } from "./watch.js"

type LookError = OperationError<401 | 403 | 404>

/** The next look is the retry. */
const once = { retry: false } as const

/**
 * Until a mapped task is expanded, it has one row with map index -1, that no scheduler starts: it has no state,
 * or ends without having run.
 */
const isPlaceholder = ({ map_index, state = null }: TaskInstance): boolean =>
  map_index === -1 && (state === null || (isTerminal(state) && state !== "success" && state !== "failed"))

export const task = (target: LogTarget): Subject<TaskState, LookError> => {
  // A copy, so that what is no object is refused by the operation.
  const { map_index, ...params } = { ...target }
  const unmapped = limited(TaskInstances.getTaskInstance(params, once))
  const mapped =
    map_index === undefined
      ? unmapped
      : limited(TaskInstances.getMappedTaskInstance({ ...params, map_index }, once))
  // The task may be expanded between two requests, so the instance is asked for once more.
  const placeholder = Effect.flatMap(
    Effect.catchTag(unmapped, "NotFound", () => Effect.succeed(undefined)),
    (row) => (row !== undefined && isPlaceholder(row) ? Effect.succeed(row) : mapped)
  )
  const look = (seen: TaskState | undefined): Effect.Effect<TaskInstance, LookError, AirflowClient> =>
    map_index === undefined
      ? unmapped
      : seen?.taskInstance.map_index === -1
        ? placeholder
        : Effect.catchTag(mapped, "NotFound", () => placeholder)
  return {
    look: (seen) =>
      Effect.zipWith(look(seen), Clock.currentTimeMillis, (taskInstance, at) => ({
        state: taskInstance.state ?? null,
        try_number: taskInstance.try_number,
        at,
        taskInstance
      })),
    isSame: (before, now) => before.state === now.state && before.try_number === now.try_number,
    isOver: ({ state }) => isTerminal(state)
  }
}

export const run = (params: TaskInstances.DagRunParams): Subject<RunState, LookError> => ({
  look: () =>
    Effect.zipWith(limited(DagRuns.getDagRun(params, once)), Clock.currentTimeMillis, (dagRun, at) => ({
      state: dagRun.state ?? null,
      at,
      dagRun
    })),
  isSame: (before, now) => before.state === now.state,
  isOver: ({ state }) => DagRuns.isTerminalRun(state)
})
