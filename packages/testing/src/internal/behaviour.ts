/**
 * How a version of Airflow behaves, as data: everything that differs between versions is a field here, so that
 * views ask for a behaviour and never for a version.
 */

/** What a server does with the token of a page of a log. */
export type LogToken = "works" | "ignored" | "fails"

export interface Behaviour {
  readonly version: string
  readonly api: "v1" | "v2"

  // API v1

  /** What a request without credentials, or with wrong ones, is answered with. */
  readonly noCredentials: 401 | 403
  /** Since 2.7.1: `dag_run_ids` and `task_ids` in the batch. */
  readonly batchByIds: boolean
  /** Since 2.9 (2.8 was not looked at): setting states is dry unless told otherwise; before, it crashed. */
  readonly dryByDefault: boolean
  /** Since 2.9: `task_display_name` and `rendered_map_index` in a row. */
  readonly displayNames: boolean
  /** Since 2.10: `executor`, the views `tries` and `dependencies`, and more orders in `listMapped`. */
  readonly history: boolean
  /** Before 2.10: what waits to be started shows the number of the attempt before; what nothing runs has none. */
  readonly attemptBefore: boolean
  /** Before 2.9: an unknown task in `listMapped` crashed it. */
  readonly stumblesOverTasks: boolean
  /** In whose words a list that must not be empty is refused. */
  readonly emptyList: "is too short" | "should be non-empty"
  /** Since 2.9: a worker is asked for the file of an older attempt, too, while the task runs. */
  readonly servesOlder: boolean
  /** Since 2.10.3: the batch is paged. */
  readonly batchPages: boolean
  /** Since 2.10.4: what a server says before the log is in a group. */
  readonly headerGroup: boolean
  /** Since 2.10.5: links of a mapped task instance; before, those of the first one that was found. */
  readonly mappedLinks: boolean
  /** In whose words it is said that a worker does not have a log file, or could not be asked. */
  readonly lostLog: "httpx" | "requests" | "not-on-worker"
  /** The lines that Airflow writes around a task's. */
  readonly lines: "2.7" | "2.9" | "2.10" | "3.0" | "3.1" | "3.2" | "3.3"

  // API v2

  readonly logToken: LogToken
  /** Since 3.1 a running task that was cleared is tried again; before, it stayed `restarting` until it was cleared once more. */
  readonly triesCleared: boolean
  /** Since 3.1: the worker may end the connection too early by which its log is read. */
  readonly breaksServed: boolean
  /** What a server says before the log: one event with `sources`, or since 3.3 one event for each. */
  readonly sources: "field" | "events"
  /** Since 3.1: bulk changes, deletion, `externalLogUrl`, more filters and names, several orders. */
  readonly since31: boolean
  /** Since 3.2: patterns as filters, `dag_id` needed with a run, bulk changes in all DAGs. */
  readonly since32: boolean
  /** Since 3.3: the state `awaiting_input`, and a note when clearing. */
  readonly since33: boolean
  /** Since 3.1.1: an instance of a mapped task is cleared alone also where whole tasks are named beside it. */
  readonly clearsInstances: boolean
  /** Since 3.1.6: the tasks of a group as a filter. */
  readonly taskGroups: boolean
  /** Since 3.2.2: beginnings of names as filters. */
  readonly beginnings: boolean
  /** Since 3.2.2: the links of an attempt. */
  readonly linksOfAttempt: boolean
  /** Since 3.2.2: pages by a cursor, and its fields in each list. */
  readonly cursors: boolean
  /** Since 3.3.2: `total_entries_limit` in each list. */
  readonly totalLimit: boolean
  /** Since 3.1.7: lists are cut to so many rows, silently. */
  readonly maximumLimit: number
}

type Triple = readonly [number, number, number]

/** What follows the three numbers, as in `2.11.0rc1`, is left out. */
const parse = (version: string): Triple => {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)
  if (found === null) throw new Error(`not a version of Airflow: ${version}`)
  return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)]
}

const compare = (a: Triple, b: Triple): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]

/** How a version behaves: one that is not known behaves as the nearest one before it. */
export const of = (version: string): Behaviour => {
  const numbers = parse(version)
  const since = (other: string): boolean => compare(numbers, parse(other)) >= 0
  if (!since("2.7") || since("4.0")) {
    throw new Error(`the fake knows Airflow 2.7 to 3.3, not ${version}`)
  }
  return {
    version,
    api: since("3.0") ? "v2" : "v1",
    // It comes with the version of the FAB provider that each was released with.
    noCredentials: since("2.11.1") || (since("2.9") && !since("2.10")) ? 403 : 401,
    batchByIds: since("2.7.1"),
    dryByDefault: since("2.9"),
    displayNames: since("2.9"),
    history: since("2.10"),
    attemptBefore: !since("2.10"),
    stumblesOverTasks: !since("2.9"),
    emptyList: since("2.9") ? "should be non-empty" : "is too short",
    servesOlder: since("2.9"),
    batchPages: since("2.10.3"),
    headerGroup: since("2.10.4"),
    mappedLinks: since("2.10.5"),
    lostLog: since("2.11.1") ? "not-on-worker" : since("2.9") ? "requests" : "httpx",
    lines: since("3.3")
      ? "3.3"
      : since("3.2")
        ? "3.2"
        : since("3.1")
          ? "3.1"
          : since("3.0")
            ? "3.0"
            : since("2.10")
              ? "2.10"
              : since("2.9")
                ? "2.9"
                : "2.7",
    logToken: since("3.3.1") ? "works" : since("3.2") ? "fails" : since("3.0.4") ? "ignored" : "works",
    triesCleared: since("3.1"),
    breaksServed: since("3.1"),
    sources: since("3.3") ? "events" : "field",
    since31: since("3.1"),
    since32: since("3.2"),
    since33: since("3.3"),
    clearsInstances: since("3.1.1"),
    taskGroups: since("3.1.6"),
    beginnings: since("3.2.2"),
    linksOfAttempt: since("3.2.2"),
    cursors: since("3.2.2"),
    totalLimit: since("3.3.2"),
    maximumLimit: since("3.1.7") ? 100 : Number.POSITIVE_INFINITY
  }
}
