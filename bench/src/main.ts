/** `pnpm bench iterable | scale | day | ticker | big | jwt`: see the file of that name. */
const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  iterable: () => import("./asyncIterable.js"),
  scale: () => import("./scale.js"),
  day: () => import("./day.js"),
  ticker: () => import("./ticker.js"),
  big: () => import("./big.js"),
  jwt: () => import("./jwt.js")
}

const [name = ""] = process.argv.splice(2, 1)
const bench = benches[name]
if (bench === undefined) {
  console.error(`usage: pnpm bench ${Object.keys(benches).join(" | ")}`)
  process.exitCode = 2
} else await bench()
