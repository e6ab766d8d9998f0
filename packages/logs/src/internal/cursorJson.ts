/** Checks what is said to be a cursor, once and wholly, where it is read: the follower relies on the cursors there are. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Data } from "./cursor.js"
import type * as V1 from "./v1Source.js"
import type * as V2 from "./v2Cursor.js"

const exact = { exact: true } as const

const Count = Schema.Number.pipe(Schema.filter((value) => Number.isSafeInteger(value) && value >= 0))

const Target = Schema.Struct({
  dag_id: Schema.String,
  dag_run_id: Schema.String,
  task_id: Schema.String,
  map_index: Schema.optionalWith(Count, exact)
})

const Mark = Schema.Struct({ count: Count, hash: Count })

const Last = Schema.Struct({ hash: Count, time: Schema.String })

const V1Source: Schema.Schema<V1.V1Cursor> = Schema.Struct({
  try_number: Count,
  token: Schema.optionalWith(Schema.String, exact),
  hosts: Schema.Array(
    Schema.Struct({
      host: Schema.String,
      splitter: Schema.Struct({ open: Schema.String, rest: Schema.String })
    })
  ),
  last: Schema.optionalWith(Last, exact),
  unchecked: Schema.optionalWith(Schema.Literal(true), exact)
})

const Passed = Schema.Struct({ count: Count, hash: Count })
const Given = Schema.Struct({ token: Schema.String, passed: Passed })

const V2Source: Schema.Schema<V2.V2Cursor> = Schema.Struct({
  try_number: Count,
  seen: Passed,
  from: Schema.optionalWith(Given, exact),
  next: Schema.optionalWith(Given, exact),
  halves: Schema.optionalWith(Count, exact),
  held: Schema.optionalWith(Schema.String, exact),
  first: Schema.optionalWith(Count, exact),
  last: Schema.optionalWith(Last, exact),
  unchecked: Schema.optionalWith(Schema.Literal(true), exact)
})

const Waiting = Schema.Struct({
  phase: Schema.Literal("waiting"),
  from: Schema.Union(Count, Schema.Literal("latest"))
})

const reading = <Source extends { readonly try_number: number }>(source: Schema.Schema<Source>) =>
  Schema.Struct({
    phase: Schema.Literal("reading"),
    try_number: Count,
    anchor: Schema.Struct({ source, count: Count, hash: Count }),
    tally: Schema.Struct({
      count: Count,
      hash: Count,
      base: Count,
      tail: Schema.Array(Count),
      marks: Schema.Array(Mark)
    }),
    open: Schema.String,
    record: Schema.Int,
    gapsBefore: Count
  }).pipe(Schema.filter(({ anchor, try_number }) => anchor.source.try_number === try_number))

const cursor = <Api extends string, Source extends { readonly try_number: number }>(
  api: Api,
  source: Schema.Schema<Source>
) =>
  Schema.Struct({
    version: Schema.Literal(1),
    api: Schema.Literal(api),
    target: Target,
    lines: Count,
    gaps: Count,
    flawed: Count,
    place: Schema.Union(Waiting, reading(source))
  })

const Json = Schema.Union(cursor("v1", V1Source), cursor("v2", V2Source))

/** Whoever keeps a cursor need not know what a source's own looks like. */
export const schema: Schema.Schema<Data, unknown> = Json as never

const decodeJson = Schema.decodeUnknownEither(Json)

export const decode = (json: unknown): Either.Either<Data, string> => {
  if (Predicate.hasProperty(json, "version") && typeof json.version === "number" && json.version !== 1) {
    return Either.left(`is a cursor of version ${json.version}; this library reads version 1`)
  }
  if (Predicate.hasProperty(json, "api") && typeof json.api === "string" && !/^v[12]$/.test(json.api)) {
    return Either.left("is a cursor of an API that this library does not know")
  }
  return Either.mapLeft(decodeJson(json), () => "is not a cursor of LogCursor.toJson")
}
