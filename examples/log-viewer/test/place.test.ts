import { expect, it } from "vitest"
import { isTask, read, write } from "../src/place.js"

it("names in an address come back, whatever letters they have", () => {
  const place = {
    dag_id: "größe/&#?",
    dag_run_id: "manual__2026-01-01T00:00:00+00:00",
    task_id: "a.b",
    map_index: 3
  }
  expect(read({ hash: write(place), search: "" })).toEqual(place)
  expect(read({ hash: "", search: `?${write(place).slice(1)}` })).toEqual(place)
})

it("takes an index that is none for none", () => {
  expect(read({ hash: "#dag_id=d&map_index=-1", search: "" })).toEqual({ dag_id: "d" })
  expect(isTask(read({ hash: "#dag_id=d&dag_run_id=r", search: "" }))).toBe(false)
})
