/** The Content-Security-Policy that a document tells: pages are tried under what is told, and that alone. */
import { readFileSync } from "node:fs"

/** Fails if there is none in this file of the repository. */
export const toldIn = (file: string): string => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")
  const told = /^```\n(default-src [^`]+)\n```$/m.exec(text)?.[1]
  if (told === undefined) throw new Error(`there is no policy in ${file}`)
  return told.replaceAll("\n", " ")
}
