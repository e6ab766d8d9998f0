import { execFileSync } from "node:child_process"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { checkFiles, checkManifest } from "../src/packages/tarball.js"
import type { Manifest } from "../src/workspace.js"

const manifest: Manifest = {
  name: "@effect-airflow/example",
  exports: { "./package.json": null, "./A": { default: "./dist/A.js" }, "./internal/*": null }
}

const files = ["README.md", "LICENSE", "dist/A.js", "dist/A.js.map", "dist/A.d.ts", "src/A.ts"]

const pack = async (names: ReadonlyArray<string>, packed: object = manifest) => {
  const folder = await mkdtemp(join(tmpdir(), "tarball-"))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const name of [...names, "package.json"]) {
    await mkdir(dirname(join(folder, "package", name)), { recursive: true })
    await writeFile(join(folder, "package", name), JSON.stringify(packed))
  }
  const paths = [...names, "package.json"].map((name) => `package/${name}`)
  execFileSync("tar", ["-czf", "example.tgz", ...paths], { cwd: folder })
  return { name: manifest.name, file: join(folder, "example.tgz"), manifest }
}

test("a tarball with what it needs is accepted", async () => {
  const tarball = await pack(files)
  expect(await checkFiles(tarball)).toBe(7)
  await checkManifest(tarball)
})

test.each(files.filter((name) => !name.endsWith(".map")))("a tarball without %s is refused", async (name) => {
  await expect(checkFiles(await pack(files.filter((each) => each !== name)))).rejects.toThrow(
    `it lacks ${name}`
  )
})

test.each(["test/a.test.ts", "dist/a.tsbuildinfo", "tsconfig.json", ".turbo/log", "src/a.key"])(
  "a tarball with %s is refused",
  async (name) => {
    await expect(checkFiles(await pack([...files, name]))).rejects.toThrow(`it should not hold ${name}`)
  }
)

test.each([
  [{ dependencies: { a: "workspace:^" } }, "a is workspace:^"],
  [{ devDependencies: { a: "catalog:" } }, "a is catalog:"],
  [{ peerDependencies: { a: "file:../a" } }, "a is file:../a"],
  [{ private: true }, "private"]
])("a packed package.json with %o is refused", async (more, told) => {
  await expect(checkManifest(await pack(files, { ...manifest, ...more }))).rejects.toThrow(told)
})
