import * as V1DagRuns from "@effect-airflow/core/v1/DagRuns"
import * as V1 from "@effect-airflow/core/v1/TaskInstance"
import * as V2DagRuns from "@effect-airflow/core/v2/DagRuns"
import * as V2 from "@effect-airflow/core/v2/TaskInstance"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as decode from "../src/internal/decode.js"
import * as schema from "../src/internal/schema.js"
import * as Shape from "../src/internal/shape.js"
import * as v1Rows from "../src/internal/v1Rows.js"
import * as v2Rows from "../src/internal/v2Rows.js"

type AnyStruct = Pick<Shape.Struct<unknown>, "node">

/** The public schemas, and what the operations decode with. */
const pairs: ReadonlyArray<readonly [string, Schema.Schema.AnyNoContext, AnyStruct]> = [
  ["v1 SLAMiss", V1.SLAMiss, v1Rows.slaMiss],
  ["v1 Trigger", V1.Trigger, v1Rows.trigger],
  ["v1 Job", V1.Job, v1Rows.job],
  ["v1 TaskInstance", V1.TaskInstance, v1Rows.taskInstance],
  ["v1 TaskInstanceHistory", V1.TaskInstanceHistory, v1Rows.taskInstanceHistory],
  ["v1 TaskInstanceReference", V1.TaskInstanceReference, v1Rows.taskInstanceReference],
  ["v1 DagRun", V1DagRuns.DagRun, v1Rows.dagRun],
  ["v2 Trigger", V2.Trigger, v2Rows.trigger],
  ["v2 Job", V2.Job, v2Rows.job],
  ["v2 DagVersion", V2.DagVersion, v2Rows.dagVersion],
  ["v2 TaskInstance", V2.TaskInstance, v2Rows.taskInstance],
  ["v2 TaskInstanceHistory", V2.TaskInstanceHistory, v2Rows.taskInstanceHistory],
  ["v2 DagRun", V2DagRuns.DagRun, v2Rows.dagRun]
]

const read = (shape: AnyStruct, body: unknown) => {
  const skipped: Array<string> = []
  const result = decode.struct<unknown>(shape)(body, ({ expected, field }) =>
    skipped.push(`${field}: ${expected}`)
  )
  return { result, skipped }
}

const viaJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe("shapes and their schemas", () => {
  for (const [name, of, shape] of pairs) {
    it(`${name}: what the schema makes up is taken whole`, () => {
      FastCheck.assert(
        FastCheck.property(Arbitrary.make(of), (made) => {
          const body = viaJson(made) as object
          const isFinite = JSON.stringify(made) === JSON.stringify(body)
          FastCheck.pre(isFinite && Schema.is(of)(body))
          const { result, skipped } = read(shape, { ...body, later: 1 })
          assert.deepStrictEqual(Either.getOrThrow(result), body)
          assert.deepStrictEqual(skipped, [])
        }),
        { numRuns: 50 }
      )
    })

    it(`${name}: a field that the schema refuses is left out or refused, and no other`, () => {
      const values = ["text", 7, true, null, [1], { a: 1 }]
      const [complete] = FastCheck.sample(
        Arbitrary.make(of).filter((made) => Schema.is(of)(viaJson(made))),
        1
      )
      const body = viaJson(complete) as Record<string, unknown>
      const { optional, required } = shape.node
      const names = [...required, ...optional].map(([field]) => field)
      assert.isAbove(names.length, 3)
      for (const field of names) {
        for (const value of values) {
          const changed = { ...body, [field]: value }
          const { result } = read(shape, changed)
          const isTaken = Either.isRight(result) && Object.hasOwn(result.right as object, field)
          assert.strictEqual(isTaken, Schema.is(of)(changed), `${field}: ${JSON.stringify(value)}`)
        }
      }
    })
  }

  it("tell where and what, and no value", () => {
    const shape = Shape.struct(
      { id: Shape.string },
      {
        list: Shape.array(Shape.struct({ n: Shape.number }, { note: Shape.stringOrNull })),
        any: Shape.object
      }
    )
    const left = (body: unknown) => Either.getOrThrow(Either.flip(read(shape, body).result))
    assert.strictEqual(left(["s3cret"]), "expected an object")
    assert.strictEqual(left({}), ".id is missing")
    assert.strictEqual(left({ id: 1 }), ".id: expected a string")
    assert.strictEqual(left(JSON.parse('{"__proto__":{"id":"a"}}')), ".id is missing")
    assert.deepStrictEqual(read(shape, { id: "a", list: [{ n: 1, note: 5, more: 1 }], any: null }), {
      result: Either.right({ id: "a", list: [{ n: 1 }] }),
      skipped: [".list[0].note: a string or null", ".any: an object"]
    } as never)
    assert.deepStrictEqual(read(shape, { id: "a", list: [{ n: 1 }, { n: "s3cret" }] }), {
      result: Either.right({ id: "a" }),
      skipped: [".list[1].n: a number"]
    } as never)
    assert.isTrue(Schema.is(schema.of(shape))({ id: "a", list: [{ n: 1, note: null }] }))
    assert.isFalse(Schema.is(schema.of(shape))({ id: "a", list: [{ n: "1" }] }))
  })
})
