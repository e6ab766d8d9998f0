/** All cases. */
import type { Case } from "../suite.js"
import * as Attention from "./attention.js"
import * as Hostile from "./hostile.js"
import * as Origins from "./origins.js"
import * as Policy from "./policy.js"
import * as SameOrigin from "./sameOrigin.js"
import * as Stops from "./stops.js"

export const all: ReadonlyArray<Case> = [
  ...Origins.cases,
  ...SameOrigin.cases,
  ...Stops.cases,
  ...Attention.cases,
  ...Policy.cases,
  ...Hostile.cases
]
