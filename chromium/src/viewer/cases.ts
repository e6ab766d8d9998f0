/** What is checked of the log viewer in a real browser. */
import * as Keyboard from "./keyboard.js"
import * as Million from "./million.js"
import type { Case } from "./pages.js"
import * as Pictures from "./pictures.js"
import * as Reading from "./reading.js"
import * as Safety from "./safety.js"
import * as Stopping from "./stopping.js"
import * as Trouble from "./trouble.js"

/** What depends on the Airflow behind it: its login, its logs, its errors. */
export const ofEachVersion: ReadonlyArray<Case> = [...Safety.cases, ...Reading.cases, ...Trouble.cases]

export const cases: ReadonlyArray<Case> = [
  ...ofEachVersion,
  ...Keyboard.cases,
  ...Stopping.cases,
  ...Million.cases,
  ...Pictures.cases
]
