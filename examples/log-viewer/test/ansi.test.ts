import { describe, expect, it } from "vitest"
import * as Ansi from "../src/ansi.js"

describe("segments", () => {
  it("gives colours as classes", () => {
    expect(Ansi.segments("a \u001b[1;31mred\u001b[0m <b>&amp; \u001b[38;5;208morange")).toEqual([
      { text: "a ", classes: "" },
      { text: "red", classes: "ansi-fg-1 ansi-bold" },
      { text: " <b>&amp; ", classes: "" },
      { text: "orange", classes: "ansi-fg-208" }
    ])
  })

  it("does not take a line's own words for a colour", () => {
    const text = '<span class="ansi-fg-1">x</span> &lt;span class=&quot;ansi-fg-1&quot;&gt;'
    expect(Ansi.segments(text)).toEqual([{ text, classes: "" }])
  })

  it.each([
    ["\u001b]52;c;ZXZpbA==\u0007", "\\x1b]52;c;ZXZpbA==\\x07"],
    ["\u009b2J", "\\x9b2J"],
    ["a\u0000b\rc", "a\\x00b\\rc"],
    ["\u202eevil\u2066\u200b\u200f\u2028\ufeff", "\\u202eevil\\u2066\\u200b\\u200f\\u2028\\ufeff"],
    ["👩\u200d🚀 ok\ttab", "👩\u200d🚀 ok\ttab"]
  ])("shows %j as %j", (text, shown) => {
    expect(Ansi.plain(text)).toBe(shown)
  })
})

describe("mark", () => {
  it("cuts segments where marks begin and end", () => {
    const parts = [
      { text: "abc", classes: "" },
      { text: "def", classes: "x" },
      { text: "ghi", classes: "" }
    ]
    expect(
      Ansi.mark(parts, [
        [1, 2],
        [2, 8]
      ])
    ).toEqual([
      { text: "a", classes: "", marked: false },
      { text: "b", classes: "", marked: true },
      { text: "c", classes: "", marked: true },
      { text: "def", classes: "x", marked: true },
      { text: "gh", classes: "", marked: true },
      { text: "i", classes: "", marked: false }
    ])
    expect(Ansi.mark(parts, [])).toEqual(parts.map((part) => ({ ...part, marked: false })))
  })
})
