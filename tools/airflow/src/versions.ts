/**
 * What a version of Airflow needs. Its dependencies are pinned by a date: the packages that were newest soon
 * after the release are the ones it was released with.
 */
export interface Version {
  readonly name: string
  readonly major: 2 | 3
  /** No package published later is installed. Undefined: it is found out (`released.ts`). */
  readonly packagesUntil: string | undefined
  /** More requirements, where the date alone does not give the set that was tested. */
  readonly extra: ReadonlyArray<string>
  /** The Python versions it runs on, the first being preferred. */
  readonly pythons: ReadonlyArray<string>
}

/** Those that everything is tried with. */
export const tested: ReadonlyArray<string> = [
  "2.7.3",
  "2.9.3",
  "2.11.0",
  "2.11.2",
  "3.0.6",
  "3.1.8",
  "3.2.1",
  "3.3.2"
]

const dates: Readonly<Record<string, string>> = {
  "2.7.3": "2023-12-01",
  "2.9.3": "2024-08-01",
  "2.10.5": "2025-02-20",
  "2.11.0": "2025-06-05",
  "2.11.2": "2026-04-01",
  "3.0.6": "2025-09-15",
  "3.1.8": "2026-04-01",
  "3.2.1": "2026-05-10",
  "3.3.2": "2026-10-01"
}

/** Undefined: not the name of a version. */
export const parse = (name: string): Version | undefined => {
  const match = /^([23])\.(\d+)\.\d+$/.exec(name)
  if (match === null) return undefined
  const [major, minor] = [Number(match[1]) as 2 | 3, Number(match[2])]
  return {
    name,
    major,
    packagesUntil: dates[name],
    extra: name === "2.11.2" ? ["apache-airflow-providers-fab<2"] : [],
    pythons: major === 2 && minor < 9 ? ["3.11"] : ["3.11", "3.12"]
  }
}

/** A port of its own for each version, so that several run side by side. */
export const defaultPort = ({ name }: Version): number => {
  const [major = 0, minor = 0, patch = 0] = name.split(".").map(Number)
  return 20_000 + major * 3000 + minor * 100 + patch * 5
}
