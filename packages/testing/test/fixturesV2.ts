/** Raw requests to a fake of Airflow 3, and what is in its answers: nothing here knows the client. */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import { assert } from "@effect/vitest"
import type { Fake } from "./fixtures.js"

/** One for each behaviour that differs. */
export const versions = ["3.0.6", "3.1.8", "3.2.1", "3.2.2", "3.3.2"] as const

export type Version = (typeof versions)[number]

export type Json = Readonly<Record<string, unknown>>

export interface Options {
  readonly method?: string
  /** What is sent as the bearer's token; null sends none. Default: a new one of the user. */
  readonly token?: string | null
  readonly user?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown
}

export interface Answer {
  readonly status: number
  readonly type: string | null
  readonly headers: Headers
  readonly text: string
  readonly body: Json
}

const parse = (text: string): Json => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return {}
  }
}

/** A token as `POST /auth/token` gives it. */
export const login = async (fake: Fake, username = "admin", password = username): Promise<string> => {
  const { body, status } = await call(fake, "/auth/token", {
    method: "POST",
    token: null,
    body: { username, password }
  })
  assert.strictEqual(status, 201)
  return body["access_token"] as string
}

/** Any path of the server. */
export const call = async (
  fake: Fake,
  path: string,
  { body, headers = {}, method = "GET", token, user = "admin" }: Options = {}
): Promise<Answer> => {
  const bearer = token === undefined ? await login(fake, user) : token
  const response = await fake.fetch(`http://fake${path}`, {
    method,
    headers: {
      accept: "application/json",
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
  })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    headers: response.headers,
    text,
    body: parse(text)
  }
}

/** A path of API v2. */
export const api = (fake: Fake, path: string, options?: Options): Promise<Answer> =>
  call(fake, `/api/v2${path}`, options)

export const instances = "/dags/~/dagRuns/~/taskInstances"

export const rows = ({ body }: Answer): ReadonlyArray<Json> => body["task_instances"] as ReadonlyArray<Json>

/** A fake that stands still until its clock is moved, with a run `r` of each DAG, triggered just now. */
export const still = async (
  version: string | ReadonlyArray<string>,
  dag_ids: ReadonlyArray<string>,
  test: (fake: Fake, clock: FakeClock.ManualClock) => Promise<void>,
  options: FakeAirflow.Options = {}
): Promise<void> => {
  const clock = FakeClock.manual()
  await using fake = await FakeAirflow.start({
    version,
    clock,
    runs: dag_ids.map((dag_id) => ({ dag_id, dag_run_id: "r" })),
    ...options
  })
  await test(fake, clock)
}

export interface LogPage {
  readonly content: ReadonlyArray<Json>
  readonly events: ReadonlyArray<unknown>
  readonly token: string | null
  /** What the token says. */
  readonly info: Json | null
}

/** A page of a log as JSON. */
export const logPage = async (fake: Fake, path: string, token?: string | null): Promise<LogPage> => {
  const sent = token === undefined || token === null ? "" : `${path.includes("?") ? "&" : "?"}token=${token}`
  const answer = await api(fake, `${path}${sent}`)
  assert.strictEqual(answer.status, 200, answer.text)
  const content = answer.body["content"] as ReadonlyArray<Json>
  const next = answer.body["continuation_token"] as string | null
  return {
    content,
    events: content.map(({ event }) => event),
    token: next,
    info: next === null ? null : parse(Buffer.from(next.split(".")[0]!, "base64url").toString())
  }
}

/** What follows the server's own words. */
export const afterHeader = ({ content }: Pick<LogPage, "content">): ReadonlyArray<Json> =>
  content.slice(content.findIndex(({ event }) => event === "::endgroup::") + 1)
