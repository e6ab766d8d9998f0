/** Where things are: all below `.airflow` in the repository, which git ignores. */
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(new URL(".", import.meta.url))

export const root: string = process.env["AIRFLOW_TOOL_ROOT"] ?? resolve(here, "../../../.airflow")
export const dags: string = resolve(here, "../dags")
export const uvEnvironment: string = join(root, "uv")

export interface Paths {
  readonly venv: string
  readonly home: string
  readonly state: string
  readonly output: string
}

export const of = (version: string): Paths => {
  const base = join(root, version)
  return {
    venv: join(base, "venv"),
    home: join(base, "home"),
    state: join(base, "state.json"),
    output: join(base, "output")
  }
}
