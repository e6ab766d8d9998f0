/**
 * `pnpm bench iterable`: lines per second through three async iterables of the same Stream of chunks, in turns:
 * ours, Effect's own, and a plain async generator that yields line by line.
 */
import * as AsyncIterable from "@effect-airflow/logs/AsyncIterable"
import * as Chunk from "effect/Chunk"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"

const pages = Array.from({ length: 250 }, (_, page) =>
  Array.from({ length: 800 }, (_, line) => `line ${page * 800 + line} ${"x".repeat(60)}`)
)
const lines = pages.length * pages[0]!.length

const stream = Stream.fromIterable(pages).pipe(
  Stream.rechunk(1),
  Stream.mapChunks(Chunk.flatMap((page) => Chunk.unsafeFromArray(page)))
)

async function* plain() {
  for (const page of pages) {
    await Promise.resolve()
    for (const line of page) yield line
  }
}

const sources: Readonly<Record<string, () => globalThis.AsyncIterable<string>>> = {
  ours: () => AsyncIterable.fromStream(stream, Runtime.defaultRuntime),
  "Stream.toAsyncIterable": () => Stream.toAsyncIterable(stream),
  "async generator": plain
}

const read = async (iterable: globalThis.AsyncIterable<string>): Promise<number> => {
  const started = performance.now()
  let count = 0
  for await (const line of iterable) if (line !== "") count++
  if (count !== lines) throw new Error(`${count} of ${lines} lines came`)
  return (lines / (performance.now() - started)) * 1000
}

/** The first ones warm up. */
const warmUp = 2
const rounds = 15
const rates = new Map<string, Array<number>>(Object.keys(sources).map((name) => [name, []]))
for (let round = 0; round < warmUp + rounds; round++) {
  // Each in turn is the first of a round.
  const names = Object.keys(sources)
  const inTurn = names.map((_, index) => names[(index + round) % names.length]!)
  for (const name of inTurn) {
    const rate = await read(sources[name]!())
    if (round >= warmUp) rates.get(name)!.push(rate)
  }
}
const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!

// Round by round, so that what else the machine does in one strikes all of them.
const ours = rates.get("ours")!
console.log(`${lines} lines, median (and range) of ${rounds} rounds`)
for (const [name, values] of rates) {
  const ratios = values.map((rate, round) => ours[round]! / rate)
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(1))
  const ratio = `ours is ${median(ratios).toFixed(1)} × (${least} to ${most})`
  console.log(`  ${name.padEnd(24)} ${(median(values) / 1e6).toFixed(2)} M lines/s, ${ratio}`)
}
