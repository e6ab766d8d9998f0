import { describe, expect, it } from "vitest"
import { timeOf } from "../src/model.js"
import { Flag, Kind, levels, levelOf } from "../src/store.js"
import { View } from "../src/view.js"
import * as Text from "../src/text.js"
import { at, attemptEnded, gap, line, lines, modelOf, started } from "./events.js"

const visible = (model: ReturnType<typeof modelOf>, minLevel = 0): ReadonlyArray<string> => {
  const view = new View(model.store, model.folding, minLevel)
  expect(view.advance(Infinity)).toBe(true)
  return Array.from({ length: view.ids.length }, (_, row) => {
    const id = view.ids.at(row)
    return model.store.kind(id) === Kind.attempt
      ? `# ${model.attempts[model.store.attempt(id)]!.try_number}`
      : model.store.text(id)
  })
}

describe("store", () => {
  it("keeps more lines than it first has room for, in order", () => {
    const texts = Array.from({ length: 5000 }, (_, index) => at("INFO", `line ${index}`))
    const { store } = modelOf([started(1), ...lines(1, texts)])
    expect(store.length).toBe(5001)
    for (const id of [1, 1024, 1025, 2048, 5000]) {
      expect(store.text(id)).toBe(`line ${id - 1}`)
      expect(store.raw(id)).toBe(texts[id - 1])
      expect(store.index(id)).toBe(id - 1)
      expect(levels[store.level(id)]).toBe("INFO")
    }
  })

  it("keeps the time as it was written", () => {
    expect(new Date(timeOf("2026-01-02T03:04:05.678901+01:00")).toISOString()).toBe(
      "2026-01-02T03:04:05.678Z"
    )
    expect(new Date(timeOf("2026-01-02T03:04:05Z")).toISOString()).toBe("2026-01-02T03:04:05.000Z")
    expect(timeOf("yesterday")).toBeNaN()
    expect(timeOf(undefined)).toBeNaN()
  })

  it("puts the rest of a line to its beginning", () => {
    const model = modelOf([
      started(1),
      line(1, 0, { text: "half", raw: "half" }),
      gap(1),
      line(1, 0, { text: " a \u202eline", raw: " a \u202eline" }, { continued: true })
    ])
    expect(model.store.raw(1)).toBe("half a \u202eline")
    expect(model.store.has(1, Flag.unusual)).toBe(true)
    expect(model.lines).toBe(1)
  })

  it("takes a level that it does not know for none", () => {
    expect(levels[levelOf("warning")]).toBe("WARNING")
    expect(levelOf("TRACE")).toBe(0)
  })
})

describe("folding", () => {
  const grouped = () =>
    modelOf([
      started(1),
      ...lines(1, [
        "before",
        "::group::outer",
        "one",
        "::group::inner",
        "two",
        "::endgroup::",
        "three",
        "::endgroup::",
        "after"
      ])
    ])

  it("hides what is in a folded group, and what is in groups in it", () => {
    const model = grouped()
    expect(visible(model)).toEqual(["# 1", "before", "outer", "one", "inner", "two", "three", "after"])
    model.folding.fold(1, true)
    expect(visible(model)).toEqual(["# 1", "before", "outer", "after"])
    model.folding.fold(1, false)
    model.folding.fold(2, true)
    expect(visible(model)).toEqual(["# 1", "before", "outer", "one", "inner", "three", "after"])
    expect(model.folding.lines(1)).toBe(4)
    expect(model.folding.lines(2)).toBe(1)
  })

  it("opens all that hides a line", () => {
    const model = grouped()
    model.folding.foldAllGroups(true)
    model.folding.foldAttempt(0, true)
    expect(visible(model)).toEqual(["# 1"])
    model.folding.reveal(0, 2)
    expect(visible(model)).toContain("two")
  })

  it("shows an end without a beginning as a line", () => {
    expect(visible(modelOf([started(1), ...lines(1, ["::endgroup::", "x"])]))).toEqual([
      "# 1",
      "::endgroup::",
      "x"
    ])
  })

  it("ends groups with their attempt, and folds attempts by themselves", () => {
    const model = modelOf([
      started(1),
      ...lines(1, ["::group::left open", "one"]),
      attemptEnded(1, "up_for_retry"),
      started(2),
      ...lines(2, ["two"])
    ])
    model.folding.foldAllGroups(true)
    expect(visible(model)).toEqual(["# 1", "left open", "# 2", "two"])
    model.folding.foldAttempt(0, true)
    expect(visible(model)).toEqual(["# 1", "# 2", "two"])
    expect(model.attempts.map(({ lines, state }) => [lines, state])).toEqual([
      [2, "up_for_retry"],
      [1, undefined]
    ])
  })

  it("never hides a gap in a group", () => {
    const model = modelOf([started(1), ...lines(1, ["::group::g", "one"]), gap(1)])
    model.folding.foldAllGroups(true)
    expect(visible(model)).toHaveLength(3)
    expect(visible(model)[2]).toMatch(/may be missing/)
  })
})

describe("level filter", () => {
  it("goes by records, looks into folded groups and keeps what has no level", () => {
    const model = modelOf([
      started(1),
      ...lines(1, [
        "no level",
        at("INFO", "::group::g"),
        at("DEBUG", "quiet"),
        at("ERROR", "boom"),
        "Traceback",
        at("INFO", "::endgroup::"),
        at("INFO", "calm"),
        "of the calm one"
      ])
    ])
    model.folding.foldAllGroups(true)
    expect(visible(model, 4)).toEqual(["# 1", "no level", "boom", "Traceback"])
    expect(visible(model, 2)).toEqual([
      "# 1",
      "no level",
      "g",
      "boom",
      "Traceback",
      "calm",
      "of the calm one"
    ])
  })
})

describe("text", () => {
  it("is the log, and nothing but the log", async () => {
    const texts = ["::group::g", "\u001b[31mred", "::endgroup::", "end"]
    const model = modelOf([started(1), ...lines(1, texts)])
    model.folding.foldAllGroups(true)
    expect(await (await Text.file(model)).text()).toBe(`${texts.join("\n")}\n`)
    expect(await Text.clipboard(model)).toBe("::group::g\nred\n::endgroup::\nend\n")
  })

  it("says where attempts begin and where lines may be missing", async () => {
    const model = modelOf([started(1), ...lines(1, ["one"]), gap(1), started(2), ...lines(2, ["two"])])
    expect((await (await Text.file(model)).text()).split("\n").map((text) => text.slice(0, 13))).toEqual([
      "*** attempt 1",
      "one",
      "*** Lines may",
      "*** attempt 2",
      "two",
      ""
    ])
  })
})

it("shows what somebody wrote behind the mark of an end", () => {
  const model = modelOf([started(1), ...lines(1, ["::group::g", "one", "::endgroup:: two", "three"])])
  model.folding.foldAllGroups(true)
  expect(visible(model)).toEqual(["# 1", "g", "::endgroup:: two", "three"])
})
