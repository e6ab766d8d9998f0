/**
 * The client where there is a `fetch`: browsers, workers, Deno, Bun, edge runtimes. It sends no tracing
 * headers, which would force a preflight that Airflow's CORS settings refuse, and follows no redirect.
 *
 * @since 0.1.0
 */
import * as AirflowClient from "@effect-airflow/core/AirflowClient"
import { InvalidInput } from "@effect-airflow/core/AirflowError"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import * as Attention from "./internal/attention.js"
import * as FetchTransport from "./internal/fetchTransport.js"

/**
 * Options of the client, and of its `fetch`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Omit<AirflowClient.Options, "baseUrl" | "tracePropagation"> {
  /** Where the web server is. Default: where the page came from. */
  readonly baseUrl?: string | URL
  /**
   * Whether cookies are sent. Default `same-origin`: a page served from Airflow's own origin uses the session
   * of the logged-in user, and no cookie goes anywhere else.
   */
  readonly credentials?: "omit" | "same-origin" | "include"
  /** The `fetch` to use. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
  /**
   * How long what polls (a follower, a wait) pauses at least between two looks while the page is hidden. Default 30
   * seconds; once the page is seen again, it looks when it would have looked otherwise, if that was not before. `0`: as if
   * the page were seen. While the browser is offline nothing is asked; it goes on when the browser is online again.
   * Without effect where `polling.pause` is given.
   */
  readonly whenHidden?: Duration.DurationInput
}

/**
 * The client as a layer.
 *
 * @example
 * import * as BrowserAirflow from "@effect-airflow/browser/BrowserAirflow"
 *
 * // a page that Airflow's own origin serves: the user's session is enough
 * const Live = BrowserAirflow.layer({})
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<AirflowClient.AirflowClient, InvalidInput> => {
  const {
    baseUrl = globalThis.location?.origin ?? "",
    credentials = "same-origin",
    fetch,
    polling,
    whenHidden = "30 seconds",
    ...rest
  } = options
  const longest = Duration.decodeUnknown(whenHidden)
  if (longest._tag === "None" || Number.isNaN(whenHidden)) {
    return Layer.fail(
      new InvalidInput({
        operation: "BrowserAirflow.layer",
        method: "",
        path: "",
        attempts: 0,
        field: "whenHidden",
        issue: "must be a duration"
      })
    )
  }
  return Layer.effect(
    AirflowClient.AirflowClient,
    AirflowClient.makeWith(
      { ...rest, baseUrl, polling: { pause: Attention.pause(longest.value), ...polling } },
      FetchTransport.make({ credentials, fetch })
    )
  )
}
