/** API v2: from a request to its answer. */
import type { ArrivedRequest } from "../../Fault.js"
import { type Answer, caught, refuse } from "../answer.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import { crash, type Fault, json, notAllowed, noRoute, page, problem } from "./answer.js"
import * as Auth from "./auth.js"
import * as Bulk from "./bulk.js"
import * as Clear from "./clear.js"
import * as DagRuns from "./dagRuns.js"
import * as Filters from "./filters.js"
import * as Logs from "./logs.js"
import * as Params from "./params.js"
import * as Patch from "./patch.js"
import * as TaskInstances from "./taskInstances.js"

type Names = Readonly<Record<string, string>>

interface Asked {
  readonly ids: TaskInstances.Ids
  /** Everything in the path, and the integers in it. */
  readonly names: Names
  readonly numbers: Readonly<Record<string, number>>
  readonly query: Params.Values
  readonly body: Params.Values
  readonly request: ArrivedRequest
}

interface Route {
  readonly method: string
  readonly pattern: RegExp
  /** The segments that are integers, and their least value. */
  readonly integers: Readonly<Record<string, Params.Query[string]["read"]>>
  readonly query: (behaviour: Behaviour) => Params.Query
  readonly body?: (behaviour: Behaviour) => Params.Fields
  readonly since?: (behaviour: Behaviour) => boolean
  readonly open?: true
  readonly writes: boolean
  readonly view: (backend: Backend, asked: Asked) => Answer
}

const route = (
  method: string,
  path: string,
  view: Route["view"],
  more: Partial<Pick<Route, "query" | "body" | "since" | "open" | "writes" | "integers">> = {}
): Route => ({
  method,
  pattern: new RegExp(`^/api/v2${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>[^/]+)`)}$`),
  integers: {},
  query: () => ({}),
  writes: method !== "GET",
  ...more,
  view
})

const base = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances"

const mapIndexQuery = (): Params.Query => ({ map_index: { read: Params.integer } })
const map_index = { map_index: Params.integer }
const since31 = (behaviour: Behaviour): boolean => behaviour.since31
const listQuery = { query: Filters.listQuery }
const indexOf = ({ numbers, query }: Asked): number =>
  numbers["map_index"] ?? (query["map_index"] as number | undefined) ?? -1

// The order decides: a literal last segment is tried before a map index.
const routes: ReadonlyArray<Route> = [
  route(
    "GET",
    "/version",
    ({ behaviour }) => json({ version: behaviour.version, git_version: ".release:fake" }),
    {
      open: true
    }
  ),
  route("GET", "/monitor/health", ({ now }) => health(now()), { open: true }),
  route("GET", "/dags", (backend, { query }) => DagRuns.listDags(backend, query), {
    query: () => DagRuns.dagsQuery
  }),
  route("GET", "/dags/{dag_id}", (backend, { names }) => DagRuns.getDag(backend, names["dag_id"]!)),
  route(
    "GET",
    "/dags/{dag_id}/dagRuns",
    (backend, { names, query }) => DagRuns.list(backend, names["dag_id"]!, query),
    { query: () => DagRuns.runsQuery }
  ),
  route(
    "POST",
    "/dags/{dag_id}/dagRuns",
    (backend, { body, names }) => DagRuns.trigger(backend, names["dag_id"]!, body),
    { body: () => DagRuns.triggerFields }
  ),
  route("GET", "/dags/{dag_id}/dagRuns/{dag_run_id}", (backend, { ids }) =>
    DagRuns.get(backend, ids.dag_id, ids.dag_run_id)
  ),
  route(
    "POST",
    "/dags/{dag_id}/clearTaskInstances",
    (backend, { body, names, request }) =>
      Clear.clear(backend, names["dag_id"]!, body, JSON.parse(request.body)),
    { body: Clear.fields }
  ),
  route(
    "GET",
    base,
    (backend, { ids, query }) => TaskInstances.list(backend, ids.dag_id, ids.dag_run_id, query),
    listQuery
  ),
  route(
    "PATCH",
    base,
    (backend, { ids, request }) => Bulk.bulk(backend, ids.dag_id, ids.dag_run_id, request),
    { since: since31 }
  ),
  route("POST", `${base}/list`, (backend, { body }) => TaskInstances.batch(backend, body), {
    body: Filters.batchFields,
    writes: false
  }),
  route("GET", `${base}/{task_id}`, (backend, { ids }) => TaskInstances.get(backend, ids)),
  route(
    "PATCH",
    `${base}/{task_id}`,
    (backend, asked) =>
      Patch.patch(backend, asked.ids, asked.query["map_index"] as number | undefined, asked, false),
    {
      query: Patch.query,
      body: Patch.fields
    }
  ),
  route("DELETE", `${base}/{task_id}`, (backend, asked) => Patch.remove(backend, asked.ids, indexOf(asked)), {
    query: mapIndexQuery,
    since: since31
  }),
  route(
    "GET",
    `${base}/{task_id}/listMapped`,
    (backend, { ids, query }) => TaskInstances.listMapped(backend, ids, query),
    listQuery
  ),
  route(
    "GET",
    `${base}/{task_id}/links`,
    (backend, { ids, query }) => TaskInstances.links(backend, ids, query),
    {
      query: ({ linksOfAttempt }) => ({
        ...mapIndexQuery(),
        ...(linksOfAttempt ? { try_number: { read: Params.integer } } : {})
      })
    }
  ),
  route(
    "GET",
    `${base}/{task_id}/tries`,
    (backend, asked) => TaskInstances.tries(backend, asked.ids, indexOf(asked)),
    { query: mapIndexQuery }
  ),
  route(
    "GET",
    `${base}/{task_id}/dependencies`,
    (backend, asked) => TaskInstances.dependencies(backend, asked.ids, indexOf(asked)),
    { query: mapIndexQuery }
  ),
  route(
    "PATCH",
    `${base}/{task_id}/dry_run`,
    (backend, asked) =>
      Patch.patch(backend, asked.ids, asked.query["map_index"] as number | undefined, asked, true),
    {
      query: Patch.query,
      body: Patch.fields
    }
  ),
  route(
    "GET",
    `${base}/{task_id}/{map_index}`,
    (backend, asked) => TaskInstances.getMapped(backend, asked.ids, indexOf(asked)),
    { integers: map_index }
  ),
  route(
    "PATCH",
    `${base}/{task_id}/{map_index}`,
    (backend, asked) => Patch.patch(backend, asked.ids, indexOf(asked), asked, false),
    {
      integers: map_index,
      query: Patch.query,
      body: Patch.fields
    }
  ),
  route(
    "GET",
    `${base}/{task_id}/tries/{task_try_number}`,
    (backend, asked) =>
      TaskInstances.tryDetails(backend, asked.ids, indexOf(asked), asked.numbers["task_try_number"]!),
    {
      integers: { task_try_number: Params.integer },
      query: mapIndexQuery
    }
  ),
  route(
    "GET",
    `${base}/{task_id}/logs/{try_number}`,
    (backend, { ids, numbers, query, request }) =>
      Logs.get(backend, { ...ids, try_number: numbers["try_number"]! }, query, request.headers["accept"]),
    {
      integers: { try_number: Params.atLeast(0) },
      query: () => ({
        full_content: { read: Params.boolean },
        map_index: { read: Params.integer },
        token: { read: Params.string }
      })
    }
  ),
  route("GET", `${base}/{task_id}/externalLogUrl/{try_number}`, () => Logs.externalUrl(), {
    integers: { try_number: Params.atLeast(1) },
    query: mapIndexQuery,
    since: since31
  }),
  route(
    "GET",
    `${base}/{task_id}/{map_index}/tries`,
    (backend, asked) => TaskInstances.tries(backend, asked.ids, indexOf(asked)),
    { integers: map_index }
  ),
  route(
    "GET",
    `${base}/{task_id}/{map_index}/dependencies`,
    (backend, asked) => TaskInstances.dependencies(backend, asked.ids, indexOf(asked)),
    { integers: map_index }
  ),
  route(
    "PATCH",
    `${base}/{task_id}/{map_index}/dry_run`,
    (backend, asked) => Patch.patch(backend, asked.ids, indexOf(asked), asked, true),
    {
      integers: map_index,
      query: Patch.query,
      body: Patch.fields
    }
  ),
  route(
    "GET",
    `${base}/{task_id}/{map_index}/tries/{task_try_number}`,
    (backend, asked) =>
      TaskInstances.tryDetails(backend, asked.ids, indexOf(asked), asked.numbers["task_try_number"]!),
    {
      integers: { ...map_index, task_try_number: Params.integer }
    }
  )
]

const health = (now: number): Answer => {
  const at = new Date(now).toISOString().replace("Z", "000+00:00")
  return json({
    metadatabase: { status: "healthy" },
    scheduler: { status: "healthy", latest_scheduler_heartbeat: at },
    triggerer: { status: "healthy", latest_triggerer_heartbeat: at },
    dag_processor: { status: "healthy", latest_dag_processor_heartbeat: at }
  })
}

const removed = "/api/v1 has been removed in Airflow 3, please use its upgraded version /api/v2 instead."

/** What is not of API v2. */
const elsewhere = ({ method, path }: ArrivedRequest): Answer => {
  if (method !== "GET") return notAllowed("GET")
  if (path.startsWith("/api/v1/")) return json({ error: removed }, 404)
  if (path === "/health") {
    return json({ error: "Moved in Airflow 3. Please change config to check `/api/v2/monitor/health`" }, 404)
  }
  return path.startsWith("/api/") ? noRoute() : page()
}

/** A `%` that escapes nothing stays, and what is no UTF-8 becomes U+FFFD. */
const unescape = (text: string): string =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8")
  )

const literal = (faults: Array<Fault>, names: Names): void => {
  for (const name of ["dag_id", "dag_run_id"]) {
    if (names[name] === "~") continue
    faults.push({
      type: "literal_error",
      loc: ["path", name],
      msg: "Input should be '~'",
      input: names[name],
      ctx: { expected: "'~'" }
    })
  }
}

const dispatch = (backend: Backend, request: ArrivedRequest): Answer => {
  const { behaviour } = backend
  const { body, headers, method, query } = request
  if (/^\/auth\/token(?:\/cli)?$/.test(request.path)) return Auth.token(backend, request)
  // An escaped slash is one to the router.
  const path = unescape(request.path)
  const matching = routes.filter(
    ({ pattern, since }) => pattern.test(path) && (since === undefined || since(behaviour))
  )
  const found = matching.find((route) => route.method === method)
  if (found === undefined) {
    const [first] = matching
    return first === undefined ? elsewhere(request) : notAllowed(first.method)
  }
  // As FastAPI does: who asks, whether it is allowed, then what is asked.
  if (found.open !== true) {
    const { role } = Auth.authenticate(backend, request)
    if (role === null || (role === "viewer" && found.writes)) refuse(problem(403, "Forbidden"))
  }
  const names: Names = { ...found.pattern.exec(path)!.groups }
  const faults: Array<Fault> = []
  const numbers: Record<string, number> = {}
  for (const [name, read] of Object.entries(found.integers)) {
    const value = read(names[name]!, ["path", name], faults)
    if (typeof value === "number") numbers[name] = value
  }
  if (found.pattern.source.endsWith("taskInstances\\/list$")) literal(faults, names)
  const known = found.query(behaviour)
  if (Object.hasOwn(known, "state")) Filters.readStates(query, behaviour)
  const values = Params.readQuery(query, known, faults)
  const fields = found.body?.(behaviour)
  const given = fields === undefined ? {} : Params.readBody(headers["content-type"], body, fields, faults)
  // Before 3.1 the batch and a patch crash at JSON that is no object.
  if (!behaviour.since31 && (found.body === Filters.batchFields || found.body === Patch.fields)) {
    const isJson = Params.isJson(headers["content-type"])
    if (
      isJson &&
      body !== "" &&
      faults.some(({ loc, type }) => loc.length === 1 && type !== "json_invalid")
    ) {
      refuse(crash())
    }
  }
  Params.refuseFaults(faults)
  return found.view(backend, {
    ids: {
      dag_id: names["dag_id"] ?? "",
      dag_run_id: names["dag_run_id"] ?? "",
      task_id: names["task_id"] ?? ""
    },
    names,
    numbers,
    query: values,
    body: given,
    request
  })
}

export const answer = (backend: Backend, request: ArrivedRequest): Answer =>
  caught(() => dispatch(backend, request))
