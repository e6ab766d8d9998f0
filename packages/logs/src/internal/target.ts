/** Checks what is named to be followed or watched, before anything is sent. */
interface Issue {
  readonly field: string
  readonly issue: string
}

const isId = (id: unknown): string | undefined => {
  if (typeof id !== "string") return `must be a string, not ${id === null ? "null" : typeof id}`
  if (id === "" || id === "." || id === "..") return `must not be "${id}"`
  return /\p{Surrogate}/u.test(id) ? "must not hold a lone surrogate" : undefined
}

/** What is wrong with a target, if anything. */
export const check = (target: unknown, ids: ReadonlyArray<string>): Issue | undefined => {
  const given = (typeof target === "object" && target !== null ? target : {}) as Record<string, unknown>
  for (const field of ids) {
    const issue = isId(given[field])
    if (issue !== undefined) return { field, issue }
  }
  const { map_index } = given
  return map_index === undefined || (Number.isSafeInteger(map_index) && (map_index as number) >= 0)
    ? undefined
    : { field: "map_index", issue: "must be a whole number of 0 or more" }
}

export const runIds = ["dag_id", "dag_run_id"]
export const taskIds = [...runIds, "task_id"]
