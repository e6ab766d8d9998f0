/** Which tasks of a DAG are meant, and in which order they come. */
import type { Dag, Task } from "../Scenario.js"

/** Those of these names, or all, and those before and after them that are asked for. */
export const chosen = (
  dag: Dag,
  named: ReadonlyArray<string> | undefined,
  more: { readonly upstream: boolean; readonly downstream: boolean }
): ReadonlySet<string> => {
  const ids = new Set(
    dag.tasks.map(({ task_id }) => task_id).filter((id) => named === undefined || named.includes(id))
  )
  const grow = (next: (id: string) => ReadonlyArray<string>) => {
    const seen = new Set<string>()
    const visit = (id: string): void => {
      if (seen.has(id)) return
      seen.add(id)
      for (const other of next(id)) visit(other)
    }
    for (const id of ids) visit(id)
    return seen
  }
  const before = (id: string) => dag.tasks.find(({ task_id }) => task_id === id)?.upstream ?? []
  const after = (id: string) =>
    dag.tasks.filter((task) => task.upstream.includes(id)).map(({ task_id }) => task_id)
  return new Set([...ids, ...(more.upstream ? grow(before) : []), ...(more.downstream ? grow(after) : [])])
}

/** The tasks that come after one. */
export const after = (dag: Dag, task_id: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (id: string): void => {
    for (const task of dag.tasks) {
      if (!task.upstream.includes(id) || found.has(task.task_id)) continue
      found.add(task.task_id)
      visit(task.task_id)
    }
  }
  visit(task_id)
  return found
}

/** Upstream tasks first. */
export const inOrder = (dag: Dag): ReadonlyArray<Task> => {
  const sorted: Array<Task> = []
  const add = (task: Task, path: ReadonlyArray<string>) => {
    if (sorted.includes(task)) return
    if (path.includes(task.task_id)) throw new Error(`the DAG ${dag.dag_id} has a cycle: ${path.join(" → ")}`)
    for (const id of task.upstream) {
      const upstream = dag.tasks.find(({ task_id }) => task_id === id)
      if (upstream === undefined) throw new Error(`the task ${task.task_id} has an unknown upstream: ${id}`)
      add(upstream, [...path, task.task_id])
    }
    sorted.push(task)
  }
  for (const task of dag.tasks) add(task, [])
  return sorted
}
