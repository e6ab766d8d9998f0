/** Which tasks of a DAG are meant. */
import type { Dag } from "../Scenario.js"

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
