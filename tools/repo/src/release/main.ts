/**
 * `pnpm release:check`: what a release would do, tried in a copy of the repository: the versions changesets
 * give, and the packages that would be published. Nothing is published, and no login is needed.
 */
import assert from "node:assert"
import { Report } from "../Report.js"
import { ToolError } from "../shell.js"
import { withTemporaryFolder } from "../temporary.js"
import { type Manifest, packages } from "../workspace.js"
import { copyRepository } from "./copy.js"
import { dryRun } from "./publish.js"
import { applyChangesets, bumped, changesets, greatestBump, manifests, onlySample } from "./versions.js"

const show = ({ name, private: isPrivate, version }: Manifest): string =>
  `     ${name} ${version ?? "without a version"}${isPrivate === true ? ", private" : ""}`

/** The names and versions of those that do not have the version they should have. */
const except = (manifests: ReadonlyArray<Manifest>, expected: (manifest: Manifest) => string | undefined) =>
  manifests
    .filter((manifest) => manifest.version !== expected(manifest))
    .map(({ name, version }) => `${name} gets ${version}`)
    .join(", ")

const noneOf = (wrong: string): void => {
  if (wrong !== "") throw new ToolError(wrong)
}

export const main = (): Promise<number> =>
  withTemporaryFolder("effect-airflow-release", async (folder) => {
    const report = new Report()
    const reset = await copyRepository(folder)
    const before = await manifests(folder)
    const published = (await packages()).map(({ manifest }) => manifest.name).toSorted()
    const ours = (all: ReadonlyArray<Manifest>) => all.filter(({ name }) => published.includes(name))
    const current = ours(before)[0]?.version ?? ""

    await report.check("the packages below packages/ are public, and all others private", async () => {
      const open = before.filter((manifest) => manifest.private !== true).map(({ name }) => name)
      assert.deepEqual(open, published, `public are: ${open.join(", ")}`)
    })
    await report.check(
      "all of them have the same version now",
      async () => noneOf(except(ours(before), () => current)),
      () => current
    )

    await report.check("a changeset for one of them takes all of them along", async () => {
      await onlySample(folder, published[0] ?? "")
      await applyChangesets(folder)
      noneOf(except(ours(await manifests(folder)), () => bumped(current, "minor")))
    })
    await reset()

    const waiting = (await changesets(folder)).length
    if (waiting === 0) await onlySample(folder, published[0] ?? "")
    const bump = await greatestBump(folder)
    const expected = bumped(current, bump)
    await report.check(
      "changeset version",
      () => applyChangesets(folder),
      () => (waiting === 0 ? "no changeset is waiting: with a sample" : `${waiting} waiting`)
    )
    const after = await manifests(folder)
    for (const manifest of after) console.log(show(manifest))
    await report.check(`all of them get ${expected}, a ${bump} release`, async () =>
      noneOf(except(ours(after), () => expected))
    )
    await report.check("the others keep their version", async () => {
      const old = new Map(before.map(({ name, version }) => [name, version]))
      const others = after.filter(({ name }) => !published.includes(name))
      noneOf(except(others, ({ name }) => old.get(name)))
    })
    await report.check(
      "pnpm publish takes these and no others",
      async () => {
        const would = await dryRun(folder)
        const wanted = published.map((name) => `${name}@${expected}`)
        assert.deepEqual(would, wanted, `it takes ${would.join(", ")} instead of ${wanted.join(", ")}`)
        return would
      },
      (would) => would.join(", ")
    )
    return report.end()
  })
