/** The schema of a shape, for who decodes rows by other means. The operations themselves do without. */
import * as Schema from "effect/Schema"
import type { Node, Shape } from "./shape.js"

const exact = { exact: true } as const

type Any = Schema.Schema.AnyNoContext

const convert = (node: Node): Any => {
  switch (node._tag) {
    case "string":
      return Schema.String
    case "number":
      return Schema.Number
    case "boolean":
      return Schema.Boolean
    case "object":
      return Schema.Record({ key: Schema.String, value: Schema.Unknown })
    case "nullOr":
      return Schema.NullOr(convert(node.of))
    case "array":
      return Schema.Array(convert(node.of))
    case "struct": {
      const fields: Record<string, Any | Schema.optionalWith<Any, typeof exact>> = {}
      for (const [name, of] of node.required) fields[name] = convert(of)
      for (const [name, of] of node.optional) fields[name] = Schema.optionalWith(convert(of), exact)
      return Schema.Struct(fields)
    }
  }
}

export const of = <A>({ node }: Shape<A>): Schema.Schema<A> => convert(node)
