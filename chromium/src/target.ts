/** The Airflows that the pages talk to: the fake as a version, or a real one. */
import * as Airflow from "airflow/Airflow"
import * as Auth from "@effect-airflow/core/Auth"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import { connect } from "@effect-airflow/promise"
import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import * as FakeClock from "@effect-airflow/testing/FakeClock"
import * as Redacted from "effect/Redacted"
import type { Settings } from "./page/agent.js"
import * as Recorder from "./recorder.js"

export interface Target {
  readonly name: string
  readonly version: string
  readonly api: "v1" | "v2"
  /** Behind the recorder. */
  readonly baseUrl: string
  /** What arrived there, in its order. */
  readonly arrived: Array<Recorder.Arrived>
  readonly fake: FakeAirflow.FakeAirflow | undefined
  readonly as: (username: string, password?: string) => Settings
  readonly trigger: (dag_id: string, dag_run_id: string, conf?: Record<string, unknown>) => Promise<void>
  readonly close: () => Promise<void>
}

const settings =
  (baseUrl: string, api: "v1" | "v2") =>
  (username: string, password = username): Settings => ({
    baseUrl,
    auth: { kind: api === "v1" ? "basic" : "jwt", username, password }
  })

export const fake = async (version: string): Promise<Target> => {
  const api = Airflow.apiOf(version)
  const airflow = await FakeAirflow.start({
    version,
    clock: FakeClock.real({ speed: 4 }),
    cors: { origins: [Airflow.pageOrigin] }
  })
  const recorder = await Recorder.before(airflow.baseUrl)
  return {
    name: `fake ${version}`,
    version,
    api,
    baseUrl: recorder.baseUrl,
    arrived: recorder.arrived,
    fake: airflow,
    as: settings(recorder.baseUrl, api),
    trigger: async (dag_id, dag_run_id, conf) => {
      airflow.trigger(dag_id, { dag_run_id, ...(conf === undefined ? {} : { conf: conf as never }) })
    },
    close: async () => {
      await recorder.close()
      await airflow.close()
    }
  }
}

/** One that was not up is taken down in the end. */
export const real = async (version: string): Promise<Target> => {
  const wasUp = (await Airflow.status()).some((one) => one.version === version && one.running !== undefined)
  // Not one with other settings, as Kerberos, that is up already.
  const airflow = await Airflow.up(version, { env: {} })
  const api = Airflow.apiOf(version)
  const recorder = await Recorder.before(airflow.baseUrl)
  const password = Redacted.make("admin")
  const client = await connect(
    NodeAirflow.layer({
      baseUrl: airflow.baseUrl,
      auth: api === "v1" ? Auth.basic("admin", password) : Auth.jwt({ username: "admin", password })
    })
  )
  return {
    name: `Airflow ${version}`,
    version,
    api,
    baseUrl: recorder.baseUrl,
    arrived: recorder.arrived,
    fake: undefined,
    as: settings(recorder.baseUrl, api),
    trigger: async (dag_id, dag_run_id, conf = {}) => {
      await client.dagRuns.trigger({ dag_id, dag_run_id, conf })
    },
    close: async () => {
      await client.close()
      await recorder.close()
      if (!wasUp) await Airflow.down(version)
    }
  }
}
