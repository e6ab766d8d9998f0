/** A case in a browser, and what cases share. */
import type { BrowserContext, Page } from "playwright-core"
import type { Agent } from "./page/agent.js"
import type { Site } from "./site.js"
import type { Target } from "./target.js"

export interface Env {
  readonly target: Target
  /** Where the pages of another origin come from, which the target allows. */
  readonly site: Site
  readonly context: BrowserContext
  /** Opens a page with our code; of the other origin, unless told. */
  readonly open: (origin?: string) => Promise<Page>
  /** Prints a line below the case's name. */
  readonly say: (line: string) => void
}

export interface Case {
  readonly name: string
  /** Undefined: on the fake and on real ones. */
  readonly on?: "fake" | "real"
  readonly api?: "v1" | "v2"
  readonly run: (env: Env) => Promise<void>
}

/** Calls a function of the page's agent; later, as what a debugger evaluates is free of the page's policy. */
export const call = <Name extends keyof Agent>(
  page: Page,
  name: Name,
  ...args: Parameters<Agent[Name]>
): Promise<Awaited<ReturnType<Agent[Name]>>> =>
  page.evaluate(
    ([name, args]) =>
      new Promise<unknown>((resolve, reject) => {
        setTimeout(() => {
          const run = window.agent[name] as (...args: ReadonlyArray<unknown>) => unknown
          Promise.resolve(run(...args)).then(resolve, reject)
        })
      }),
    [name, args] as const
  ) as Promise<Awaited<ReturnType<Agent[Name]>>>

/** Fails when it is not over in time: a page can hang for ever. */
export const within = async <A>(seconds: number, work: Promise<A>): Promise<A> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${seconds} s`)), seconds * 1000)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const isBefore = (version: string, other: string): boolean =>
  version.localeCompare(other, "en", { numeric: true }) < 0

/** How a server refuses who proves nothing, as the conformance suite found it: by its FAB provider. */
export const unauthenticated = (version: string): 401 | 403 =>
  (!isBefore(version, "2.9") && isBefore(version, "2.10")) ||
  (!isBefore(version, "2.11.1") && isBefore(version, "3"))
    ? 403
    : 401

export const delay = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/** Waits until something is so. */
export const until = async <A>(
  what: string,
  look: () => Promise<A> | A,
  isSo: (found: A) => boolean,
  seconds = 120
): Promise<A> => {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (isSo(found)) return found
    if (Date.now() > end)
      throw new Error(`not within ${seconds} s: ${what}; last: ${JSON.stringify(found).slice(0, 500)}`)
    await delay(100)
  }
}

let runs = 0

/** A run id that no other case has. */
export const newRun = (): string => `page-${Date.now().toString(36)}-${++runs}`

/** Until nothing has arrived for so long; how much had. */
export const quiet = async ({ arrived }: Target, millis: number): Promise<number> => {
  const before = arrived.length
  await delay(millis)
  return arrived.length - before
}
