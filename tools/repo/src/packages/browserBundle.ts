/** The bundle a browser would load: Effect, the client and the follower in one file. */
import { build } from "esbuild"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { ToolError } from "../shell.js"

/** As consumer/browser.mjs loads it. */
const bundleFile = "browser.bundle.mjs"

/** Fails when anything of Node's is in it; gives its size in bytes. */
export const bundleForBrowser = async (folder: string): Promise<number> => {
  const { metafile } = await build({
    entryPoints: [join(folder, "browser.ts")],
    outfile: join(folder, bundleFile),
    absWorkingDir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    metafile: true,
    logLevel: "silent"
  }).catch((error: unknown) => {
    throw new ToolError(`it cannot be bundled for a browser: ${String(error)}`)
  })
  const asked = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  const text = await readFile(join(folder, bundleFile), "utf8")
  const named = [...text.matchAll(/["'`](node:[a-z_/]+)["'`]/g)].map(([, name]) => name)
  if (asked.length + named.length > 0) {
    throw new ToolError(`it asks for what a browser has not: ${[...asked, ...named].join(", ")}`)
  }
  return text.length
}
