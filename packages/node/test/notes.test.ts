/** What becomes of a note that is null, on fakes of several versions. */
import * as Auth from "@effect-airflow/core/Auth"
import * as Actions from "@effect-airflow/core/v2/TaskInstanceActions"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const run = { dag_id: "mapped", dag_run_id: "r" }
const mapped = { ...run, task_id: "square", map_index: 1 }
const single = { dag_id: "quick", dag_run_id: "r", task_id: "hello" }

describe("a note that is null takes the note away", () => {
  for (const version of ["3.0.6", "3.1.8", "3.2.1", "3.3.2"]) {
    it.scoped(version, () =>
      Effect.gen(function* () {
        const fake = yield* FakeAirflow.make({
          version,
          clock: FakeClock.manual(),
          runs: ["mapped", "quick"].map((dag_id) => ({ dag_id, dag_run_id: "r", ago: 3_600_000 }))
        })
        const layer = NodeAirflow.layer({
          baseUrl: fake.baseUrl,
          auth: Auth.jwt({ username: "admin", password: Redacted.make("admin") })
        })
        yield* Effect.gen(function* () {
          const note = (params: TaskInstances.MappedTaskParams) =>
            Effect.map(TaskInstances.getMappedTaskInstance(params), (found) => found.note)
          const alone = { ...single, map_index: -1 }

          yield* Actions.patchTaskInstance({ ...alone, note: "n" })
          assert.strictEqual(yield* note(alone), "n")
          yield* Actions.patchTaskInstance({ ...alone, note: null })
          assert.isNull(yield* note(alone))
          // There is none to take away.
          yield* Actions.patchTaskInstance({ ...alone, note: null })
          assert.isNull(yield* note(alone))

          yield* Actions.patchTaskInstanceByMapIndex({ ...mapped, note: "n" })
          yield* Actions.patchTaskInstanceByMapIndex({ ...mapped, note: null, new_state: "failed" })
          const both = yield* TaskInstances.getMappedTaskInstance(mapped)
          assert.deepInclude(both, { note: null, state: "failed" })

          // A mask of the caller's is left as it is.
          yield* Actions.patchTaskInstance({ ...alone, note: "n" })
          yield* Actions.patchTaskInstance({
            ...alone,
            note: null,
            new_state: "failed",
            update_mask: ["new_state"]
          })
          assert.strictEqual(yield* note(alone), "n")
        }).pipe(Effect.provide(layer))
      })
    )
  }
})
