/** Times as Airflow 2.x writes them. */

/** `2024-01-31T08:15:00.123000+00:00`; without the fraction when it is zero. */
export const iso = (millis: number): string => {
  const text = new Date(millis).toISOString()
  const fraction = text.slice(20, 23)
  return `${text.slice(0, 19)}${fraction === "000" ? "" : `.${fraction}000`}+00:00`
}

/** `2024-01-31T08:15:00.123+0000`, of log lines. */
export const logTime = (millis: number): string => `${new Date(millis).toISOString().slice(0, 23)}+0000`

/** `20240131T081500`. */
export const compact = (millis: number): string =>
  new Date(millis).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")
