/**
 * Chromium by its own protocol, without a library: one that drives tabs for tests makes each believe that it is seen, and here
 * one must be hidden.
 */
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable, Writable } from "node:stream"
import * as Install from "./install.js"

export interface Tab {
  readonly evaluate: (expression: string) => Promise<unknown>
  /** Brings it to the front of its window: the others are hidden. */
  readonly show: () => Promise<void>
}

export interface Chromium {
  readonly open: (url: string) => Promise<Tab>
  readonly close: () => Promise<void>
}

interface Answer {
  readonly id?: number
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string }
}

export const start = async (): Promise<Chromium> => {
  const profile = await mkdtemp(join(tmpdir(), "chromium-"))
  const child = spawn(
    Install.ensure(),
    [
      ...Install.quiet,
      "--headless=new",
      "--remote-debugging-pipe",
      `--user-data-dir=${profile}`,
      "about:blank"
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] }
  )
  const input = child.stdio[3] as Writable
  const output = child.stdio[4] as Readable
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>()
  let last = 0
  let text = ""
  output.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8")
    for (let end = text.indexOf("\0"); end !== -1; end = text.indexOf("\0")) {
      const answer = JSON.parse(text.slice(0, end)) as Answer
      text = text.slice(end + 1)
      const asked = answer.id === undefined ? undefined : waiting.get(answer.id)
      if (asked === undefined) continue
      waiting.delete(answer.id!)
      if (answer.error === undefined) asked.resolve(answer.result as never)
      else asked.reject(new Error(answer.error.message))
    }
  })
  child.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("Chromium is gone"))
  })
  const send = <A>(method: string, params: object = {}, sessionId?: string): Promise<A> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      input.write(
        `${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`
      )
    })
  return {
    open: async (url) => {
      const { targetId } = await send<{ targetId: string }>("Target.createTarget", { url })
      const { sessionId } = await send<{ sessionId: string }>("Target.attachToTarget", {
        targetId,
        flatten: true
      })
      return {
        evaluate: async (expression) => {
          const { exceptionDetails, result } = await send<{
            readonly result: { readonly value?: unknown }
            readonly exceptionDetails?: { readonly text: string }
          }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId)
          if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text)
          return result.value
        },
        show: async () => {
          await send("Target.activateTarget", { targetId })
        }
      }
    },
    close: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve))
      await send("Browser.close").catch(() => child.kill())
      await gone
      await rm(profile, { recursive: true, force: true })
    }
  }
}
