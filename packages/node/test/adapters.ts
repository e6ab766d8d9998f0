/** The two adapters, as the tests use them. */
import type { AirflowClient, Options } from "@effect-airflow/core/AirflowClient"
import type { InvalidInput } from "@effect-airflow/core/AirflowError"
import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import type * as Layer from "effect/Layer"

export interface Adapter {
  readonly name: string
  readonly layer: (options: Options) => Layer.Layer<AirflowClient, InvalidInput>
  /** Whether its connections are its own, and end with its layer; `fetch` shares them with the program. */
  readonly ownConnections: boolean
}

export const adapters: ReadonlyArray<Adapter> = [
  { name: "node", layer: NodeAirflow.layer, ownConnections: true },
  {
    name: "browser (Node's fetch)",
    layer: ({ tracePropagation: _, ...options }) => BrowserAirflow.layer(options),
    ownConnections: false
  }
]
