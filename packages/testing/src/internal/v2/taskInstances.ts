/** The views of API v2 that read task instances, but for their logs. */
import { type Answer, refuse } from "../answer.js"
import type { Backend } from "../backend.js"
import type { Behaviour } from "../behaviour.js"
import { iso } from "../time.js"
import { unmet } from "../dependencies.js"
import { type Instance, statusAt } from "../world.js"
import * as History from "../history.js"
import { json, problem } from "./answer.js"
import * as Filters from "./filters.js"
import { Naive, type Values } from "./params.js"
import { databaseProblem, crash } from "./answer.js"
import { attemptRow, type Row, row } from "./rows.js"

export interface Ids {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
}

/** The collection of every list; 3.3 adds the fields of cursors also where there are none. */
export const collection = (
  name: string,
  rows: ReadonlyArray<unknown>,
  total: number | null,
  behaviour: Behaviour,
  cursors: {
    readonly next: string | null
    readonly previous: string | null
    readonly limit: number | null
  } = {
    next: null,
    previous: null,
    limit: null
  }
): Answer =>
  json({
    [name]: rows,
    total_entries: total,
    ...(behaviour.totalLimit ? { total_entries_limit: cursors.limit } : {}),
    ...(behaviour.cursors ? { next_cursor: cursors.next, previous_cursor: cursors.previous } : {})
  })

/** A time without an offset is found to be one too late. */
export const refuseNaive = (values: Values, { since33 }: Behaviour): void => {
  if (Object.values(values).some((value) => value instanceof Naive)) {
    refuse(since33 ? databaseProblem(500, "Database error") : crash())
  }
}

export const unknownDag = (dag_id: string, { since31 }: Behaviour, before31 = `DAG ${dag_id} not found`) =>
  problem(404, since31 ? `The Dag with ID: \`${dag_id}\` was not found` : before31)

const limitOf = (values: Values, usual: number, { maximumLimit }: Behaviour): number =>
  Math.min((values["limit"] as number | undefined) ?? usual, maximumLimit)

/** A place in a list, for the page that begins after it. */
const encodeCursor = (sort: ReadonlyArray<unknown>): string =>
  Buffer.from(JSON.stringify(sort)).toString("base64url")

const decodeCursor = (token: string, length: number): ReadonlyArray<unknown> => {
  let sort: unknown
  try {
    sort = JSON.parse(Buffer.from(token, "base64url").toString())
  } catch {
    refuse(problem(400, "Invalid cursor token"))
  }
  if (!Array.isArray(sort)) return refuse(problem(400, "Invalid cursor token structure"))
  return sort.length === length
    ? sort
    : refuse(problem(400, "Cursor token does not match current query shape"))
}

/** The most that is counted for a page by a cursor. */
const countLimit = 50_000

const byCursor = (
  found: ReadonlyArray<Filters.Listed>,
  order: Filters.Order,
  cursor: string,
  limit: number,
  behaviour: Behaviour
): Answer => {
  const backward = cursor.startsWith("~")
  const compare = Filters.compareBy(order, behaviour)
  const token = backward ? cursor.slice(1) : cursor
  const from = token === "" ? undefined : decodeCursor(token, order.keys.length)
  const beyond =
    from === undefined
      ? found
      : found.filter(({ sort }) => (backward ? compare(sort, from) < 0 : compare(sort, from) > 0))
  const page = backward ? beyond.slice(Math.max(0, beyond.length - limit)) : beyond.slice(0, limit)
  const more = beyond.length > limit
  const [hasNext, hasPrevious] = backward ? [true, more] : [more, from !== undefined]
  const [first, last] = [page[0], page.at(-1)]
  return collection(
    "task_instances",
    page.map(({ row }) => row),
    behaviour.totalLimit ? Math.min(found.length, countLimit) : null,
    behaviour,
    {
      next: hasNext && last !== undefined ? encodeCursor(last.sort) : null,
      previous: hasPrevious && first !== undefined ? `~${encodeCursor(first.sort)}` : null,
      limit: countLimit
    }
  )
}

const page = (
  found: ReadonlyArray<Filters.Listed>,
  offset: number,
  limit: number,
  behaviour: Behaviour
): Answer =>
  collection(
    "task_instances",
    found.slice(offset, offset + limit).map(({ row }) => row),
    found.length,
    behaviour
  )

const orderOf = (values: Values, behaviour: Behaviour): Filters.Order => {
  const given = values["order_by"]
  const texts = given === undefined || given === null ? [] : Array.isArray(given) ? given : [given]
  return Filters.readOrder(
    (texts as ReadonlyArray<string>).filter((text) => text !== "" || Array.isArray(given)),
    behaviour
  )
}

/** Which run is meant is found out before anything else. */
const checkRun = ({ behaviour, world }: Backend, dag_id: string, dag_run_id: string): void => {
  const { since31, since32 } = behaviour
  if (dag_run_id !== "~") {
    if (since32 && dag_id === "~") refuse(problem(400, "dag_id is required when dag_run_id is specified"))
    if (!since31 && dag_id !== "~" && !world.dags.has(dag_id)) {
      refuse(problem(404, `DAG with dag_id: \`${dag_id}\` was not found`))
    }
    const there = dag_id === "~" ? world.hasRun(dag_run_id) : world.run(dag_id, dag_run_id) !== undefined
    if (!there) {
      const what = since32 ? `dag_id: \`${dag_id}\` and run_id` : "run_id"
      refuse(problem(404, `DagRun with ${what}: \`${dag_run_id}\` was not found`))
    }
  }
  if (dag_id !== "~" && !world.dags.has(dag_id)) {
    refuse(unknownDag(dag_id, behaviour, `DAG with dag_id: \`${dag_id}\` was not found`))
  }
}

/** No DAG of a fake has task groups. */
const checkGroup = (dag_id: string, { task_group_id }: Values): void => {
  if (task_group_id === undefined) return
  if (dag_id === "~") refuse(crash())
  refuse(problem(404, { reason: "not_found", message: `Task group ${String(task_group_id)} not found` }))
}

const filtersOf = (values: Values): Values => {
  const {
    cursor: _,
    limit: _l,
    offset: _o,
    order_by: _b,
    page_limit: _p,
    page_offset: _f,
    ...filters
  } = values
  return filters
}

export const list = (backend: Backend, dag_id: string, dag_run_id: string, values: Values): Answer => {
  const { behaviour, world } = backend
  const now = backend.now()
  checkRun(backend, dag_id, dag_run_id)
  checkGroup(dag_id, values)
  const order = orderOf(values, behaviour)
  refuseNaive(values, behaviour)
  const instances = world
    .instances(now)
    .filter(
      ({ run }) =>
        (dag_id === "~" || run.dag.dag_id === dag_id) && (dag_run_id === "~" || run.dag_run_id === dag_run_id)
    )
  const found = Filters.select(instances, filtersOf(values), order, now, behaviour)
  const limit = limitOf(values, 50, behaviour)
  const cursor = values["cursor"] as string | undefined
  return cursor === undefined
    ? page(found, (values["offset"] as number | undefined) ?? 0, limit, behaviour)
    : byCursor(found, order, cursor, limit, behaviour)
}

export const batch = ({ behaviour, now, world }: Backend, values: Values): Answer => {
  const { page_limit = 100, page_offset = 0 } = values as Record<string, number>
  const given = values["order_by"] as string | null | undefined
  const order = Filters.readOrder([given ?? "id"], behaviour)
  const found = Filters.select(world.instances(now()), filtersOf(values), order, now(), behaviour)
  return page(found, page_offset, page_limit, behaviour)
}

export const listMapped = (
  backend: Backend,
  { dag_id, dag_run_id, task_id }: Ids,
  values: Values
): Answer => {
  const { behaviour, world } = backend
  const now = backend.now()
  const mapped = world.find(dag_id, dag_run_id, task_id, now).filter(({ map_index }) => map_index >= 0)
  if (mapped.length === 0) {
    const dag = world.dags.get(dag_id)
    if (dag === undefined) return unknownDag(dag_id, behaviour)
    const task = dag.tasks.find((task) => task.task_id === task_id)
    if (task === undefined) return problem(404, `Task id ${task_id} not found`)
    if (task.mapped === undefined) return problem(404, `Task id ${task_id} is not mapped`)
  }
  const order = orderOf(values, behaviour)
  refuseNaive(values, behaviour)
  const found = Filters.select(mapped, filtersOf(values), order, now, behaviour)
  return page(found, (values["offset"] as number | undefined) ?? 0, limitOf(values, 50, behaviour), behaviour)
}

const unknown = ({ dag_id, dag_run_id, task_id }: Ids): Answer =>
  problem(
    404,
    `The Task Instance with dag_id: \`${dag_id}\`, run_id: \`${dag_run_id}\` and task_id: \`${task_id}\` was not found`
  )

export const get = ({ behaviour, now, world }: Backend, ids: Ids): Answer => {
  const [only] = world.find(ids.dag_id, ids.dag_run_id, ids.task_id, now())
  if (only === undefined) return unknown(ids)
  return only.map_index >= 0
    ? problem(404, "Task instance is mapped, add the map_index value to the URL")
    : json(row(only, now(), behaviour, "alone"))
}

/** The instance with an index; -1 is one that is not mapped. */
export const instanceAt = ({ now, world }: Backend, ids: Ids, map_index: number): Instance | undefined =>
  world
    .find(ids.dag_id, ids.dag_run_id, ids.task_id, now())
    .find((instance) => instance.map_index === map_index)

export const getMapped = (backend: Backend, ids: Ids, map_index: number): Answer => {
  const { dag_id, dag_run_id, task_id } = ids
  const found = instanceAt(backend, ids, map_index)
  return found === undefined
    ? problem(
        404,
        `The Mapped Task Instance with dag_id: \`${dag_id}\`, run_id: \`${dag_run_id}\`, task_id: \`${task_id}\`, and map_index: \`${map_index}\` was not found`
      )
    : json(row(found, backend.now(), backend.behaviour, "alone"))
}

export const links = (backend: Backend, ids: Ids, values: Values): Answer => {
  const { behaviour, now, world } = backend
  const { dag_id, dag_run_id, task_id } = ids
  if (!behaviour.since33) {
    const dag = world.dags.get(dag_id)
    if (dag === undefined) return unknownDag(dag_id, behaviour, `DAG with ID = ${dag_id} not found`)
    if (!dag.tasks.some((task) => task.task_id === task_id)) {
      return problem(404, `Task with ID = ${task_id} not found`)
    }
  }
  const instance = instanceAt(backend, ids, (values["map_index"] as number | undefined) ?? -1)
  if (instance === undefined) return problem(404, "TaskInstance not found")
  const { state, try_number: last } = statusAt(instance, now())
  const try_number = values["try_number"] as number | undefined
  if (try_number !== undefined && try_number !== last) {
    return History.attempt(instance, try_number, now()) === undefined
      ? problem(404, `TaskInstanceHistory not found for try_number=${try_number}`)
      : json({ extra_links: {}, total_entries: 0 })
  }
  const extra_links: Row =
    state === "success"
      ? instance.task.links({
          dag_run_id,
          execution_date: iso(instance.timeline.end.at),
          version: behaviour.version
        })
      : {}
  return json({ extra_links, total_entries: Object.keys(extra_links).length })
}

const notFoundAt = ({ dag_id, dag_run_id, task_id }: Ids, map_index: number, try_number?: number): string =>
  `The Task Instance with dag_id: \`${dag_id}\`, run_id: \`${dag_run_id}\`, task_id: \`${task_id}\`${
    try_number === undefined ? "" : `, try_number: \`${try_number}\``
  } and map_index: \`${map_index}\` was not found`

export const missing = (ids: Ids, map_index: number): Answer => problem(404, notFoundAt(ids, map_index))

/** The attempts before, and the one that is; a task instance that waits to be tried again is not one. */
export const tries = (backend: Backend, ids: Ids, map_index: number): Answer => {
  const { behaviour, now } = backend
  const instance = instanceAt(backend, ids, map_index)
  if (instance === undefined) return missing(ids, map_index)
  const attempts = History.attempts(instance, now())
  return collection(
    "task_instances",
    attempts.map((status) => attemptRow(instance, status, behaviour)),
    attempts.length,
    behaviour.since33 ? { ...behaviour, cursors: false, totalLimit: false } : behaviour
  )
}

export const tryDetails = (backend: Backend, ids: Ids, map_index: number, try_number: number): Answer => {
  const instance = instanceAt(backend, ids, map_index)
  const attempt = instance === undefined ? undefined : History.attempt(instance, try_number, backend.now())
  return instance === undefined || attempt === undefined
    ? problem(404, notFoundAt(ids, map_index, try_number))
    : json(attemptRow(instance, attempt, backend.behaviour))
}

/** Why a task instance is not run; only of one that has not been started. */
export const dependencies = (backend: Backend, ids: Ids, map_index: number): Answer => {
  const { behaviour, now } = backend
  const instance = instanceAt(backend, ids, map_index)
  if (instance === undefined) {
    const { dag_id, dag_run_id, task_id } = ids
    return behaviour.since31
      ? problem(404, [notFoundAt(ids, map_index)])
      : problem(404, `Task Instance not found for dag_id=${dag_id}, run_id=${dag_run_id}, task_id=${task_id}`)
  }
  return json({ dependencies: unmet(instance, now()) })
}
