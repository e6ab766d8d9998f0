/** 401, 403 and 422 over API v2, and what a server is. */
import type { AirflowClient } from "@effect-airflow/core/AirflowClient"
import { AirflowClient as Client } from "@effect-airflow/core/AirflowClient"
import * as Auth from "@effect-airflow/core/Auth"
import * as DagRuns from "@effect-airflow/core/v2/DagRuns"
import * as Log from "@effect-airflow/core/v2/Log"
import * as Actions from "@effect-airflow/core/v2/TaskInstanceActions"
import * as TaskInstanceTries from "@effect-airflow/core/v2/TaskInstanceTries"
import * as TaskInstances from "@effect-airflow/core/v2/TaskInstances"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as assert from "../../assert.js"
import { byVersion, type Case, group, isSince } from "../../suite.js"
import { as, hello, quick, refused, square, writing } from "./common.js"

type Refusable = Effect.Effect<unknown, { readonly _tag: string }, AirflowClient>

const attempt = { ...hello, try_number: 1 }
const instance = { ...square, map_index: 0 }

/** Every operation of API v2, and since when there is one; nothing of it would change anything. */
const operations: Readonly<Record<string, Refusable>> = {
  getTaskInstance: TaskInstances.getTaskInstance(hello),
  getMappedTaskInstance: TaskInstances.getMappedTaskInstance(instance),
  getTaskInstances: TaskInstances.getTaskInstances(quick),
  getMappedTaskInstances: TaskInstances.getMappedTaskInstances(square),
  getTaskInstancesBatch: TaskInstances.getTaskInstancesBatch({}),
  getExtraLinks: TaskInstances.getExtraLinks(hello),
  getLog: TaskInstances.getLog(attempt),
  streamLog: Stream.runDrain(Log.streamLog(attempt)),
  getTaskInstanceTries: TaskInstanceTries.getTaskInstanceTries(hello),
  getMappedTaskInstanceTries: TaskInstanceTries.getMappedTaskInstanceTries(instance),
  getTaskInstanceTryDetails: TaskInstanceTries.getTaskInstanceTryDetails({ ...hello, task_try_number: 1 }),
  getTaskInstanceDependencies: TaskInstanceTries.getTaskInstanceDependencies(hello),
  patchTaskInstance: Actions.patchTaskInstance({ ...hello, note: "x" }),
  patchTaskInstanceDryRun: Actions.patchTaskInstanceDryRun({ ...hello, note: "x" }),
  clearTaskInstances: Actions.clearTaskInstances(quick),
  getDagRun: DagRuns.getDagRun(quick),
  triggerDagRun: DagRuns.triggerDagRun({ ...quick })
}

const since31: Readonly<Record<string, Refusable>> = {
  getExternalLogUrl: TaskInstances.getExternalLogUrl(attempt),
  bulkTaskInstances: Actions.bulkTaskInstances({
    ...quick,
    actions: [{ action: "update", entities: [{ task_id: "hello", note: "x" }] }]
  }),
  deleteTaskInstance: Actions.deleteTaskInstance({ ...hello, task_id: "nope" })
}

const unauthenticated = [
  ...Object.entries(operations).map(([name, operation]) => ({ name, operation, terms: {} })),
  ...Object.entries(since31).map(([name, operation]) => ({
    name,
    operation,
    terms: { since: "3.1", why: "there is no such operation before" }
  }))
].flatMap(({ name, operation, terms }): ReadonlyArray<Case> => {
  const test = group(`v2 ${name}`, { api: "v2", ...terms })
  return [
    test(
      "401: without credentials",
      () =>
        Effect.map(refused(operation, "Unauthorized"), ({ problem, status }) => {
          assert.equal(status, 401)
          assert.deepEqual(problem, { detail: "Not authenticated" })
        }),
      { who: "stranger" }
    ),
    test("403: with a token that was not signed here", (target) =>
      Effect.map(
        as(target, { auth: Auth.bearer(Redacted.make("wrong")) })(refused(operation, "Forbidden")),
        ({ problem, status }) => {
          assert.equal(status, 403)
          assert.deepEqual(problem, { detail: "Invalid JWT token" })
        }
      ))
  ]
})

const login = group("v2 Auth.jwt", { api: "v2" })

const refusedLogin = (effect: Refusable, tag: string) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.equal(error._tag, tag)
    return error as { readonly path?: string; readonly problem?: { readonly detail?: string } }
  })

const logins = [
  login(
    "401: a wrong password, said of the login",
    () =>
      Effect.map(refusedLogin(TaskInstances.getTaskInstance(hello), "Unauthorized"), ({ path, problem }) => {
        assert.equal(path, "/auth/token")
        assert.deepEqual(problem, { detail: "Invalid credentials" })
      }),
    { who: "impostor" }
  ),
  login("401: an unknown user", (target) =>
    as(target, { auth: Auth.jwt({ username: "nope", password: Redacted.make("admin") }) })(
      Effect.asVoid(refusedLogin(TaskInstances.getTaskInstance(hello), "Unauthorized"))
    )
  ),
  login("403: a token without a user, where not everybody is an admin", (target) =>
    as(target, { auth: Auth.jwtAllAdmins() })(
      Effect.map(refusedLogin(TaskInstances.getTaskInstance(hello), "Forbidden"), ({ path, problem }) => {
        assert.equal(path, "/auth/token")
        assert.match(problem?.detail ?? "", /simple_auth_manager_all_admins/)
      })
    )
  ),
  login("a login at a path that there is not", (target) =>
    as(target, {
      auth: Auth.jwt({ username: "admin", password: Redacted.make("admin"), path: "/nope/token" })
    })(Effect.asVoid(refusedLogin(TaskInstances.getTaskInstance(hello), "CredentialsError")))
  ),
  login("API v2 takes no Basic credentials", (target) =>
    as(target, { auth: Auth.basic("admin", Redacted.make("admin")) })(
      Effect.map(refused(TaskInstances.getTaskInstance(hello), "Unauthorized"), ({ problem }) =>
        assert.deepEqual(problem, { detail: "Not authenticated" })
      )
    )
  ),
  login("one token serves many requests at a time", (target) =>
    as(
      target,
      {}
    )(
      Effect.gen(function* () {
        const rows = yield* Effect.all(
          Array.from({ length: 20 }, () => TaskInstances.getTaskInstance(hello)),
          { concurrency: 20 }
        )
        assert.equal(rows.length, 20)
      })
    )
  )
]

const unprocessable = group("v2 422", { api: "v2" })

const { endpoint } = TaskInstances.getTaskInstances
const anyText = endpoint.query!["task_id"]!
const anyTexts = endpoint.query!["pool"]!

/** A list, with parameters that this library does not let pass. */
const list = (query: Readonly<Record<string, string | ReadonlyArray<string>>>) =>
  Effect.flatMap(Client, (client) =>
    client.execute(
      {
        id: endpoint.id,
        method: endpoint.method,
        path: endpoint.path,
        pathParams: endpoint.pathParams,
        query: Object.fromEntries(
          Object.entries(query).map(([name, value]) => [name, typeof value === "string" ? anyText : anyTexts])
        ),
        accept: endpoint.accept,
        decode: endpoint.decode,
        errors: endpoint.errors,
        idempotent: true
      },
      { ...quick, ...query }
    )
  )

/** A batch, with a field of this name and text that this library does not know. */
const batch = (field: string, value: string) => {
  const { body: _, ...rest } = TaskInstances.getTaskInstancesBatch.endpoint
  return Effect.flatMap(Client, (client) =>
    client.execute(
      {
        id: rest.id,
        method: rest.method,
        path: rest.path,
        pathParams: {},
        body: { [field]: anyText },
        accept: rest.accept,
        decode: rest.decode,
        errors: rest.errors,
        idempotent: true
      },
      { [field]: value }
    )
  )
}

const shapes = [
  unprocessable("a number that is none, and one that is too small, each by its name", () =>
    Effect.map(refused(list({ limit: "-1", offset: "x" }), "UnprocessableContent"), ({ problem }) => {
      assert.deepEqual(problem?.errors, [
        {
          field: "query.limit",
          message: "Input should be greater than or equal to 0",
          type: "greater_than_equal"
        },
        {
          field: "query.offset",
          message: "Input should be a valid integer, unable to parse string as an integer",
          type: "int_parsing"
        }
      ])
      assert.match(problem?.detail ?? "", /^query\.limit: .*; query\.offset: /)
    })
  ),
  unprocessable("a date that is none", () =>
    Effect.map(refused(list({ start_date_gte: "nonsense" }), "UnprocessableContent"), ({ problem }) =>
      assert.deepEqual(problem?.errors, [
        {
          field: "query.start_date_gte",
          message: "Input should be a valid datetime or date, input is too short",
          type: "datetime_from_date_parsing"
        }
      ])
    )
  ),
  unprocessable("an item of a list of numbers", (target) =>
    isSince(target.version, "3.1")
      ? Effect.map(refused(list({ map_index: ["1", "x"] }), "UnprocessableContent"), ({ problem }) =>
          assert.deepEqual(
            problem?.errors?.map(({ field, type }) => [field, type]),
            [["query.map_index[1]", "int_parsing"]]
          )
        )
      : Effect.map(list({ map_index: ["1", "x"] }), (page) => assert.equal(page.total_entries, 2))
  ),
  unprocessable("a state that there is not: a text that names all", (target) =>
    Effect.map(refused(list({ state: ["failed", "bogus"] }), "UnprocessableContent"), ({ problem }) => {
      assert.equal(problem?.errors, undefined)
      assert.equal(
        problem?.detail,
        `Invalid value for state. Valid values are removed, scheduled, queued, running, success, restarting, failed, up_for_retry, up_for_reschedule, upstream_failed, skipped, deferred${byVersion(
          target,
          ["3.0", ""],
          ["3.3", ", awaiting_input"]
        )}`
      )
    })
  ),
  unprocessable("a state of 3.3 on an older one", (target) =>
    isSince(target.version, "3.3")
      ? Effect.map(TaskInstances.getTaskInstances({ ...quick, state: ["awaiting_input"] }), (page) =>
          assert.equal(page.total_entries, 0)
        )
      : Effect.asVoid(
          refused(
            TaskInstances.getTaskInstances({ ...quick, state: ["awaiting_input"] }),
            "UnprocessableContent"
          )
        )
  ),
  unprocessable("a field that it does not know", () =>
    Effect.map(refused(batch("bogus", "1"), "UnprocessableContent"), ({ problem }) =>
      assert.deepEqual(problem?.errors, [
        { field: "body.bogus", message: "Extra inputs are not permitted", type: "extra_forbidden" }
      ])
    )
  ),
  unprocessable("a field of another type", () =>
    Effect.map(refused(batch("dag_ids", "quick"), "UnprocessableContent"), ({ problem }) =>
      assert.deepEqual(problem?.errors, [
        { field: "body.dag_ids", message: "Input should be a valid list", type: "list_type" }
      ])
    )
  ),
  unprocessable("a date of a body without an offset", () =>
    Effect.map(
      refused(batch("start_date_gte", "2024-01-01T00:00:00"), "UnprocessableContent"),
      ({ problem }) =>
        assert.deepEqual(problem?.errors, [
          { field: "body.start_date_gte", message: "Input should have timezone info", type: "timezone_aware" }
        ])
    )
  ),
  unprocessable("a query that it does not know is ignored", () =>
    Effect.map(list({ bogus: "1" }), (page) => assert.equal(page.total_entries, 2))
  )
]

const runs = group("v2 DagRuns", { api: "v2" })

const triggerDagRun = (params: DagRuns.TriggerDagRunParams) => writing(DagRuns.triggerDagRun(params))

export const cases: ReadonlyArray<Case> = [
  ...unauthenticated,
  ...logins,
  ...shapes,
  runs("a run that succeeded, and what the server sends", (target) =>
    Effect.gen(function* () {
      const run = yield* DagRuns.getDagRun(quick)
      assert.deepEqual(
        [run.dag_id, run.dag_run_id, run.state, run.run_type, run.triggered_by, run.logical_date],
        ["quick", "c1", "success", "manual", "rest_api", null]
      )
      const { json } = yield* Effect.promise(() => target.request("/dags/quick/dagRuns/c1"))
      assert.deepEqual(run, json)
      assert.equal(
        Object.keys(run).length,
        byVersion(target, ["3.0", 17], ["3.1", 20], ["3.2", 21], ["3.3", 22])
      )
    })
  ),
  runs("409: a run of this name is there", () =>
    Effect.map(refused(triggerDagRun(quick), "Conflict"), ({ problem }) =>
      assert.equal(problem?.title, "Unique constraint violation")
    )
  ),
  runs("409: a run of this logical date is there", () =>
    Effect.gen(function* () {
      const at = new Date(Date.now() - 86_400_000 * Math.ceil(Math.random() * 5000))
      const name = at.getTime().toString(36)
      const first = yield* triggerDagRun({
        dag_id: "skips",
        dag_run_id: `at-${name}`,
        logical_date: at,
        note: "first"
      })
      assert.equal(Date.parse(first.logical_date!), at.getTime())
      assert.equal(first.note, "first")
      yield* refused(
        triggerDagRun({ dag_id: "skips", dag_run_id: `again-${name}`, logical_date: at }),
        "Conflict"
      )
    })
  ),
  runs("400: a name with characters that none may have", () =>
    Effect.map(refused(triggerDagRun({ dag_id: "quick", dag_run_id: "a b" }), "BadRequest"), ({ problem }) =>
      assert.match(problem?.detail ?? "", /^The run_id provided 'a b' does not match/)
    )
  ),
  runs("404: an unknown DAG, and an unknown run", (target) =>
    Effect.gen(function* () {
      const dag = yield* refused(triggerDagRun({ dag_id: "nope" }), "NotFound")
      const dagName = byVersion(target, ["3.0", "DAG"], ["3.3", "Dag"])
      assert.deepEqual(dag.problem, { detail: `${dagName} with dag_id: 'nope' not found` })
      const run = yield* refused(DagRuns.getDagRun({ ...quick, dag_run_id: "nope" }), "NotFound")
      assert.deepEqual(run.problem, {
        detail: "The DagRun with dag_id: `quick` and run_id: `nope` was not found"
      })
    })
  ),
  runs(
    "403: a viewer may not start one, but look",
    () =>
      Effect.gen(function* () {
        yield* refused(triggerDagRun({ dag_id: "quick" }), "Forbidden")
        assert.equal((yield* DagRuns.getDagRun(quick)).state, "success")
      }),
    { who: "viewer" }
  )
]
