/** `pnpm packages`: packs all packages, installs them as a user would, and uses them in every way there is. */
import { basename, join } from "node:path"
import { Report } from "../Report.js"
import { withTemporaryFolder } from "../temporary.js"
import { build, packages } from "../workspace.js"
import { bundleForBrowser } from "./browserBundle.js"
import { checkSingle, install, runProgram, typeCheck, type Versions } from "./Consumer.js"
import { type Node, nodes } from "./nodes.js"
import { packAll, type Tarball } from "./pack.js"
import { checkFiles, checkManifest } from "./tarball.js"

/** The oldest that the packages say they take, and the newest. */
const versions = async (): Promise<ReadonlyArray<Versions>> => {
  const peers = Object.assign(
    {},
    ...(await packages()).map(({ manifest }) => manifest.peerDependencies ?? {})
  )
  const [effect, platform] = [String(peers["effect"]), String(peers["@effect/platform"])]
  const oldest = (range: string): string => range.replace(/^[\^~]/, "")
  return [
    { name: "oldest", effect: oldest(effect), platform: oldest(platform) },
    { name: "newest", effect, platform }
  ]
}

const node = {
  target: "es2022",
  lib: ["es2023", "dom", "dom.iterable", "esnext.disposable"],
  types: ["node"]
}

const resolutions = {
  nodenext: { ...node, module: "nodenext", moduleResolution: "nodenext" },
  bundler: { ...node, module: "esnext", moduleResolution: "bundler" }
}

/** `AsyncDisposable` is in no older library of TypeScript. */
const browserLib = {
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"],
  module: "esnext",
  moduleResolution: "bundler",
  types: []
}

const use = async (
  report: Report,
  folder: string,
  tarballs: ReadonlyArray<Tarball>,
  runtimes: ReadonlyArray<Node>,
  wanted: Versions
): Promise<void> => {
  const { name } = wanted
  const told = await report.check(
    `${name}: npm installs them`,
    () => install(folder, tarballs, wanted),
    (told) => told
  )
  if (told === undefined) return
  await report.check(`${name}: one copy of each`, () =>
    checkSingle(folder, ["effect", "@effect/platform", ...tarballs.map(({ name }) => name)])
  )
  for (const [resolution, options] of Object.entries(resolutions)) {
    await report.check(`${name}: TypeScript, ${resolution}`, () =>
      typeCheck(folder, resolution, options, ["everything.ts", "types.ts", "browser.ts"])
    )
  }
  await report.check(`${name}: TypeScript, a page`, () =>
    typeCheck(folder, "page", browserLib, ["browserTypes.ts"])
  )
  await report.check(
    `${name}: a bundle for a browser`,
    () => bundleForBrowser(folder),
    (size) => `${size.toLocaleString("en")} bytes`
  )
  for (const { command, version } of runtimes) {
    for (const program of ["esm.mjs", "cjs.cjs", "browser.mjs"]) {
      await report.check(
        `${name}: ${program} on Node ${version}`,
        () => runProgram(command, folder, program),
        (told) => told
      )
    }
  }
}

export const main = (): Promise<number> =>
  withTemporaryFolder("effect-airflow-packages", async (folder) => {
    const report = new Report()
    await build()
    const tarballs = await packAll(join(folder, "tarballs"))
    for (const tarball of tarballs) {
      const file = basename(tarball.file)
      await report.check(
        `${file}: the files it needs and no others`,
        () => checkFiles(tarball),
        (count) => `${count} files`
      )
      await report.check(`${file}: package.json`, () => checkManifest(tarball))
    }
    const runtimes: Array<Node> = []
    for (const { get, major } of nodes) {
      const found = await report.check(
        `Node ${major}`,
        () => get(folder),
        ({ version }) => version
      )
      if (found !== undefined) runtimes.push(found)
    }
    for (const wanted of await versions()) {
      await use(report, join(folder, wanted.name), tarballs, runtimes, wanted)
    }
    return report.end()
  })
