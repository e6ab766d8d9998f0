/** What every program does, however it got the modules: starts a fake Airflow, lists, follows, and fails. */
const assert = require("node:assert/strict")
const { setTimeout: delay } = require("node:timers/promises")

const task = { dag_id: "quick", dag_run_id: "r1", task_id: "hello" }
const soon = { active: "20 millis", idle: "50 millis", settle: "20 millis" }

exports.play = async (modules) => {
  const { Auth, AsyncIterable, Chunk, connect, Effect, FakeAirflow, FakeClock } = modules
  const { Kerberos, LogFollower, NodeAirflow, Pagination, Redacted, Runtime, Stream, TaskInstances } = modules
  const fake = await FakeAirflow.start({
    clock: FakeClock.real({ speed: 20 }),
    runs: [{ dag_id: "quick", dag_run_id: "r1" }]
  })
  const layer = NodeAirflow.layer({
    baseUrl: fake.baseUrl,
    auth: Auth.basic("admin", Redacted.make("admin"))
  })

  // Effect: list, follow, and an error by its tag
  const program = Effect.gen(function* () {
    const rows = yield* Stream.runCollect(
      Pagination.items(TaskInstances.getTaskInstances, { dag_id: "quick", dag_run_id: "r1" })
    )
    const events = yield* Stream.runCollect(LogFollower.follow(task, soon))
    const missing = yield* TaskInstances.getTaskInstance({ ...task, task_id: "nothing" }).pipe(
      Effect.as("found"),
      Effect.catchTag("NotFound", (error) => Effect.succeed(error._tag))
    )
    return { rows: Chunk.toReadonlyArray(rows), events: Chunk.toReadonlyArray(events), missing }
  })
  const { events, missing, rows } = await Effect.runPromise(Effect.provide(program, layer))
  assert.deepEqual(rows.map(({ task_id }) => task_id).sort(), ["bye", "hello"])
  const followed = events.filter(({ _tag }) => _tag === "Line").map(({ line }) => line.raw)
  assert.deepEqual(followed, fake.written(task))
  assert.ok(followed.some((line) => line.includes("hello from quick")))
  assert.equal(events.at(-1)._tag, "Ended")
  assert.equal(events.at(-1).end, "complete")
  assert.equal(missing, "NotFound")

  // promises
  const airflow = await connect(layer)
  const row = await airflow.v1.taskInstances.getTaskInstance(task)
  assert.equal(row.state, "success")
  const lines = []
  for await (const line of airflow.logs.lines(task, soon)) lines.push(line.raw)
  assert.deepEqual(lines, followed)
  await assert.rejects(airflow.v1.taskInstances.getTaskInstance({ ...task, dag_id: "nothing" }), {
    _tag: "NotFound"
  })
  await airflow.close()

  // Kerberos, where its addon is not installed: all else works, and this says what is missing
  const ticket = NodeAirflow.layer({ baseUrl: fake.baseUrl, auth: Kerberos.negotiate() })
  const noAddon = await Effect.runPromise(
    Effect.provide(Effect.flip(TaskInstances.getTaskInstance(task)), ticket)
  )
  assert.equal(noAddon._tag, "CredentialsError")
  assert.equal(noAddon.reason, "AddonMissing")
  assert.match(noAddon.message, /npm install kerberos@7/)

  // a Stream as an async iterable
  const numbers = []
  for await (const n of AsyncIterable.fromStream(Stream.make(1, 2, 3), Runtime.defaultRuntime))
    numbers.push(n)
  assert.deepEqual(numbers, [1, 2, 3])

  // The connections were closed with their layers, before the server is.
  for (let looks = 0; looks < 100 && fake.openSockets() > 0; looks++) await delay(20)
  assert.equal(fake.openSockets(), 0, "connections are still open")
  await fake.close()
  return `${rows.length} task instances, ${followed.length} lines`
}
