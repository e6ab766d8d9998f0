/** What Airflow 2 says before a log. */
import { assert, describe, it } from "@effect/vitest"
import * as Header from "../src/internal/v1Header.js"

const key = [
  "*** !!!! Please make sure that all your Airflow components have the same 'secret_key'",
  "See more at https://airflow.apache.org/docs/secret-key",
  "*** Could not read served logs: 403 FORBIDDEN"
]

describe("the header of API v1", () => {
  it("to 2.10.3, lines with stars; another secret key takes two lines", () => {
    const header = Header.split(
      ["*** Found local files:", "***   * /logs/1", ...key, "first", "*** own"].join("\n")
    )
    assert.deepStrictEqual(header.notices.slice(0, 2), ["Found local files:", "* /logs/1"])
    assert.strictEqual(header.notices.length, 5)
    assert.strictEqual(header.text, "first\n*** own")
  })

  it("to 2.8, what the worker refused takes two lines", () => {
    const refused = [
      "*** Could not read served logs: Client error '404 NOT FOUND' for url 'http://w:8793/log/1'",
      "For more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/404"
    ]
    const { notices, text } = Header.split([...refused, "first"].join("\n"))
    assert.deepStrictEqual([notices.length, text], [2, "first"])
    assert.isTrue(Header.saysLost(notices[0]!))
    assert.isFalse(Header.saysLost(notices[1]!))
  })

  it("a task that never had a host has no log that could be lost", () => {
    for (const reason of [
      "Invalid URL 'http://:8793/log/1': No host supplied",
      "Request URL is missing an 'http://' or 'https://' protocol."
    ]) {
      assert.isFalse(Header.saysLost(`Could not read served logs: ${reason}`))
    }
  })

  it("what only looks like it is the log's", () => {
    assert.strictEqual(Header.split("*** Found\nSee more at home").text, "See more at home")
    assert.strictEqual(Header.split("See more at home").text, "See more at home")
  })

  it("from 2.10.4, a group", () => {
    const text = [
      " INFO - ::group::Log message source details",
      ...key,
      " INFO - ::endgroup::",
      "first"
    ].join("\n")
    assert.deepStrictEqual([Header.split(text).notices.length, Header.split(text).text], [3, "first"])
  })
})
