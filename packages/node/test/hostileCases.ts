/** What servers, proxies and networks do, and what must become of it. */
import type { RequestOptions } from "@effect-airflow/core/Endpoint"
import { gzipSync } from "node:zlib"
import { type CallName, task } from "./hostileCalls.js"
import { answer, raw, type Serve } from "./rawServer.js"

/** An error's fields; `Success` for none. */
type Outcome = { readonly _tag: string; readonly [field: string]: unknown }

export interface HostileCase {
  readonly name: string
  /** The n-th request is served by the n-th; the last one serves all that follow. */
  readonly serve: ReadonlyArray<Serve>
  readonly call: CallName
  readonly outcome: Outcome
  /** What `fetch` makes of it, where that differs. */
  readonly fetched?: Outcome
  readonly requests?: number
  readonly options?: RequestOptions
}

const json = "Content-Type: application/json"
const problem = "Content-Type: application/problem+json"
const html = "Content-Type: text/html; charset=utf-8"
const plain = "Content-Type: text/plain"

const good = JSON.stringify({ ...task, map_index: -1, try_number: 1, state: "success" })
const records = JSON.stringify({
  content: Array.from({ length: 50 }, (_, i) => ({ event: `line ${i}`, level: "info" })),
  continuation_token: null
})
const page = "<!doctype html><html><body><form action='/login'></form></body></html>"
const notFound = JSON.stringify({
  title: "Task instance not found",
  detail: null,
  status: 404,
  type: "https://x"
})

const one = (
  name: string,
  serve: Serve | ReadonlyArray<Serve>,
  outcome: HostileCase["outcome"] | string,
  more: Partial<Pick<HostileCase, "call" | "requests" | "options" | "fetched">> = {}
): HostileCase => ({
  name,
  serve: typeof serve === "function" ? [serve] : serve,
  call: "get",
  outcome: typeof outcome === "string" ? { _tag: outcome } : outcome,
  ...more
})

const head = (headers: ReadonlyArray<string>) => ["HTTP/1.1 200 OK", ...headers, "", ""].join("\r\n")

const gzip = "Content-Encoding: gzip"
const zipped = gzipSync(good)
/** With a wrong checksum. */
const damaged = Buffer.from(zipped)
damaged.writeUInt32LE(0, damaged.length - 8)

const short: RequestOptions = { timeout: "300 millis" }

export const cases: ReadonlyArray<HostileCase> = [
  one("a login page as 200", answer("200 OK", [html], page), {
    _tag: "DecodeError",
    status: 200,
    contentType: "text/html; charset=utf-8",
    firstBytes: page
  }),
  one("a proxy's 502 page", answer("502 Bad Gateway", [html], "<html>nginx</html>"), {
    _tag: "ServerError",
    status: 502
  }),
  one("a 503 without a body", answer("503 Service Unavailable", []), { _tag: "ServerError", status: 503 }),
  one("a 504 from a gateway", answer("504 Gateway Time-out", [html], page), {
    _tag: "ServerError",
    status: 504
  }),
  one("500 HTML, as Airflow 2.x crashes", answer("500 INTERNAL SERVER ERROR", [html], page), {
    _tag: "ServerError",
    status: 500
  }),
  one("an empty body", answer("200 OK", [json]), {
    _tag: "DecodeError",
    issue: "expected JSON, got an empty body"
  }),
  one("no content type", answer("200 OK", [], good), { _tag: "DecodeError", contentType: "" }),
  one("JSON as text/plain", answer("200 OK", [plain], good), {
    _tag: "DecodeError",
    contentType: "text/plain"
  }),
  one("a problem as 200", answer("200 OK", [problem], notFound), { _tag: "DecodeError", status: 200 }),
  one("JSON that is cut, its length right", answer("200 OK", [json], good.slice(0, 20)), {
    _tag: "DecodeError"
  }),
  one("JSON null", answer("200 OK", [json], "null"), { _tag: "DecodeError", issue: "expected an object" }),
  one("a JSON array", answer("200 OK", [json], "[]"), "DecodeError"),
  one("a row without its id", answer("200 OK", [json], "{}"), "DecodeError"),
  one(
    "a list whose rows are none",
    answer("200 OK", [json], '{"task_instances":[{}],"total_entries":1}'),
    "DecodeError",
    { call: "list" }
  ),
  one("204", answer("204 No Content", []), "DecodeError"),
  one("a UTF-8 byte order mark before JSON", answer("200 OK", [json], `\ufeff${good}`), "Success"),
  one(
    "invalid UTF-8 inside a text",
    answer("200 OK", [json], Buffer.from(good.replace("success", "\xff\xfe"), "latin1")),
    "Success"
  ),
  one(
    "a body that is shorter than its length",
    raw(`${head([json, "Content-Length: 500"])}${good}`, "close"),
    { _tag: "TransportError", reason: "Dropped" }
  ),
  one(
    "a chunked body that breaks off",
    raw(`${head([json, "Transfer-Encoding: chunked"])}5\r\n{"tas\r\n`, "close"),
    { _tag: "TransportError", reason: "Dropped" }
  ),
  one(
    "a chunked body that is no chunked body",
    raw(`${head([json, "Transfer-Encoding: chunked"])}zz\r\n{}`, "close"),
    "TransportError"
  ),
  one("a reset in mid-body", raw(`${head([json, "Content-Length: 500"])}{`, "reset"), {
    _tag: "TransportError",
    reason: "Dropped"
  }),
  one("a reset before an answer", (socket) => void socket.resetAndDestroy(), {
    _tag: "TransportError",
    reason: "Dropped"
  }),
  one("a close before an answer", (socket) => void socket.end(), {
    _tag: "TransportError",
    reason: "Dropped"
  }),
  one("a reset inside the headers", raw("HTTP/1.1 200 OK\r\nContent-Ty", "reset"), {
    _tag: "TransportError",
    reason: "Dropped"
  }),
  one("something that is not HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n", "close"), "TransportError"),
  one(
    "headers that never end",
    (socket) => void socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}`),
    "TransportError"
  ),
  one(
    "no answer at all",
    () => undefined,
    { _tag: "TimeoutError", limit: "attempt", millis: 300 },
    { options: short }
  ),
  one(
    "headers, and then nothing",
    raw(head([json, "Content-Length: 500"]), "leave"),
    { _tag: "TimeoutError", limit: "attempt" },
    { options: short }
  ),
  one(
    "a body that drips",
    async (socket) => {
      socket.write(head([json, "Content-Length: 100000"]))
      while (!socket.destroyed) {
        socket.write(" ")
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    { _tag: "TimeoutError", limit: "attempt" },
    { options: short }
  ),
  one(
    "an error body that never ends",
    raw(`HTTP/1.1 404 NOT FOUND\r\n${json}\r\nContent-Length: 9\r\n\r\n{`, "leave"),
    "TimeoutError",
    { options: short }
  ),
  one(
    "a call's deadline",
    () => undefined,
    { _tag: "TimeoutError", limit: "deadline" },
    { options: { deadline: "200 millis" } }
  ),
  one(
    "302 to a login page",
    answer("302 FOUND", [html, "Location: /login"], page),
    { _tag: "UnexpectedStatus", status: 302 },
    { requests: 1 }
  ),
  one(
    "301 to another path",
    answer("301 Moved Permanently", ["Location: /elsewhere"]),
    { _tag: "UnexpectedStatus", status: 301 },
    { requests: 1 }
  ),
  one(
    "307 of a POST",
    answer("307 Temporary Redirect", ["Location: /again"]),
    { _tag: "UnexpectedStatus", status: 307 },
    {
      call: "batch",
      requests: 1
    }
  ),
  one("304", answer("304 Not Modified", []), { _tag: "UnexpectedStatus", status: 304 }),
  one(
    "400 with a title that is null",
    answer(
      "400 BAD REQUEST",
      [problem],
      '{"title":null,"detail":"Extra query parameter(s) x not in spec","status":400}'
    ),
    { _tag: "BadRequest", status: 400 },
    { call: "list" }
  ),
  one("401 without a body", answer("401 UNAUTHORIZED", []), { _tag: "Unauthorized", problem: undefined }),
  one("401 as HTML", answer("401 UNAUTHORIZED", [html], page), { _tag: "Unauthorized", problem: undefined }),
  one("403", answer("403 FORBIDDEN", [problem], '{"title":"Forbidden","detail":null}'), "Forbidden"),
  one("404 of Airflow", answer("404 NOT FOUND", [problem], notFound), "NotFound"),
  one("404 as HTML", answer("404 NOT FOUND", [html], page), { _tag: "NotFound", problem: undefined }),
  one(
    "404 where none is declared",
    answer("404 NOT FOUND", [html], page),
    { _tag: "UnexpectedStatus", status: 404 },
    { call: "list" }
  ),
  one("a problem that is broken JSON", answer("404 NOT FOUND", [problem], '{"title":'), {
    _tag: "NotFound",
    problem: undefined
  }),
  one("405", answer("405 METHOD NOT ALLOWED", [problem], "{}"), { _tag: "UnexpectedStatus", status: 405 }),
  one("415", answer("415 UNSUPPORTED MEDIA TYPE", [problem], "{}"), {
    _tag: "UnexpectedStatus",
    status: 415
  }),
  one("429 with a Retry-After", answer("429 Too Many Requests", ["Retry-After: 7"]), {
    _tag: "RateLimited",
    retryAfter: 7000
  }),
  one(
    "a huge error page, and then an answer",
    [
      answer("503 Service Unavailable", [html, "Retry-After: 0"], "x".repeat(5_000_000)),
      answer("200 OK", [json], good)
    ],
    "Success",
    { options: { retry: { base: 0 } }, requests: 2 }
  ),
  one(
    "103, then 200",
    raw(
      `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${head([json, `Content-Length: ${good.length}`])}${good}`,
      "whole"
    ),
    "Success"
  ),
  one(
    "log content that is no repr",
    answer("200 OK", [json], '{"content":"hello","continuation_token":"t"}'),
    "DecodeError",
    { call: "log" }
  ),
  one("a log page without its token", answer("200 OK", [json], '{"content":"[]"}'), "DecodeError", {
    call: "log"
  }),
  one("a log as text where JSON is due", answer("200 OK", [plain], "vm\nline\n"), "DecodeError", {
    call: "log"
  }),
  one("a log as JSON where text is due", answer("200 OK", [json], '{"content":"[]"}'), "DecodeError", {
    call: "logText"
  }),
  one(
    "a log text that breaks off",
    raw(`${head([plain, "Transfer-Encoding: chunked"])}5\r\nline1\r\n`, "close"),
    { _tag: "TransportError", reason: "Dropped" },
    { call: "logText" }
  ),
  one("a compressed body", answer("200 OK", [json, gzip], zipped), "Success"),
  one(
    "a compressed body, its encoding in capitals",
    answer("200 OK", [json, "Content-Encoding: GZIP"], zipped),
    "Success"
  ),
  one(
    "a compressed body of two parts",
    answer("200 OK", [json, gzip], Buffer.concat([gzipSync(good.slice(0, 9)), gzipSync(good.slice(9))])),
    "Success"
  ),
  one(
    "a compressed body that is cut, its length right",
    answer("200 OK", [json, gzip], zipped.subarray(0, -20)),
    { _tag: "TransportError", reason: "Dropped", code: "Z_BUF_ERROR" },
    // Node's `fetch` takes what came for the whole.
    { fetched: { _tag: "DecodeError" } }
  ),
  one(
    "a compressed body that breaks off",
    raw(
      Buffer.concat([Buffer.from(head([json, gzip, "Content-Length: 500"])), zipped.subarray(0, -20)]),
      "close"
    ),
    { _tag: "TransportError", reason: "Dropped" }
  ),
  one("a compressed body that is damaged", answer("200 OK", [json, gzip], damaged), {
    _tag: "TransportError",
    reason: "Dropped",
    code: "Z_DATA_ERROR"
  }),
  one("a body that is called compressed and is not", answer("200 OK", [json, gzip], good), {
    _tag: "TransportError",
    reason: "Dropped",
    code: "Z_DATA_ERROR"
  }),
  one(
    "a damaged body, and then a whole one",
    [answer("200 OK", [json, gzip], damaged), answer("200 OK", [json, gzip], zipped)],
    "Success",
    { options: { retry: { base: 0 } }, requests: 2 }
  ),
  one("a compressed problem", answer("404 NOT FOUND", [problem, gzip], gzipSync(notFound)), {
    _tag: "NotFound",
    status: 404,
    problem: { title: "Task instance not found", status: 404, type: "https://x" }
  }),
  one(
    "a huge compressed error page, and then an answer",
    [
      answer("503 Service Unavailable", [html, gzip, "Retry-After: 0"], gzipSync("x".repeat(50_000_000))),
      answer("200 OK", [json], good)
    ],
    "Success",
    { options: { retry: { base: 0 } }, requests: 2 }
  ),
  one("204 that is called compressed", answer("204 No Content", [gzip]), "DecodeError"),
  one("304 that is called compressed", answer("304 Not Modified", [gzip]), {
    _tag: "UnexpectedStatus",
    status: 304
  }),
  one("503 without a body that is called compressed", answer("503 Service Unavailable", [gzip]), {
    _tag: "ServerError",
    status: 503
  }),
  one(
    "a redirect that is compressed",
    answer("302 FOUND", [html, gzip, "Location: /login"], gzipSync(page)),
    { _tag: "UnexpectedStatus", status: 302 },
    { requests: 1 }
  ),
  one(
    "an encoding that nobody asked for",
    answer("200 OK", [json, "Content-Encoding: nonsense"], good),
    "Success"
  ),
  one("a streamed log", answer("200 OK", [json], records), "Success", { call: "streamed" }),
  one("a streamed log, compressed", answer("200 OK", [json, gzip], gzipSync(records)), "Success", {
    call: "streamed"
  }),
  one(
    "a streamed log that breaks off",
    raw(`${head([json, "Content-Length: 5000"])}${records.slice(0, 40)}`, "close"),
    { _tag: "TransportError", reason: "Dropped" },
    { call: "streamed", requests: 1, options: { retry: { base: 0 } } }
  ),
  one(
    "a streamed log that is reset",
    raw(`${head([json, "Transfer-Encoding: chunked"])}28\r\n${records.slice(0, 40)}\r\n`, "reset"),
    { _tag: "TransportError", reason: "Dropped" },
    { call: "streamed" }
  ),
  one(
    "a streamed log that is cut, its length right",
    answer("200 OK", [json], records.slice(0, 40)),
    { _tag: "TransportError", reason: "Dropped" },
    { call: "streamed" }
  ),
  one(
    "a streamed log, compressed, that is cut",
    answer("200 OK", [json, gzip], gzipSync(records).subarray(0, -20)),
    { _tag: "TransportError", reason: "Dropped" },
    { call: "streamed" }
  ),
  one(
    "a streamed log that stops",
    raw(`${head([json, "Content-Length: 5000"])}${records.slice(0, 40)}`, "leave"),
    { _tag: "TimeoutError", limit: "attempt" },
    { call: "streamed", options: short }
  ),
  one(
    "a streamed log that is a login page",
    answer("200 OK", [html], page),
    {
      _tag: "DecodeError",
      firstBytes: page
    },
    { call: "streamed" }
  ),
  one("a streamed log that is no JSON", answer("200 OK", [json], `${records}x`), "DecodeError", {
    call: "streamed"
  }),
  one("a streamed log that is empty", answer("200 OK", [json]), "TransportError", { call: "streamed" }),
  one("a streamed log that is a 304", answer("304 Not Modified", []), "UnexpectedStatus", {
    call: "streamed"
  }),
  one(
    "a streamed log after a 503",
    [answer("503 Service Unavailable", [html, "Retry-After: 0"], page), answer("200 OK", [json], records)],
    "Success",
    { call: "streamed", options: { retry: { base: 0 } }, requests: 2 }
  ),
  one(
    "a streamed log whose reader leaves",
    raw(`${head([json, "Content-Length: 5000"])}${records.slice(0, 100)}`, "leave"),
    "Success",
    { call: "head" }
  )
]
