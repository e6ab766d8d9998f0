/** How big a program is that uses only this: bundled for a browser, minified and compressed. */
import { build } from "esbuild"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { ToolError } from "../shell.js"
import { root } from "../workspace.js"

export interface Size {
  readonly minified: number
  readonly gzipped: number
}

/** Everything is resolved as it would be by a program that depends on all packages. */
const resolveDir = join(root, "tools/repo")

export const measure = async (code: string, external: ReadonlyArray<string>): Promise<Size> => {
  const result = await build({
    stdin: { contents: code, resolveDir, sourcefile: "entry.js" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: [...external],
    write: false,
    metafile: true,
    logLevel: "silent"
  }).catch((error: unknown) => {
    throw new ToolError(`it cannot be bundled for a browser: ${String(error)}`)
  })
  const ours = Object.keys(result.metafile.inputs).filter((path) => /packages\/[^/]+\/dist\//.test(path))
  if (ours.length === 0) throw new ToolError("none of our modules is in the bundle: nothing was measured")
  const [file] = result.outputFiles
  if (file === undefined) throw new ToolError("esbuild wrote nothing")
  return { minified: file.contents.length, gzipped: gzipSync(file.contents, { level: 9 }).length }
}
