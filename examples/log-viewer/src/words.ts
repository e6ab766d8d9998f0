/** What is said to who reads, of states, of ends, and of what went wrong. */
import type { AirflowError } from "@effect-airflow/core/AirflowError"
import type { LogEvent } from "@effect-airflow/logs/LogEvent"

type Of<Tag extends LogEvent["_tag"]> = Extract<LogEvent, { _tag: Tag }>

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`

const states: Readonly<Record<string, string>> = {
  up_for_retry: "waits for its next attempt",
  up_for_reschedule: "waits to look again",
  upstream_failed: "not run, a task before it failed",
  restarting: "was cleared, and starts again",
  deferred: "deferred, a trigger waits for it"
}

export const state = (name: string | null | undefined): string =>
  name === null
    ? "not scheduled yet"
    : name === undefined
      ? "unknown"
      : (states[name] ?? name.replaceAll("_", " "))

const gaps: Readonly<Record<Of<"Gap">["reason"], string>> = {
  replaced: "from here on the server has another log than before",
  changed: "the last lines are there again, but what stands before them is not what was read",
  shrank: "the log became shorter than what was read, and stayed so",
  lost: "the server can no longer read the log, so what was written after the last look is not known"
}

export const gap = ({ reason }: Of<"Gap">): string =>
  `Lines may be missing or be there twice here: ${gaps[reason]}.`

export const resynced = ({ reason, skipped }: Of<"Resynced">): string =>
  `Read again from the start, because ${
    reason === "token" ? "the server changed its key" : "an answer did not fit what was read before"
  }: nothing is missing and nothing is repeated (${count(skipped, "line")} passed over).`

const ends = {
  complete: "The log is complete.",
  incomplete: "It could not be proven that the log is complete.",
  lost: "The server cannot read the log, or the task instance is gone."
}

export const ended = ({ end, gaps, lines, state: last }: Of<"Ended">): string =>
  `The task has ended: ${state(last)}. ${ends[end]} ${count(lines, "line")}${
    gaps === 0 ? "" : `, ${count(gaps, "place")} where lines may be missing`
  }.`

/** What became of an attempt. */
export interface Attempt {
  readonly try_number: number
  readonly lines: number
  readonly gaps: number
  readonly state: string | null | undefined
  readonly end: Of<"AttemptEnded">["end"] | undefined
}

/** In a word or two. */
export const outcome = ({ end, state: last }: Attempt): string =>
  end === undefined
    ? "being read"
    : last === undefined
      ? "ended"
      : last === "up_for_retry"
        ? "failed"
        : state(last)

export const attempt = (one: Attempt): string => {
  const { end } = one
  const log = end === "complete" ? "log complete" : end === "lost" ? "log lost" : "log not proven complete"
  return `${outcome(one)}, ${end === undefined ? "" : `${log}, `}${count(one.lines, "line")}${one.gaps === 0 ? "" : `, ${count(one.gaps, "gap")}`}`
}

/** Something went wrong: what, what it may mean, and what can be done. */
export interface Trouble {
  readonly title: string
  readonly text: string
  readonly remedy: "login" | "again" | "none"
}

/** What should not happen did: an error of the page itself. */
export const failed = (error: unknown): Trouble => ({
  title: "The page failed",
  text: String(error),
  remedy: "again"
})

/** Who leaves a page that used the session of Airflow's own. */
export const left =
  "This page uses your Airflow session no more, but the session goes on: to end it, log out at Airflow."

export const offline: Trouble = {
  title: "You are offline",
  text: "This device has no network. What is shown stays; reading goes on when the network is back.",
  remedy: "again"
}

// The page asks its own origin, so that no rule for other origins can be in the way.
const unreachable: Trouble = {
  title: "Airflow cannot be reached",
  text: "No answer came. The network, the server, or what stands between them may be down.",
  remedy: "again"
}

/** Where the words depend on more than the error. */
export interface Circumstances {
  readonly online: boolean
  /** `login`: it happened while somebody logged in; `session`: with the cookie of the browser. */
  readonly during: "login" | "session" | "reading"
}

const detail = (problem: { readonly detail?: string; readonly title?: string } | undefined): string => {
  const said = problem?.detail ?? problem?.title
  return said === undefined ? "" : ` Airflow says: ${said}`
}

export const trouble = (error: AirflowError, { during, online }: Circumstances): Trouble => {
  switch (error._tag) {
    case "Unauthorized":
      return during === "login"
        ? {
            title: "Login refused (401)",
            text: "The user name or the password is wrong, or this Airflow takes no passwords over its API.",
            remedy: "login"
          }
        : during === "session"
          ? {
              title: "You are not logged in to Airflow (401)",
              text: "This browser has no session that this Airflow takes for its API. Log in to Airflow in another tab, or here.",
              remedy: "login"
            }
          : {
              title: "Your login has ended (401)",
              text: "Airflow does not take it any more. What is shown stays until you log in again; then the log is read from its beginning.",
              remedy: "login"
            }
    case "Forbidden":
      return {
        title: "Not allowed (403)",
        text:
          during === "login"
            ? "Airflow knows this user and does not let it read task instances, or the password is wrong: some versions of Airflow 2 answer both in the same way."
            : `Airflow does not let you read this: ask whoever gives permissions, or log in as another user.${detail(error.problem)}`,
        remedy: "login"
      }
    case "NotFound":
      return {
        title: "There is no such task instance (404)",
        text: `Look at the names of the DAG, the run and the task. An instance of a mapped task needs its map index. The run may have been deleted.${detail(error.problem)}`,
        remedy: "again"
      }
    case "TransportError":
      return online ? unreachable : offline
    case "TimeoutError":
      return online
        ? {
            title: "Airflow takes too long",
            text: `No whole answer came within ${Math.round(error.millis / 1000)} seconds.`,
            remedy: "again"
          }
        : offline
    case "RateLimited":
      return {
        title: "Too many requests (429)",
        text: "The server asks for fewer requests.",
        remedy: "again"
      }
    case "ServerError":
      return {
        title: `The server failed (${error.status})`,
        text:
          error.status >= 502 && error.status <= 504
            ? "What stands in front of Airflow could not reach it: it may be down or starting."
            : "Airflow failed at this request. Its own log tells why.",
        remedy: "again"
      }
    case "UnexpectedStatus":
    case "DecodeError":
      return {
        title: "That was no answer of Airflow's API",
        text: `Something else answered, often a page to log in at.${error._tag === "DecodeError" ? ` ${error.issue}` : ""}`,
        remedy: "login"
      }
    case "NotAirflow":
      return {
        title: "No Airflow was found here",
        text: `Neither API answers at ${error.baseUrl}: the path may have a prefix, or a page to log in at stands before it.`,
        remedy: "again"
      }
    case "CredentialsError":
      return { title: "Login failed", text: `Airflow gave no token: ${error.issue}`, remedy: "login" }
    case "BadRequest":
    case "Conflict":
    case "UnprocessableContent":
      return { title: `Airflow refused the request (${error.status})`, text: error.message, remedy: "none" }
    case "InvalidInput":
      return { title: "This cannot be asked for", text: `${error.field}: ${error.issue}`, remedy: "none" }
    case "Unsupported":
      return {
        title: "This Airflow does not know that",
        text: `It is ${error.server}, and ${error.needs} is needed.`,
        remedy: "none"
      }
  }
}

export const retrying = ({ delay, failures }: Of<"Retrying">, why: Trouble): string =>
  `${why.title}. ${why.text} ${count(failures, "failure")} in a row; asked again in about ${Math.max(1, Math.round(delay / 1000))} s.`
