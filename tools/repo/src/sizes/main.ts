/** `pnpm sizes`: what the packages add to a program, against the limits in entries.ts. */
import { build } from "../workspace.js"
import { entries } from "./entries.js"
import { measure } from "./measure.js"

const bytes = (count: number): string => count.toLocaleString("en")

export const main = async (): Promise<number> => {
  await build()
  const rows = await Promise.all(
    entries.map(async (entry) => ({ ...entry, ...(await measure(entry.code, entry.external)) }))
  )
  const width = Math.max(...entries.map(({ name }) => name.length))
  const line = (name: string, ...cells: ReadonlyArray<string>): void =>
    console.log(`${name.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join("")}`)
  line("bytes", "minified", "gzip -9", "limit")
  for (const { gzipped, limit, minified, name } of rows) {
    line(name, bytes(minified), bytes(gzipped), limit === undefined ? "-" : bytes(limit))
  }
  const over = rows.filter(({ gzipped, limit }) => limit !== undefined && gzipped > limit)
  for (const { gzipped, limit = 0, name } of over) {
    console.error(`${name}: ${bytes(gzipped - limit)} bytes over its limit of ${bytes(limit)}`)
  }
  return over.length === 0 ? 0 : 1
}
