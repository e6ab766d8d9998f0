/**
 * Cuts a JSON object that holds one long array into parts, as its bytes come and wherever they are cut. It looks
 * at quotes, brackets and commas only, which are single bytes in UTF-8, and leaves what is between them to
 * `JSON.parse`, many items at a time. Of a body it keeps no more than a part, or an item that is longer.
 */
import * as Either from "effect/Either"

/** Turns the bytes of one body into items. Left: what is wrong with it. */
export interface BodyDecoder<Item> {
  /** What these bytes complete. */
  readonly push: (bytes: Uint8Array) => Either.Either<ReadonlyArray<Item>, string>
  /** What comes last, once the body is over; undefined: it should not be over yet. */
  readonly end: () => Either.Either<ReadonlyArray<Item>, string> | undefined
}

export interface Shape<Item> {
  /** The key of the array. */
  readonly array: string
  /** A part of it, and how many bytes it took. */
  readonly part: (items: ReadonlyArray<unknown>, bytes: number) => Item
  /** The key whose value comes with the end. What is at other keys is passed over unread. */
  readonly last: string
  readonly end: (value: unknown) => Either.Either<Item, string>
}

/** A part is as long as what came at once, and at most this long; the item that reaches `bytes` is its last. */
const limits = { items: 2000, bytes: 1 << 20 }

const notJson = "expected JSON, got a text that is not"

class Issue {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const refuse = (text: string): never => {
  throw new Issue(text)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return refuse(notJson)
  }
}

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const openArray = 0x5b
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

export const make = <Item>(shape: Shape<Item>): BodyDecoder<Item> => {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })
  /** What the next byte belongs to, or what is to come. */
  let at: "start" | "first" | "key" | "name" | "colon" | "begin" | "value" | "array" | "after" | "done" =
    "start"
  let name = ""
  let last: unknown
  let found = false
  // Where the last byte was in the value under way.
  let depth = 0
  let quoted = false
  let escaped = false
  /** Earlier bytes of the name, value or part under way. */
  let kept: Array<Uint8Array> = []
  let keptBytes = 0
  /** Items that are complete, but for those of earlier parts. */
  let items = 0
  let anyComma = false

  const keep = (bytes: Uint8Array): void => {
    if (bytes.length > 0) kept.push(bytes)
    keptBytes += bytes.length
  }

  const take = (bytes: Uint8Array): string => {
    let text = ""
    for (const earlier of kept) text += utf8.decode(earlier, { stream: true })
    kept = []
    keptBytes = 0
    return text + utf8.decode(bytes)
  }

  const part = (bytes: Uint8Array, count: number, into: Array<Item>): void => {
    const size = keptBytes + bytes.length
    const text = take(bytes)
    items = 0
    if (!anyComma && /^[ \t\n\r]*$/.test(text)) return
    const values = parse(`[${text}]`) as ReadonlyArray<unknown>
    if (values.length !== count) refuse(notJson)
    into.push(shape.part(values, size))
  }

  /** Goes on to the comma or bracket that ends the value under way, or the item; or to the end. */
  const scan = (bytes: Uint8Array, start: number): number => {
    const end = bytes.length
    let i = start
    let inside = quoted
    let skip = escaped
    let level = depth
    for (; i < end; i++) {
      const byte = bytes[i]!
      if (inside) {
        if (skip) skip = false
        else if (byte === quote) inside = false
        else if (byte === backslash) skip = true
      } else if (byte === quote) inside = true
      else if (byte === openObject || byte === openArray) level++
      else if (byte === closeObject || byte === closeArray) {
        if (level === 0) break
        level--
      } else if (byte === comma && level === 0) break
    }
    quoted = inside
    escaped = skip
    depth = level
    return i
  }

  const read = (bytes: Uint8Array, into: Array<Item>): void => {
    /** Where what is under way begins in these bytes. */
    let from = 0
    /** The last comma between two items. */
    let lastComma = -1
    let i = 0
    while (i < bytes.length) {
      if (at === "value" || at === "array") {
        i = scan(bytes, i)
        const byte = bytes[i]
        if (byte === undefined) break
        const before = bytes.subarray(from, i)
        if (at === "value") {
          if (byte === closeArray) refuse(notJson)
          if (name === shape.last) last = parse(take(before))
          at = byte === comma ? "key" : "done"
        } else if (byte === comma) {
          anyComma = true
          items++
          lastComma = i
          if (items === limits.items || keptBytes + before.length >= limits.bytes) {
            part(before, items, into)
            from = i + 1
            lastComma = -1
          }
        } else {
          if (byte === closeObject) refuse(notJson)
          part(before, items + 1, into)
          at = "after"
        }
        i++
        continue
      }
      const byte = bytes[i++]!
      if (at === "name") {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) {
          name = String(parse(take(bytes.subarray(from, i))))
          at = "colon"
        }
        continue
      }
      // White space; and a byte order mark.
      if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || (at === "start" && byte > 0x7f)) continue
      if (at === "start" && byte === openObject) at = "first"
      else if ((at === "first" || at === "key") && byte === quote) {
        at = "name"
        from = i - 1
      } else if (at === "colon" && byte === 0x3a) at = "begin"
      else if (at === "begin" && name === shape.array) {
        if (byte !== openArray) refuse(`.${name}: expected an array`)
        at = "array"
        from = i
        lastComma = -1
        anyComma = false
        found = true
      } else if (at === "begin" && byte !== comma && byte !== closeObject) {
        at = "value"
        from = --i
      } else if (at === "after" && byte === comma) at = "key"
      else if ((at === "after" || at === "first") && byte === closeObject) at = "done"
      else refuse(notJson)
    }
    if (at === "array" && lastComma >= from) {
      part(bytes.subarray(from, lastComma), items, into)
      from = lastComma + 1
    }
    if (at === "array" || at === "name" || (at === "value" && name === shape.last)) keep(bytes.subarray(from))
  }

  return {
    push: (bytes) => {
      const into: Array<Item> = []
      try {
        read(bytes, into)
        return Either.right(into)
      } catch (error) {
        if (error instanceof Issue) return Either.left(error.text)
        throw error
      }
    },
    end: () =>
      at !== "done"
        ? undefined
        : found
          ? Either.map(shape.end(last), (item) => [item])
          : Either.left(`.${shape.array} is missing`)
  }
}
