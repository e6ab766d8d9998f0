/** Starting processes that outlive this one, and ending them: those of one Airflow home, and no others. */
import { spawn } from "node:child_process"
import { openSync, closeSync, readdirSync, readFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"

/** Starts a process in a group of its own; gives its id. */
export const start = (
  command: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  output: string
): number => {
  const file = openSync(output, "a")
  try {
    const child = spawn(command, [...args], { env, detached: true, stdio: ["ignore", file, file] })
    child.on("error", () => undefined)
    child.unref()
    if (child.pid === undefined) throw new Error(`could not start ${command}`)
    return child.pid
  } finally {
    closeSync(file)
  }
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

const isZombie = (pid: number): boolean => /^\d+ \(.*\) Z/.test(read(`/proc/${pid}/stat`))

/**
 * The processes that were started with this AIRFLOW_HOME: it is in their environment, whoever their parent is
 * now, so that neither a forgotten child nor another program that got an old id is mistaken.
 */
export const ofHome = (home: string): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) => read(`/proc/${pid}/environ`).split("\0").includes(`AIRFLOW_HOME=${home}`) && !isZombie(pid)
    )

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

/** Ends processes: asks them first, and those still there after the grace are killed. Gives those that remain. */
export const end = async (
  find: () => ReadonlyArray<number>,
  graceMillis: number
): Promise<ReadonlyArray<number>> => {
  for (const pid of find()) signal(pid, "SIGTERM")
  const deadline = Date.now() + graceMillis
  while (find().length > 0 && Date.now() < deadline) await delay(100)
  for (let round = 0; round < 20 && find().length > 0; round++) {
    for (const pid of find()) signal(pid, "SIGKILL")
    await delay(100)
  }
  return find()
}

/** Asks processes to end, and gives them the time they need for it; those still there then are killed. */
export const drain = (pids: ReadonlyArray<number>, home: string, millis: number): Promise<unknown> =>
  end(() => pids.filter((pid) => isOurs(pid, home)), millis)

/** Whether a process with this id belongs to this home. */
export const isOurs = (pid: number, home: string): boolean =>
  read(`/proc/${pid}/environ`).split("\0").includes(`AIRFLOW_HOME=${home}`) && !isZombie(pid)

/** The ids of a process and all that descend from it. */
export const withDescendants = (pid: number): ReadonlyArray<number> => {
  const parents = new Map<number, number>()
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = /^\d+ \(.*\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const found = new Set([pid])
  for (let before = 0; before < found.size;) {
    before = found.size
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child)
  }
  return [...found]
}
