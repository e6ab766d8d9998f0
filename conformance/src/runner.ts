/** Runs cases, several at a time where they may be, and says what came of each. */
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Case } from "./suite.js"
import { auth, type Target } from "./target.js"

export interface Outcome {
  readonly passed: number
  readonly failed: ReadonlyArray<string>
}

const runOne = async (target: Target, { name, run, who }: Case): Promise<boolean> => {
  const started = performance.now()
  // What a case says comes with its outcome: others are saying something meanwhile.
  const said: Array<string> = []
  const exit = await run({ ...target, say: (text) => said.push(`          ${text}`) }).pipe(
    Effect.timeoutFail({
      duration: target.patience,
      onTimeout: () => new Error(`not over after ${target.patience}`)
    }),
    Effect.provide(NodeAirflow.layer({ baseUrl: target.baseUrl, auth: auth(target, who) })),
    Effect.runPromiseExit
  )
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (exit._tag === "Success") console.log([`  ok    ${name} (${seconds} s)`, ...said].join("\n"))
  else {
    const cause = Cause.pretty(exit.cause)
      .replaceAll(/^ +at .*node_modules.*\n?/gm, "")
      .slice(0, 2000)
      .replaceAll(/^/gm, "        ")
    console.log([`  FAIL  ${name} (${seconds} s)`, ...said, cause].join("\n"))
  }
  return exit._tag === "Success"
}

/** Cases that are run one after another, each of them. */
const lanes = (cases: ReadonlyArray<Case>): ReadonlyArray<ReadonlyArray<Case>> => {
  const named = new Map<string, Array<Case>>()
  const all: Array<Array<Case>> = []
  for (const one of cases) {
    const lane = one.lane === undefined ? undefined : named.get(one.lane)
    if (lane !== undefined) lane.push(one)
    else {
      const made = [one]
      all.push(made)
      if (one.lane !== undefined) named.set(one.lane, made)
    }
  }
  return all
}

/** Those that bear each other, so many at a time, and then those that must be alone. */
export const runAll = async (
  target: Target,
  cases: ReadonlyArray<Case>,
  atOnce: number
): Promise<Outcome> => {
  let passed = 0
  const failed: Array<string> = []
  const runLane = async (lane: ReadonlyArray<Case>) => {
    for (const one of lane) {
      if (await runOne(target, one)) passed++
      else failed.push(one.name)
    }
  }
  const waiting = [...lanes(cases.filter(({ alone }) => alone !== true))]
  const worker = async () => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) await runLane(lane)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  await runLane(cases.filter(({ alone }) => alone === true))
  return { passed, failed }
}
