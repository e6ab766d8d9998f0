/** `pnpm airflow up VERSION | upgrade VERSION VERSION | down VERSION|--all | status` */
import { parseArgs } from "node:util"
import { runTool } from "system/runTool"
import { ToolError } from "system/shell"
import * as Airflow from "./Airflow.js"

const usage = `usage: pnpm airflow up VERSION [--port N] [--env NAME=VALUE]... [--kerberos]
                                          install and start a real Airflow, e.g. 2.11.0
       pnpm airflow upgrade FROM TO [--web]
                                          the one that is up goes on as another version (--web: its web part alone)
       pnpm airflow down VERSION | --all  stop it
       pnpm airflow status                what is installed and what runs`

const variables = (given: ReadonlyArray<string>): Record<string, string> =>
  Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf("=")
      if (at < 1) throw new ToolError(`${one} is not NAME=VALUE`)
      return [one.slice(0, at), one.slice(at + 1)]
    })
  )

const say = (airflow: Airflow.RunningAirflow): void => {
  console.log(`Airflow ${airflow.version} is ready: ${airflow.baseUrl} (API ${airflow.api})`)
  for (const user of airflow.users)
    console.log(
      `  user ${user.username}, ${airflow.kerberos ? "by Kerberos" : `password ${user.password}`}: ${user.role}`
    )
}

const main = async (): Promise<number> => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: "string" },
      env: { type: "string", multiple: true },
      kerberos: { type: "boolean" },
      web: { type: "boolean" },
      all: { type: "boolean" }
    }
  })
  const [command, version, to] = positionals
  if (command === "up" && version !== undefined) {
    say(
      await Airflow.up(version, {
        ...(values.port === undefined ? {} : { port: Number(values.port) }),
        ...(values.env === undefined ? {} : { env: variables(values.env) }),
        ...(values.kerberos === undefined ? {} : { kerberos: values.kerberos })
      })
    )
    return 0
  }
  if (command === "upgrade" && version !== undefined && to !== undefined) {
    say(await Airflow.upgrade(version, to, { parts: values.web === true ? "web" : "all" }))
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

await runTool(main)
