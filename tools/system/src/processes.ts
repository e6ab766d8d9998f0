/**
 * Starting processes that outlive this one, and ending them. They are known by a variable in their environment, whoever
 * their parent is now, so that neither a forgotten child nor another program that got an old id is mistaken.
 */
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

/** What a file holds; nothing, if it is not there or no longer. */
export const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** The ids of all there are. */
const all = (): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Whether a process with this id has this in its environment, and has not ended. */
export const has = (pid: number, name: string, value: string): boolean =>
  read(`/proc/${pid}/environ`).split("\0").includes(`${name}=${value}`) &&
  !/^\d+ \(.*\) Z/.test(read(`/proc/${pid}/stat`))

/** The processes that have this in their environment. */
export const having = (name: string, value: string): ReadonlyArray<number> =>
  all().filter((pid) => has(pid, name, value))

/** The name of its program. */
export const programOf = (pid: number): string => read(`/proc/${pid}/comm`).trim()

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

/** The ids of a process and all that descend from it. */
export const withDescendants = (pid: number): ReadonlyArray<number> => {
  const parents = new Map<number, number>()
  for (const id of all()) {
    const parent = /^\d+ \(.*\) \S (\d+)/.exec(read(`/proc/${id}/stat`))?.[1]
    if (parent !== undefined) parents.set(id, Number(parent))
  }
  const found = new Set([pid])
  for (let before = 0; before < found.size;) {
    before = found.size
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child)
  }
  return [...found]
}
