/** A program of ES modules. */
import * as Auth from "@effect-airflow/core/Auth"
import * as Pagination from "@effect-airflow/core/Pagination"
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as AsyncIterable from "@effect-airflow/logs/AsyncIterable"
import * as Kerberos from "@effect-airflow/kerberos/Kerberos"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { connect } from "@effect-airflow/promise"
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { play } from "./play.cjs"

const specifiers = JSON.parse(readFileSync("specifiers.json", "utf8"))
for (const specifier of specifiers) await import(specifier)
await assert.rejects(import("@effect-airflow/core/internal/http"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" })

const told = await play({
  AsyncIterable,
  Auth,
  Chunk,
  Effect,
  FakeAirflow,
  FakeClock,
  Kerberos,
  LogFollower,
  NodeAirflow,
  Pagination,
  Redacted,
  Runtime,
  Stream,
  TaskInstances,
  connect
})
console.log(`done: ${specifiers.length} modules, ${told}`)
