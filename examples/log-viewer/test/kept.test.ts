import { expect, it } from "vitest"
import { kept } from "../src/kept.js"

it("keeps one value until it is forgotten", () => {
  const values = new Map<string, string>()
  const storage = {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key)
  } as Storage
  const one = kept(() => storage, "one")
  expect(one.read()).toBeNull()
  one.write("a")
  expect([...values]).toEqual([["one", "a"]])
  expect(one.read()).toBe("a")
  one.write(null)
  expect(values.size).toBe(0)
})

it("keeps nothing where storage is blocked", () => {
  const blocked = kept(() => {
    throw new Error("SecurityError")
  }, "one")
  blocked.write("a")
  blocked.write(null)
  expect(blocked.read()).toBeNull()
})
