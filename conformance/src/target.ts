/** What the suite runs against: the fake, or a real Airflow. The cases see no difference. */
import * as Auth from "@effect-airflow/core/Auth"
import * as Kerberos from "@effect-airflow/kerberos/Kerberos"
import type * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import * as Airflow from "airflow/Airflow"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Kdc from "kdc/Kdc"
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import * as LogFiles from "./logFiles.js"
import type { Who } from "./suite.js"

export type Api = "v1" | "v2"

/** How those who have tickets ask, where Kerberos is the only way. */
export interface Negotiation {
  readonly auth: (who: Exclude<Who, "stranger" | "impostor">) => Auth.Auth
  /** A token for one request. */
  readonly token: (who: Exclude<Who, "stranger" | "impostor">) => Promise<string>
}

export interface AttemptId {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  readonly map_index?: number
  readonly try_number: number
}

export interface Target {
  readonly name: string
  /** Which Airflow answers, or which the fake is like. */
  readonly version: string
  readonly api: Api
  readonly baseUrl: string
  /** How fast to follow here. */
  readonly pace: LogFollower.Pace
  /** How much faster than ours its time runs. */
  readonly speed: number
  /** How long a case may take. */
  readonly patience: "3 minutes" | "10 minutes"
  /** Says something that is printed with the outcome of the case. */
  readonly say: (text: string) => void
  /** Undefined: names and passwords are the way. */
  readonly negotiation: Negotiation | undefined
  /** The header that lets somebody in, by Kerberos once; undefined: for who sends none. */
  readonly authorization: (who: Who) => Promise<string | undefined>
  /** A request beside the client's operations, below the API's path. */
  readonly request: (path: string, options?: RequestOptions) => Promise<RawResponse>
  /** Starts a run, or finds it started. */
  readonly trigger: (dag_id: string, dag_run_id: string, conf?: Record<string, unknown>) => Promise<void>
  /** Until a run is over. */
  readonly finished: (dag_id: string, dag_run_id: string) => Promise<void>
  /** The log files of an attempt as they are on the server's disk: each file's lines. */
  readonly files: (id: AttemptId) => Promise<ReadonlyArray<ReadonlyArray<string>>>
  /** Waits for some milliseconds of the server's time. */
  readonly wait: (millis: number) => Promise<void>
  /** Cuts the worker's file of an attempt after some lines of the file. */
  readonly truncateLog: (id: AttemptId, keepLines: number) => Promise<void>
  /** Puts other lines into it. */
  readonly replaceLog: (id: AttemptId, lines: ReadonlyArray<string>) => Promise<void>
  /** The same with lines of the file as they are to stand in it. */
  readonly replaceRaw: (id: AttemptId, lines: ReadonlyArray<string>) => Promise<void>
  readonly deleteLog: (id: AttemptId) => Promise<void>
  /** Clears a task instance as an operator does: one that runs is restarted. */
  readonly clear: (id: Pick<AttemptId, "dag_id" | "dag_run_id" | "task_id">) => Promise<void>
  /** Takes the web server down for some (real) milliseconds, and brings it back with the usual key or another. */
  readonly restartWebserver: (options: {
    readonly downMillis: number
    readonly secretKey?: string
  }) => Promise<void>
  readonly close: () => Promise<void>
}

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE"
  readonly body?: unknown
  readonly who?: Who
  readonly headers?: Readonly<Record<string, string>>
}

export interface RawResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Undefined: it is no JSON. */
  readonly json: unknown
}

/** What an impostor sends by Kerberos: base64, and no token. */
const wrongToken = "d3Jvbmc="

/** How a client proves who it is. */
export const auth = ({ api, negotiation }: Pick<Target, "api" | "negotiation">, who: Who): Auth.Auth => {
  if (who === "stranger") return Auth.none
  if (negotiation !== undefined) {
    return who === "impostor"
      ? Auth.negotiate(() => Effect.succeed({ token: Redacted.make(wrongToken) }))
      : negotiation.auth(who)
  }
  const [username, password] =
    who === "impostor"
      ? (["admin", Redacted.make("wrong")] as const)
      : ([who, Redacted.make<string>(who)] as const)
  return api === "v1" ? Auth.basic(username, password) : Auth.jwt({ username, password })
}

/** Tokens are asked for anew after so many milliseconds. */
const tokenLife = 60_000

const authorizations = (
  baseUrl: string,
  api: Api,
  negotiation: Negotiation | undefined
): Target["authorization"] => {
  const tokens = new Map<Who, { readonly until: number; readonly header: Promise<string> }>()
  const login = async (username: string, password: string): Promise<string> => {
    const response = await fetch(`${baseUrl}/auth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, password })
    })
    const { access_token } = (await response.json()) as { readonly access_token?: string }
    if (access_token === undefined) throw new Error(`${username} gets no token: ${response.status}`)
    return `Bearer ${access_token}`
  }
  return async (who) => {
    if (who === "stranger") return undefined
    if (negotiation !== undefined)
      return `Negotiate ${who === "impostor" ? wrongToken : await negotiation.token(who)}`
    if (api === "v1") return `Basic ${btoa(who === "impostor" ? "admin:wrong" : `${who}:${who}`)}`
    if (who === "impostor") return "Bearer wrong"
    const known = tokens.get(who)
    if (known !== undefined && known.until > Date.now()) return known.header
    const header = login(who, who)
    tokens.set(who, { until: Date.now() + tokenLife, header })
    return header
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const runPath = (dag_id: string, dag_run_id: string): string =>
  `/dags/${encodeURIComponent(dag_id)}/dagRuns/${encodeURIComponent(dag_run_id)}`

type Requests = Pick<Target, "authorization" | "request" | "trigger" | "finished">

const requests = (
  baseUrl: string,
  api: Api,
  pollMillis: number,
  negotiation: Negotiation | undefined
): Requests => {
  const authorization = authorizations(baseUrl, api, negotiation)
  const request: Target["request"] = async (path, options = {}) => {
    const { body, headers, method = body === undefined ? "GET" : "POST", who = "admin" } = options
    const credentials = await authorization(who)
    const response = await fetch(`${baseUrl}/api/${api}${path}`, {
      method,
      headers: {
        ...(credentials === undefined ? {} : { authorization: credentials }),
        "content-type": "application/json",
        accept: "application/json",
        ...headers
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parseJson(text) }
  }
  return {
    authorization,
    request,
    trigger: async (dag_id, dag_run_id, conf = {}) => {
      const body = { dag_run_id, conf, ...(api === "v2" ? { logical_date: null } : {}) }
      const ask = () => request(`/dags/${encodeURIComponent(dag_id)}/dagRuns`, { body })
      let { status, text } = await ask()
      // On SQLite, Airflow 3 gives up when another writes for five seconds; nothing was done then.
      for (let again = 0; again < 5 && status === 500; again++) ({ status, text } = await ask())
      if (status >= 300 && status !== 409) throw new Error(`could not trigger ${dag_id}: ${status} ${text}`)
    },
    finished: async (dag_id, dag_run_id) => {
      for (let polls = 0; polls < 480_000 / pollMillis; polls++) {
        const { json, status } = await request(runPath(dag_id, dag_run_id))
        const { state } = (json ?? {}) as { readonly state?: string }
        if (state === "success" || state === "failed") return
        if (state === undefined) throw new Error(`the run ${dag_run_id} of ${dag_id}: ${status}`)
        await delay(pollMillis)
      }
      throw new Error(`the run ${dag_run_id} of ${dag_id} is not over after 8 minutes`)
    }
  }
}

/** The fake as a version, its time running faster. */
export const fake = async (
  version: string,
  { kerberos = false }: { readonly kerberos?: boolean } = {}
): Promise<Target> => {
  const speed = 8
  const clock = FakeClock.real({ speed })
  const airflow = await FakeAirflow.start({
    clock,
    version,
    auth: kerberos ? "negotiate" : "basic",
    cors: { origins: [Airflow.pageOrigin] }
  })
  const negotiation: Negotiation | undefined = kerberos
    ? {
        auth: (who) =>
          Auth.negotiate(() => Effect.sync(() => ({ token: Redacted.make(airflow.negotiateToken(who)) }))),
        token: async (who) => airflow.negotiateToken(who)
      }
    : undefined
  const api = Airflow.apiOf(version)
  return {
    name: `fake ${version}${kerberos ? ", Kerberos" : ""}`,
    negotiation,
    version,
    api,
    baseUrl: airflow.baseUrl,
    pace: { active: "200 millis", idle: "400 millis", settle: "100 millis" },
    speed,
    patience: "3 minutes",
    say: console.log,
    ...requests(airflow.baseUrl, api, 50, negotiation),
    files: async (id) => {
      const files = airflow.logFiles(id).map(({ lines }) => lines)
      // A record is more than its event where exceptions are attached.
      return api === "v2" && files.length === 1
        ? [LogFiles.records.read(airflow.records(id).join("\n"))]
        : files
    },
    wait: (millis) => delay(millis / speed),
    truncateLog: async (id, keepLines) => airflow.truncateLog(id, keepLines),
    replaceLog: async (id, lines) =>
      airflow.replaceLog(
        id,
        api === "v1" ? lines : LogFiles.records.write(lines, clock.now()).split("\n").slice(0, -1)
      ),
    replaceRaw: async (id, lines) => airflow.replaceLog(id, lines),
    deleteLog: async (id) => airflow.deleteLog(id),
    clear: async (id) => airflow.clear(id),
    restartWebserver: async ({ downMillis, secretKey = "fake-secret" }) => {
      airflow.goDown()
      await delay(downMillis)
      airflow.comeBack({ secretKey })
    },
    close: airflow.close
  }
}

/** Until nothing is written below a folder any more: a run can be over before its last lines are written. */
const settled = async (folder: string): Promise<void> => {
  for (let tries = 0; tries < 40; tries++) {
    const names = await readdir(folder, { recursive: true }).catch(() => [])
    const times = await Promise.all(
      names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0)
    )
    if (Math.max(0, ...times) < Date.now() - 2000) return
    await delay(250)
  }
}

/** The KDC's users, in this process: the tokens of raw requests are made without the code that is tested. */
const byTickets = ({ host, realm }: Kdc.RunningKdc): Negotiation => {
  Object.assign(process.env, Kdc.clientEnvironment)
  const addon = createRequire(import.meta.url)("kerberos") as {
    readonly GSS_MECH_OID_SPNEGO: number
    readonly initializeClient: (
      service: string,
      options: object
    ) => Promise<{ readonly step: (challenge: string) => Promise<string> }>
  }
  return {
    auth: (who) => Kerberos.negotiate({ host, principal: `${who}@${realm}` }),
    token: async (who) => {
      const options = { mechOID: addon.GSS_MECH_OID_SPNEGO, principal: `${who}@${realm}` }
      return (await addon.initializeClient(`airflow@${host}`, options)).step("")
    }
  }
}

/** A real Airflow, started if it is not up. It stays up, unless it was started and is wanted for this alone. */
export const real = async (
  version: string,
  { keep = true, kerberos = false }: { readonly keep?: boolean; readonly kerberos?: boolean } = {}
): Promise<Target> => {
  const wasUp = (await Airflow.status()).some((one) => one.version === version && one.healthy)
  const airflow = await Airflow.up(version, { env: {}, kerberos })
  const { kdc } = await Kdc.status()
  const negotiation = kerberos && kdc !== undefined ? byTickets(kdc) : undefined
  const { api } = airflow
  const { read, write } = api === "v1" ? LogFiles.text : LogFiles.records
  const runFolder = (dag_id: string, dag_run_id: string) =>
    join(airflow.logs, `dag_id=${dag_id}`, `run_id=${dag_run_id}`)
  const folder = ({ dag_id, dag_run_id, map_index, task_id }: AttemptId) =>
    join(
      runFolder(dag_id, dag_run_id),
      `task_id=${task_id}`,
      ...(map_index === undefined ? [] : [`map_index=${map_index}`])
    )
  const asked = requests(airflow.baseUrl, api, 500, negotiation)
  const file = (id: AttemptId) => join(folder(id), `attempt=${id.try_number}.log`)
  return {
    name: `Airflow ${version}${kerberos ? ", Kerberos" : ""}`,
    negotiation,
    version,
    api,
    baseUrl: airflow.baseUrl,
    pace: {},
    speed: 1,
    patience: "10 minutes",
    say: console.log,
    ...asked,
    finished: async (dag_id, dag_run_id) => {
      await asked.finished(dag_id, dag_run_id)
      await settled(runFolder(dag_id, dag_run_id))
    },
    files: async (id) => {
      // A deferred task has a second file, of its triggerer.
      const names = (await readdir(folder(id)))
        .filter((name) => name.startsWith(`attempt=${id.try_number}.log`))
        .sort()
      const texts = await Promise.all(names.map((name) => readFile(join(folder(id), name), "utf8")))
      return texts.map(read)
    },
    wait: (millis) => delay(millis),
    truncateLog: async (id, keepLines) => {
      const lines = (await readFile(file(id), "utf8")).split("\n").slice(0, keepLines)
      await truncate(file(id), Buffer.byteLength(lines.map((line) => `${line}\n`).join("")))
    },
    // In place: a task that runs holds it open.
    replaceLog: (id, lines) => writeFile(file(id), write(lines, Date.now())),
    replaceRaw: (id, lines) => writeFile(file(id), lines.map((line) => `${line}\n`).join("")),
    deleteLog: (id) => rm(file(id)),
    clear: ({ dag_id, dag_run_id, task_id }) => Airflow.clearTask(version, { dag_id, dag_run_id, task_id }),
    restartWebserver: async ({ downMillis, secretKey }) => {
      await Airflow.stopWebserver(version)
      await delay(downMillis)
      await Airflow.startWebserver(version, secretKey)
    },
    close: async () => {
      if (!keep && !wasUp) await Airflow.down(version)
    }
  }
}
