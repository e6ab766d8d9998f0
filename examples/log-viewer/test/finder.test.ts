import { expect, it } from "vitest"
import { Finder } from "../src/finder.js"
import { lines, modelOf, started } from "./events.js"

const finderIn = (texts: ReadonlyArray<string>) => {
  const model = modelOf([started(1), ...lines(1, texts)])
  const shown: Array<number> = []
  const finder = new Finder(model.store, { from: () => 0, show: (id) => shown.push(id) })
  return { finder, model, shown }
}

it("steps to the next and the one before, around the ends", () => {
  const { finder, shown } = finderIn(["x", "y", "x", "x"])
  finder.query("x", false, 0)
  finder.search!.advance(Infinity)
  for (const by of [1, 1, 1, -1] as const) finder.step(by)
  finder.go()
  expect(shown).toEqual([1, 3, 4, 1, 4])
  expect(finder.found).toBe("3 of 3 lines")
  finder.query("", false, 0)
  expect([finder.search, finder.current, finder.found]).toEqual([undefined, undefined, ""])
})

it("has news once: when the search is done, and of each step", () => {
  const { finder, model } = finderIn(Array.from({ length: 2000 }, () => "x"))
  expect(finder.news).toBeUndefined()
  finder.query("x", false, 0)
  finder.search!.advance(-Infinity)
  finder.go()
  expect(finder.found).toMatch(/^1 of \d+ lines \(\d+ % searched\)$/)
  expect(finder.news).toBeUndefined()
  finder.search!.advance(Infinity)
  expect(finder.news).toBe("1 of 2,000 lines")
  expect(finder.news).toBeUndefined()
  // What comes later is counted, and not said.
  for (const event of lines(1, ["x"], 2000)) model.apply(event)
  finder.search!.advance(Infinity)
  expect(finder.found).toBe("1 of 2,001 lines")
  expect(finder.news).toBeUndefined()
  finder.step(1)
  finder.go()
  expect(finder.news).toBe("2 of 2,001 lines")
  finder.query("nowhere", false, 0)
  finder.search!.advance(Infinity)
  finder.go()
  expect(finder.news).toBe("not found")
})
