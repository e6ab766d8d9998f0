/** Runs cases one after another, and says what came of each. */
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Auth from "@effect-airflow/core/Auth"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Case, Who } from "./suite.js"
import type { Target } from "./target.js"

const auth = (who: Who): Auth.Auth =>
  who === "stranger" ? Auth.none : Auth.basic(who, Redacted.make(who === "impostor" ? "wrong" : who))

export interface Outcome {
  readonly passed: number
  readonly failed: ReadonlyArray<string>
}

export const runAll = async (target: Target, cases: ReadonlyArray<Case>): Promise<Outcome> => {
  let passed = 0
  const failed: Array<string> = []
  for (const { name, run, who } of cases) {
    const started = performance.now()
    const exit = await run(target).pipe(
      Effect.timeoutFail({ duration: "3 minutes", onTimeout: () => new Error("not over after 3 minutes") }),
      Effect.provide(NodeAirflow.layer({ baseUrl: target.baseUrl, auth: auth(who) })),
      Effect.runPromiseExit
    )
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    if (exit._tag === "Success") {
      passed++
      console.log(`  ok    ${name} (${seconds} s)`)
    } else {
      failed.push(name)
      console.log(
        `  FAIL  ${name} (${seconds} s)\n${Cause.pretty(exit.cause).slice(0, 2000).replaceAll(/^/gm, "        ")}`
      )
    }
  }
  return { passed, failed }
}
