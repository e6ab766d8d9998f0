/** All cases. */
import type { Case } from "../suite.js"
import * as Origins from "./origins.js"

export const all: ReadonlyArray<Case> = [...Origins.cases]
