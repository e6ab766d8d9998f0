/** Finding a place in a log again by what a tally remembers. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Tally from "../src/internal/tally.js"

const numbered = (count: number, from = 0, prefix = "line"): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${prefix} ${from + index}`)

const of = (lines: ReadonlyArray<string>): Tally.Tally => Tally.add(Tally.empty, lines)

/** Lines with repetitions, as logs have them. */
const logs = FastCheck.array(FastCheck.constantFrom("a", "b", "c", "", "a longer one", "äöü 🚀"), {
  maxLength: 400
})

describe("a tally", () => {
  it("is the same however the lines are handed over", () => {
    FastCheck.assert(
      FastCheck.property(logs, FastCheck.nat(400), (lines, at) => {
        assert.deepStrictEqual(Tally.add(of(lines.slice(0, at)), lines.slice(at)), of(lines))
      })
    )
  })

  it("keeps little, however long the log is", () => {
    let tally = Tally.empty
    for (let part = 0; part < 200; part++) tally = Tally.add(tally, numbered(1000, part * 1000))
    assert.strictEqual(tally.count, 200_000)
    assert.isAtMost(tally.tail.length, 256)
    assert.isAtMost(tally.marks.length, 32)
    assert.isAtLeast(tally.marks.length, 16)
    assert.isBelow(JSON.stringify(Tally.trim(tally, 32)).length, 2500)
  })

  it("a shortened tail is the tally of the same lines", () => {
    FastCheck.assert(
      FastCheck.property(logs, FastCheck.nat(40), (lines, length) => {
        const short = Tally.trim(of(lines), length)
        assert.deepStrictEqual(Tally.locate(short, lines), { _tag: "Same" })
        assert.isAtMost(short.tail.length, Math.max(length, 0))
      })
    )
  })

  it("Same: the log has grown, or not", () => {
    FastCheck.assert(
      FastCheck.property(logs, logs, (before, more) => {
        assert.deepStrictEqual(Tally.locate(of(before), [...before, ...more]), { _tag: "Same" })
      })
    )
  })

  it("Behind: the log is a beginning of what was read", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 1, max: 2000 }), FastCheck.nat(), (count, nat) => {
        const lines = numbered(count)
        assert.deepStrictEqual(Tally.locate(of(lines), lines.slice(0, nat % count)), { _tag: "Behind" })
      })
    )
  })

  it("Moved: the first lines are gone, or others stand before", () => {
    const beginningGone = [...numbered(40).slice(10), "new"]
    assert.deepStrictEqual(Tally.locate(of(numbered(40)), beginningGone), { _tag: "Moved", skip: 30 })
    for (const count of [300, 5000]) {
      const lines = numbered(count)
      assert.deepStrictEqual(Tally.locate(of(lines), [...lines.slice(10), "new"]), {
        _tag: "Moved",
        skip: count - 10
      })
      assert.deepStrictEqual(Tally.locate(of(lines), ["other", ...lines, "new"]), {
        _tag: "Moved",
        skip: count + 1
      })
    }
  })

  it("Moved: of several places the nearest to where the reader was", () => {
    const tail = numbered(16, 0, "again")
    const lines = [...numbered(400), ...tail]
    const changed = ["x", ...tail, ...numbered(400), ...tail, ...numbered(900), ...tail]
    assert.deepStrictEqual(Tally.locate(of(lines), changed), { _tag: "Moved", skip: 433 })
  })

  it("Inserted: lines between those of the tail, wherever; without them it is the tally it was", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 1, max: 600 }),
        FastCheck.array(FastCheck.nat(199), { minLength: 1, maxLength: 5 }),
        FastCheck.nat(5),
        (count, backs, more) => {
          const lines = numbered(count)
          const log = [...lines, ...numbered(more, 0, "more")]
          for (const [index, back] of backs.entries()) {
            log.splice(Math.max(0, count - 1 - back), 0, `late ${index}`)
          }
          const place = Tally.locate(of(lines), log)
          if (place._tag !== "Inserted") throw new Error(`${place._tag} of ${count} with ${backs.join()}`)
          assert.deepStrictEqual(
            new Set(place.late.map((at) => log[at])),
            new Set(backs.map((_, index) => `late ${index}`))
          )
          assert.deepStrictEqual(log.slice(place.skip), numbered(more, 0, "more"))
          const before = Tally.without(of(lines), log, place.skip, place.late)
          assert.deepStrictEqual(Tally.locate(before, lines), { _tag: "Same" })
          const after = Tally.without(of(lines), log, place.skip, [])
          assert.strictEqual(after.count, count + backs.length)
          assert.deepStrictEqual(Tally.locate(after, log), { _tag: "Same" })
        }
      )
    )
  })

  it("Other: another log that begins the same; exactly, when the difference is not far back", () => {
    const lines = numbered(1000)
    const other = [...lines.slice(0, 900), ...numbered(300, 0, "other")]
    assert.deepStrictEqual(Tally.locate(of(lines), other), { _tag: "Other", skip: 900 })
    const far = Tally.locate(of(lines), [...lines.slice(0, 500), ...numbered(900, 0, "other")])
    assert.strictEqual(far._tag, "Other")
    assert.isTrue(far._tag === "Other" && far.skip <= 500 && far.skip >= 400)
    assert.deepStrictEqual(Tally.locate(of(lines), numbered(2000, 0, "other")), { _tag: "Other", skip: 0 })
  })

  it("Other, though shorter: what is there differs", () => {
    assert.deepStrictEqual(Tally.locate(of(numbered(100)), numbered(50, 0, "other")), {
      _tag: "Other",
      skip: 0
    })
    assert.deepStrictEqual(Tally.locate(of(numbered(2000)), numbered(500, 0, "other")), {
      _tag: "Other",
      skip: 0
    })
  })

  it("one changed, added or missing line anywhere is noticed", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 1, max: 600 }), FastCheck.nat(), (count, nat) => {
        const lines = numbered(count)
        const at = nat % count
        const changes = [
          [...lines.slice(0, at), "changed", ...lines.slice(at + 1)],
          [...lines.slice(0, at), "added", ...lines.slice(at)],
          [...lines.slice(0, at), ...lines.slice(at + 1), "more"]
        ]
        for (const changed of changes) assert.notStrictEqual(Tally.locate(of(lines), changed)._tag, "Same")
      })
    )
  })
})
