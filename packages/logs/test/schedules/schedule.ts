/** What a seed stands for: a task that writes over time, a reader, and all that goes wrong meanwhile. */
import type { HalfLine } from "@effect-airflow/testing/FakeAirflow"
import * as Fault from "@effect-airflow/testing/Fault"
import {
  defer,
  lines,
  log,
  lose,
  print,
  raise,
  reschedule,
  skip,
  sleep,
  type Step
} from "@effect-airflow/testing/Scenario"
import * as Random from "./random.js"

/** Which requests a fault strikes. */
export type Victim = "log" | "status" | "any"

export type Trouble = { readonly at: number } & (
  | {
      readonly kind: "fault"
      readonly name: string
      readonly fault: Fault.Fault
      readonly times: number
      readonly victim: Victim
    }
  | { readonly kind: "key rotation" }
  | { readonly kind: "restart"; readonly millis: number; readonly newKey: boolean }
  | { readonly kind: "clear" }
  /** The reader is stopped, and goes on from a cursor in another process. */
  | { readonly kind: "resume" }
  | { readonly kind: "log truncated"; readonly keep: number }
  | { readonly kind: "log replaced"; readonly lines: ReadonlyArray<string> }
  | { readonly kind: "log deleted" }
  /** The next looks find a line half written; on Airflow 3 alone, the others' positions may be anywhere in a line. */
  | { readonly kind: "half line"; readonly halves: ReadonlyArray<HalfLine> }
)

export interface Schedule {
  readonly seed: number
  readonly attempts: ReadonlyArray<ReadonlyArray<Step>>
  readonly retryDelay: number
  readonly queuedFor: number
  readonly troubles: ReadonlyArray<Trouble>
  /** Whether something happens to the log that can lose lines. */
  readonly lossy: boolean
  readonly active: number
  readonly idle: number
  readonly settle: number
  readonly verify: "tail" | "whole"
  /** The Airflow: one of each kind of log behaviour. */
  readonly version: string
  /** Milliseconds after which printed lines are written with their time, so that others overtake them; Airflow 3 alone. */
  readonly overtaking: number
  /** How many characters of the log that a worker serves are read at a time; undefined: as real servers do. Airflow 3 alone. */
  readonly servedPart: number | undefined
}

/** Text by position, a token that is ignored, one that makes the server fail, one that works. */
export const behaviours = ["2.11.0", "3.1.8", "3.2.1", "3.3.2"]

const words = [
  "grüße",
  "世界",
  "🚀",
  "it's",
  '"quoted"',
  "back\\slash",
  "tab\there",
  "50 %",
  "[x] {y}",
  "e\u0301"
]

/** Each line is told apart from all others of its attempt, and is of its own length. */
const texts = (random: Random.Random, attempt: number) => {
  let count = 0
  return () => `${attempt}-${count++} ${"=".repeat(random.between(0, 60))} ${random.pick(words)}`
}

const writing = (random: Random.Random, text: () => string): ReadonlyArray<Step> => {
  const kind = random.between(0, 9)
  if (kind < 5) {
    const every = random.pick([0, 10, 100, 400, 1500])
    const count = random.between(1, every > 1000 ? 15 : 60)
    const all = Array.from({ length: count }, text)
    return [lines(count, every, (index) => all[index]!)]
  }
  if (kind < 7) return [sleep(random.between(100, 20_000))]
  if (kind < 8) return [log(text(), random.pick(["INFO", "WARNING", "ERROR"]))]
  return [print(Array.from({ length: random.between(2, 6) }, text).join("\n"))]
}

const attempt = (
  random: Random.Random,
  number: number,
  last: boolean,
  mayDefer: boolean
): ReadonlyArray<Step> => {
  const text = texts(random, number)
  const steps: Array<Step> = []
  for (let part = random.between(1, 7); part > 0; part--) {
    steps.push(...writing(random, text))
    if (mayDefer && random.chance(0.06)) steps.push(defer(random.between(500, 30_000)))
    if (random.chance(0.04)) steps.push(reschedule(random.between(500, 30_000)))
  }
  if (!last)
    steps.push(random.chance(0.2) ? lose(random.between(5000, 40_000)) : raise("RuntimeError", "on purpose"))
  else if (random.chance(0.15)) steps.push(random.pick([raise("ValueError", "no"), skip, lose(10_000)]))
  return steps
}

const repeated = "repeated page"

/**
 * At most one: a server that answers twice in a row, at the very end, as it did before cannot be told from one
 * that has nothing more to say.
 */
const withoutFurtherRepeats = (troubles: ReadonlyArray<Trouble>): ReadonlyArray<Trouble> => {
  const first = troubles.find((one) => one.kind === "fault" && one.name === repeated)
  return troubles.filter((one) => one === first || !(one.kind === "fault" && one.name === repeated))
}

const passing = (random: Random.Random): readonly [string, Fault.Fault] => {
  const bytes = () => random.between(1, 900)
  return random.pick<() => readonly [string, Fault.Fault]>([
    () => ["drop before the answer", Fault.drop()],
    () => ["drop mid-body", Fault.drop(bytes())],
    () => ["stall", Fault.stall(Infinity)],
    () => ["stall mid-body", Fault.stall(Infinity, bytes())],
    () => ["5xx", Fault.status(random.pick([500, 502, 503, 504]))],
    () => ["503 with Retry-After", Fault.status(503, { retryAfter: random.pick(["0", "2", "999999"]) })],
    () => [
      "429",
      Fault.status(429, random.pick([{}, { retryAfter: "1" }, { retryAfter: "20" }, { retryAfter: "soon" }]))
    ],
    () => ["truncated JSON", Fault.truncated(bytes())],
    () => ["truncated UTF-8", cutCharacter],
    () => ["empty body", Fault.emptyBody],
    () => ["a login page", Fault.loginPage],
    () => ["a redirect", Fault.redirectToLogin],
    () => [repeated, Fault.repeat]
  ])()
}

/** The body with its characters as they are, cut inside one of them. */
const cutCharacter: Fault.Fault = {
  _tag: "Rewrite",
  headers: {},
  body: (body) => {
    const plain = Buffer.from(
      body
        .toString("utf8")
        .replaceAll(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    )
    const at = plain.findIndex((byte) => byte >= 0xc0)
    return at === -1 ? plain.subarray(0, plain.length >> 1) : plain.subarray(0, at + 1)
  }
}

const halfLine = (random: Random.Random): HalfLine => {
  const chars = random.between(1, 150)
  const back = random.pick([0, 0, 0, 1, 3])
  if (random.chance(0.5)) return { copy: "served", chars, back }
  return random.chance(0.3)
    ? { copy: "both", chars, back, disk: random.between(1, 150) }
    : { copy: "both", chars, back }
}

const trouble = (random: Random.Random, at: number): Trouble => {
  const kind = random.between(0, 21)
  if (kind > 19) {
    return {
      at,
      kind: "half line",
      halves: Array.from({ length: random.between(1, 4) }, () => halfLine(random))
    }
  }
  if (kind < 2) return { at, kind: "key rotation" }
  if (kind < 4)
    return { at, kind: "restart", millis: random.between(500, 40_000), newKey: random.chance(0.4) }
  if (kind < 6) return { at, kind: "resume" }
  if (kind < 7) return { at, kind: "clear" }
  const [name, fault] = passing(random)
  const victim = random.pick<Victim>(["log", "log", "status", "any"])
  return {
    at,
    kind: "fault",
    name,
    fault,
    victim,
    times: name === repeated ? 1 : random.pick([1, 1, 1, 2, 3])
  }
}

const damage = (random: Random.Random, at: number): Trouble => {
  const kind = random.between(0, 2)
  if (kind === 0) return { at, kind: "log truncated", keep: random.between(0, 60) }
  if (kind === 1) return { at, kind: "log deleted" }
  const count = random.between(0, 80)
  const text = texts(random, 99)
  return { at, kind: "log replaced", lines: Array.from({ length: count }, text) }
}

const duration = (steps: ReadonlyArray<Step>): number =>
  steps.reduce(
    (sum, step) =>
      sum + (step._tag === "Lines" ? step.count * step.every : "millis" in step ? step.millis : 10),
    0
  )

export const make = (seed: number, version?: string): Schedule => {
  const random = Random.make(seed)
  const count = random.pick([1, 1, 2, 3])
  const lossy = random.chance(0.3)
  // The triggerer writes a file of its own: damage is judged by one file.
  const attempts = Array.from({ length: count }, (_, index) =>
    attempt(random, index + 1, index === count - 1, !lossy)
  )
  const retryDelay = random.pick([10, 1000, 8000])
  const queuedFor = random.pick([10, 1000, 15_000])
  const length = attempts.reduce((sum, steps) => sum + duration(steps) + retryDelay + queuedFor, 0) + 5000
  const troubles = withoutFurtherRepeats([
    ...Array.from({ length: random.between(0, 12) }, () => trouble(random, random.between(0, length))),
    ...(lossy
      ? Array.from({ length: random.between(1, 2) }, () => damage(random, random.between(queuedFor, length)))
      : [])
  ])
  const [active, idle, settle] = [
    random.pick([500, 1500, 3000]),
    random.pick([3000, 10_000]),
    random.pick([300, 1000])
  ]
  const played = version ?? random.pick(behaviours)
  const isV2 = played.startsWith("3")
  return {
    seed,
    attempts,
    retryDelay,
    queuedFor,
    troubles: troubles.toSorted((a, b) => a.at - b.at),
    lossy,
    active,
    idle,
    settle,
    // A log that is exchanged for a longer one, and cut at a line's end by chance, shows only in the whole. On API v2 every
    // line's end is such a place.
    verify: troubles.some(({ kind }) => kind === "log replaced" || (isV2 && kind === "log truncated"))
      ? "whole"
      : "tail",
    version: played,
    // Damage is judged by the order of lines.
    overtaking: lossy ? 0 : random.pick([0, 0, 40]),
    servedPart: random.chance(0.25) ? random.between(200, 8000) : undefined
  }
}

export const isLossy = ({ kind }: Trouble): boolean =>
  kind === "log truncated" || kind === "log replaced" || kind === "log deleted"
