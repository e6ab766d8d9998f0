/** `pnpm conformance --fake [VERSION | all] | --airflow VERSION | --matrix [VERSION,VERSION…]`: see the README. */
import * as Airflow from "airflow/Airflow"
import { parseArgs } from "node:util"
import { all } from "./cases/index.js"
import { runAll } from "./runner.js"
import { type Case, leftOut, runs } from "./suite.js"
import * as Target from "./target.js"

const usage = `usage: pnpm conformance --fake [VERSION | all]      on the fake as this version (2.11.0), or as each
       pnpm conformance --airflow VERSION           on a real Airflow, which is started if it is not up
       pnpm conformance --matrix [VERSION,VERSION]  on each of these real ones (all that are tested) in turn
options: --kerberos     who asks proves it by Kerberos, and in no other way (Airflow 2)
         --only TEXT    cases with this text in their name; may be given several times
         --at-once N    so many cases at a time (4)
         --list         says which cases hold and which do not, and why, and runs nothing`

/** What stands for an option without a value. */
const defaults: Readonly<Record<string, string>> = {
  "--fake": "2.11.0",
  "--matrix": Airflow.tested.join(",")
}

const withDefaults = (args: ReadonlyArray<string>): Array<string> =>
  args.flatMap((arg, index) => {
    const value = defaults[arg]
    return value === undefined || /^[^-]/.test(args[index + 1] ?? "") ? [arg] : [arg, value]
  })

const { values } = parseArgs({
  args: withDefaults(process.argv.slice(2)),
  options: {
    fake: { type: "string" },
    airflow: { type: "string" },
    matrix: { type: "string" },
    only: { type: "string", multiple: true, default: [""] },
    kerberos: { type: "boolean", default: false },
    "at-once": { type: "string", default: "4" },
    list: { type: "boolean", default: false }
  }
})

const { kerberos } = values

interface Job {
  readonly version: string
  readonly start: () => Promise<Target.Target>
}

const jobs: ReadonlyArray<Job> = [
  ...(values.fake === undefined ? [] : values.fake === "all" ? Airflow.tested : values.fake.split(",")).map(
    (version): Job => ({ version, start: () => Target.fake(version, { kerberos }) })
  ),
  ...(values.airflow === undefined ? [] : [values.airflow]).map((version): Job => ({
    version,
    start: () => Target.real(version, { kerberos })
  })),
  ...(values.matrix === undefined ? [] : values.matrix.split(",")).map((version): Job => ({
    version,
    start: () => Target.real(version, { keep: false, kerberos })
  }))
]
if (jobs.length === 0) {
  console.error(usage)
  process.exit(2)
}

const named = all.filter(({ name }) => values.only.some((text) => name.includes(text)))

/** The cases that hold on a version, and why the others do not. */
const select = (version: string) => {
  const server = { version, api: Airflow.apiOf(version) }
  const cases: Array<Case> = []
  const others = new Map<string, Array<string>>()
  for (const one of named) {
    const reason = leftOut(one, server)
    if (reason === undefined) cases.push(one)
    else others.set(reason, [...(others.get(reason) ?? []), one.name])
  }
  return { cases, others }
}

const sayOthers = (others: ReadonlyMap<string, ReadonlyArray<string>>, names: boolean): void => {
  for (const [reason, cases] of others) {
    console.log(`  left out, ${reason}: ${cases.length} cases`)
    if (names) for (const name of cases) console.log(`    ${name}`)
  }
}

interface Row {
  readonly name: string
  readonly cases: number
  readonly passed: number
  readonly failed: ReadonlyArray<string>
  readonly leftOut: number
  readonly seconds: number
}

const run = async ({ start, version }: Job): Promise<Row> => {
  const started = performance.now()
  const seconds = () => Math.round((performance.now() - started) / 1000)
  const { cases, others } = select(version)
  const row = { name: `Airflow ${version}`, cases: cases.length, leftOut: named.length - cases.length }
  let target: Target.Target
  try {
    target = await start()
  } catch (error) {
    console.log(`  FAIL  Airflow ${version} does not start: ${String(error)}`)
    return { ...row, passed: 0, failed: [`Airflow ${version} does not start`], seconds: seconds() }
  }
  try {
    console.log(
      `${target.name} at ${target.baseUrl} after ${seconds()} s: ${cases.length} of ${named.length} cases hold`
    )
    sayOthers(others, false)
    for (const [dag_id, dag_run_id] of runs) await target.trigger(dag_id, dag_run_id)
    for (const [dag_id, dag_run_id] of runs) await target.finished(dag_id, dag_run_id)
    console.log(`  its runs are over after ${seconds()} s`)
    const { failed, passed } = await runAll(target, cases, Number(values["at-once"]))
    for (const name of failed) console.log(`failed: ${name}`)
    console.log(`${target.name}: ${passed} of ${cases.length} in ${seconds()} s`)
    return { ...row, name: target.name, passed, failed, seconds: seconds() }
  } finally {
    await target.close()
  }
}

const table = (rows: ReadonlyArray<Row>): string => {
  const cells = [
    ["", "cases", "passed", "failed", "left out", "seconds"],
    ...rows.map((row) =>
      [row.name, row.cases, row.passed, row.failed.length, row.leftOut, row.seconds].map(String)
    )
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join("  ")
    )
    .join("\n")
}

if (values.list) {
  for (const { version } of jobs) {
    const { cases, others } = select(version)
    console.log(`Airflow ${version}: ${cases.length} of ${named.length} cases hold`)
    for (const { name } of cases) console.log(`  ${name}`)
    sayOthers(others, true)
  }
} else {
  const rows: Array<Row> = []
  for (const job of jobs) rows.push(await run(job))
  const passed = rows.reduce((sum, row) => sum + row.passed, 0)
  const failed = rows.reduce((sum, row) => sum + row.failed.length, 0)
  if (rows.length > 1) {
    for (const row of rows) for (const name of row.failed) console.log(`failed: ${row.name}: ${name}`)
    console.log(`\n${table(rows)}\n`)
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || rows.some((row) => row.passed === 0) ? 1 : 0
}
