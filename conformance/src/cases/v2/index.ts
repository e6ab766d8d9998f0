/** The cases of API v2, and of what works on any server. */
import type { Case } from "../../suite.js"
import * as Changes from "./changes.js"
import * as Errors from "./errors.js"
import * as Facade from "./facade.js"
import * as HalfLines from "./halfLines.js"
import * as List from "./list.js"
import * as Log from "./log.js"
import * as TaskInstance from "./taskInstance.js"
import * as Tries from "./tries.js"

/** Those that wait for tasks, most of them. */
export const waiting: ReadonlyArray<Case> = [
  ...HalfLines.cases,
  ...Tries.cases,
  ...Changes.cases,
  ...Facade.cases
]

export const reading: ReadonlyArray<Case> = [
  ...TaskInstance.cases,
  ...List.cases,
  ...Log.cases,
  ...Errors.cases
]
