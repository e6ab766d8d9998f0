/** Stands before an Airflow and writes down each request as it arrives, preflights included. */
import * as Serving from "./serving.js"

export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Recorder {
  readonly baseUrl: string
  readonly arrived: Array<Arrived>
  readonly close: () => Promise<void>
}

export const before = async (airflow: string): Promise<Recorder> => {
  const arrived: Array<Arrived> = []
  const { host } = new URL(airflow)
  const { close, origin } = await Serving.serve(0, (incoming, response) => {
    const { headers, method = "GET", url = "/" } = incoming
    arrived.push({ method, path: url, headers: headers as Record<string, string> })
    Serving.passOn(airflow, incoming, response, { ...headers, host })
  })
  return { baseUrl: origin, arrived, close }
}
