/** What becomes of logs and states when files, workers and the server come to harm, or tasks are cleared. */
import { readToken } from "@effect-airflow/core/v1/Log"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as Effect from "effect/Effect"
import * as assert from "../assert.js"
import { group, since, unauthenticated, type Who } from "../suite.js"
import type { Target } from "../target.js"
import { forbidden, found, foundAndServed, gone, splitHeader } from "../v1Logs.js"

const test = group("damage", { api: "v1" })
/** One after another on one run. */
const next = group("damage", { api: "v1", lane: "damage" })
const alone = group("damage", { api: "v1", alone: true })

const newRun = (() => {
  let runs = 0
  const session = Date.now().toString(36)
  return () => `d${session}-${++runs}`
})()

const once = { retry: false } as const

/** A page of a log: what the server says of its sources (undefined: nothing), the text, and what the token says. */
const page = (target: Target, attempt: TaskInstances.GetLogParams) =>
  Effect.map(TaskInstances.getLog(attempt, once), ({ content, continuation_token }) => {
    const whole = content.map(({ text }) => text).join("")
    const info = readToken(continuation_token)
    return {
      // Only a first page has it.
      ...(attempt.token === undefined ? splitHeader(target, whole) : { notices: undefined, text: whole }),
      token: continuation_token,
      log_pos: info?.["log_pos"] as number,
      end_of_log: info?.["end_of_log"]
    }
  })

type Ids = Omit<TaskInstances.GetLogParams, "task_try_number">

const attemptOf = (ids: Ids, try_number = 1) => ({ ...ids, task_try_number: try_number })

const trigger = (target: Target, { dag_id, dag_run_id }: Ids, conf: Record<string, unknown> = {}) =>
  Effect.promise(() => target.trigger(dag_id, dag_run_id, conf))

/** Asks until the answer is as wanted. */
const until = <A, E, R>(
  target: Target,
  ask: Effect.Effect<A, E, R>,
  wanted: (answer: A) => boolean,
  seconds = 60
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    for (let waited = 0; ; waited += 250) {
      const answer = yield* ask
      if (wanted(answer)) return answer
      assert.ok(waited < seconds * 1000, `not so after ${seconds} s: ${JSON.stringify(answer).slice(0, 300)}`)
      yield* Effect.promise(() => target.wait(250))
    }
  })

const state = (ids: Ids) =>
  Effect.map(TaskInstances.getTaskInstance(ids), ({ max_tries, state, try_number }) => ({
    state,
    try_number,
    max_tries
  }))

const isOver = ({ state }: { readonly state: string | null | undefined }) =>
  state === "success" || state === "failed"

/** Until a task has printed a line. */
const printed = (target: Target, ids: Ids, line: string, try_number = 1) =>
  Effect.zipRight(
    until(target, state(ids), (now) => now.state === "running" && now.try_number === try_number),
    until(target, page(target, attemptOf(ids, try_number)), ({ text }) => text.includes(line))
  )

/** A request beside the client's operations. */
const raw = (target: Target, path: string, body?: unknown, who: Who = "admin") =>
  Effect.promise(async () => {
    const { json, status } = await target.request(`/dags/${path}`, { body, who })
    return { status, body: json as Readonly<Record<string, unknown>> }
  })

const clear = (target: Target, ids: Ids, more: Record<string, unknown> = {}, who: Who = "admin") =>
  raw(
    target,
    `${ids.dag_id}/clearTaskInstances`,
    { dag_run_id: ids.dag_run_id, task_ids: [ids.task_id], only_failed: false, ...more },
    who
  )

const cleared = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  (body["task_instances"] as ReadonlyArray<{ readonly task_id: string }>).map(({ task_id }) => task_id).sort()

/** A run of `quick` that some cases share, one after another. */
const shared = (() => {
  const made = new Map<string, Ids>()
  return (target: Target) =>
    Effect.promise(async () => {
      const known = made.get(target.baseUrl)
      if (known !== undefined) return known
      const ids = { dag_id: "quick", dag_run_id: newRun(), task_id: "hello" }
      made.set(target.baseUrl, ids)
      await target.trigger(ids.dag_id, ids.dag_run_id)
      await target.finished(ids.dag_id, ids.dag_run_id)
      return ids
    })
})()

const clearing = [
  next("clearing: what is refused, and what changes nothing", (target) =>
    Effect.gen(function* () {
      const ids = yield* shared(target)
      for (const [who, status] of [
        ["viewer", 403],
        ["nobody", 403],
        ["impostor", unauthenticated(target) === "Forbidden" ? 403 : 401]
      ] as const) {
        assert.equal((yield* clear(target, ids, { dry_run: false }, who)).status, status, who)
      }
      for (const [more, status, words] of [
        [{ bogus: 1 }, 400, "{'bogus': ['Unknown field.']}"],
        [
          { task_ids: [] },
          400,
          `[] ${since(target, "2.9") ? "should be non-empty" : "is too short"} - 'task_ids'`
        ],
        [{ task_ids: [1] }, 400, "1 is not of type 'string' - 'task_ids.0'"],
        [{ dag_run_id: 1 }, 400, "1 is not of type 'string' - 'dag_run_id'"],
        [{ only_failed: "x" }, 400, "'x' is not of type 'boolean' - 'only_failed'"],
        [
          { only_failed: true, only_running: true },
          400,
          "{'_schema': ['only_failed and only_running both are set to True']}"
        ],
        [
          { start_date: "2024-01-01T00:00:00Z" },
          400,
          "{'_schema': ['Exactly one of dag_run_id or start_date must be provided']}"
        ],
        [{ start_date: "nope" }, 400, "{'start_date': ['Not a valid datetime.']}"],
        [{ dag_run_id: "nope" }, 404, "Dag Run id nope not found in dag quick"]
      ] as const) {
        const { body, status: actual } = yield* clear(target, ids, { dry_run: false, ...more })
        assert.equal(actual, status)
        assert.equal(body["detail"] ?? body["title"], words)
      }
      const unknown = yield* clear(target, { ...ids, dag_id: "nope" })
      assert.deepEqual([unknown.status, unknown.body["title"]], [404, "Dag id nope not found"])
      assert.deepEqual(cleared(yield* clear(target, ids)), ["hello"])
      assert.deepEqual(cleared(yield* clear(target, ids, { include_downstream: true })), ["bye", "hello"])
      assert.deepEqual(cleared(yield* clear(target, { ...ids, task_id: "nope" })), [])
      assert.deepEqual(cleared(yield* clear(target, ids, { only_failed: true, dry_run: false })), [])
      assert.deepEqual(yield* state(ids), { state: "success", try_number: 1, max_tries: 0 })
    })
  ),
  next("a finished task cleared runs again, and keeps the log of its first attempt", (target) =>
    Effect.gen(function* () {
      const ids = yield* shared(target)
      const before = yield* TaskInstances.getTaskInstance(ids)
      const first = yield* page(target, attemptOf(ids))
      assert.deepEqual(cleared(yield* clear(target, ids, { dry_run: false, reset_dag_runs: true })), [
        "hello"
      ])
      const [run, after] = yield* Effect.all(
        [raw(target, `${ids.dag_id}/dagRuns/${ids.dag_run_id}`), TaskInstances.getTaskInstance(ids)],
        { concurrency: "unbounded" }
      )
      if (after.state === null) {
        // It shows when it ran before until it runs again.
        assert.deepEqual(
          [after.try_number, after.max_tries, after.start_date, after.end_date, after.duration],
          [1, 1, before.start_date, before.end_date, before.duration]
        )
        assert.match(String(run.body["state"]), /^(queued|running)$/)
        assert.equal(run.body["end_date"], null)
      }
      const waiting = yield* until(target, state(ids), (now) => now.try_number === 2)
      assert.equal(waiting.max_tries, 1)
      yield* until(target, state(ids), isOver)
      yield* Effect.promise(() => target.finished(ids.dag_id, ids.dag_run_id))
      assert.deepEqual(yield* state(ids), { state: "success", try_number: 2, max_tries: 1 })
      assert.deepEqual(yield* state({ ...ids, task_id: "bye" }), {
        state: "success",
        try_number: 1,
        max_tries: 0
      })
      const [old, second] = [yield* page(target, attemptOf(ids)), yield* page(target, attemptOf(ids, 2))]
      assert.deepEqual([old.text, old.notices, old.end_of_log], [first.text, first.notices, true])
      assert.match(second.text, /INFO - Starting attempt 2 of 2\n[\s\S]*INFO - hello from quick\n/)
      const next = yield* page(target, { ...attemptOf(ids), token: first.token })
      assert.deepEqual([next.text, next.log_pos, next.end_of_log], ["", first.log_pos, true])
    })
  ),
  next("without reset_dag_runs, a run that is over leaves a cleared task alone", (target) =>
    Effect.gen(function* () {
      const ids = { ...(yield* shared(target)), task_id: "bye" }
      yield* clear(target, ids, { dry_run: false })
      yield* Effect.promise(() => target.wait(3000))
      assert.deepEqual(yield* state(ids), { state: null, try_number: 1, max_tries: 1 })
      const run = yield* raw(target, `${ids.dag_id}/dagRuns/${ids.dag_run_id}`)
      assert.equal(run.body["state"], "success")
    })
  )
]

const files = [
  next("the file of a finished attempt, deleted, put back and emptied", (target) =>
    Effect.gen(function* () {
      const ids = yield* shared(target)
      const id = { ...ids, try_number: 1 }
      const attempt = attemptOf(ids)
      const whole = yield* page(target, attempt)
      yield* Effect.promise(() => target.deleteLog(id))
      const further = yield* page(target, { ...attempt, token: whole.token })
      assert.deepEqual(
        [further.notices, further.text, further.log_pos, further.end_of_log],
        [undefined, "", 0, true]
      )
      const afresh = yield* page(target, attempt)
      assert.deepEqual([afresh.text, afresh.log_pos, afresh.end_of_log], ["", 0, true])
      assert.match(afresh.notices!, gone(target))
      for (const [lines, text] of [
        [["one", "two"], "one\ntwo"],
        // Blank lines and those that repeat the one before are not read.
        [["one", "one", "two", "", "three"], "one\ntwo\nthree"],
        // Lines are in the order of the times in front of them.
        [
          [
            "[2026-01-01T00:00:05.000+0000] late",
            "follows late",
            "[2026-01-01T00:00:01.000+0000] early",
            "follows early"
          ],
          "[2026-01-01T00:00:01.000+0000] early\nfollows early\n[2026-01-01T00:00:05.000+0000] late\nfollows late"
        ],
        [["x\u2028y\fz 🚀"], "x\ny\nz 🚀"]
      ] as const) {
        yield* Effect.promise(() => target.replaceLog(id, lines))
        const replaced = yield* page(target, attempt)
        assert.deepEqual([replaced.text, replaced.log_pos], [text, [...text].length])
        assert.match(replaced.notices!, found)
        const rest = yield* page(target, { ...attempt, token: whole.token })
        assert.deepEqual([rest.text, rest.log_pos, rest.end_of_log], ["", [...text].length, true])
      }
      yield* Effect.promise(() => target.replaceLog(id, ["one", "two", "three"]))
      yield* Effect.promise(() => target.truncateLog(id, 2))
      assert.deepEqual(
        [(yield* page(target, attempt)).text, (yield* page(target, attempt)).log_pos],
        ["one\ntwo", 7]
      )
      yield* Effect.promise(() => target.truncateLog(id, 0))
      const empty = yield* page(target, attempt)
      assert.deepEqual([empty.text, empty.log_pos, empty.end_of_log], ["", 0, true])
      assert.match(empty.notices!, found)
    })
  ),
  test("the file of a running attempt, cut, replaced and deleted", (target) =>
    Effect.gen(function* () {
      const ids = { dag_id: "ticker", dag_run_id: newRun(), task_id: "tick" }
      const id = { ...ids, try_number: 1 }
      const attempt = attemptOf(ids)
      // What is put into the file is looked at before as much as was there comes after it, however slow all is.
      yield* trigger(target, ids, { lines: 60, every: 1 })
      const whole = yield* printed(target, ids, "tick 000009")
      assert.equal(whole.end_of_log, false)
      assert.match(whole.notices!, foundAndServed)
      const kept = whole.text.split("\n").slice(0, 5)

      yield* Effect.promise(() => target.truncateLog(id, 5))
      const cut = yield* page(target, { ...attempt, token: whole.token })
      assert.deepEqual([cut.notices, cut.text, cut.end_of_log], [undefined, "", false])
      assert.ok(cut.log_pos < whole.log_pos)
      const appended = yield* until(
        target,
        page(target, { ...attempt, token: cut.token }),
        ({ log_pos }) => log_pos > cut.log_pos
      )
      assert.match(appended.text, /^\n\[\S+ \{\S+\} INFO - tick \d+(\n\[\S+ \{\S+\} INFO - tick \d+)*$/)
      const left = yield* page(target, attempt)
      assert.deepEqual(left.text.split("\n").slice(0, 5), kept)
      assert.match(left.text.split("\n")[5]!, / INFO - tick 0000\d\d$/)
      assert.match(left.notices!, foundAndServed)

      yield* Effect.promise(() => target.replaceLog(id, ["one thing", "another"]))
      const replaced = yield* page(target, { ...attempt, token: left.token })
      assert.deepEqual([replaced.text, replaced.end_of_log], ["", false])
      assert.ok(replaced.log_pos < left.log_pos)
      const fresh = yield* until(target, page(target, attempt), ({ text }) => text.includes("tick"))
      assert.match(fresh.text, /^one thing\nanother\n\[\S+ \{\S+\} INFO - tick \d+/)

      yield* Effect.promise(() => target.deleteLog(id))
      for (const end_of_log of [false, true]) {
        const further = yield* page(target, { ...attempt, token: fresh.token })
        assert.deepEqual(
          [further.notices, further.text, further.log_pos, further.end_of_log],
          [undefined, "", 0, end_of_log]
        )
        const afresh = yield* page(target, attempt)
        assert.deepEqual([afresh.text, afresh.log_pos, afresh.end_of_log], ["", 0, end_of_log])
        assert.match(afresh.notices!, gone(target))
        yield* until(target, state(ids), isOver)
      }
      assert.deepEqual(yield* Effect.promise(() => target.files(id)), [])
    }))
]

const outages = [
  alone("the web server restarted with another key", (target) =>
    Effect.gen(function* () {
      const ids = yield* shared(target)
      const attempt = attemptOf(ids, 2)
      const before = yield* page(target, attempt)
      const restarted = target.restartWebserver({ downMillis: 2000, secretKey: "another" })
      const error = yield* Effect.flip(
        until(target, TaskInstances.getTaskInstance(ids, once), () => false, 30)
      )
      assert.equal(error._tag, "TransportError")
      yield* Effect.promise(() => restarted)
      const refused = yield* Effect.flip(page(target, { ...attempt, token: before.token }))
      assert.equal(refused._tag, "BadRequest")
      assert.equal(
        "problem" in refused && refused.problem?.title,
        "Bad Signature. Please use only the tokens provided by the API."
      )
      const afresh = yield* page(target, attempt)
      assert.equal(afresh.text, before.text)
      assert.notEqual(afresh.token, before.token)
      assert.equal((yield* page(target, { ...attempt, token: afresh.token })).text, "")
      // The worker, which has the old key, does not let it read what is not on its own disk.
      yield* Effect.promise(() => target.deleteLog({ ...ids, try_number: 1 }))
      assert.match((yield* page(target, attemptOf(ids))).notices!, forbidden(target))
    }).pipe(Effect.ensuring(Effect.promise(() => target.restartWebserver({ downMillis: 0 }))))
  ),
  test("a worker that vanishes: no last lines, and the attempt fails once it is missed", (target) =>
    Effect.gen(function* () {
      const ids = { dag_id: "vanishing", dag_run_id: newRun(), task_id: "vanish" }
      yield* trigger(target, ids)
      const last = yield* printed(target, ids, "about to vanish")
      assert.match(last.text, / INFO - about to vanish$/)
      yield* Effect.promise(() => target.wait(6000))
      const silent = yield* page(target, { ...attemptOf(ids), token: last.token })
      // Unless it is missed by now.
      if ((yield* state(ids)).state === "running") {
        assert.deepEqual([silent.text, silent.log_pos, silent.end_of_log], ["", last.log_pos, false])
      }
      const missed = yield* until(target, state(ids), (now) => now.state !== "running" || now.try_number > 1)
      // It does not wait for long.
      if (missed.try_number === 1) assert.match(String(missed.state), /^(up_for_retry|scheduled|queued)$/)
      assert.equal(missed.max_tries, 1)
      const after = yield* page(target, { ...attemptOf(ids), token: last.token })
      assert.equal(after.end_of_log, true)
      // In 2.9 the scheduler writes into the log that it missed the worker.
      const said = since(target, "2.9") && !since(target, "2.10")
      if (said) assert.match(after.text, /^\n\[[^\n]+ ERROR - Detected zombie job: [^\n]+$/)
      else assert.deepEqual([after.text, after.log_pos], ["", last.log_pos])
      yield* until(target, state(ids), isOver)
      assert.deepEqual(yield* state(ids), { state: "success", try_number: 2, max_tries: 1 })
      assert.match((yield* page(target, attemptOf(ids, 2))).text, / INFO - back again\n/)
      const whole = yield* page(target, attemptOf(ids))
      assert.equal(whole.text, last.text + after.text)
      assert.match(
        whole.notices!,
        said
          ? /^\*\*\* Found local files:\n(\*\*\* {3}\* \S+attempt=1\.log(\.SchedulerJob\.log)?\n){2}$/
          : found
      )
    }))
]

const running = [
  test("a running task cleared over the API", (target) =>
    Effect.gen(function* () {
      const ids = { dag_id: "ticker", dag_run_id: newRun(), task_id: "tick" }
      yield* trigger(target, ids, { lines: 200 })
      const before = yield* printed(target, ids, "tick 000002")
      assert.deepEqual(cleared(yield* clear(target, ids, { dry_run: false, reset_dag_runs: true })), ["tick"])
      const { log, now } = yield* until(
        target,
        Effect.all({
          now: state(ids),
          log: page(target, { ...attemptOf(ids), token: before.token })
        }),
        ({ log, now }) => now.state !== "running" || log.text.includes("tick 000060")
      )
      assert.deepEqual([now.try_number, now.max_tries], [1, 0])
      // It goes on. But if the scheduler looks for its worker before that is heard of again, it misses it.
      assert.match(String(now.state), /^(running|failed)$/)
      assert.equal(log.end_of_log, now.state === "failed")
    })),
  test("a running task cleared by an operator starts again", (target) =>
    Effect.gen(function* () {
      const ids = { dag_id: "ticker", dag_run_id: newRun(), task_id: "tick" }
      // The operator's command takes a moment.
      yield* trigger(target, ids, { lines: 200 })
      const before = yield* printed(target, ids, "tick 000002")
      const clearing = target.clear(ids)
      const next = yield* until(target, state(ids), (now) => now.state !== "running")
      // Where all is slow, that is over before it is looked at.
      if (next.state === "restarting") assert.deepEqual([next.try_number, next.max_tries], [1, 0])
      // It says the end of a log that is still written.
      const restarting = yield* until(
        target,
        page(target, { ...attemptOf(ids), token: before.token }),
        ({ text }) => text !== ""
      )
      assert.equal(restarting.end_of_log, true)
      assert.match(restarting.text, /^\n\[\S+ \{\S+\} INFO - tick \d+/)
      yield* Effect.promise(() => clearing)
      const killed = yield* until(target, state(ids), (now) => now.state !== "restarting")
      // It does not wait for long.
      if (killed.try_number === 1) assert.match(String(killed.state), /^(up_for_retry|scheduled|queued)$/)
      assert.equal(killed.max_tries, 0)
      yield* until(target, state(ids), (now) => now.try_number === 2)
      const first = yield* page(target, attemptOf(ids))
      assert.match(
        first.text,
        /WARNING - State of this instance has been externally set to restarting\. Terminating instance\.\n[\s\S]*ERROR - Received SIGTERM\. Terminating subprocesses\.\n[\s\S]*(AirflowTaskTerminated|AirflowException): Task received SIGTERM signal\n[\s\S]*INFO - Marking task as UP_FOR_RETRY\. /
      )
      assert.doesNotMatch(first.text, /Task exited with return code/)
      const second = yield* printed(target, ids, "tick 000000", 2)
      assert.match(second.text, /INFO - Starting attempt 2 of 1\n/)
      const old = yield* page(target, attemptOf(ids))
      // An older attempt is looked for on the worker, too.
      assert.match(old.notices!, since(target, "2.9") ? foundAndServed : found)
      assert.equal(old.end_of_log, true)
    }))
]

const mapping = [
  test("a mapped task is one row without an index until it is expanded", (target) =>
    Effect.gen(function* () {
      const run = { dag_id: "expanding", dag_run_id: newRun() }
      const part = { ...run, task_id: "part" }
      yield* Effect.promise(() => target.trigger(run.dag_id, run.dag_run_id))
      const rows = Effect.map(TaskInstances.getTaskInstances(run), ({ task_instances, total_entries }) => ({
        total_entries,
        rows: task_instances.map(({ map_index, task_id }) => `${task_id} ${map_index}`).sort()
      }))
      assert.deepEqual(yield* rows, { total_entries: 3, rows: ["join -1", "part -1", "split -1"] })
      const placeholder = yield* TaskInstances.getTaskInstance(part)
      assert.deepEqual(
        [placeholder.state, placeholder.map_index, placeholder.try_number, placeholder.rendered_map_index],
        [null, -1, 0, since(target, "2.9") ? null : undefined]
      )
      assert.deepEqual(yield* TaskInstances.getMappedTaskInstances(part), {
        task_instances: [],
        total_entries: 0
      })
      const early = yield* Effect.flip(TaskInstances.getMappedTaskInstance({ ...part, map_index: 0 }))
      assert.equal(early._tag, "NotFound")
      // It does not know where the log would be.
      assert.equal((yield* Effect.flip(page(target, attemptOf(part))))._tag, "ServerError")

      yield* until(target, rows, ({ total_entries }) => total_entries > 3)
      assert.deepEqual(yield* rows, {
        total_entries: 6,
        rows: ["join -1", "part 0", "part 1", "part 2", "part 3", "split -1"]
      })
      const error = yield* Effect.flip(TaskInstances.getTaskInstance(part))
      assert.equal(
        "problem" in error && error.problem?.detail,
        "Task instance is mapped, add the map_index value to the URL"
      )
      const { task_instances } = yield* TaskInstances.getMappedTaskInstances(part)
      assert.deepEqual(
        task_instances.map(({ map_index }) => map_index),
        [0, 1, 2, 3]
      )
      assert.equal((yield* Effect.flip(page(target, attemptOf(part))))._tag, "NotFound")
    }))
]

export const cases = [...clearing, ...files, ...outages, ...mapping, ...running]
