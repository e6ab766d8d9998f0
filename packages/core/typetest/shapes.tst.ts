/** The shapes of rows are as narrow as their types: a field that is missing, misspelled or too wide is no row. */
import { expect, test } from "tstyche"
import { number, string, stringOrNull, struct, type Struct } from "../src/internal/shape.js"

interface Row {
  readonly id: string
  readonly count: number
  readonly note?: string | null
}

test("all fields", () => {
  expect(struct({ id: string, count: number }, { note: stringOrNull })).type.toBeAssignableTo<Struct<Row>>()
})

test("a required field", () => {
  expect(struct({ id: string }, { note: stringOrNull })).type.not.toBeAssignableTo<Struct<Row>>()
  expect(struct({ id: string, count: string }, { note: stringOrNull })).type.not.toBeAssignableTo<
    Struct<Row>
  >()
  expect(struct({ id: string }, { count: number, note: stringOrNull })).type.not.toBeAssignableTo<
    Struct<Row>
  >()
})

test("an optional field", () => {
  expect(struct({ id: string, count: number }, {})).type.not.toBeAssignableTo<Struct<Row>>()
  expect(struct({ id: string, count: number }, { notes: stringOrNull })).type.not.toBeAssignableTo<
    Struct<Row>
  >()
  expect(struct({ id: string, count: number }, { note: string })).type.not.toBeAssignableTo<Struct<Row>>()
  expect(struct({ id: string, count: number, note: stringOrNull }, {})).type.not.toBeAssignableTo<
    Struct<Row>
  >()
})

test("a field too many", () => {
  expect(
    struct({ id: string, count: number }, { note: stringOrNull, more: string })
  ).type.not.toBeAssignableTo<Struct<Row>>()
})
