/**
 * What the rows of answers look like, as data. Two things are made of it: the decoders of the operations, and the
 * public schemas (see schema.ts). The decoders do without Schema, which would be a sixth of what a page has to load.
 */

export interface AnyShape {
  readonly node: Node
}

/** `A` is what it describes. */
export interface Shape<A> extends AnyShape {
  /** Ties the type to the data, so that it is neither wider nor narrower; what may be left out among it. */
  readonly "~type"?: (a: A, all: Required<A>) => readonly [A, Required<A>]
}

export interface StructNode {
  readonly _tag: "struct"
  readonly required: ReadonlyArray<readonly [name: string, node: Node]>
  /** May be left out. */
  readonly optional: ReadonlyArray<readonly [name: string, node: Node]>
}

export type Node =
  | { readonly _tag: "string" | "number" | "boolean" | "object" }
  | { readonly _tag: "nullOr" | "array"; readonly of: Node }
  | StructNode

export interface Struct<A> extends Shape<A> {
  readonly node: StructNode
}

type Shapes = Readonly<Record<string, AnyShape>>
type TypeOf<S> = S extends Shape<infer A> ? A : never

export const string: Shape<string> = { node: { _tag: "string" } }
export const number: Shape<number> = { node: { _tag: "number" } }
export const boolean: Shape<boolean> = { node: { _tag: "boolean" } }

/** Any JSON object. */
export const object: Shape<{ readonly [key: string]: unknown }> = { node: { _tag: "object" } }

export const nullOr = <A>({ node }: Shape<A>): Shape<A | null> => ({ node: { _tag: "nullOr", of: node } })
export const array = <A>({ node }: Shape<A>): Shape<ReadonlyArray<A>> => ({
  node: { _tag: "array", of: node }
})

const nodes = (shapes: Shapes): StructNode["required"] =>
  Object.entries(shapes).map(([name, { node }]) => [name, node])

export const struct = <Required extends Shapes, Optional extends Shapes>(
  required: Required,
  optional: Optional
): Struct<
  { readonly [K in keyof Required]: TypeOf<Required[K]> } & {
    readonly [K in keyof Optional]?: TypeOf<Optional[K]>
  }
> => ({ node: { _tag: "struct", required: nodes(required), optional: nodes(optional) } })

export const stringOrNull: Shape<string | null> = nullOr(string)
export const numberOrNull: Shape<number | null> = nullOr(number)

export const isRecord = (u: unknown): u is Record<string, unknown> =>
  typeof u === "object" && u !== null && !Array.isArray(u)

/** A field that did not match and was left out. */
export interface Skipped {
  readonly field: string
  readonly expected: string
}

/** What a value is that is not of a shape. */
export class Mismatch {
  readonly field: string
  readonly expected: string
  /** As a sentence. */
  readonly issue: string
  constructor(field: string, expected: string, issue?: string) {
    this.field = field
    this.expected = expected
    this.issue = issue ?? `${field === "" ? "" : `${field}: `}expected ${expected}`
  }
}

const wrong = (at: string, node: Node): Mismatch => new Mismatch(at, describe(node))

/**
 * A value without what its shape does not know, or a {@link Mismatch}. What may be left out and does not match is left
 * out.
 */
export const read = (node: Node, value: unknown, at: string, skipped: (what: Skipped) => void): unknown => {
  switch (node._tag) {
    case "nullOr": {
      const result = value === null ? null : read(node.of, value, at, skipped)
      return result instanceof Mismatch && result.field === at ? wrong(at, node) : result
    }
    case "array": {
      if (!Array.isArray(value)) return wrong(at, node)
      const items = value.map((item, index) => read(node.of, item, `${at}[${index}]`, skipped))
      return items.find((item) => item instanceof Mismatch) ?? items
    }
    case "object":
      return isRecord(value) ? value : wrong(at, node)
    case "struct": {
      if (!isRecord(value)) return wrong(at, node)
      const result: Record<string, unknown> = {}
      for (const [name, of] of node.required) {
        if (!Object.hasOwn(value, name)) {
          return new Mismatch(`${at}.${name}`, describe(of), `${at}.${name} is missing`)
        }
        const field = read(of, value[name], `${at}.${name}`, skipped)
        if (field instanceof Mismatch) return field
        result[name] = field
      }
      for (const [name, of] of node.optional) {
        if (!Object.hasOwn(value, name)) continue
        const field = read(of, value[name], `${at}.${name}`, skipped)
        if (field instanceof Mismatch) skipped({ field: field.field, expected: field.expected })
        else result[name] = field
      }
      return result
    }
    default:
      return typeof value === node._tag ? value : wrong(at, node)
  }
}

/** A shape in words. */
const describe = (node: Node): string =>
  node._tag === "nullOr"
    ? `${describe(node.of)} or null`
    : node._tag === "array"
      ? "an array"
      : node._tag === "struct" || node._tag === "object"
        ? "an object"
        : `a ${node._tag}`
