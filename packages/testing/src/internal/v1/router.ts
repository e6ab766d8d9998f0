/** API v1: from a request to its answer. */
import type { ArrivedRequest } from "../../Fault.js"
import { type Answer, caught, refuse } from "../answer.js"
import type { Backend, User } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import type { Negotiate } from "../negotiate.js"
import { crash, html, json, ofVersion, problem, routing } from "./answer.js"
import * as Changes from "./changes.js"
import * as Clear from "./clear.js"
import * as DagRuns from "./dagRuns.js"
import * as Logs from "./logs.js"
import { type Kind, readBody, readQuery, type Values } from "./params.js"
import * as TaskInstances from "./taskInstances.js"

type Segments = Readonly<Record<string, string>>

/** The parameters or fields that are known, which depends on the version for some. */
type Kinds = Readonly<Record<string, Kind>> | ((behaviour: Behaviour) => Readonly<Record<string, Kind>>)

const kindsOf = (kinds: Kinds, behaviour: Behaviour): Readonly<Record<string, Kind>> =>
  typeof kinds === "function" ? kinds(behaviour) : kinds

interface Route {
  readonly method: string
  readonly pattern: RegExp
  readonly query: Kinds
  readonly body?: Kinds
  readonly since?: (behaviour: Behaviour) => boolean
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
  more: Partial<Pick<Route, "query" | "body" | "open" | "since">> = {}
): Route => ({ method, pattern: pattern(path), query: {}, ...more, view })

const idsOf = ({ dag_id, dag_run_id, map_index, task_id }: Segments): Changes.Ids => ({
  dag_id: dag_id!,
  dag_run_id: dag_run_id!,
  task_id: task_id!,
  map_index: Number(map_index ?? -1)
})

const none: Kind = "string"
const base = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances"

// The order decides: a literal last segment is tried before a map index.
const routes: ReadonlyArray<Route> = [
  route(
    "GET",
    "/version",
    ({ behaviour }) => json({ git_version: ".release:fake", version: behaviour.version }),
    { open: true }
  ),
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
    (backend, { dag_id }, values) => Clear.clear(backend, dag_id!, values),
    { body: Clear.clearBody }
  ),
  route(
    "POST",
    "/dags/{dag_id}/updateTaskInstancesState",
    (backend, { dag_id }, values) => Changes.setStates(backend, dag_id!, values),
    { body: Changes.stateBody }
  ),
  route(
    "POST",
    "/dags/~/dagRuns/~/taskInstances/list",
    (backend, _, values) => TaskInstances.batch(backend, values),
    {
      body: TaskInstances.batchBody
    }
  ),
  route(
    "GET",
    base,
    (backend, { dag_id, dag_run_id }, values) => TaskInstances.list(backend, dag_id!, dag_run_id!, values),
    { query: TaskInstances.listQuery }
  ),
  route("GET", `${base}/{task_id}`, (backend, { dag_id, dag_run_id, task_id }) =>
    TaskInstances.get(backend, dag_id!, dag_run_id!, task_id!)
  ),
  route("PATCH", `${base}/{task_id}`, (backend, ids, values) => Changes.patch(backend, idsOf(ids), values), {
    body: Changes.patchBody
  }),
  route(
    "PATCH",
    `${base}/{task_id}/{map_index:int}`,
    (backend, ids, values) => Changes.patch(backend, idsOf(ids), values),
    { body: Changes.patchBody }
  ),
  ...["", "/{map_index:int}"].flatMap((index) => [
    route(
      "PATCH",
      `${base}/{task_id}${index}/setNote`,
      (backend, ids, values) => Changes.setNote(backend, idsOf(ids), values),
      { body: Changes.noteBody }
    ),
    route("GET", `${base}/{task_id}${index}/tries`, (backend, ids) => Changes.tries(backend, idsOf(ids)), {
      query: { limit: "integer", offset: "natural", order_by: "string" },
      since: ({ history }) => history
    }),
    route(
      "GET",
      `${base}/{task_id}${index}/tries/{try_number:int}`,
      (backend, ids) => Changes.tryDetails(backend, idsOf(ids), Number(ids["try_number"])),
      { since: ({ history }) => history }
    ),
    route(
      "GET",
      `${base}/{task_id}${index}/dependencies`,
      (backend, ids) => Changes.dependencies(backend, idsOf(ids)),
      { since: ({ history }) => history }
    )
  ]),
  route(
    "GET",
    `${base}/{task_id}/links`,
    (backend, { dag_id, dag_run_id, task_id }, values) =>
      TaskInstances.links(backend, dag_id!, dag_run_id!, task_id!, values),
    { query: ({ mappedLinks }) => (mappedLinks ? { map_index: "integer" } : {}) }
  ),
  route(
    "GET",
    `${base}/{task_id}/listMapped`,
    (backend, { dag_id, dag_run_id, task_id }, values) =>
      TaskInstances.listMapped(backend, dag_id!, dag_run_id!, task_id!, values),
    { query: (behaviour) => ({ ...TaskInstances.listQuery(behaviour), order_by: "string" }) }
  ),
  route("GET", `${base}/{task_id}/{map_index:int}`, (backend, { dag_id, dag_run_id, map_index, task_id }) =>
    TaskInstances.getMapped(backend, dag_id!, dag_run_id!, task_id!, Number(map_index))
  ),
  route(
    "GET",
    `${base}/{task_id}/logs/{try_number:int}`,
    (backend, { dag_id, dag_run_id, task_id, try_number }, values, request) =>
      Logs.get(
        backend,
        { dag_id: dag_id!, dag_run_id: dag_run_id!, task_id: task_id!, try_number: Number(try_number) },
        values,
        request.headers["accept"]
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

/**
 * As the kerberos_auth backend does: it looks at the token alone, whatever scheme stands before it, and stumbles where none
 * stands behind it. A user that Airflow does not know is somebody who may do nothing.
 */
const negotiated = ({ behaviour, users }: Backend, negotiate: Negotiate, header: string): User => {
  const token = header.trim().split(/\s+/).slice(1).join("")
  if (header !== "" && token === "") return refuse(crash())
  const username = negotiate.take(token)
  if (username === undefined) return refuse(problem(behaviour.noCredentials, null))
  return users.find((user) => user.username === username) ?? { username, password: "", role: "Public" }
}

const authenticate = (backend: Backend, header: string | undefined): User => {
  const { behaviour, negotiate, users } = backend
  if (negotiate !== undefined) return negotiated(backend, negotiate, header ?? "")
  const basic = /^Basic (.+)$/i.exec(header ?? "")
  const [username, ...rest] =
    basic === null ? [""] : Buffer.from(basic[1]!, "base64").toString("utf8").split(":")
  const password = rest.join(":")
  const user = users.find(
    (user) => user.username === username && user.password === password && password !== ""
  )
  return user ?? refuse(problem(behaviour.noCredentials, null))
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
  const { behaviour } = backend
  const matching = routes.filter(
    ({ pattern, since }) => pattern.test(routed) && (since === undefined || since(behaviour))
  )
  if (matching.length === 0) return routing(404)
  const found = matching.find(
    (route) => route.method === method || (route.method === "GET" && method === "HEAD")
  )
  // As flask does, without asking who it is.
  if (method === "OPTIONS") {
    const methods = matching.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]))
    return html(200, "", { allow: ["OPTIONS", ...methods].join(", ") })
  }
  if (found === undefined) return routing(405)
  // As connexion and its views do: which query, then who asks, with which body, and whether it is allowed.
  const values = readQuery(query, kindsOf(found.query, behaviour))
  const user = found.open === true ? undefined : authenticate(backend, request.headers["authorization"])
  const body =
    found.body === undefined
      ? values
      : readBody(
          request.headers["content-type"] ?? "",
          request.body,
          kindsOf(found.body, behaviour),
          behaviour
        )
  if (user?.role === "Public") return problem(403, null)
  const writes = method === "PATCH" || (method === "POST" && !path.endsWith("/list"))
  if (user?.role === "Viewer" && writes) return problem(403, null)
  return found.view(backend, decode(found.pattern.exec(routed)!.groups ?? {}), body, request)
}

export const answer = (backend: Backend, request: ArrivedRequest): Answer =>
  ofVersion(
    caught(() => dispatch(backend, request)),
    backend.behaviour.version
  )
