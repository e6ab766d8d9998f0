/** A connection to a fake Airflow over a real socket, and what the tests ask of promises that must reject. */
import * as Auth from "@effect-airflow/core/Auth"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import { type Airflow, connect } from "@effect-airflow/promise"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import { assert } from "@effect/vitest"
import * as Redacted from "effect/Redacted"

export const wait = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

/** Waits until something is so, and fails when it never becomes so. */
export const until = async (what: string, isSo: () => boolean) => {
  for (let look = 0; look < 500 && !isSo(); look++) await wait(5)
  assert.isTrue(isSo(), what)
}

export const layerOf = (fake: FakeAirflow.FakeAirflow, options: Partial<NodeAirflow.Options> = {}) =>
  NodeAirflow.layer({
    baseUrl: fake.baseUrl,
    auth: Auth.basic("admin", Redacted.make("admin")),
    retry: { attempts: 3, base: 1 },
    ...options
  })

/** A fake on which all of its runs are long over, so that it always answers the same, and a connection to it. */
export const connected = async (
  test: (airflow: Airflow, fake: FakeAirflow.FakeAirflow) => Promise<void>,
  ...dag_ids: ReadonlyArray<string>
) => {
  await using fake = await FakeAirflow.start({
    clock: FakeClock.manual(),
    runs: dag_ids.map((dag_id) => ({ dag_id, dag_run_id: "r", ago: 3_600_000 }))
  })
  await using airflow = await connect(layerOf(fake))
  await test(airflow, fake)
}

/** What a promise rejects with. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => ({ error })
  )
  return settled === undefined ? assert.fail("it did not reject") : settled.error
}

export const assertAborted = async (promise: Promise<unknown>) =>
  assert.strictEqual(((await rejection(promise)) as Error).name, "AbortError")

export const collect = async <A>(iterable: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const found: Array<A> = []
  for await (const item of iterable) found.push(item)
  return found
}
