/**
 * A fake Apache Airflow for tests and demos: a real HTTP server on 127.0.0.1 that answers as a named version of
 * Airflow does, 2.7 to 2.11 with API v1 or 3.0 to 3.3 with API v2, with tasks that write their logs over time,
 * users, and faults on request. It shares no code with the client, and shows nothing that was not seen on a real
 * server first.
 *
 * Users: `admin` (password `admin`), `viewer` (`viewer`, may not write), and with Airflow 2 `nobody` (`nobody`, may
 * do nothing). Airflow 2 takes them as Basic credentials (or by Kerberos alone: see {@link Options}), Airflow 3 gives a
 * token for them at `POST /auth/token`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as FakeClock from "./FakeClock.js"
import type { ArrivedRequest, Fault, Injection } from "./Fault.js"
import type { Edit } from "./internal/attemptLog.js"
import type { Backend } from "./internal/backend.js"
import * as Behaviour from "./internal/behaviour.js"
import * as Cors from "./internal/cors.js"
import { Faults } from "./internal/faults.js"
import * as Negotiate from "./internal/negotiate.js"
import { Responder } from "./internal/respond.js"
import * as Server from "./internal/server.js"
import * as RouterV1 from "./internal/v1/router.js"
import type * as CutLines from "./internal/v2/cutLines.js"
import * as Records from "./internal/v2/records.js"
import * as RouterV2 from "./internal/v2/router.js"
import { type Instance, statusAt, World } from "./internal/world.js"
import type { Conf, Dag } from "./Scenario.js"
import * as StandardScenario from "./StandardScenario.js"

/**
 * A user of the fake.
 *
 * @since 0.1.0
 * @category models
 */
export interface User {
  readonly username: string
  readonly password: string
  /** `Admin` may do all, `Viewer` may read, `Public` may do nothing. */
  readonly role: "Admin" | "Viewer" | "Public"
}

/**
 * A run to start with.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly conf?: Conf
  /** Milliseconds it was triggered ago. Default 0. */
  readonly ago?: number
}

/**
 * What a fake holds. Every field has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * The version it behaves as: any from 2.7 to 3.3, e.g. `"3.2.1"`; one that was not measured behaves as the nearest
   * one before it. A list stands for several web servers behind one address, which answer in turn. Default
   * `"2.11.0"`.
   */
  readonly version?: string | ReadonlyArray<string>
  /** Default: those of `StandardScenario`. */
  readonly dags?: ReadonlyArray<Dag>
  /** Default: none. */
  readonly runs?: ReadonlyArray<RunOptions>
  /** Default: the machine's. */
  readonly clock?: FakeClock.FakeClock
  readonly users?: ReadonlyArray<User>
  /**
   * How users of Airflow 2 prove who they are. `basic`: by name and password. `negotiate`: by Kerberos, and in no other
   * way, as a server does whose only backend is kerberos_auth; `negotiateToken` gives what they send, and each token is
   * taken once. Measured on 2.11.0. Default `basic`.
   */
  readonly auth?: "basic" | "negotiate"
  /**
   * Milliseconds that a token of Airflow 3 lives. As the real one, it is taken for ten seconds more. Default
   * 86,400,000, a day.
   */
  readonly jwtLife?: number
  /**
   * Milliseconds after which what a task of Airflow 3 prints is written, with the time at which it is: the process that
   * looks after a task stamps it when it reads it. A record of a logger is stamped at once, but written after it. As
   * the server sorts by time, the record then stands before lines that were shown without it, and a position in the log
   * that was given out before means another line. On real servers of 3.0 to 3.3 it was 1 to 100, mostly for the last
   * lines of a task. Default 0: the order in which things are written is that of their times.
   */
  readonly stdoutDelay?: number
  /**
   * How many characters a server from Airflow 3.1 on reads at a time of a running attempt's log that the worker serves.
   * The last of these parts often fails (here with every other length), as the worker ends the connection too early.
   * The server reads the file from the disk, too, so nothing is missing; but where the worker's copy ends inside a line,
   * that half stands in the answer as a record of its own, and counts in the token. Default 5,242,880, as in 3.1 to
   * 3.3. A worker of 3.0 sends all of it.
   */
  readonly servedPart?: number
  /**
   * Lets pages of other origins call the API, by Airflow's settings `access_control_allow_origins`, `…_headers` (default
   * `authorization` and `content-type`) and `…_methods` (default GET, POST, PATCH, DELETE and OPTIONS). Default: none may.
   */
  readonly cors?: {
    readonly origins: ReadonlyArray<string>
    readonly headers?: ReadonlyArray<string>
    readonly methods?: ReadonlyArray<string>
  }
}

/**
 * A look at a log that finds a line half written.
 *
 * @since 0.1.0
 * @category models
 */
export interface HalfLine {
  /**
   * `both`: the half is the last that the server has read; `served`: it was read from the worker, and the whole line
   * after it from the disk. Default `both`.
   */
  readonly copy?: "both" | "served"
  /** How many lines it stands before the last one. Default 0. */
  readonly back?: number
  /** How many characters of it are there. Default 40. */
  readonly chars?: number
  /** With `both`: how many are in the copy from the disk, where that ends at another character. Default: as many. */
  readonly disk?: number
}

/**
 * Names an attempt.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttemptId {
  readonly dag_id: string
  readonly dag_run_id: string
  readonly task_id: string
  /** Default -1: not mapped. */
  readonly map_index?: number
  /** Default: the one the task instance is at. */
  readonly try_number?: number
}

/**
 * A log file of an attempt.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogFile {
  /**
   * Who writes it: the worker, the triggerer while the task is deferred, or in Airflow 2.9 the scheduler when it misses
   * the worker.
   */
  readonly source: "worker" | "trigger" | "scheduler"
  /** Its lines, as Airflow reads them; with Airflow 3, the `event` of each record. */
  readonly lines: ReadonlyArray<string>
}

/**
 * A running fake.
 *
 * @example
 * import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
 * import * as FakeClock from "@effect-airflow/testing/FakeClock"
 *
 * const clock = FakeClock.manual()
 * await using fake = await FakeAirflow.start({ clock, runs: [{ dag_id: "ticker", dag_run_id: "r1" }] })
 * const tick = { dag_id: "ticker", dag_run_id: "r1", task_id: "tick" }
 * clock.advance(5000)
 * fake.truncateLog(tick, 10)
 * fake.goDown()
 * clock.advance(5000)
 * fake.comeBack({ secretKey: true })
 * console.log(fake.written(tick).length, fake.logFiles(tick)[0]?.lines.length)
 *
 * @since 0.1.0
 * @category models
 */
export interface FakeAirflow extends AsyncDisposable {
  /** Where it listens, e.g. `http://127.0.0.1:40123`. */
  readonly baseUrl: string
  /** The same without a socket; the host of the URL does not matter. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  readonly clock: FakeClock.FakeClock
  /** All requests so far, in the order of their arrival. */
  readonly requests: ReadonlyArray<ArrivedRequest & { readonly status: number }>
  /** Connections that are open now. */
  readonly openSockets: () => number
  /** Starts a run now; throws when there is no such DAG, or such a run already. */
  readonly trigger: (
    dag_id: string,
    options?: { readonly dag_run_id?: string; readonly conf?: Conf }
  ) => string
  /**
   * The lines an attempt has written so far, whatever became of its log file. With Airflow 3, the `event` of each
   * record.
   */
  readonly written: (id: AttemptId) => ReadonlyArray<string>
  /**
   * The records that Airflow 3 shows of an attempt's log now, each as the JSON text that stands in `content`, without
   * what the server says before them. None with Airflow 2.
   */
  readonly records: (id: AttemptId) => ReadonlyArray<string>
  /**
   * The next look at the log of a running attempt of Airflow 3 that finds a new line finds it half written. May be called
   * several times, for as many looks.
   */
  readonly readHalfLine: (half?: HalfLine) => void
  /** The log files of an attempt as they are now. */
  readonly logFiles: (id: AttemptId) => ReadonlyArray<LogFile>
  /** Lets a fault strike requests to come. */
  readonly inject: (fault: Fault, injection?: Injection) => void
  /** Takes back all faults that have not struck. */
  readonly clearFaults: () => void
  /** From now on tokens are signed with another key, on all machines: those given out are refused. */
  readonly rotateSecretKey: () => void
  /** Deletes an attempt's log file. What a running task writes after that is lost, too. */
  readonly deleteLog: (id: AttemptId) => void
  /** Cuts an attempt's log file after some lines. What the task writes after that is appended. */
  readonly truncateLog: (id: AttemptId, keepLines: number) => void
  /**
   * Puts other lines into an attempt's log file. What the task writes after that is appended. With Airflow 3 a line
   * may be a record as JSON, or any text.
   */
  readonly replaceLog: (id: AttemptId, lines: ReadonlyArray<string>) => void
  /**
   * Clears a task instance, as an operator does with `airflow tasks clear`: one that is over is run again, one that runs
   * is killed (`restarting`; within two seconds, with Airflow 3 within eleven) and tried again, and a run that was over
   * goes on. Its attempts keep their numbers and logs. (Over API v1 one that runs is not touched; with Airflow 3.0 one that
   * was killed stays `restarting` until it is cleared once more.)
   */
  readonly clear: (id: Omit<AttemptId, "try_number">) => void
  /**
   * Another version answers from now on, with the same runs and logs, as after an upgrade. What was planned before,
   * as the attempts of a task that runs, is still written as the version before did.
   */
  readonly setVersion: (version: string | ReadonlyArray<string>) => void
  /**
   * A new token, as Kerberos would make it for a user of any name: what stands behind `Negotiate`. It is good for one
   * request.
   */
  readonly negotiateToken: (username: string) => string
  /** A user is gone: no more logins. As with the real one, tokens given out go on until they end. */
  readonly removeUser: (username: string) => void
  /** From now on tokens of Airflow 3 are signed with another secret: those given out are refused. */
  readonly rotateJwtSecret: () => void
  /** Takes the server off the net: connections break, and new ones are dropped at once. Tasks go on. */
  readonly goDown: () => void
  /**
   * Brings it back. With `secretKey`, its tokens are signed with another key, or with the one that is named (at
   * first it is `fake-secret`): those given out with a different one are refused, and as the workers do not
   * know that key, it may not read the logs they serve, and says so.
   */
  readonly comeBack: (options?: { readonly secretKey?: boolean | string }) => void
  /** Stops it and closes its connections. */
  readonly close: () => Promise<void>
}

const defaultUsers = (api: "v1" | "v2"): ReadonlyArray<User> => [
  { username: "admin", password: "admin", role: "Admin" },
  { username: "viewer", password: "viewer", role: "Viewer" },
  ...(api === "v1" ? [{ username: "nobody", password: "nobody", role: "Public" } as const] : [])
]

/** How the web servers behave. */
const behaviours = (version: string | ReadonlyArray<string>): ReadonlyArray<Behaviour.Behaviour> => {
  const all = (typeof version === "string" ? [version] : version).map(Behaviour.of)
  if (new Set(all.map(({ api }) => api)).size !== 1) {
    throw new Error(
      `web servers of one database must speak the same API: ${all.map((one) => one.version).join(", ")}`
    )
  }
  return all
}

const firstKey = "fake-secret"

/**
 * Starts a fake, for those who do not use Effect. Close it when done, or use `await using`.
 *
 * @example
 * import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
 * import { dag, print, task } from "@effect-airflow/testing/Scenario"
 *
 * await using fake = await FakeAirflow.start({
 *   dags: [dag("etl", [task("load", { run: [print("loaded")] })])],
 *   runs: [{ dag_id: "etl", dag_run_id: "r1" }]
 * })
 * console.log(fake.baseUrl)
 *
 * @since 0.1.0
 * @category constructors
 */
export const start = async (options: Options = {}): Promise<FakeAirflow> => {
  const {
    auth = "basic",
    clock = FakeClock.real(),
    dags = StandardScenario.dags,
    jwtLife = 86_400_000,
    runs = [],
    servedPart = 5_242_880,
    stdoutDelay = 0,
    version = "2.11.0"
  } = options
  const takingAuth = (versions: string | ReadonlyArray<string>) => {
    const all = behaviours(versions)
    if (auth === "negotiate" && all.some(({ api }) => api !== "v1")) {
      throw new Error("Airflow 3 takes no Kerberos")
    }
    return all
  }
  let serving = takingAuth(version)
  let turn = 0
  const first = () => serving[0]!
  const negotiate = Negotiate.make()
  let users = options.users ?? defaultUsers(first().api)
  const world = new World(dags, first, stdoutDelay)
  const faults = new Faults()
  const requests: Array<ArrivedRequest & { readonly status: number }> = []
  const halfLines: Array<CutLines.HalfLine> = []
  let keys = 0
  let secret = firstKey
  let workerSecret = firstKey
  let jwtSecret = "fake-jwt-secret"
  const cors = options.cors && {
    headers: ["authorization", "content-type"],
    methods: ["GET", "POST", "PATCH", "DELETE", "OPTIONS"],
    ...options.cors
  }

  const answer = (request: ArrivedRequest) => {
    const behaviour = serving[turn++ % serving.length]!
    const backend: Backend = {
      world,
      users,
      behaviour,
      now: clock.now,
      log: { secret, workerSecret, servedPart, halfLines },
      jwt: { secret: jwtSecret, life: jwtLife },
      negotiate: auth === "negotiate" ? negotiate : undefined
    }
    return Cors.around(cors, behaviour, request, () =>
      behaviour.api === "v1" ? RouterV1.answer(backend, request) : RouterV2.answer(backend, request)
    )
  }
  const responder = new Responder(answer, faults)
  const handle = (incoming: Omit<ArrivedRequest, "at">) => {
    const request = { ...incoming, at: clock.now() }
    const response = responder.respond(request)
    requests.push({ ...request, status: response.status })
    return response
  }
  const find = ({ dag_id, dag_run_id, map_index = -1, task_id }: AttemptId): Instance => {
    const found = world
      .run(dag_id, dag_run_id)
      ?.instances.find(
        (instance) =>
          instance.task.task_id === task_id &&
          instance.map_index === map_index &&
          clock.now() < instance.until
      )
    if (found === undefined)
      throw new Error(`no such task instance: ${dag_id} ${dag_run_id} ${task_id} ${map_index}`)
    return found
  }
  const attemptOf = (instance: Instance, { try_number }: AttemptId) =>
    try_number ?? statusAt(instance, clock.now()).try_number

  const edit = (id: AttemptId, to: Edit["to"]) => {
    const instance = find(id)
    world.edit(instance, attemptOf(instance, id), to, clock.now())
  }
  const anotherKey = () => `${firstKey}-${++keys}`
  const setDown = (down: boolean) => {
    server.setDown(down)
    inMemory.setDown(down)
  }

  const trigger = (dag_id: string, dag_run_id: string, conf: Conf, at: number) => {
    const dag = world.dags.get(dag_id)
    if (dag === undefined) throw new Error(`no such DAG: ${dag_id}`)
    if (world.run(dag_id, dag_run_id) !== undefined)
      throw new Error(`the run is there already: ${dag_run_id}`)
    world.trigger(dag, dag_run_id, conf, at)
    return dag_run_id
  }
  for (const { ago = 0, conf = {}, dag_id, dag_run_id } of runs)
    trigger(dag_id, dag_run_id, conf, clock.now() - ago)

  const server = await Server.listen(handle)
  const inMemory = Server.inMemory(handle)
  const close = () => {
    setDown(true)
    return server.close()
  }
  return {
    baseUrl: `http://127.0.0.1:${server.port}`,
    fetch: (input, init) => inMemory.fetch(new Request(input, init)),
    clock,
    requests,
    openSockets: server.sockets,
    trigger: (dag_id, { conf = {}, dag_run_id = `manual__${new Date(clock.now()).toISOString()}` } = {}) =>
      trigger(dag_id, dag_run_id, conf, clock.now()),
    written: (id) => {
      const instance = find(id)
      const log = world.written(instance, attemptOf(instance, id))
      if (log === undefined) return []
      return first().api === "v1"
        ? log.lines(clock.now())
        : Records.read(log, clock.now(), false).map(({ event }) => event)
    },
    records: (id) => {
      const instance = find(id)
      const log = instance.log(attemptOf(instance, id))
      return log === undefined || first().api === "v1"
        ? []
        : Records.read(log, clock.now(), false).map(({ json }) => json)
    },
    logFiles: (id) => {
      const instance = find(id)
      const log = instance.log(attemptOf(instance, id))
      const files = log?.files(clock.now()) ?? []
      return files.map(({ lines, source }) => ({
        source,
        lines:
          first().api === "v1"
            ? lines()
            : Records.ofFile(log!.raw(clock.now()).filter((line) => line.source === source)).map(
                ({ event }) => event
              )
      }))
    },
    readHalfLine: ({ back = 0, chars = 40, copy = "both", disk } = {}) => {
      halfLines.push({ copy, back, chars, ...(disk === undefined ? {} : { disk }) })
    },
    inject: (fault, injection = {}) => faults.inject(fault, injection),
    clearFaults: () => faults.clear(),
    rotateSecretKey: () => {
      secret = anotherKey()
      workerSecret = secret
    },
    deleteLog: (id) => edit(id, { _tag: "Deleted" }),
    truncateLog: (id, keepLines) => edit(id, { _tag: "Truncated", keepLines }),
    replaceLog: (id, lines) => edit(id, { _tag: "Replaced", lines }),
    clear: (id) => world.clear([find(id)], clock.now(), true),
    setVersion: (version) => {
      serving = takingAuth(version)
    },
    negotiateToken: negotiate.make,
    removeUser: (username) => {
      users = users.filter((user) => user.username !== username)
    },
    rotateJwtSecret: () => {
      jwtSecret = `fake-jwt-secret-${++keys}`
    },
    goDown: () => setDown(true),
    comeBack: ({ secretKey = false } = {}) => {
      if (secretKey !== false) secret = secretKey === true ? anotherKey() : secretKey
      setDown(false)
    },
    close,
    [Symbol.asyncDispose]: close
  }
}

/**
 * A fake that lives as long as the scope. Its clock is Effect's: with `TestClock`, its tasks write as the test
 * adjusts the time.
 *
 * @example
 * import * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const fake = yield* FakeAirflow.make({ runs: [{ dag_id: "quick", dag_run_id: "r1" }] })
 *   return fake.baseUrl
 * }).pipe(Effect.scoped)
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<FakeAirflow, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(FakeClock.fromEffect, (clock) => Effect.promise(() => start({ clock, ...options }))),
    (fake) => Effect.promise(fake.close)
  )
