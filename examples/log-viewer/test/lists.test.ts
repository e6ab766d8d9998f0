import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as Auth from "@effect-airflow/core/Auth"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, print, task } from "@effect-airflow/testing/Scenario"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { expect, it } from "vitest"
import * as Lists from "../src/lists.js"
import { noteOf } from "../src/picker.js"

const mapped = (dag_id: string, count: number) =>
  dag(dag_id, [
    task("part", { mapped: Array.from({ length: count }, (_, at) => `part ${at}`), run: [print("x")] })
  ])

it("tells when a run has more tasks than are listed", { timeout: 60_000 }, async () => {
  const fake = await FakeAirflow.start({
    dags: [mapped("wide", Lists.most + 1), mapped("narrow", 3)],
    runs: ["wide", "narrow"].map((dag_id) => ({ dag_id, dag_run_id: "r1", ago: 60_000 }))
  })
  try {
    const client = BrowserAirflow.layer({
      baseUrl: fake.baseUrl,
      auth: Auth.basic("admin", Redacted.make("admin"))
    })
    const tasks = (dag_id: string) => Effect.runPromise(Effect.provide(Lists.tasks(dag_id, "r1"), client))
    const wide = await tasks("wide")
    expect(wide.rows.length).toBe(Lists.most)
    expect(wide.cut).toBe(true)
    const narrow = await tasks("narrow")
    expect(narrow.rows.map(({ map_index }) => map_index)).toEqual([0, 1, 2])
    expect(narrow.cut).toBe(false)
    const all = { names: ["a"], cut: false }
    expect(noteOf(all, all, wide)).toMatch(/^Not all are listed/)
    expect(noteOf(all, all, narrow)).toBe("")
    expect(noteOf(all, { ...all, cut: true }, undefined)).toMatch(/^Not all are listed/)
    expect(noteOf({ names: [], cut: false }, undefined, undefined)).toMatch(/^No task instance was found/)
  } finally {
    await fake.close()
  }
})
