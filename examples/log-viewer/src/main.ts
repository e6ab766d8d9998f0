/** The page: logs in, shows what its address names, and stops reading what it no longer shows. */
import { type AirflowError, isAirflowError } from "@effect-airflow/core/AirflowError"
import * as Airflow from "@effect-airflow/core/Airflow"
import { label } from "@effect-airflow/logs/LogLine"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as SafeText from "@effect-airflow/logs/SafeText"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as Client from "./client.js"
import { button, h } from "./dom.js"
import { kept } from "./kept.js"
import * as Lists from "./lists.js"
import * as Login from "./login.js"
import * as Palette from "./palette.js"
import * as Picker from "./picker.js"
import * as Place from "./place.js"
import * as Theme from "./theme.js"
import { mountViewer, type Viewer } from "./viewer.js"
import * as Words from "./words.js"

Palette.install()

const main = document.querySelector("main")!
const who = document.querySelector("#who")!
document.querySelector("#theme")!.append(Theme.toggle())

let connection: Client.Connection | undefined
let picker: Picker.Picker | undefined
let viewer: Viewer | undefined
/** What the viewer shows. */
let shown: string | undefined

const during = () => (connection === undefined || connection.username === undefined ? "session" : "reading")

const describe = (error: unknown, circumstances: Words.Circumstances["during"] = during()): Words.Trouble =>
  isAirflowError(error)
    ? Words.trouble(error, {
        online: navigator.onLine,
        during: circumstances
      })
    : Words.failed(error)

const stop = () => {
  viewer?.close()
  viewer = undefined
  shown = undefined
}

const follow = (open: Client.Connection, place: Place.TaskPlace) => {
  const { dag_id, dag_run_id, map_index, task_id } = place
  const target = { dag_id, dag_run_id, task_id, ...(map_index === undefined ? {} : { map_index }) }
  const name = SafeText.escape(`${dag_id} ${dag_run_id} ${label(target)}`)
  document.title = `${SafeText.escape(label(target))} · Airflow log`
  viewer = mountViewer(main.querySelector<HTMLElement>("#viewer")!, {
    title: name,
    // All attempts, from the first on.
    events: (from) =>
      LogFollower.follow(target, { from: from ?? "first", idle: "5 seconds" }).pipe(
        Stream.provideContext(open.context)
      ),
    describe,
    login: () => logOut(),
    onState: (state) => picker?.state(place, state),
    outcomes: () =>
      open.run(
        Airflow.taskInstances.tries(target).pipe(
          Effect.map((all) => new Map(all.map(({ state, try_number }) => [try_number, state]))),
          // Airflow before 2.10 does not tell; and nothing is lost without it.
          Effect.orElseSucceed(() => new Map<number, string | null>())
        )
      ),
    answers: open.answers
  })
}

/** Shows what the address names. */
const show = () => {
  if (connection === undefined) return
  const place = Place.read(location)
  const address = Place.write(place)
  if (address !== shown) {
    stop()
    shown = address
    const title = main.querySelector<HTMLElement>("#place")!
    title.textContent = Place.isTask(place) ? SafeText.escape(label(place)) : "Choose a task"
    main.querySelector<HTMLElement>("#empty")!.hidden = Place.isTask(place)
    if (Place.isTask(place)) {
      follow(connection, place)
      // Who chose a task is where its log begins.
      if (document.activeElement?.closest(".tasks") !== null) title.focus()
    } else document.title = "Airflow log viewer"
  }
  picker?.show(place)
}

const go = (place: Place.Place) => {
  location.hash = Place.write(place)
}

/** The only thing that is kept: that the browser's session is to be used. */
const session = kept(() => sessionStorage, "log-viewer.session")

const enter = (opened: Client.Connection) => {
  connection = opened
  if (opened.username === undefined) session.write("yes")
  who.replaceChildren(
    h("span", { class: "server" }, SafeText.escape(opened.server)),
    h(
      "span",
      {},
      opened.username === undefined ? "with your Airflow session" : SafeText.escape(opened.username)
    ),
    // What Airflow's own pages began is not for this page to end.
    opened.username === undefined
      ? button("Leave", () => logOut(undefined, Words.left))
      : button("Log out", () => logOut())
  )
  picker = Picker.make({
    dags: (signal) => opened.run(Effect.either(Lists.dags), signal).then(orThrow),
    runs: (dag_id, signal) => opened.run(Effect.either(Lists.runs(dag_id)), signal).then(orThrow),
    tasks: (dag_id, dag_run_id, signal) =>
      opened.run(Effect.either(Lists.tasks(dag_id, dag_run_id)), signal).then(orThrow),
    describe: (error) => describe(error),
    go
  })
  main.replaceChildren(
    picker.element,
    h(
      "div",
      { class: "stage" },
      h("h2", { id: "place", tabindex: -1 }),
      h(
        "p",
        { id: "empty", class: "hint" },
        "Choose a DAG, a run and a task, or open a link that names them."
      ),
      h("div", { id: "viewer" })
    )
  )
  main.className = "open"
  show()
  picker.focus()
}

/** So that an error is what it was, and not wrapped by the runtime. */
const orThrow = <A, E>(result: Either.Either<A, E>): A => Either.getOrThrowWith(result, (error) => error)

const attempt = async (
  opening: Effect.Effect<Client.Connection, AirflowError>,
  circumstances: "login" | "session"
): Promise<Words.Trouble | undefined> => {
  const result = await Effect.runPromise(Effect.either(opening))
  if (Either.isLeft(result)) return describe(result.left, circumstances)
  enter(result.right)
  return undefined
}

const logOut = (trouble?: Words.Trouble, note?: string) => {
  stop()
  picker?.close()
  picker = undefined
  connection?.close()
  connection = undefined
  session.write(null)
  who.replaceChildren()
  const form = Login.make({
    withPassword: (username, password) => attempt(Client.withPassword(username, password), "login"),
    withSession: () => attempt(Client.withSession, "session"),
    trouble,
    note
  })
  main.className = ""
  main.replaceChildren(form.element)
  document.title = "Log in · Airflow log viewer"
  form.focus()
}

// The hash names what is shown, so the link must not change it.
document.querySelector("#skip")!.addEventListener("click", (event) => {
  event.preventDefault()
  ;(main.querySelector<HTMLElement>(".log") ?? main).focus()
})

globalThis.addEventListener("hashchange", show)
// A page that is left reads no more; one that the browser kept, and brings back, reads again.
globalThis.addEventListener("pagehide", stop)
globalThis.addEventListener("pageshow", (event) => {
  if (event.persisted) show()
})

// What is chosen stands in the hash alone: a query would name the first task still when none is chosen any more.
if (location.search !== "")
  history.replaceState(null, "", location.pathname + Place.write(Place.read(location)))

if (session.read() === null) logOut()
else {
  const trouble = await attempt(Client.withSession, "session").catch(Words.failed)
  if (trouble !== undefined) logOut(trouble)
}
