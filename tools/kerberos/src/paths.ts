/** Where things are: all below `.kerberos` in the repository, which git ignores. */
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(new URL(".", import.meta.url))

export const repository: string = resolve(here, "../../..")
export const root: string = process.env["KERBEROS_TOOL_ROOT"] ?? join(repository, ".kerberos")

export const clientConfig: string = join(root, "krb5.conf")
export const kdcConfig: string = join(root, "kdc.conf")
export const database: string = join(root, "principal")
export const stash: string = join(root, "stash")
export const log: string = join(root, "kdc.log")
export const output: string = join(root, "output.log")
export const state: string = join(root, "state.json")
/** The keys of the services: for servers. */
export const serviceKeytab: string = join(root, "service.keytab")
/** The keys of the users: for those who get tickets without a password. */
export const userKeytab: string = join(root, "users.keytab")
/** The folder of ticket caches, one for each user. */
export const tickets: string = join(root, "tickets")
/** Where a server remembers which tokens it has seen. */
export const replays: string = join(root, "replays")
