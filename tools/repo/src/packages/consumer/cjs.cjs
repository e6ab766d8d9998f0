/** A CommonJS program: `require` gives the same modules that `import` does. */
const assert = require("node:assert/strict")
const { play } = require("./play.cjs")
const specifiers = require("./specifiers.json")

const modules = {
  AsyncIterable: require("@effect-airflow/logs/AsyncIterable"),
  Auth: require("@effect-airflow/core/Auth"),
  Chunk: require("effect/Chunk"),
  Effect: require("effect/Effect"),
  FakeAirflow: require("@effect-airflow/testing/FakeAirflow"),
  FakeClock: require("@effect-airflow/testing/FakeClock"),
  Kerberos: require("@effect-airflow/kerberos/Kerberos"),
  LogFollower: require("@effect-airflow/logs/LogFollower"),
  NodeAirflow: require("@effect-airflow/node/NodeAirflow"),
  Pagination: require("@effect-airflow/core/Pagination"),
  Redacted: require("effect/Redacted"),
  Runtime: require("effect/Runtime"),
  Stream: require("effect/Stream"),
  TaskInstances: require("@effect-airflow/core/v1/TaskInstances"),
  connect: require("@effect-airflow/promise").connect
}

const main = async () => {
  for (const specifier of specifiers) {
    const required = require(specifier)
    const imported = await import(specifier)
    for (const name of Object.keys(imported)) {
      assert.equal(required[name], imported[name], `${specifier}: ${name} is another one`)
    }
  }
  assert.throws(() => require("@effect-airflow/core/internal/http"), {
    code: "ERR_PACKAGE_PATH_NOT_EXPORTED"
  })
  console.log(`done: ${specifiers.length} modules, ${await play(modules)}`)
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
