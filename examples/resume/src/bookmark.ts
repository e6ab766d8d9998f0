/**
 * Where to go on, so that no line is lost or written twice, at whatever moment the program is killed.
 *
 * Adding lines to the output and saving the cursor after them are two writes, and a kill can come between them:
 * then the lines are there, the cursor is from before them, and they would be written again. The other order
 * would lose them. So the bookmark holds two things, the cursor and how long the output was with all lines up
 * to it, and one `rename` moves both at once:
 *
 *   1. the lines are written at the end of the output, and flushed;
 *   2. the new bookmark is written to another file, flushed, and renamed to the bookmark.
 *
 * At the start the output is cut to the length in the bookmark. A kill before the rename leaves the old bookmark,
 * and what was written after it, whole or in part, is cut off and read again; after the rename there is nothing
 * to undo. There is no third case, for a rename is done or not done.
 */
import type { LogCursorJson } from "@effect-airflow/logs/LogCursor"
import { open, readFile, rename, rm } from "node:fs/promises"

export interface Bookmark {
  /** Of the output, in bytes. */
  readonly length: number
  /** Null: nothing has been read. */
  readonly cursor: LogCursorJson | null
}

/** Undefined: there is none. */
export const load = async (path: string): Promise<Bookmark | undefined> => {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Bookmark
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

export const save = async (path: string, bookmark: Bookmark): Promise<void> => {
  const next = `${path}.next`
  // A cursor can hold a piece of the log: it is kept from others, as a log would be.
  const file = await open(next, "w", 0o600)
  try {
    await file.writeFile(JSON.stringify(bookmark))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
}

export const remove = (path: string): Promise<void> => rm(path, { force: true })
