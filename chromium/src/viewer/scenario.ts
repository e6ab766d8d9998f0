/** What the fake behind the viewer must hold for these checks: start it with these options. */
import type * as FakeAirflow from "@effect-airflow/testing/FakeAirflow"
import { dag, lines, log, print, raise, sleep, task } from "@effect-airflow/testing/Scenario"
import { hostile } from "./hostile.js"

const ramp = [
  log("quiet words", "DEBUG"),
  log("calm words"),
  log("uneasy words", "WARNING"),
  log("angry words", "ERROR"),
  log("last words", "CRITICAL")
]

export const dags = [
  dag("hostile", [task("speak", { queuedFor: 100, run: hostile.map(([text]) => log(text)) })]),
  dag("retries", [
    task("thrice", {
      queuedFor: 100,
      retryDelay: 1500,
      attempts: [
        [print("first attempt works"), raise("ValueError", "the first one fails")],
        [print("second attempt works"), raise("ValueError", "the second one fails")],
        [
          print("third attempt works"),
          print("::group::Details"),
          print("a detail"),
          print("::endgroup::"),
          print("done")
        ]
      ]
    })
  ]),
  dag("words", [
    task("ramp", {
      queuedFor: 100,
      run: [
        ...ramp,
        print("::group::Needles"),
        log("one needle in here"),
        log("two: NEEDLE and needle"),
        print("::endgroup::"),
        log("\u001b[1;31mred and bold\u001b[0m, \u001b[38;5;208morange\u001b[0m, \u001b[44mon blue\u001b[0m"),
        log("no more to find")
      ]
    }),
    task("other", { queuedFor: 100, run: [log("another log")] })
  ]),
  // It goes on longer than a check lasts.
  dag("steady", [
    task("tick", { queuedFor: 100, run: [lines(3000, 200, (index) => `tick ${index}`), sleep(1)] }),
    task("mapped", {
      queuedFor: 100,
      mapped: ["a", "b"],
      run: ({ map_index }) => [lines(3000, 200, (index) => `part ${map_index}, tick ${index}`)]
    })
  ]),
  dag("big", [task("many", { queuedFor: 100, run: [lines(50_000, 0, (index) => `big line ${index}`)] })])
]

/** One whose password is no other word that a page could hold, and is written otherwise in an address. */
export const keeper = { username: "keeper", password: "Kept/n0where+at all", role: "Admin" } as const

export const fakeOptions = {
  dags,
  users: [{ username: "admin", password: "admin", role: "Admin" }, keeper]
} satisfies FakeAirflow.Options
