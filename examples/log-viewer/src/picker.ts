/** Choosing a DAG, a run and a task. Each choice is an address: the page follows that, and so do back and forward. */
import type { TaskInstance } from "@effect-airflow/core/TaskInstance"
import { label } from "@effect-airflow/logs/LogLine"
import * as SafeText from "@effect-airflow/logs/SafeText"
import { button, h, labelled } from "./dom.js"
import type { Names, Tasks } from "./lists.js"
import * as Place from "./place.js"
import * as Words from "./words.js"

export interface Options {
  readonly dags: (signal: AbortSignal) => Promise<Names>
  readonly runs: (dag_id: string, signal: AbortSignal) => Promise<Names>
  readonly tasks: (dag_id: string, dag_run_id: string, signal: AbortSignal) => Promise<Tasks>
  readonly describe: (error: unknown) => Words.Trouble
  readonly go: (place: Place.Place) => void
}

export interface Picker {
  readonly element: HTMLElement
  /** Shows what is chosen. */
  readonly show: (place: Place.Place) => void
  /** A task is in another state than it was. */
  readonly state: (place: Place.TaskPlace, state: string | null) => void
  readonly focus: () => void
  readonly close: () => void
}

/** What is said below the lists. */
export const noteOf = (dags: Names | undefined, runs: Names | undefined, tasks: Tasks | undefined): string =>
  dags?.names.length === 0
    ? "No task instance was found: nothing has run here yet, or you may not see it."
    : dags?.cut === true || runs?.cut === true || tasks?.cut === true
      ? "Not all are listed: there are too many. Name others below."
      : ""

const option = (value: string, text: string) => h("option", { value }, text)

/** Fills a list; what is chosen is in it, whether it was found or not. */
const fill = (
  select: HTMLSelectElement,
  first: string,
  names: ReadonlyArray<string>,
  chosen: string | undefined
) => {
  const all = chosen === undefined || names.includes(chosen) ? names : [chosen, ...names]
  select.replaceChildren(option("", first), ...all.map((name) => option(name, SafeText.escape(name))))
  select.value = chosen ?? ""
}

export const make = (options: Options): Picker => {
  const dag = h("select")
  const run = h("select", { disabled: true })
  const tasks = h("ul", { class: "tasks" })
  const note = h("p", { class: "hint", role: "status" })
  const alarm = h("div", { class: "trouble", role: "alert", hidden: true })
  const refresh = button("Refresh the lists", () => load(true))

  const byName = (name: string, attributes = {}) => h("input", { name, autocomplete: "off", ...attributes })
  const named = {
    dag_id: byName("dag_id", { required: true }),
    dag_run_id: byName("dag_run_id", { required: true }),
    task_id: byName("task_id", { required: true }),
    map_index: byName("map_index", { inputmode: "numeric", pattern: "[0-9]*" })
  }
  const form = h(
    "form",
    { "aria-label": "By name" },
    labelled("DAG id", named.dag_id),
    labelled("Run id", named.dag_run_id),
    labelled("Task id", named.task_id),
    labelled("Map index, if mapped", named.map_index),
    h("button", { type: "submit" }, "Follow")
  )
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    options.go({
      dag_id: named.dag_id.value,
      dag_run_id: named.dag_run_id.value,
      task_id: named.task_id.value,
      ...(named.map_index.value === "" ? {} : { map_index: Number(named.map_index.value) })
    })
  })

  const element = h(
    "aside",
    { class: "picker", "aria-label": "Choose a task" },
    labelled("DAG", dag),
    labelled("Run", run),
    alarm,
    h("nav", { "aria-label": "Tasks of the run" }, tasks),
    note,
    refresh,
    h("details", {}, h("summary", {}, "By name"), form)
  )
  dag.addEventListener("change", () => options.go(dag.value === "" ? {} : { dag_id: dag.value }))
  run.addEventListener("change", () =>
    options.go({ dag_id: dag.value, ...(run.value === "" ? {} : { dag_run_id: run.value }) })
  )

  let place: Place.Place = {}
  let dags: Names | undefined
  let runs: (Names & { readonly of: string }) | undefined
  let tasksOf: (Tasks & { readonly of: string }) | undefined
  /** Lists that did not come. */
  const failed = new Set<"dags" | "runs" | "tasks">()
  let loading = new AbortController()

  const runKey = ({ dag_id, dag_run_id }: Place.Place) => JSON.stringify([dag_id, dag_run_id])

  const item = (row: TaskInstance) => {
    const { dag_id, dag_run_id, map_index, task_id } = row
    const to = { dag_id, dag_run_id, task_id, ...(map_index < 0 ? {} : { map_index }) }
    const chosen = place.task_id === task_id && (place.map_index ?? -1) === map_index
    return h(
      "li",
      {},
      h(
        "a",
        { href: Place.write(to), ...(chosen ? { "aria-current": "page" } : {}) },
        SafeText.escape(label(row)),
        " ",
        h("span", { class: `chip state-${row.state ?? "none"}` }, Words.state(row.state))
      )
    )
  }

  const waiting = (list: "dags" | "runs") => (failed.has(list) ? "Could not be loaded" : "Loading …")

  const draw = () => {
    fill(dag, dags === undefined ? waiting("dags") : "Choose a DAG", dags?.names ?? [], place.dag_id)
    run.disabled = place.dag_id === undefined
    const known = runs !== undefined && runs.of === place.dag_id ? runs : undefined
    fill(
      run,
      place.dag_id === undefined
        ? "Choose a DAG first"
        : known === undefined
          ? waiting("runs")
          : "Choose a run",
      known?.names ?? [],
      place.dag_run_id
    )
    const listed = tasksOf !== undefined && tasksOf.of === runKey(place) ? tasksOf : undefined
    // Focus stays where it is, though the links are new.
    const focused = tasks.contains(document.activeElement)
      ? document.activeElement?.getAttribute("href")
      : null
    tasks.replaceChildren(...(listed?.rows ?? []).map(item))
    if (focused !== null) tasks.querySelector<HTMLElement>(`a[href="${CSS.escape(focused ?? "")}"]`)?.focus()
    note.textContent = noteOf(dags, known, listed)
  }

  /** Asks for what is missing, or for all anew. */
  const load = (anew: boolean) => {
    loading.abort()
    loading = new AbortController()
    const { signal } = loading
    const { dag_id, dag_run_id } = place
    if (anew) dags = runs = tasksOf = undefined
    alarm.hidden = true
    failed.clear()
    draw()
    const want = async <A>(list: "dags" | "runs" | "tasks", ask: Promise<A>, got: (answer: A) => void) => {
      try {
        const answer = await ask
        if (signal.aborted) return
        got(answer)
        draw()
      } catch (error) {
        if (signal.aborted) return
        failed.add(list)
        draw()
        const { text, title } = options.describe(error)
        alarm.hidden = false
        alarm.replaceChildren(h("strong", {}, title), h("p", {}, text))
      }
    }
    if (dags === undefined) void want("dags", options.dags(signal), (found) => (dags = found))
    if (dag_id === undefined) return
    if (runs?.of !== dag_id)
      void want("runs", options.runs(dag_id, signal), (found) => (runs = { ...found, of: dag_id }))
    if (dag_run_id === undefined) return
    // States change: they are asked for each time.
    void want(
      "tasks",
      options.tasks(dag_id, dag_run_id, signal),
      (found) => (tasksOf = { ...found, of: runKey({ dag_id, dag_run_id }) })
    )
  }

  return {
    element,
    show: (next) => {
      place = next
      load(false)
    },
    state: (of, state) => {
      if (tasksOf === undefined || tasksOf.of !== runKey(of)) return
      const same = (row: TaskInstance) => row.task_id === of.task_id && row.map_index === (of.map_index ?? -1)
      tasksOf = { ...tasksOf, rows: tasksOf.rows.map((row) => (same(row) ? { ...row, state } : row)) }
      const at = tasksOf.rows.findIndex(same)
      const chip = tasks.children[at]?.querySelector<HTMLElement>(".chip")
      if (chip == null) return
      chip.textContent = Words.state(state)
      chip.className = `chip state-${state ?? "none"}`
    },
    focus: () => dag.focus(),
    close: () => loading.abort()
  }
}
