import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { h } from "../src/dom.js"

/** As much of an element as `h` uses. */
class Element {
  readonly attributes: Record<string, string> = {}
  readonly children: Array<unknown> = []
  setAttribute(name: string, value: string) {
    this.attributes[name] = value
  }
  append(...children: ReadonlyArray<unknown>) {
    this.children.push(...children)
  }
}

beforeEach(() => void vi.stubGlobal("document", { createElement: () => new Element() }))
afterEach(() => void vi.unstubAllGlobals())

it.each([
  ["onclick", "alert(1)"],
  ["onClick", "alert(1)"],
  ["onload", "alert(1)"],
  ["style", "display: none"],
  ["srcdoc", "<b>markup</b>"],
  ["href", "javascript:alert(1)"],
  ["href", " \u0001java\tscript\n:alert(1)"],
  ["href", "JavaScript:alert(1)"],
  ["formaction", "javascript:alert(1)"]
])("refuses the attribute %s=%j", (name, value) => {
  expect(() => h("a", { [name]: value })).toThrow(`refused on <a>: the attribute ${name}`)
})

it.each([
  ["href", "#dag_id=javascript:alert(1)"],
  ["href", "blob:http://127.0.0.1/1"],
  // A name that is chosen from a list is no address.
  ["value", "javascript:alert(1)"],
  ["aria-label", "on"],
  ["hidden", true]
])("takes the attribute %s=%j", (name, value) => {
  const element = h("a", { [name]: value, onclick: undefined }, "<b>text</b>") as unknown as Element
  expect(element.attributes).toEqual({ [name]: value === true ? "" : value })
  expect(element.children).toEqual(["<b>text</b>"])
})
