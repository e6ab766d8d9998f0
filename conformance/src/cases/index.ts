/** All cases. Those that wait for tasks come first: the others fill the time. */
import type { Case } from "../suite.js"
import * as Batch from "./batch.js"
import * as Cors from "./cors.js"
import * as DagRuns from "./dagRuns.js"
import * as Damage from "./damage.js"
import * as Depth from "./depth.js"
import * as Errors from "./errors.js"
import * as Follow from "./follow.js"
import * as Links from "./links.js"
import * as List from "./list.js"
import * as Log from "./log.js"
import * as Mapped from "./mapped.js"
import * as Python from "./python.js"
import * as TaskInstance from "./taskInstance.js"
import * as V2 from "./v2/index.js"
import * as Watch from "./watch.js"

export const all: ReadonlyArray<Case> = [
  ...Depth.cases,
  ...Follow.cases,
  ...Damage.cases,
  ...Watch.cases,
  ...V2.waiting,
  ...TaskInstance.cases,
  ...List.cases,
  ...Batch.cases,
  ...Mapped.cases,
  ...Links.cases,
  ...Log.cases,
  ...Python.cases,
  ...Errors.cases,
  ...DagRuns.cases,
  ...Cors.cases,
  ...V2.reading
]
