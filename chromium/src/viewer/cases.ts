/** What is checked of the log viewer in a real browser. */
import * as Keyboard from "./keyboard.js"
import * as Million from "./million.js"
import type { Case } from "./pages.js"
import * as Pictures from "./pictures.js"
import * as Reading from "./reading.js"
import * as Safety from "./safety.js"
import * as Stopping from "./stopping.js"
import * as Trouble from "./trouble.js"

export const cases: ReadonlyArray<Case> = [
  ...Safety.cases,
  ...Reading.cases,
  ...Keyboard.cases,
  ...Trouble.cases,
  ...Stopping.cases,
  ...Million.cases,
  ...Pictures.cases
]
