/** `pnpm kerberos up [--port N] | down | status` */
import { parseArgs } from "node:util"
import { runTool } from "system/runTool"
import * as Kdc from "./Kdc.js"

const usage = `usage: pnpm kerberos up [--port N]  start a private KDC with users, their tickets and a service key
       pnpm kerberos down           stop it; its files stay
       pnpm kerberos status         whether it runs, and for how long its tickets are good`

const say = (kdc: Kdc.RunningKdc): void => {
  console.log(`KDC of ${kdc.realm} on 127.0.0.1:${kdc.port}`)
  console.log(`  users ${Kdc.users.join(", ")} (password: the name), keytab ${Kdc.userKeytab}`)
  console.log(`  services ${kdc.services.join(", ")}, keytab ${Kdc.serviceKeytab}`)
  console.log("to use it:")
  for (const [name, value] of Object.entries(Kdc.clientEnvironment)) console.log(`  export ${name}=${value}`)
}

const main = async (): Promise<number> => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { port: { type: "string" } }
  })
  switch (positionals[0]) {
    case "up":
      say(await Kdc.up(values.port === undefined ? {} : { port: Number(values.port) }))
      return 0
    case "down":
      console.log((await Kdc.down()) ? "the KDC is down" : "the KDC was not up")
      return 0
    case "status": {
      const { kdc, up } = await Kdc.status()
      if (kdc === undefined) console.log("there is no KDC")
      else {
        console.log(up ? "the KDC is up" : "the KDC is not up")
        say(kdc)
        for (const user of Kdc.users) console.log((await Kdc.tickets(user)).trim())
      }
      return 0
    }
    default:
      console.error(usage)
      return 2
  }
}

await runTool(main)
