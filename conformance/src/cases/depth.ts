/** Logs followed through what can befall them, compared line by line with the files on the server's disk. */
import * as TaskInstances from "@effect-airflow/core/v1/TaskInstances"
import * as LogCursor from "@effect-airflow/logs/LogCursor"
import type { FanInEvent, Finished, LogEvent } from "@effect-airflow/logs/LogEvent"
import * as LogFollower from "@effect-airflow/logs/LogFollower"
import { groupTitle, label, type LogLine, type LogTarget } from "@effect-airflow/logs/LogLine"
import * as NodeAirflow from "@effect-airflow/node/NodeAirflow"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as assert from "../assert.js"
import { byVersion, type Case, group, since, type Terms } from "../suite.js"
import { auth, type Target } from "../target.js"
import { checkAttempts, endOf, follow, rawOf, textsOf } from "./follow.js"

/** The client may ask as often as the server's time is fast. */
const test = (name: string, run: Case["run"], terms: Terms = {}): Case =>
  group("depth")(
    name,
    (target) =>
      Effect.provide(
        run(target),
        NodeAirflow.layer({
          baseUrl: target.baseUrl,
          auth: auth(target, "admin"),
          polling: { perSecond: 20 * target.speed }
        })
      ),
    terms
  )

const onText = (name: string, run: Case["run"]): Case => test(name, run, { api: "v1" })
const onRecords = (name: string, run: Case["run"]): Case => test(name, run, { api: "v2" })

const newRun = (() => {
  let runs = 0
  const session = Date.now().toString(36)
  return () => `p${session}-${++runs}`
})()

/** A run of its own, just triggered. */
const triggered = (target: Target, dag_id: string, conf: Record<string, unknown> = {}) =>
  Effect.promise(async () => {
    const run = { dag_id, dag_run_id: newRun() }
    await target.trigger(run.dag_id, run.dag_run_id, conf)
    return run
  })

const finished = (target: Target, { dag_id, dag_run_id }: LogFollower.RunTarget) =>
  Effect.promise(() => target.finished(dag_id, dag_run_id))

const ticking = (target: Target, lines: number) =>
  Effect.map(triggered(target, "ticker", { lines, every: 0.25 }), (run) => ({ ...run, task_id: "tick" }))

const flaky = (target: Target) =>
  Effect.map(triggered(target, "flaky"), (run) => ({ ...run, task_id: "fails_twice" }))

type Event = LogEvent | FanInEvent

/** Follows in the background. */
const watch = <E extends Event, Error, R>(stream: Stream.Stream<E, Error, R>) =>
  Effect.gen(function* () {
    const events: Array<E> = []
    const fiber = yield* Effect.fork(
      Stream.runForEach(stream, (event) => Effect.sync(() => events.push(event)))
    )
    return {
      events,
      /** Until something has happened. */
      until: (wanted: (event: E) => boolean) =>
        Effect.gen(function* () {
          while (!events.some(wanted)) {
            const exit = yield* Fiber.poll(fiber)
            if (Option.isSome(exit) && !events.some(wanted)) {
              yield* exit.value
              assert.fail("it ended before that")
            }
            yield* Effect.sleep("20 millis")
          }
        }),
      /** To its end. */
      end: Effect.as(Fiber.join(fiber), events as ReadonlyArray<E>)
    }
  })

const collect = <E, Error, R>(stream: Stream.Stream<E, Error, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const tick = (index: number) => `tick ${String(index).padStart(6, "0")}`

const prints = (text: string) => (event: Event) => event._tag === "Line" && event.line.text === text

const linesOf = (events: ReadonlyArray<Event>): ReadonlyArray<LogLine> =>
  events.flatMap((event) => (event._tag === "Line" ? [event.line] : []))

const raws = (lines: ReadonlyArray<LogLine>) => lines.map(({ raw }) => raw)

const gapsOf = (events: ReadonlyArray<Event>) =>
  events.flatMap((event) => (event._tag === "Gap" ? [[event.reason, event.at] as const] : []))

const resyncsOf = (events: ReadonlyArray<Event>) =>
  events.flatMap((event) => (event._tag === "Resynced" ? [event.reason] : []))

const retries = (events: ReadonlyArray<Event>) => events.filter(({ _tag }) => _tag === "Retrying").length

const finishedOf = (events: ReadonlyArray<FanInEvent>): Finished => {
  const last = events.at(-1)
  assert.ok(last?._tag === "Finished")
  return last
}

/** The one file of an attempt. */
const fileOf = (target: Target, of: LogTarget, try_number = 1) =>
  Effect.promise(async () => {
    const [written, ...others] = await target.files({ ...of, try_number })
    assert.equal(others.length, 0)
    return written ?? []
  })

/** A cursor as another process would get it. */
const saved = (cursor: LogCursor.LogCursor): LogCursor.LogCursor =>
  Either.getOrThrow(LogCursor.fromJson(JSON.parse(JSON.stringify(LogCursor.toJson(cursor)))))

/** Whether a token is sent to go on from there. */
const hasToken = ({ api }: Target, cursor: LogCursor.LogCursor): boolean =>
  JSON.stringify(LogCursor.toJson(cursor)).includes(api === "v1" ? '"token":' : '"from":{"token":')

/** The pace of several sources here. */
const fanIn = ({ pace, speed }: Target): LogFollower.FanInOptions => ({ ...pace, discovery: 3000 / speed })

/** Without long waits when nothing comes. */
const prompt = ({ pace, speed }: Target): LogFollower.Pace => ({
  ...pace,
  ...(speed === 1 ? { idle: "2 seconds" } : {})
})

/** For what must be seen soon: on the fake all is over in a moment, and looks that bring nothing slow down. */
const brisk = ({ speed }: Target): LogFollower.FanInOptions =>
  speed === 1
    ? { idle: "2 seconds" }
    : { active: "50 millis", idle: "50 millis", settle: "50 millis", discovery: "50 millis" }

/** Each attempt's lines are those of its file; of each task instance, so many attempts. */
const checkSources = (
  target: Target,
  events: ReadonlyArray<FanInEvent>,
  wanted: ReadonlyArray<readonly [of: LogTarget, attempts: number]>
) =>
  Effect.gen(function* () {
    const lines = linesOf(events)
    let total = 0
    for (const [of, attempts] of wanted) {
      for (let try_number = 1; try_number <= attempts; try_number++) {
        const written = yield* fileOf(target, of, try_number)
        const received = lines.filter(
          (line) =>
            line.task_id === of.task_id &&
            line.map_index === (of.map_index ?? -1) &&
            line.try_number === try_number
        )
        assert.ok(written.length > 0)
        assert.deepEqual(raws(received), written, `${label(of)}, attempt ${try_number}`)
        assert.deepEqual(
          received.map(({ index }) => index),
          [...written.keys()]
        )
        total += written.length
      }
    }
    assert.equal(lines.length, total)
    const end = finishedOf(events)
    assert.deepEqual([end.lines, end.gaps, end.failed], [total, 0, 0])
    assert.equal(gapsOf(events).length, 0)
    target.say(`${end.sources} sources: ${total} lines written, ${lines.length} received`)
    return end
  })

const instances = (run: LogFollower.RunTarget, task_id: string, count: number) =>
  Array.from({ length: count }, (_, map_index) => [{ ...run, task_id, map_index }, 1] as const)

/** Over the API: an operator's command takes the real one longer than this DAG runs. */
const clearOverApi = async (target: Target, { dag_id, dag_run_id, task_id }: LogTarget) => {
  const { status, text } = await target.request(`/dags/${encodeURIComponent(dag_id)}/clearTaskInstances`, {
    body: { dag_run_id, task_ids: [task_id], dry_run: false, only_failed: false, reset_dag_runs: true }
  })
  assert.equal(status, 200, text)
}

/** Asks until the answer is as wanted. */
const until = <A, E, R>(target: Target, ask: Effect.Effect<A, E, R>, wanted: (answer: A) => boolean) =>
  Effect.gen(function* () {
    for (let waited = 0; !wanted(yield* ask); waited += 250) {
      assert.ok(waited < 60_000)
      yield* Effect.promise(() => target.wait(250))
    }
  })

/** Of all its task instances. */
const stateOf = (target: Target, { dag_id, dag_run_id }: LogFollower.RunTarget) =>
  Effect.promise(async () => {
    const { json } = await target.request(`/dags/${dag_id}/dagRuns/${dag_run_id}/taskInstances`)
    const { task_instances } = json as {
      readonly task_instances: ReadonlyArray<LogTarget & { state: string }>
    }
    return task_instances.map((row) => `${label(row)} ${row.state}`).join(", ")
  })

const several = [
  test("followMapped: mapped while it runs, one instance failing", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "mapped")
      const events = yield* collect(LogFollower.followMapped({ ...run, task_id: "square" }, fanIn(target)))
      const end = yield* checkSources(target, events, instances(run, "square", 5))
      assert.deepEqual([end.sources, end.complete], [5, 5])
      assert.deepEqual(
        events
          .flatMap((event) =>
            event._tag === "Ended" ? [`${event.target.map_index} ${event.state} ${event.end}`] : []
          )
          .sort(),
        ["0 success", "1 success", "2 success", "3 failed", "4 success"].map((each) => `${each} complete`)
      )
      const failing = linesOf(events).filter(({ map_index }) => map_index === 3)
      const traceback = failing.find(({ text }) => text === "ValueError: four is unlucky")!
      const begun = failing[traceback.record]!
      assert.deepEqual([begun.level, begun.text], ["ERROR", "Task failed with exception"])
      assert.equal(failing[traceback.record + 1]!.text, "Traceback (most recent call last):")
    })),
  test("followRun: expanding as it expands, and a task of it cleared, by arrival and by timestamp", (target) =>
    Effect.gen(function* () {
      const run = yield* triggered(target, "expanding")
      const split = { ...run, task_id: "split" }
      const options = { ...fanIn(target), ...brisk(target) }
      const lag = 20_000 / target.speed
      const arrival = yield* watch(LogFollower.followRun(run, options))
      const ordered = yield* watch(LogFollower.followRun(run, { ...options, order: "timestamp", lag }))
      yield* arrival.until((event) => event._tag === "Ended" && event.target.task_id === "split")
      // Those that are only queued would fail without it.
      yield* until(
        target,
        stateOf(target, run),
        (states) => /part\[3\]/.test(states) && !/part\[\d\] (?!running|success)/.test(states)
      )
      target.say(yield* stateOf(target, run))
      yield* Effect.promise(() => clearOverApi(target, split))
      for (const events of [yield* arrival.end, yield* ordered.end]) {
        const end = yield* checkSources(target, events, [
          [split, 2],
          ...instances(run, "part", 4),
          [{ ...run, task_id: "join" }, 1]
        ])
        assert.deepEqual([end.state, end.sources, end.complete], ["success", 6, 6])
      }
      // No line comes later than the lag here: all are in order.
      const times = linesOf(ordered.events).flatMap(({ timestamp }) =>
        timestamp === undefined ? [] : [Date.parse(timestamp)]
      )
      assert.ok(times.every((time, index) => index === 0 || time >= times[index - 1]!))
      target.say(`${times.length} timestamps in order`)
    }))
]

const restart = (target: Target, downMillis: number, secretKey?: string) =>
  Effect.uninterruptible(
    Effect.promise(() =>
      target.restartWebserver({ downMillis, ...(secretKey === undefined ? {} : { secretKey }) })
    )
  )

/**
 * Whether a follower goes on asking with tokens, and so learns that the key was changed: those of some versions make the
 * server fail. (Others send the whole log after one, but do look whether it is theirs.)
 */
const tokensSent = (target: Target) => byVersion(target, ["2.0", true], ["3.2", false], ["3.3.1", true])

/** Whether a token is a number of records, and those after it are sent. */
const tokensCount = (target: Target) => byVersion(target, ["2.0", false], ["3.3.1", true])

/** Restarts with another key, which does not outlive the effect. */
const withKeys = <A, E, R>(
  target: Target,
  use: (change: (secretKey?: string) => Effect.Effect<void>) => Effect.Effect<A, E, R>
) => {
  let usual = true
  const change = (secretKey?: string) =>
    Effect.suspend(() => {
      usual = false
      return Effect.tap(restart(target, 1000, secretKey), () => {
        usual = secretKey === undefined
      })
    })
  return Effect.ensuring(
    use(change),
    Effect.suspend(() => (usual ? Effect.void : restart(target, 0)))
  )
}

const outages = [
  test("the web server away for 20 seconds, in mid-follow", (target) =>
    Effect.gen(function* () {
      const of = yield* ticking(target, 160)
      const one = yield* watch(LogFollower.follow(of, target.pace))
      const run = yield* watch(LogFollower.followRun(of, fanIn(target)))
      yield* one.until(prints(tick(5)))
      yield* run.until(prints(tick(5)))
      yield* restart(target, 20_000 / target.speed)
      const events = yield* one.end
      assert.deepEqual(endOf(events), ["complete", "success", 1])
      yield* checkAttempts(target, of, events, 1)
      assert.deepEqual(gapsOf(events), [])
      assert.ok(retries(events) > 0)
      target.say(`retrying ${retries(events)} times, resynced ${resyncsOf(events).length}`)
      yield* checkSources(target, yield* run.end, [[of, 1]])
      assert.ok(retries(run.events) > 0)
    })),
  test("the key changed twice, in mid-follow and while a follower is stopped", (target) =>
    withKeys(target, (change) =>
      Effect.gen(function* () {
        // Longer than it takes to restart twice.
        const of = yield* ticking(target, 600)
        const going = yield* watch(LogFollower.follow(of, { ...prompt(target), from: "first" }))
        const seen = () => linesOf(going.events).length
        const upTo = (index: number, from: LogCursor.LogCursor | "first") =>
          collect(
            Stream.takeUntil(
              LogFollower.follow(of, { ...prompt(target), from }),
              (event) => event._tag === "Line" && event.line.index >= index && hasToken(target, event.cursor)
            )
          )
        const placeOf = (events: ReadonlyArray<LogEvent>) => saved(events.at(-1)!.cursor)

        // Farther than it can read at once: only what an answer ends with has a token.
        yield* going.until(prints(tick(4)))
        const first = yield* upTo(seen() + 20, "first")
        yield* change("another")
        const before = seen()
        // Where tokens are not used, it does not notice.
        const resynced = tokensSent(target) ? (["token"] as const) : []
        yield* going.until(({ _tag }) => (tokensSent(target) ? _tag === "Resynced" : seen() > before))
        const second = yield* upTo(seen() + 20, placeOf(first))
        yield* change()
        const third = yield* collect(LogFollower.follow(of, { ...prompt(target), from: placeOf(second) }))

        const events = yield* going.end
        target.say(`retrying ${retries(events)} times, resynced ${resyncsOf(events).join(", ")}`)
        assert.deepEqual(gapsOf(events), [])
        assert.deepEqual(endOf(events), ["complete", "success", 1])
        yield* checkAttempts(target, of, events, 1)
        assert.deepEqual(resyncsOf(events), [...resynced, ...resynced])

        const parts = [first, second, third]
        assert.deepEqual(endOf(third), ["complete", "success", 1])
        yield* checkAttempts(target, of, parts.flat(), 1)
        assert.deepEqual(gapsOf(parts.flat()), [])
        assert.deepEqual(
          parts.slice(1).map((part) => resyncsOf(part)),
          [resynced, resynced]
        )
        target.say(`in parts of ${parts.map((part) => linesOf(part).length).join(", ")} lines`)
      })
    ))
]

const resuming = [
  test("flaky, gone on with from fourteen places and its end", (target) =>
    Effect.gen(function* () {
      const of = yield* flaky(target)
      const events = yield* follow(target, of, { from: "first" })
      yield* checkAttempts(target, of, events, 3)
      const stride = Math.floor(events.length / 14)
      const places = [...events.keys()].filter((at) => at % stride === 0 || at === events.length - 1)
      const rests = yield* Effect.forEach(
        places,
        (at) =>
          Effect.map(follow(target, of, { from: saved(events[at]!.cursor) }), (rest) => [at, rest] as const),
        { concurrency: 5 }
      )
      const place = ({ index, raw, try_number }: LogLine) => [try_number, index, raw]
      for (const [at, rest] of rests) {
        const all = [...linesOf(events.slice(0, at + 1)), ...linesOf(rest)]
        assert.deepEqual(all.map(place), linesOf(events).map(place), `after event ${at}`)
        assert.deepEqual(endOf(rest), ["complete", "success", 3])
        const end = rest.at(-1)!
        assert.ok(end._tag === "Ended")
        assert.deepEqual([end.lines, end.gaps], [linesOf(events).length, 0])
      }
      target.say(
        `${rests.length} places of ${events.length} events, each with the rest: ${linesOf(events).length}`
      )
    }))
]

/** A gap is said where the file became another one, and the lines from there on follow. */
const checkChanged = (
  target: Target,
  of: LogTarget,
  how: string,
  events: ReadonlyArray<LogEvent>,
  kept: number
) =>
  Effect.gen(function* () {
    const written = yield* fileOf(target, of)
    const gap = events.findIndex(({ _tag }) => _tag === "Gap")
    const [before, after] = [linesOf(events.slice(0, gap)), linesOf(events.slice(gap))]
    if (tokensCount(target) && gapsOf(events)[0]?.[0] === "changed") {
      // No look saw it shorter than it had been: it went on at the same number, and only the last look showed it.
      const at = before.length
      assert.deepEqual(gapsOf(events), [["changed", at]])
      assert.deepEqual(
        [raws(after), after.map(({ index }) => index)],
        [written.slice(at), [...written.keys()].slice(at)]
      )
      const differ = before.flatMap(({ raw }, index) => (raw === written[index] ? [] : [index]))
      assert.ok(differ[0]! <= kept && differ[0]! >= kept - 2)
      // By the last lines it knew the place.
      assert.ok(differ.at(-1)! < at - 16)
      assert.deepEqual(endOf(events), ["incomplete", "success", 1])
      target.say(`${how}: ${before.length} received, unlike the file from ${differ[0]} to ${differ.at(-1)}`)
      return
    }
    const at = before.findIndex(({ raw }, index) => raw !== written[index])
    // Where two processes write, the lines of a file are read in another order than they stand in it.
    assert.ok(at <= kept && at >= kept - 2, `${at} lines are left of ${kept}`)
    assert.deepEqual(gapsOf(events), [["replaced", at]])
    assert.deepEqual(raws(after), written.slice(at))
    assert.deepEqual(
      after.map(({ index }) => index),
      [...written.keys()].slice(at)
    )
    assert.deepEqual(endOf(events), ["incomplete", "success", 1])
    target.say(
      `${how}: ${before.length} received, a gap at ${at}, ${written.length - at} written, ${after.length} received`
    )
  })

/** Where the file of a task is damaged: before this line. */
const early = 8

const files = [
  test("files deleted, cut, and replaced by a shorter and a longer one, in mid-follow", (target) =>
    Effect.gen(function* () {
      const damaged = (
        of: LogTarget,
        damage: (
          id: LogTarget & { readonly try_number: number },
          lines: ReadonlyArray<string>
        ) => Promise<void>
      ) =>
        Effect.gen(function* () {
          const following = yield* watch(LogFollower.follow(of, { ...prompt(target), verify: "whole" }))
          yield* following.until(prints(tick(early)))
          yield* Effect.promise(() => damage({ ...of, try_number: 1 }, raws(linesOf(following.events))))
          return yield* following.end
        })
      const deleted = (of: LogTarget) =>
        Effect.gen(function* () {
          let written: ReadonlyArray<string> = []
          const events = yield* damaged(of, async (id) => {
            written = (await target.files(id))[0]!
            await target.deleteLog(id)
          })
          assert.deepEqual(endOf(events), ["lost", "success", 1])
          const received = rawOf(events, 1)
          assert.ok(received.length > early)
          // Before it is deleted, it can still grow.
          assert.deepEqual(received.slice(0, written.length), written.slice(0, received.length))
          assert.deepEqual(gapsOf(events), [["lost", received.length]])
          target.say(`deleted: ${written.length} lines were there, ${received.length} received`)
        })
      const cut = (of: LogTarget) =>
        Effect.gen(function* () {
          const events = yield* damaged(of, (id) => target.truncateLog(id, 5))
          yield* checkChanged(target, of, "cut", events, 5)
          // After its end.
          yield* Effect.promise(() => target.deleteLog({ ...of, try_number: 1 }))
          const nothing = yield* follow(target, of)
          assert.deepEqual(endOf(nothing), ["lost", "success", 1])
          assert.deepEqual([linesOf(nothing), gapsOf(nothing)], [[], []])
          target.say(`deleted after its end: ${nothing.map(({ _tag }) => _tag).join(", ")}`)
        })
      const replaced = (of: LogTarget, longer: boolean) =>
        Effect.gen(function* () {
          const events = yield* damaged(of, (id, lines) => {
            const others = lines.map((line, index) =>
              target.api === "v1" ? line.replace(" - ", ` - replaced ${index} `) : `replaced ${index} ${line}`
            )
            const more = Array.from({ length: 30 }, (_, index) => `${others.at(-1)}, and more ${index}`)
            return target.replaceLog(id, longer ? [...others, ...more] : others.slice(0, 3))
          })
          yield* checkChanged(target, of, longer ? "replaced by more" : "replaced by less", events, 0)
        })
      const [one, two, three, four] = yield* Effect.forEach([1, 2, 3, 4], () => ticking(target, 60))
      yield* Effect.all([deleted(one!), cut(two!), replaced(three!, false), replaced(four!, true)], {
        concurrency: "unbounded"
      })
    }))
]

const cleared = [
  test("a running task cleared by an operator: both attempts", (target) =>
    Effect.gen(function* () {
      // The operator's command takes a moment.
      const of = yield* ticking(target, 120)
      const following = yield* watch(LogFollower.follow(of, prompt(target)))
      yield* following.until(prints(tick(2)))
      yield* Effect.promise(() => target.clear(of))
      if (target.api === "v2" && !since(target, "3.1")) {
        // There it is killed, and nobody tries it again (apache/airflow#55045): it is cleared once more.
        yield* following.until((event) => event._tag === "Line" && event.line.text === "Task killed!")
        yield* Effect.promise(() => target.clear(of))
      }
      const events = yield* following.end
      assert.deepEqual(endOf(events), ["complete", "success", 2])
      yield* checkAttempts(target, of, events, 2)
      assert.deepEqual(gapsOf(events), [])
      const states = events.flatMap((event) =>
        event._tag === "StateChanged" ? [`${event.to} ${event.try_number}`] : []
      )
      target.say(states.join(", "))
      const texts = textsOf(events)
      target.say(`the first attempt's last line: ${rawOf(events, 1).at(-1)}`)
      const killed = target.api === "v1" ? "Received SIGTERM. Terminating subprocesses." : "Task killed!"
      assert.ok(texts.includes(killed), killed)
      assert.equal(texts.filter((text) => text === tick(0)).length, 2)
      assert.equal(texts.filter((text) => text === tick(119)).length, 1)
    }))
]

const filtered = [
  test("filters of a ticker that is over", (target) =>
    Effect.gen(function* () {
      const of = yield* ticking(target, 200)
      yield* finished(target, of)
      const written = yield* fileOf(target, of)
      const filter = (window: LogFollower.Window) =>
        Effect.map(follow(target, of, window), (events) => {
          assert.deepEqual(endOf(events), ["complete", "success", 1])
          return linesOf(events)
        })
      const last = yield* filter({ tail: 5 })
      assert.deepEqual(raws(last), written.slice(-5))
      assert.equal(last[4]!.index, written.length - 1)
      assert.deepEqual(raws(yield* filter({ tail: 0 })), [])
      const matching = yield* filter({ match: /tick 00000[0-4]/ })
      assert.deepEqual(
        matching.map(({ text }) => text),
        [0, 1, 2, 3, 4].map(tick)
      )
      const from = written.findIndex((line) => line.endsWith(tick(30)))
      const since = (yield* filter({})).find(({ index }) => index === from)!.timestamp!
      for (const time of [since, new Date(since)]) {
        assert.deepEqual(raws(yield* filter({ since: time })), written.slice(from))
      }
      const both = yield* filter({ since, match: /^tick/, tail: 3 })
      assert.deepEqual(
        both.map(({ text }) => text),
        [197, 198, 199].map(tick)
      )
      assert.deepEqual(yield* filter({ level: "CRITICAL" }), [])
      target.say(`${written.length} lines written; 5 at the tail, ${written.length - from} since tick 30`)
    })),
  onRecords("flaky: records and levels, as the server sends them", (target) =>
    Effect.gen(function* () {
      const of = yield* flaky(target)
      yield* finished(target, of)
      const lines = linesOf(yield* follow(target, of, { from: "first" }))
      for (const attempt of [1, 2, 3]) {
        const path = `/dags/${of.dag_id}/dagRuns/${of.dag_run_id}/taskInstances/${of.task_id}/logs/${attempt}`
        const { json } = yield* Effect.promise(() => target.request(path))
        type Sent = Readonly<Record<"event" | "timestamp" | "level" | "logger", string | undefined>>
        const { content } = json as { readonly content: ReadonlyArray<Sent> }
        // The first group says where it was read.
        const sent = content.slice(content.findIndex(({ event }) => event === "::endgroup::") + 1)
        const received = lines.filter((line) => line.try_number === attempt && line.record === line.index)
        assert.deepEqual(
          received.map(({ level, logger, text, timestamp }) => [text, level, logger, timestamp]),
          sent.map(({ event, level, logger, timestamp }) => [
            event!.split("\n")[0],
            level?.toUpperCase(),
            logger,
            timestamp
          ])
        )
        target.say(`attempt ${attempt}: ${sent.length} records`)
      }
      const failures = lines.filter(({ text }) => /^RuntimeError: attempt [12] fails on purpose$/.test(text))
      assert.equal(failures.length, 2)
      for (const { index, record } of failures) assert.ok(record < index)
    })
  ),
  onText("flaky: records, levels, groups and hosts", (target) =>
    Effect.gen(function* () {
      const of = yield* flaky(target)
      yield* finished(target, of)
      const events = yield* follow(target, of, { from: "first" })
      yield* checkAttempts(target, of, events, 3)
      const lines = linesOf(events)
      const { hostname } = yield* TaskInstances.getTaskInstance(of)
      assert.ok(hostname)
      // By the file alone: a line with a time begins a record, the others belong to it.
      let record = -1
      let level = ""
      const failures: Array<LogLine> = []
      for (const line of lines) {
        const [, time, location, own, text] =
          /^\[([^\]]+)\] \{([^}]+)\} ([A-Z]+) - (.*)$/.exec(line.raw) ?? []
        if (time !== undefined) {
          record = line.index
          level = own!
          assert.equal(Date.parse(line.timestamp!), Date.parse(time))
        }
        assert.deepEqual(
          [line.record, line.level, line.location, line.text],
          [record, own, location, text ?? line.raw]
        )
        assert.equal(line.host, hostname)
        assert.equal(line.map_index, -1)
        if (level === "ERROR") failures.push(line)
      }
      const texts = failures.map(({ text }) => text)
      // From 2.10 on it is written twice.
      const tracebacks = since(target, "2.10") ? 4 : 2
      assert.equal(texts.filter((text) => text === "Traceback (most recent call last):").length, tracebacks)
      assert.equal(
        texts.filter((text) => /^RuntimeError: attempt [12] fails on purpose$/.test(text)).length,
        tracebacks
      )
      for (const least of ["WARNING", "ERROR"] as const) {
        const warnings = yield* follow(target, of, { from: "first", level: least })
        assert.deepEqual(raws(linesOf(warnings)), raws(failures))
      }
      const groups = lines.filter((line) => line.group !== undefined)
      assert.deepEqual(
        groups.map((line) => line.raw),
        raws(lines).filter((raw) => / - ::(end)?group::/.test(raw))
      )
      const titles = groups.flatMap((line) => groupTitle(line) ?? [])
      assert.deepEqual(
        titles,
        since(target, "2.9")
          ? [1, 2, 3].flatMap(() => ["Pre task execution logs", "Post task execution logs"])
          : []
      )
      assert.equal(groups.filter((line) => line.group === "end").length, titles.length)
      target.say(`${failures.length} lines of ERROR, ${titles.length} groups, all from ${hostname}`)
    })
  )
]

export const cases: ReadonlyArray<Case> = [
  ...several,
  ...outages.map((one) => ({ ...one, alone: true })),
  ...resuming,
  ...files,
  ...cleared,
  ...filtered
]
