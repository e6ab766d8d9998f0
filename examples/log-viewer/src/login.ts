/** The form to log in with. What is typed is given to the client and kept nowhere else. */
import { button, h, labelled } from "./dom.js"
import * as Words from "./words.js"

export interface Login {
  readonly element: HTMLElement
  readonly focus: () => void
}

export const make = (options: {
  /** Tries it; gives what went wrong, or undefined. */
  readonly withPassword: (username: string, password: string) => Promise<Words.Trouble | undefined>
  readonly withSession: () => Promise<Words.Trouble | undefined>
  readonly trouble: Words.Trouble | undefined
  /** What there is to know, where nothing is wrong. */
  readonly note: string | undefined
}): Login => {
  const username = h("input", { name: "username", autocomplete: "username", required: true })
  const password = h("input", {
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true
  })
  const submit = h("button", { type: "submit", class: "primary" }, "Log in")
  const session = button("Use my Airflow session", () => void attempt(options.withSession))
  const alarm = h("div", { class: "trouble", role: "alert", hidden: true })
  const form = h(
    "form",
    { class: "login", "aria-label": "Log in" },
    h("h2", {}, "Log in to Airflow"),
    alarm,
    ...(options.note === undefined ? [] : [h("p", { role: "status" }, options.note)]),
    labelled("User name", username),
    labelled("Password", password),
    h("div", { class: "buttons" }, submit, session),
    h(
      "p",
      { class: "hint" },
      "The password is kept in the memory of this page only, and gone when it is closed. ",
      "The session is what this browser has after a login at Airflow's own page of the same address."
    )
  )

  const show = (trouble: Words.Trouble | undefined) => {
    alarm.hidden = trouble === undefined
    alarm.replaceChildren(
      ...(trouble === undefined ? [] : [h("strong", {}, trouble.title), h("p", {}, trouble.text)])
    )
  }
  show(options.trouble)

  const attempt = async (how: () => Promise<Words.Trouble | undefined>) => {
    const controls = [submit, session]
    for (const control of controls) control.disabled = true
    show(undefined)
    submit.textContent = "Logging in …"
    // Whatever went wrong, there is a form to try it again.
    const trouble = await how().catch(Words.failed)
    submit.textContent = "Log in"
    for (const control of controls) control.disabled = false
    if (trouble === undefined) return
    show(trouble)
    password.focus()
    password.select()
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault()
    void attempt(() => options.withPassword(username.value, password.value))
  })
  return { element: form, focus: () => username.focus() }
}
