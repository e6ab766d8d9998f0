import { describe, expect, it } from "vitest"
import { Search } from "../src/search.js"
import { at, line, lines, modelOf, started } from "./events.js"

const found = (search: Search): ReadonlyArray<number> =>
  Array.from({ length: search.matches.length }, (_, place) => search.matches.at(place))

describe("search", () => {
  const model = modelOf([
    started(1),
    ...lines(1, [
      at("INFO", "Alpha"),
      at("ERROR", "alphabet (a.b)"),
      "::group::alpha group",
      "beta",
      "::endgroup::"
    ])
  ])

  it("finds lines, the titles of groups, and no time or level", () => {
    const search = new Search(model.store, { text: "alpha", matchCase: false }, 0)
    search.advance(Infinity)
    expect(found(search)).toEqual([1, 2, 3])
    expect(search.marks("alpha Alpha")).toEqual([
      [0, 5],
      [6, 11]
    ])
    const none = new Search(model.store, { text: "INFO", matchCase: false }, 0)
    none.advance(Infinity)
    expect(found(none)).toEqual([])
  })

  it.each([
    ["Alpha", true, 0, [1]],
    ["alpha", false, 4, [2, 3]],
    ["(a.b)", false, 0, [2]],
    ["a-b", false, 0, []],
    [".*", false, 0, []]
  ])("%j, case %j, level %j: %j", (text, matchCase, level, expected) => {
    const search = new Search(model.store, { text, matchCase }, level)
    search.advance(Infinity)
    expect(found(search)).toEqual(expected)
  })

  it("goes on step by step, and with what comes later", () => {
    const many = modelOf([
      started(1),
      ...lines(
        1,
        Array.from({ length: 2000 }, () => "x")
      )
    ])
    const search = new Search(many.store, { text: "x", matchCase: true }, 0)
    expect(search.advance(-Infinity)).toBe(false)
    expect(search.matches.length).toBeGreaterThan(0)
    expect(search.matches.length).toBeLessThan(600)
    search.advance(Infinity)
    expect(search.matches.length).toBe(2000)
    for (const event of lines(1, ["x", "y"], 2000)) many.apply(event)
    expect(search.done).toBe(false)
    search.advance(Infinity)
    expect(search.matches.length).toBe(2001)
  })

  it("looks again at a line that grew", () => {
    const growing = modelOf([
      started(1),
      line(1, 0, { text: "ha", raw: "ha" }),
      line(1, 1, { text: "half", raw: "half" })
    ])
    const search = new Search(growing.store, { text: "half", matchCase: true }, 0)
    search.advance(Infinity)
    expect(found(search)).toEqual([2])
    growing.store.extend(1, "lf")
    search.changed(1)
    search.advance(Infinity)
    expect(found(search)).toEqual([1, 2])
  })
})
