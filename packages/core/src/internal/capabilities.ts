/** Since which version each API knows what not every server knows; an API that is left out never does. */
export interface Since {
  readonly v1?: string
  readonly v2?: string
}

export const table = {
  /** Attempts of a task instance as a list. */
  tries: { v1: "2.10", v2: "3.0" },
  /** Why a task instance is not started yet. */
  dependencies: { v1: "2.10", v2: "3.0" },
  /** Notes on task instances and runs. */
  notes: { v1: "2.5", v2: "3.0" },
  /** Filtering by executor. */
  executorFilter: { v1: "2.10", v2: "3.0" },
  /** Filtering by when a row was last changed. */
  updatedAtFilter: { v1: "2.6", v2: "3.0" },
  /** Filtering a batch by runs and tasks. */
  batchByRun: { v1: "2.7.1", v2: "3.0" },
  /** A batch comes in pages; before, whole. */
  batchPaging: { v1: "2.10.3", v2: "3.0" },
  /** The extra links of an instance of a mapped task. */
  linksOfMapped: { v1: "2.10.5", v2: "3.0" },
  /** `try_number` of a v1 row is the attempt a task instance is at, in every state. */
  currentTryNumber: { v1: "2.10", v2: "3.0" },
  /** Clearing one instance of a mapped task. */
  clearMapped: { v2: "3.1.1" },
  /** Ordering any list of task instances. */
  orderBy: { v2: "3.0" },
  /** Ranges that leave their bound out (`_gt`, `_lt`). */
  exclusiveRanges: { v2: "3.1" },
  /** Filtering by patterns of names. */
  patternFilters: { v2: "3.2" },
  /** Walking a list by cursors. */
  cursor: { v2: "3.2.2" },
  /** Logs as records and not as text. */
  logRecords: { v2: "3.0" },
  /** Changing several task instances in one request. */
  bulk: { v2: "3.1" },
  /** Deleting a task instance. */
  deleteTaskInstance: { v2: "3.1" },
  /** Where a log is in an outside store of logs. */
  externalLogUrl: { v2: "3.1" },
  /** Waiting for a run on the server. */
  waitForRun: { v2: "3.1" }
} as const satisfies Record<string, Since>

const parse = (version: string): ReadonlyArray<number> | undefined => {
  const numbers = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)
  return numbers === null ? undefined : [numbers[1], numbers[2], numbers[3] ?? "0"].map(Number)
}

/** Whether a version is the same or later. One that cannot be read is taken for a newer one. */
export const isAtLeast = (version: string, since: string): boolean => {
  const is = parse(version)
  if (is === undefined) return true
  const other = parse(since) ?? []
  for (const [i, number] of is.entries()) {
    const difference = number - (other[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** Whether a server knows what is there since then. */
export const knows = (
  server: { readonly api: "v1" | "v2"; readonly version: string },
  since: Since
): boolean => {
  const first = since[server.api]
  return first !== undefined && isAtLeast(server.version, first)
}

/** Where it is known, in words. */
export const needs = ({ v1, v2 }: Since): string =>
  v1 === undefined
    ? `Airflow ${v2} or later`
    : v2 === undefined
      ? `Airflow 2 (${v1} or later)`
      : `Airflow ${v1} or later`
