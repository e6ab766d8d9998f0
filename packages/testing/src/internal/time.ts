/** Times as Airflow writes them. */

/** `2024-01-31T08:15:00.123000+00:00`; without the fraction when it is zero. */
export const iso = (millis: number): string => {
  const text = new Date(millis).toISOString()
  const fraction = text.slice(20, 23)
  return `${text.slice(0, 19)}${fraction === "000" ? "" : `.${fraction}000`}+00:00`
}

/** The same as API v2 writes it: `2024-01-31T08:15:00.123000Z`. */
export const zulu = (millis: number): string => iso(millis).replace("+00:00", "Z")

/** `2024-01-31T08:15:00.123004Z` of microseconds, as the log records of Airflow 3 have it. */
export const zuluMicros = (micros: number): string =>
  `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, 23)}${String(micros % 1000).padStart(3, "0")}Z`

/** `2024-01-31T08:15:00.123+0000`, of log lines. */
export const logTime = (millis: number): string => `${new Date(millis).toISOString().slice(0, 23)}+0000`

/** `20240131T081500`. */
export const compact = (millis: number): string =>
  new Date(millis).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")
