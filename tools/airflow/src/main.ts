/** `pnpm airflow up VERSION [--port N] | down VERSION|--all | status` */
import { parseArgs } from "node:util"
import * as Airflow from "./Airflow.js"

const usage = `usage: pnpm airflow up VERSION [--port N]   install and start a real Airflow, e.g. 2.11.0
       pnpm airflow down VERSION | --all    stop it
       pnpm airflow status                  what is installed and what runs`

const main = async (): Promise<number> => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { port: { type: "string" }, all: { type: "boolean" } }
  })
  const [command, version] = positionals
  if (command === "up" && version !== undefined) {
    const port = values.port === undefined ? {} : { port: Number(values.port) }
    const airflow = await Airflow.up(version, port)
    console.log(`Airflow ${airflow.version} is ready: ${airflow.baseUrl} (API ${airflow.api})`)
    for (const user of airflow.users)
      console.log(`  user ${user.username}, password ${user.password}: ${user.role}`)
    return 0
  }
  if (command === "down" && (version !== undefined || values.all === true)) {
    const versions = version === undefined ? (await Airflow.status()).map((each) => each.version) : [version]
    for (const each of versions) {
      const running = await Airflow.down(each)
      console.log(`Airflow ${each} ${running ? "is down" : "was not up"}`)
    }
    return 0
  }
  if (command === "status") {
    for (const { healthy, running, version } of await Airflow.status()) {
      console.log(
        `${version}  ${running === undefined ? "installed, not up" : `${healthy ? "up" : "not healthy"}  ${running.baseUrl}`}`
      )
    }
    return 0
  }
  console.error(usage)
  return 2
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Airflow.ToolError ? error.message : error)
  process.exitCode = 1
}
