import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as SafeText from "../src/SafeText.js"
import { corpus, ESC, type Hostile } from "./safeTextCorpus.js"

// The oracle shares nothing with the code: `Cc` is C0, DEL and C1.
const control = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u
const sgr = new RegExp(`${ESC}\\[[0-9;:]*m`, "g")
const isReset = new RegExp(`^${ESC}\\[0*m$`)

const isInert = (text: string): boolean => !control.test(text)

/** But for colours, which are at an end where a line is. */
const isInertInColour = (text: string): boolean =>
  isInert(text.replace(sgr, "")) &&
  text.split("\n").every((line) => {
    const last = line.match(sgr)?.at(-1)
    return last === undefined || isReset.test(last)
  })

/** Reads HTML of text and spans; the text, and the classes of each run of it. Fails at anything else. */
const parse = (html: string) => {
  const tokens = html.match(/<[^>]*>|[^<]+|</g) ?? []
  const runs: Array<readonly [text: string, classes: string]> = []
  let open: string | undefined
  for (const token of tokens) {
    const classes = /^<span class="((?:ansi-[a-z]+(?:-\d{1,3})?)(?: ansi-[a-z]+(?:-\d{1,3})?)*)">$/.exec(
      token
    )
    if (token === "</span>") {
      assert.isDefined(open, "closed what is not open")
      open = undefined
    } else if (classes !== null) {
      assert.isUndefined(open, "opened twice")
      open = classes[1]
    } else {
      assert.notMatch(token, /[<>"'`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/)
      assert.isFalse(open !== undefined && token.includes("\n"), "a span over two lines")
      const named = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#96": "`" }
      const text = token.replace(/&([^;]+);/g, (_, name: keyof typeof named) => named[name])
      runs.push([text, open ?? ""])
    }
  }
  assert.isUndefined(open, "left open")
  return { runs, text: runs.map(([text]) => text).join("") }
}

const assertHarmless = (text: string) => {
  const plain = SafeText.strip(text)
  assert.isTrue(isInert(plain))
  assert.isTrue(isInertInColour(SafeText.strip(text, { colours: true })))
  assert.strictEqual(SafeText.strip(text, { colours: true }).replace(sgr, ""), plain)
  assert.isTrue(isInert(SafeText.escape(text)))
  assert.isTrue(isInertInColour(SafeText.escape(text, { colours: true })))
  const html = SafeText.html(text)
  assert.notInclude(html, "<")
  assert.strictEqual(parse(html).text, plain)
  const coloured = SafeText.html(text, { colours: true })
  assert.isTrue(isInert(coloured))
  assert.strictEqual(parse(coloured).text, plain)
}

const between = ({ text }: Hostile, then = "after") => `before ${text}${then}`

/** Those of which everything can be tried. */
const small = corpus.filter(({ text }) => text.length < 100)

describe("hostile texts", () => {
  it("are many, each with its name, and none would pass as it is", () => {
    assert.isAtLeast(corpus.length, 45)
    assert.strictEqual(new Set(corpus.map(({ name }) => name)).size, corpus.length)
    for (const { name, text } of corpus) {
      assert.isFalse(isInert(text), name)
      // Colours that end are let through; what does not end is not, nor is anything else.
      const allowed = isInert(text.replace(sgr, "")) && isReset.test(text.match(sgr)?.at(-1) ?? "")
      assert.strictEqual(isInertInColour(text), allowed, name)
      assert.strictEqual(allowed, name === "SGR", name)
    }
  })

  for (const hostile of corpus) {
    it(hostile.name, () => {
      const { left = "", open } = hostile
      assertHarmless(between(hostile, "\nafter"))
      assert.strictEqual(SafeText.strip(hostile.text), left)
      assert.strictEqual(SafeText.strip(between(hostile)), `before ${left}${open ? "" : "after"}`)
      assert.strictEqual(SafeText.strip(between(hostile, "\nafter")), `before ${left}\nafter`)
    })
  }

  it("each by itself, and on the line of other words", () => {
    for (const hostile of small) {
      assertHarmless(hostile.text)
      assertHarmless(between(hostile))
      const shown = SafeText.escape(between(hostile))
      assert.isTrue(shown.startsWith("before ") && shown.endsWith("after"), hostile.name)
    }
  })

  it("each cut in two at every place", () => {
    for (const hostile of small) {
      const whole = between(hostile)
      for (let at = 0; at <= whole.length; at++) {
        const pieces = [whole.slice(0, at), whole.slice(at)]
        for (const make of [SafeText.strip, SafeText.escape, SafeText.html]) {
          const made = pieces.map((piece) => make(piece))
          for (const text of [...made, made.join("")]) assert.isTrue(isInert(text), `${hostile.name}, ${at}`)
        }
        for (const make of [SafeText.strip, SafeText.escape]) {
          const made = pieces.map((piece) => make(piece, { colours: true }))
          for (const text of [...made, made.join("")])
            assert.isTrue(isInertInColour(text), `${hostile.name}, ${at}`)
        }
        const made = pieces.map((piece) => SafeText.html(piece, { colours: true }))
        for (const text of [...made, made.join("")]) assert.isTrue(isInert(parse(text).text))
      }
    }
  })

  it("a sequence cut in two is words", () => {
    assert.deepStrictEqual(
      [ESC, "]52;c;ZXZpbA==\u0007ok"].map((piece) => SafeText.strip(piece)),
      ["", "]52;c;ZXZpbA==ok"]
    )
  })
})

describe("properties", () => {
  const part = FastCheck.oneof(
    FastCheck.constantFrom(ESC, `${ESC}[`, `${ESC}]`, `${ESC}P`, `${ESC}\\`, "\u009b", "\u009d", "\u009c"),
    FastCheck.constantFrom(
      "\n",
      "\r",
      "\t",
      "\b",
      "\u0007",
      "\u0018",
      "\u001a",
      "\u007f",
      "\u202e",
      "\ud83d"
    ),
    FastCheck.constantFrom(
      "[",
      "]",
      "m",
      "0",
      "1",
      "31",
      "38;5;",
      ";",
      ":",
      "\\",
      "<",
      "&amp;",
      '"',
      "'",
      "`"
    ),
    FastCheck.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
    FastCheck.string({ unit: "grapheme", maxLength: 4 })
  )
  const text = FastCheck.array(part, { maxLength: 40 }).map((parts) => parts.join(""))

  it("any text is made harmless, and once is enough", () => {
    FastCheck.assert(
      FastCheck.property(text, (text) => {
        assertHarmless(text)
        for (const colours of [false, true])
          for (const make of [SafeText.strip, SafeText.escape]) {
            const once = make(text, { colours })
            assert.strictEqual(make(once, { colours }), once)
          }
      }),
      { numRuns: 5000 }
    )
  })

  it("any pieces of a text are harmless, alone and together", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(text, { maxLength: 4 }), (pieces) => {
        assert.isTrue(isInert(pieces.map((piece) => SafeText.strip(piece)).join("")))
        const coloured = pieces.map((piece) => SafeText.strip(piece, { colours: true })).join("")
        assert.isTrue(isInertInColour(coloured))
      }),
      { numRuns: 2000 }
    )
  })

  it("no line takes from another", () => {
    FastCheck.assert(
      FastCheck.property(text, (text) => {
        for (const colours of [false, true])
          for (const make of [SafeText.strip, SafeText.escape, SafeText.html]) {
            const byLine = text.split("\n").map((line) => make(line, { colours }))
            assert.strictEqual(make(text, { colours }), byLine.join("\n"))
          }
      }),
      { numRuns: 2000 }
    )
  })

  it("a harmless text stays as it is", () => {
    const harmless = FastCheck.oneof(
      FastCheck.string({ unit: "grapheme" }),
      FastCheck.string({ unit: "binary" })
    ).map((text) => text.replace(new RegExp(control, "gu"), "\t\n"))
    FastCheck.assert(
      FastCheck.property(harmless, (text) => {
        for (const colours of [false, true]) {
          assert.strictEqual(SafeText.strip(text, { colours }), text)
          assert.strictEqual(SafeText.escape(text, { colours }), text)
        }
        assert.strictEqual(parse(SafeText.html(text)).text, text)
      }),
      { numRuns: 2000 }
    )
  })

  it("all that is not control stays when it is shown", () => {
    FastCheck.assert(
      FastCheck.property(text, (text) => {
        const shown = text.replace(new RegExp(control, "gu"), (character) => {
          if (character === "\r") return "\\r"
          const hex = character.codePointAt(0)!.toString(16)
          return hex.length > 2 ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`
        })
        assert.strictEqual(SafeText.escape(text), shown)
      }),
      { numRuns: 2000 }
    )
  })
})

describe("strip", () => {
  for (const [what, text, expected] of [
    ["colours are kept, and end with the text", `${ESC}[31mred`, `${ESC}[31mred${ESC}[0m`],
    ["a reset is not doubled", `${ESC}[31mred${ESC}[m`, `${ESC}[31mred${ESC}[m`],
    [
      "each line ends its own, before the newline",
      `${ESC}[1ma\r\nb\n${ESC}[38:5:0mc`,
      `${ESC}[1ma${ESC}[0m\nb\n${ESC}[38:5:0mc${ESC}[0m`
    ],
    ["the C1 form becomes the usual one", "\u009b4mx\u009bm", `${ESC}[4mx${ESC}[m`],
    ["nothing else is kept", `${ESC}[2J${ESC}[>4m${ESC}]0;${ESC}[1m\u0007x`, `${ESC}[1mx${ESC}[0m`]
  ] as const) {
    it(`with colours: ${what}`, () => assert.strictEqual(SafeText.strip(text, { colours: true }), expected))
  }
})

describe("escape", () => {
  it("shows each control character as one writes it", () => {
    assert.strictEqual(
      SafeText.escape(`a\\\t\r\b${ESC}]0;t\u0007\u009c\u0000\u202e\u2069\n${ESC}[31m`),
      "a\\\t\\r\\x08\\x1b]0;t\\x07\\x9c\\x00\\u202e\\u2069\n\\x1b[31m"
    )
  })

  it("with colours: these are kept", () =>
    assert.strictEqual(
      SafeText.escape("\u009b31mred\u009b2J\nx", { colours: true }),
      `${ESC}[31mred\\x9b2J${ESC}[0m\nx`
    ))
})

describe("html", () => {
  it("is safe in an element and in an attribute", () => {
    assert.strictEqual(
      SafeText.html(`<img src=x onerror="a('\`&')">${ESC}[31m`),
      "&lt;img src=x onerror=&quot;a(&#39;&#96;&amp;&#39;)&quot;&gt;"
    )
  })

  it("no link is made", () => {
    const link = `${ESC}]8;;javascript:alert(1)\u0007https://x.test${ESC}]8;;\u0007`
    assert.strictEqual(SafeText.html(link, { colours: true }), "https://x.test")
  })

  const coloured = (...params: ReadonlyArray<string>) =>
    parse(SafeText.html(params.map((each) => `${ESC}[${each}mx`).join(""), { colours: true })).runs.map(
      ([, classes]) => classes
    )

  for (const [what, params, classes] of [
    ["colours", ["31", "44", "97", "100"], ["fg-1", "fg-1 bg-4", "fg-15 bg-4", "fg-15 bg-8"]],
    ["defaults", ["31;41", "39", "49"], ["fg-1 bg-1", "bg-1", ""]],
    [
      "faces",
      ["1;2;3;4;7;9", "22;24", "23;27;29"],
      ["bold dim italic underline inverse strike", "italic inverse strike", ""]
    ],
    ["reset", ["1;31", "", "1", "0;3", ";4"], ["fg-1 bold", "", "bold", "italic", "underline"]],
    [
      "256 colours",
      ["38;5;208;1", "48:5:17", "38;5;0", "38;5"],
      ["fg-208 bold", "fg-208 bg-17 bold", "fg-0 bg-17 bold", "fg-0 bg-17 bold"]
    ],
    ["256 colours, out of range", ["38;5;256;1", "38;5;99999999999999999999999"], ["bold", "bold"]],
    ["24-bit colours", ["31", "38;2;1;3;4;1", "48:2::1:3:4", "38:2:1:3:4"], ["fg-1", "bold", "bold", "bold"]],
    ["colour of the underline", ["58;5;1", "58;2;1;3;4;9", "59"], ["", "strike", "strike"]],
    ["kinds of underline", ["4:3", "4:0", "21", "24"], ["underline", "", "underline", ""]],
    ["hidden and blinking text is shown like other text", ["8", "5", "1;8;5"], ["", "", "bold"]]
  ] as const) {
    it(what, () => {
      const named = classes.map((each) => each.replace(/[^ ]+/g, (name) => `ansi-${name}`))
      // Runs of the same classes are one.
      const runs = named.filter((each, index) => each !== named[index - 1])
      assert.deepStrictEqual(
        coloured(...params).filter((each, index, all) => each !== all[index - 1]),
        runs
      )
    })
  }

  it("a span ends with its line, and there is none without text", () => {
    assert.strictEqual(
      SafeText.html(`${ESC}[1m${ESC}[31ma${ESC}[31mb\nc${ESC}[4m`, { colours: true }),
      '<span class="ansi-fg-1 ansi-bold">ab</span>\nc'
    )
  })
})
