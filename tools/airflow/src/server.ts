/** What a started server says: whether it is well, and which DAGs it has read. */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { ToolError } from "system/shell"
import { healthPath, type User } from "./environment.js"
import * as Kerberos from "./kerberos.js"
import * as Paths from "./paths.js"
import * as Processes from "./processes.js"
import type { RunningAirflow } from "./state.js"
import type { Version } from "./versions.js"

const get = async (url: string, headers: Record<string, string> = {}): Promise<unknown> => {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(5000) })
    return response.ok ? await response.json() : undefined
  } catch {
    return undefined
  }
}

export const isHealthy = async (version: Version, baseUrl: string): Promise<boolean> => {
  type Part = { readonly status?: unknown } | undefined
  const health = (await get(`${baseUrl}${healthPath(version)}`)) as Readonly<Record<string, Part>> | undefined
  // Airflow 2 has its dag_processor in the scheduler, and says null of it.
  const wanted =
    version.major === 2 ? ["scheduler", "triggerer"] : ["scheduler", "triggerer", "dag_processor"]
  return wanted.every((part) => health?.[part]?.status === "healthy")
}

/** The header that lets a user in; by Kerberos, once. */
export const authorization = async (
  { api, baseUrl, kerberos, version }: RunningAirflow,
  { password, username }: User
): Promise<string> => {
  if (kerberos) return Kerberos.authorization(version, { username })
  if (api === "v1") return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`
  const response = await fetch(`${baseUrl}/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password })
  })
  if (!response.ok) throw new ToolError(`${username} gets no token: ${response.status}`)
  return `Bearer ${((await response.json()) as { readonly access_token: string }).access_token}`
}

/** A request of the first user, who may do all. */
export const request = async <A>(airflow: RunningAirflow, path: string, body?: unknown): Promise<A> => {
  const response = await fetch(`${airflow.baseUrl}/api/${airflow.api}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: await authorization(airflow, airflow.users[0]!),
      "content-type": "application/json"
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  if (!response.ok) throw new ToolError(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as A
}

/** The names of the DAGs in our folder that the server does not list yet. */
const missingDags = async (airflow: RunningAirflow): Promise<ReadonlyArray<string>> => {
  const files = await readdir(Paths.dags)
  const wanted = new Set<string>()
  for (const file of files.filter((file) => file.endsWith(".py"))) {
    const source = await readFile(join(Paths.dags, file), "utf8")
    for (const [, dag] of source.matchAll(/^with DAG\("([^"]+)"/gm)) wanted.add(dag!)
  }
  try {
    const { dags } = await request<{ readonly dags: ReadonlyArray<{ readonly dag_id: string }> }>(
      airflow,
      "/dags?limit=100"
    )
    const found = new Set(dags.map(({ dag_id }) => dag_id))
    return [...wanted].filter((dag) => !found.has(dag))
  } catch {
    return [...wanted]
  }
}

/** Until it is well and has read our DAGs. Fails when one of its processes ends, or after three minutes. */
export const waitUntilReady = async (version: Version, airflow: RunningAirflow): Promise<void> => {
  const deadline = Date.now() + 180_000
  let missing: ReadonlyArray<string> | undefined
  while (Date.now() < deadline) {
    const gone = Object.entries(airflow.pids).find(([, pid]) => !Processes.isOurs(pid, airflow.home))
    if (gone !== undefined) {
      const output = join(Paths.of(version.name).output, `${gone[0]}.log`)
      const said = (await readFile(output, "utf8")).trim().split("\n").slice(-15).join("\n")
      throw new ToolError(`Airflow ${version.name}: its ${gone[0]} has ended:\n${said}`)
    }
    if (await isHealthy(version, airflow.baseUrl)) {
      missing = await missingDags(airflow)
      if (missing.length === 0) return
    }
    await delay(500)
  }
  throw new ToolError(
    `Airflow ${version.name} is not ready after 3 minutes: ${
      missing === undefined ? "it is not healthy" : `these DAGs are not there: ${missing.join(", ")}`
    }; what it said is in ${Paths.of(version.name).output}`
  )
}
