/** What is looked at, as it stands in the page's address: `#dag_id=…&dag_run_id=…&task_id=…&map_index=…`. */

export interface Place {
  readonly dag_id?: string
  readonly dag_run_id?: string
  readonly task_id?: string
  /** Absent for a task that is not mapped. */
  readonly map_index?: number
}

export interface TaskPlace extends Place {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
}

export const isTask = (place: Place): place is TaskPlace =>
  place.dag_id !== undefined && place.dag_run_id !== undefined && place.task_id !== undefined

/** Reads an address; a query serves as well as a hash. */
export const read = ({ hash, search }: { readonly hash: string; readonly search: string }): Place => {
  const params = new URLSearchParams(hash.length > 1 ? hash.slice(1) : search)
  const text = (name: string) => params.get(name) || undefined
  const dag_id = text("dag_id")
  const dag_run_id = text("dag_run_id")
  const task_id = text("task_id")
  const map_index = text("map_index")
  const mapped = map_index !== undefined && /^\d{1,9}$/.test(map_index)
  return {
    ...(dag_id === undefined ? {} : { dag_id }),
    ...(dag_run_id === undefined ? {} : { dag_run_id }),
    ...(task_id === undefined ? {} : { task_id }),
    ...(mapped ? { map_index: Number(map_index) } : {})
  }
}

/** The part of an address that names this. */
export const write = (place: Place): string => {
  const params = new URLSearchParams()
  for (const name of ["dag_id", "dag_run_id", "task_id", "map_index"] as const) {
    const value = place[name]
    if (value !== undefined) params.set(name, String(value))
  }
  return `#${params}`
}
