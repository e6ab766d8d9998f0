/** The database of a new Airflow, and its users. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { run } from "system/shell"
import * as Environment from "./environment.js"
import * as Paths from "./paths.js"
import type { Version } from "./versions.js"

const airflowOf = (version: Version): string => join(Paths.of(version.name).venv, "bin", "airflow")

/** Makes it, or brings it to this version. */
export const migrate = async (version: Version, env: NodeJS.ProcessEnv): Promise<void> => {
  await run("making the database", airflowOf(version), ["db", "migrate"], { env })
}

export const prepare = async (
  version: Version,
  env: NodeJS.ProcessEnv,
  home: string,
  users: ReadonlyArray<Environment.User>
): Promise<void> => {
  const airflow = airflowOf(version)
  const python = join(Paths.of(version.name).venv, "bin", "python")
  await migrate(version, env)
  // Readers and a writer do not wait for each other then.
  const wal = `import sqlite3; sqlite3.connect("${Environment.databaseFile(home)}").execute("pragma journal_mode=wal")`
  await run("setting up the database", python, ["-c", wal], { env })
  if (version.major === 3) {
    const passwords = Object.fromEntries(users.map(({ password, username }) => [username, password]))
    await writeFile(Environment.passwordsFile(home), JSON.stringify(passwords))
    return
  }
  // Before this, a new database knows only the roles Admin and Public.
  await run("making the roles", airflow, ["sync-perm"], { env })
  for (const { password, role, username } of users) {
    const who = ["-u", username, "-p", password, "-r", role]
    const names = ["-f", username, "-l", role, "-e", `${username.split("@")[0]}@example.org`]
    await run(`making the user ${username}`, airflow, ["users", "create", ...who, ...names], { env })
  }
}
