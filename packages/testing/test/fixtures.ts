/** Raw requests to a fake, and what is in its answers: nothing here knows the client. */
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import { assert } from "@effect/vitest"
import { createHash, createHmac } from "node:crypto"

export type Fake = FakeAirflow.FakeAirflow

export interface RequestOptions {
  readonly method?: string
  /** Whose credentials are sent (`user`, or `user:password`); null sends none. Default admin. */
  readonly user?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export const base = "/api/v1/dags"

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString("base64")}`

/** A request, over the socket unless another `fetch` is given. */
export const request = (
  fake: Fake,
  path: string,
  { body, headers = {}, method = "GET", user = "admin" }: RequestOptions = {},
  send: (url: string, init: RequestInit) => Promise<Response> = fetch
) =>
  send(`${fake.baseUrl}${path}`, {
    method,
    redirect: "manual",
    headers: {
      accept: "application/json",
      ...(user === null ? {} : { authorization: basic(user.includes(":") ? user : `${user}:${user}`) }),
      ...headers
    },
    ...(body === undefined ? {} : { body })
  })

/** The status and the parsed body of a JSON answer. */
export const json = async (fake: Fake, path: string, options?: RequestOptions) => {
  const response = await request(fake, path, options)
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    body: (await response.json()) as Readonly<Record<string, unknown>>
  }
}

const list = `${base}/~/dagRuns/~/taskInstances/list`

export const batch = (fake: Fake, body: string, type = "application/json") =>
  json(fake, list, { method: "POST", body, headers: { "content-type": type } })

export const rows = (body: Readonly<Record<string, unknown>>) =>
  body["task_instances"] as ReadonlyArray<Readonly<Record<string, unknown>>>

/** A fake that stands still until its clock is moved, with a run `r` of each DAG, triggered just now. */
export const still = async (
  dag_ids: ReadonlyArray<string>,
  test: (fake: Fake, clock: FakeClock.ManualClock) => Promise<void>,
  options: FakeAirflow.Options = {}
) => {
  const clock = FakeClock.manual()
  await using fake = await FakeAirflow.start({
    clock,
    runs: dag_ids.map((dag_id) => ({ dag_id, dag_run_id: "r" })),
    ...options
  })
  await test(fake, clock)
}

/** Later than all that the standard scenario's tasks do, but for the sleeper. */
export const hour = 3_600_000

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" }

/** Reads `[('host', 'text')]` back, as Python would. */
export const readContent = (content: string): readonly [host: string, text: string] => {
  const literal = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/g
  const found = content.match(literal) ?? []
  assert.lengthOf(found, 2)
  const [host, text] = found.map((quoted) =>
    quoted
      .slice(1, -1)
      .replaceAll(
        /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([\s\S]))/g,
        (_, x?: string, u?: string, U?: string, one?: string) =>
          one === undefined
            ? String.fromCodePoint(Number.parseInt((x ?? u ?? U)!, 16))
            : (escapes[one] ?? one)
      )
  ) as [string, string]
  assert.isTrue(content.startsWith("[(") && content.endsWith(")]"), content.slice(0, 40))
  return [host, text]
}

export interface LogPage {
  readonly host: string
  readonly text: string
  readonly token: string
  readonly info: Readonly<Record<string, unknown>>
}

/** A page of a log as JSON. */
export const logPage = async (fake: Fake, path: string, token?: string): Promise<LogPage> => {
  const { body, status } = await json(
    fake,
    `${base}/${path}${token === undefined ? "" : `${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`}`
  )
  assert.strictEqual(status, 200)
  const [host, text] = readContent(body["content"] as string)
  const next = body["continuation_token"] as string
  return {
    host,
    text,
    token: next,
    info: JSON.parse(Buffer.from(next.split(".")[0]!, "base64url").toString()) as LogPage["info"]
  }
}

/** A token as itsdangerous signs one, for any position, under the key a fake begins with. */
export const tokenAt = (log_pos: number): string => {
  const payload = Buffer.from(JSON.stringify({ end_of_log: false, log_pos })).toString("base64url")
  const key = createHash("sha1").update("itsdangerous").update("signer").update("fake-secret").digest()
  return `${payload}.${createHmac("sha1", key).update(payload).digest("base64url")}`
}

/** The text after the server's own header. */
export const afterHeader = (text: string): string => text.slice(text.indexOf(headerEnd) + headerEnd.length)

const headerEnd = " INFO - ::endgroup::\n"
