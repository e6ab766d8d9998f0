/** Where the lines go. */
import type { LogLine } from "@effect-airflow/logs/LogLine"
import * as SafeText from "@effect-airflow/logs/SafeText"
import { open as openFile } from "node:fs/promises"

export interface Output {
  /** Resolves when the lines are where a kill of this program does not reach them. */
  readonly write: (lines: ReadonlyArray<LogLine>) => Promise<void>
  /** With all lines that were written, in bytes. */
  readonly length: () => number
}

const stdout = (): Output => {
  // That the reader has gone away is told to who writes.
  process.stdout.on("error", () => {})
  return {
    write: (lines) => {
      // What a task prints is not to be trusted with the terminal.
      const text = lines.map(({ raw }) => `${SafeText.strip(raw)}\n`).join("")
      return new Promise((resolve, reject) =>
        process.stdout.write(text, (error) => (error == null ? resolve() : reject(error)))
      )
    },
    length: () => 0
  }
}

/**
 * A file, cut to the saved length, or else to be added to. A line that had stood without its end can go on later
 * (`continued`): that is written over the newline of the line, so at the start the newline is put there anew.
 */
const file = async (path: string, saved: number | undefined): Promise<Output> => {
  // Opened for appending it would be there if it was not, but then could not be written over.
  if (saved === undefined) await (await openFile(path, "a")).close()
  const output = await openFile(path, "r+")
  const put = async (text: string, at: number): Promise<number> => {
    const bytes = Buffer.from(text)
    for (let done = 0; done < bytes.length;) {
      done += (await output.write(bytes, done, bytes.length - done, at + done)).bytesWritten
    }
    return at + bytes.length
  }
  const { size } = await output.stat()
  let length = saved ?? size
  if (size < length) throw new Error(`${path} is shorter than its bookmark says: one of them was changed`)
  await output.truncate(length)
  if (saved !== undefined && saved > 0) await put("\n", saved - 1)
  return {
    write: async (lines) => {
      const goesOn = lines[0]?.continued === true
      const text = lines.map(({ continued, raw }) => (continued === true ? raw : `\n${raw}`)).join("")
      // The newline before the first line is there already, unless it is the one to be written over.
      length = goesOn ? await put(`${text}\n`, length - 1) : await put(`${text.slice(1)}\n`, length)
      await output.datasync()
    },
    length: () => length
  }
}

export const open = (path: string | undefined, length: number | undefined): Promise<Output> =>
  path === undefined ? Promise.resolve(stdout()) : file(path, length)
