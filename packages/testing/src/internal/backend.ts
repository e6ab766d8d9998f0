/** What the views of both API versions ask. */
import type { Behaviour } from "./behaviour.js"
import type { Negotiate } from "./negotiate.js"
import type { HalfLine } from "./v2/cutLines.js"
import type { World } from "./world.js"

/** Who may do what. */
export interface User {
  readonly username: string
  readonly password: string
  readonly role: "Admin" | "Viewer" | "Public"
}

export interface LogSettings {
  readonly secret: string
  /** The key of those who serve logs; with another one, the web server may not read them. */
  readonly workerSecret: string
  /** Of the log that a worker serves, a server of Airflow 3 reads so many characters at a time. */
  readonly servedPart: number
  /** What the next looks at a log that is being written find half written. */
  readonly halfLines: Array<HalfLine>
}

export interface JwtSettings {
  readonly secret: string
  /** How many milliseconds a token lives. */
  readonly life: number
}

export interface Backend {
  readonly world: World
  readonly users: ReadonlyArray<User>
  readonly log: LogSettings
  readonly jwt: JwtSettings
  /** Who asks proves it by Kerberos, and in no other way; undefined: in the ways that the version has by itself. */
  readonly negotiate: Negotiate | undefined
  readonly behaviour: Behaviour
  readonly now: () => number
}
