/** API v1: from a request to its answer. */
import type { ArrivedRequest } from "../../Fault.js"
import type { World } from "../world.js"
import { type Answer, html, json, problem, Refusal, refuse, routing } from "./answer.js"
import * as DagRuns from "./dagRuns.js"
import * as Logs from "./logs.js"
import { type Kind, readBody, readQuery, type Values } from "./params.js"
import * as TaskInstances from "./taskInstances.js"

/** Who may do what. */
export interface User {
  readonly username: string
  readonly password: string
  readonly role: "Admin" | "Viewer" | "Public"
}

export interface Backend {
  readonly world: World
  readonly users: ReadonlyArray<User>
  readonly log: Logs.LogSettings
  readonly now: () => number
}

type Segments = Readonly<Record<string, string>>

interface Route {
  readonly method: string
  readonly pattern: RegExp
  readonly query: Readonly<Record<string, Kind>>
  readonly body?: Readonly<Record<string, Kind>>
  readonly open?: true
  readonly view: (backend: Backend, ids: Segments, values: Values, request: ArrivedRequest) => Answer
}

const pattern = (path: string): RegExp =>
  new RegExp(
    `^/api/v1${path.replaceAll(/\{(\w+)(:int)?\}/g, (_, name: string, int?: string) => `(?<${name}>${int === undefined ? "[^/]+" : "\\d+"})`)}$`
  )

const route = (
  method: string,
  path: string,
  view: Route["view"],
  more: Partial<Pick<Route, "query" | "body" | "open">> = {}
): Route => ({ method, pattern: pattern(path), query: {}, ...more, view })

const none: Kind = "string"
const base = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances"

// The order decides: a literal last segment is tried before a map index.
const routes: ReadonlyArray<Route> = [
  route("GET", "/version", () => json({ git_version: ".release:fake", version: "2.11.0" }), { open: true }),
  route("GET", "/health", ({ now }) => health(now()), { open: true }),
  route("GET", "/dags", ({ world }) => DagRuns.list(world), {
    query: { limit: "integer", offset: "natural", only_active: "boolean", order_by: none }
  }),
  route(
    "POST",
    "/dags/{dag_id}/dagRuns",
    ({ now, world }, { dag_id }, values) => DagRuns.trigger(world, dag_id!, values, now()),
    { body: DagRuns.triggerBody }
  ),
  route("GET", "/dags/{dag_id}/dagRuns/{dag_run_id}", ({ now, world }, { dag_id, dag_run_id }) =>
    DagRuns.get(world, dag_id!, dag_run_id!, now())
  ),
  route(
    "POST",
    "/dags/{dag_id}/clearTaskInstances",
    ({ now, world }, { dag_id }, values) => TaskInstances.clear(world, dag_id!, values, now()),
    { body: TaskInstances.clearBody }
  ),
  route(
    "POST",
    "/dags/~/dagRuns/~/taskInstances/list",
    ({ now, world }, _, values) => TaskInstances.batch(world, values, now()),
    {
      body: TaskInstances.batchBody
    }
  ),
  route(
    "GET",
    base,
    ({ now, world }, { dag_id, dag_run_id }, values) =>
      TaskInstances.list(world, dag_id!, dag_run_id!, values, now()),
    { query: TaskInstances.listQuery }
  ),
  route("GET", `${base}/{task_id}`, ({ now, world }, { dag_id, dag_run_id, task_id }) =>
    TaskInstances.get(world, dag_id!, dag_run_id!, task_id!, now())
  ),
  route("PATCH", `${base}/{task_id}`, () =>
    problem(400, "{'new_state': ['Missing data for required field.']}")
  ),
  route(
    "GET",
    `${base}/{task_id}/links`,
    ({ now, world }, { dag_id, dag_run_id, task_id }, values) =>
      TaskInstances.links(world, dag_id!, dag_run_id!, task_id!, values, now()),
    { query: { map_index: "integer" } }
  ),
  route(
    "GET",
    `${base}/{task_id}/listMapped`,
    ({ now, world }, { dag_id, dag_run_id, task_id }, values) =>
      TaskInstances.listMapped(world, dag_id!, dag_run_id!, task_id!, values, now()),
    { query: { ...TaskInstances.listQuery, order_by: "string" } }
  ),
  route(
    "GET",
    `${base}/{task_id}/{map_index:int}`,
    ({ now, world }, { dag_id, dag_run_id, map_index, task_id }) =>
      TaskInstances.getMapped(world, dag_id!, dag_run_id!, task_id!, Number(map_index), now())
  ),
  route(
    "GET",
    `${base}/{task_id}/logs/{try_number:int}`,
    ({ log, now, world }, { dag_id, dag_run_id, task_id, try_number }, values, request) =>
      Logs.get(
        world,
        log,
        { dag_id: dag_id!, dag_run_id: dag_run_id!, task_id: task_id!, try_number: Number(try_number) },
        values,
        request.headers["accept"],
        now()
      ),
    { query: { full_content: "boolean", map_index: "integer", token: "string" } }
  )
]

const health = (now: number): Answer =>
  json({
    dag_processor: { latest_dag_processor_heartbeat: null, status: null },
    metadatabase: { status: "healthy" },
    scheduler: { latest_scheduler_heartbeat: new Date(now).toISOString(), status: "healthy" },
    triggerer: { latest_triggerer_heartbeat: new Date(now).toISOString(), status: "healthy" }
  })

const authenticate = (users: ReadonlyArray<User>, header: string | undefined): User => {
  const basic = /^Basic (.+)$/i.exec(header ?? "")
  const [username, ...rest] =
    basic === null ? [""] : Buffer.from(basic[1]!, "base64").toString("utf8").split(":")
  const password = rest.join(":")
  const user = users.find(
    (user) => user.username === username && user.password === password && password !== ""
  )
  return user ?? refuse(problem(401, null))
}

const notFoundPage =
  '<!DOCTYPE html>\n<html lang="en">\n  <head>\n    <title>Airflow 404</title>\n  </head>\n  <body>\n    <h1>Airflow 404</h1>\n    <p>Page cannot be found.</p>\n  </body>\n</html>'

/** As werkzeug does: what is no UTF-8 becomes U+FFFD, and a `%` that escapes nothing stays. */
const unescape = (text: string): string =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8")
  )

const decode = (segments: Segments): Segments =>
  Object.fromEntries(Object.entries(segments).map(([name, value]) => [name, unescape(value)]))

const dispatch = (backend: Backend, request: ArrivedRequest): Answer => {
  const { method, path, query } = request
  if (!path.startsWith("/api/v1")) {
    if (path === "/health") return health(backend.now())
    if (path === "/")
      return html(302, "<!doctype html>\n<title>Redirecting...</title>\n", { location: "/home" })
    if (path === "/home") return html(302, "", { location: "/login/?next=%2Fhome" })
    return html(404, notFoundPage)
  }
  // An encoded slash is a slash to the router.
  const routed = path.replaceAll(/%2f/gi, "/")
  const matching = routes.filter((route) => route.pattern.test(routed))
  if (matching.length === 0) return routing(404)
  const found = matching.find(
    (route) => route.method === method || (route.method === "GET" && method === "HEAD")
  )
  if (found === undefined) return routing(405)
  // As connexion does: who asks, then what is asked, then whether it is allowed.
  const user = found.open === true ? undefined : authenticate(backend.users, request.headers["authorization"])
  const values = readQuery(query, found.query)
  const body =
    found.body === undefined
      ? values
      : readBody(request.headers["content-type"] ?? "", request.body, found.body)
  if (user?.role === "Public") return problem(403, null)
  const writes = method === "PATCH" || (method === "POST" && !path.endsWith("/list"))
  if (user?.role === "Viewer" && writes) return problem(403, null)
  return found.view(backend, decode(found.pattern.exec(routed)!.groups ?? {}), body, request)
}

export const answer = (backend: Backend, request: ArrivedRequest): Answer => {
  try {
    return dispatch(backend, request)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}
