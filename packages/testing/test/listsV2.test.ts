/** What was found when the conformance suite was run on real servers: filters, links, notes and more of API v2. */
import { assert, describe, it } from "@effect/vitest"
import type { Fake } from "./fixtures.js"
import { api, instances, rows, still, versions } from "./fixturesV2.js"

const mapped = "/dags/mapped/dagRuns/r/taskInstances"
const quick = "/dags/quick/dagRuns/r/taskInstances"

const count = async (fake: Fake, query: string): Promise<unknown> =>
  (await api(fake, `${mapped}?limit=0&${query}`)).body["total_entries"]

const over = 60_000

describe("a filter, API v2", () => {
  it("of a beginning, since 3.2.2, is one of the very letters", () =>
    still("3.2.2", ["mapped"], async (fake, clock) => {
      clock.advance(over)
      for (const [query, total] of [
        ["task_display_name_prefix_pattern=squ", 5],
        ["task_display_name_prefix_pattern=SQU", 0],
        ["task_display_name_prefix_pattern=s%25e", 0],
        ["task_display_name_prefix_pattern=quare|numb", 1],
        ["operator_name_prefix_pattern=@", 6],
        ["dag_id_prefix_pattern=~", 6],
        ["rendered_map_index_pattern=3", 1],
        ["rendered_map_index_pattern=~", 5],
        ["rendered_map_index_prefix_pattern=4|5", 2]
      ] as const) {
        assert.strictEqual(await count(fake, query), total, query)
      }
    }))

  it("of a beginning is passed over before", () =>
    still("3.2.1", ["mapped"], async (fake, clock) => {
      clock.advance(over)
      assert.strictEqual(await count(fake, "task_display_name_prefix_pattern=nope"), 6)
      assert.strictEqual(await count(fake, "rendered_map_index_pattern=3"), 6)
    }))

  it("of a name finds one instance of a mapped task before 3.2, and knows no alternatives", async () => {
    for (const [version, expected] of [
      ["3.1.8", [1, 0]],
      ["3.2.1", [5, 6]]
    ] as const) {
      await still(version, ["mapped"], async (fake, clock) => {
        clock.advance(over)
        assert.deepStrictEqual(
          [
            await count(fake, "task_display_name_pattern=QUAR"),
            await count(fake, "task_display_name_pattern=squ|numb")
          ],
          [...expected]
        )
      })
    }
  })

  it("of a task id and of a duration of 0, which is none", async () => {
    for (const version of versions) {
      await still(version, ["mapped"], async (fake, clock) => {
        clock.advance(over)
        assert.strictEqual(await count(fake, "task_id=square"), 5)
        assert.strictEqual(await count(fake, "duration_lte=0"), 6)
        assert.strictEqual(await count(fake, "duration_lte=-1"), 0)
      })
    }
  })

  it("of a task group, since 3.1.6, is a 404 where there is none, and a crash in all DAGs", () =>
    still("3.1.8", ["mapped"], async (fake) => {
      const { body, status } = await api(fake, `${mapped}?task_group_id=nope`)
      assert.deepStrictEqual(
        [status, body],
        [404, { detail: { reason: "not_found", message: "Task group nope not found" } }]
      )
      assert.strictEqual((await api(fake, `${instances}?task_group_id=nope`)).status, 500)
    }))
})

describe("what differs by version, API v2", () => {
  it("3.0 cannot order by operator", async () => {
    for (const [version, status] of [
      ["3.0.6", 400],
      ["3.1.8", 200]
    ] as const) {
      await still(version, ["quick"], async (fake) =>
        assert.strictEqual((await api(fake, `${quick}?order_by=operator`)).status, status)
      )
    }
  })

  it("links of an attempt, since 3.2.2", async () => {
    for (const [version, expected] of [
      ["3.2.1", [200, 200]],
      ["3.3.2", [200, 404]]
    ] as const) {
      await still(version, ["quick"], async (fake, clock) => {
        clock.advance(over)
        const first = await api(fake, `${quick}/hello/links?try_number=1`)
        const second = await api(fake, `${quick}/hello/links?try_number=9`)
        assert.deepStrictEqual([first.status, second.status], [...expected])
        if (second.status === 404) {
          assert.deepStrictEqual(second.body, { detail: "TaskInstanceHistory not found for try_number=9" })
        }
      })
    }
  })

  it("a note is taken away by null only where the mask names it; an empty one is none since 3.3", async () => {
    for (const version of versions) {
      await still(version, ["quick"], async (fake, clock) => {
        clock.advance(over)
        const set = async (note: string | null, query = "") => {
          const answer = await api(fake, `${quick}/hello${query}`, { method: "PATCH", body: { note } })
          return rows(answer)[0]?.["note"]
        }
        assert.deepStrictEqual(
          [await set("a"), await set(null), await set(null, "?update_mask=note"), await set("")],
          ["a", "a", null, version === "3.3.2" ? null : ""]
        )
      })
    }
  })

  it("an instance is cleared alone, but on 3.0 where a whole task is named beside it", async () => {
    for (const [version, indexes] of [
      ["3.0.6", [-1, 0, 1, 2, 3, 4]],
      ["3.1.8", [-1, 1]]
    ] as const) {
      await still(version, ["mapped"], async (fake, clock) => {
        clock.advance(over)
        const look = async (task_ids: ReadonlyArray<unknown>) => {
          const body = { dag_run_id: "r", only_failed: false, task_ids }
          const answer = await api(fake, "/dags/mapped/clearTaskInstances", { method: "POST", body })
          return rows(answer).map(({ map_index }) => map_index)
        }
        assert.deepStrictEqual(await look(["numbers", ["square", 1]]), [...indexes])
        assert.deepStrictEqual(await look([["square", 1]]), [1])
        assert.deepStrictEqual(await look(["square", ["square", 1]]), [0, 1, 2, 3, 4])
      })
    }
  })

  it("attempt 0 of a task whose upstream failed is invalid on 3.0", () =>
    still("3.0.6", ["failing"], async (fake, clock) => {
      clock.advance(over)
      const { body } = await api(fake, "/dags/failing/dagRuns/r/taskInstances/never/logs/0")
      assert.deepStrictEqual(body["content"], [
        { event: "Error fetching the logs. Try number 0 is invalid.", level: "error" }
      ])
    }))
})

describe("a row, API v2", () => {
  it("has the weight of those that wait for it", () =>
    still("3.3.2", ["quick"], async (fake) => {
      const { body } = await api(fake, `${quick}/hello`)
      assert.strictEqual(body["priority_weight"], 2)
      assert.strictEqual((await api(fake, `${quick}/bye`)).body["priority_weight"], 1)
    }))

  it("of a run that is over stays as it is", () =>
    still("3.3.2", ["quick"], async (fake, clock) => {
      clock.advance(over)
      const { text } = await api(fake, "/dags/quick/dagRuns/r")
      clock.advance(over)
      assert.strictEqual((await api(fake, "/dags/quick/dagRuns/r")).text, text)
    }))
})
