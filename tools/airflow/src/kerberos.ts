/** Airflow 2 with Kerberos as the only way to prove who one is: its settings, and what its users send. */
import * as Kdc from "kdc/Kdc"
import { join } from "node:path"
import { run, ToolError } from "system/shell"
import type { User } from "./environment.js"
import * as Paths from "./paths.js"
import type { Version } from "./versions.js"

/** What `apache-airflow[kerberos]` adds that its web server needs. */
export const packages: ReadonlyArray<string> = ["pykerberos", "requests-kerberos"]

/** Starts the KDC, and gives the variables of an Airflow that takes its tickets. */
export const start = async ({ major, name }: Version): Promise<Readonly<Record<string, string>>> => {
  if (major !== 2) throw new ToolError(`Airflow ${name} takes no Kerberos: its API wants tokens of its own`)
  await Kdc.up()
  return {
    AIRFLOW__API__AUTH_BACKENDS: "airflow.providers.fab.auth_manager.api.auth.backend.kerberos_auth",
    AIRFLOW__KERBEROS__KEYTAB: Kdc.serviceKeytab,
    ...Kdc.serverEnvironment
  }
}

/** The name under which Airflow looks for a user: the whole principal. */
export const userOf = (user: User): User => ({ ...user, username: `${user.username}@${Kdc.realm}` })

const program = `import kerberos, sys
_, context = kerberos.authGSSClientInit(sys.argv[1], principal=sys.argv[2], mech_oid=kerberos.GSS_MECH_OID_SPNEGO)
kerberos.authGSSClientStep(context, "")
print(kerberos.authGSSClientResponse(context))`

/** The header of one request: made by the Python of the server, so that this tool needs no addon. */
export const authorization = async (
  version: string,
  { username }: Pick<User, "username">
): Promise<string> => {
  const { kdc } = await Kdc.status()
  if (kdc === undefined) throw new ToolError("there is no KDC: pnpm kerberos up")
  const python = join(Paths.of(version).venv, "bin", "python")
  const asked = ["-c", program, `airflow@${kdc.host}`, username]
  const token = await run(`getting a token for ${username}`, python, asked, {
    env: { ...process.env, ...Kdc.clientEnvironment }
  })
  return `Negotiate ${token.trim()}`
}
