/** When a version was released, found with `uv` alone: it heeds the index and the proxy that are set up here. */
import { tryRun } from "system/shell"

const day = 86_400_000

const iso = (days: number): string => new Date(days * day).toISOString().slice(0, 10)

/**
 * Two weeks after the first day on which the index has the version: what depends on it had been put right by then.
 * Undefined when the index does not have it, or says of no file since when.
 */
export const packagesUntil = async (
  uv: string,
  python: string,
  name: string
): Promise<string | undefined> => {
  const isThere = async (days: number): Promise<boolean> => {
    const ask = ["pip", "install", "--quiet", "--dry-run", "--no-deps", "--python", python]
    const result = await tryRun(uv, ask.concat("--exclude-newer", iso(days), `apache-airflow==${name}`))
    return result?.code === 0
  }
  const today = Math.floor(Date.now() / day) + 1
  if (!(await isThere(today))) return undefined
  // Airflow 2.0.0 came on 2020-12-17.
  let [before, since] = [Math.floor(Date.parse("2020-12-01") / day), today]
  while (since - before > 1) {
    const middle = Math.floor((before + since) / 2)
    if (await isThere(middle)) since = middle
    else before = middle
  }
  return iso(Math.min(since + 14, today))
}
