/** What each version of Airflow 2 says before a log. */
import { byVersion } from "./suite.js"
import type { Target } from "./target.js"

const grouped = /^ INFO - ::group::Log message source details\n([\s\S]*?) INFO - ::endgroup::\n/
// What explains a failure has a line of its own without stars.
const plain = /^((?:\*\*\* .*\n(?:(?:See more at|For more information check:) .*\n)?)+)/

/** The text of a first page, and what is said before it (undefined: nothing). */
export const splitHeader = (
  target: Target,
  whole: string
): { readonly notices: string | undefined; readonly text: string } => {
  const header = byVersion(target, ["2.0", plain], ["2.10.4", grouped])
  return { notices: header.exec(whole)?.[1], text: whole.replace(header, "") }
}

/** That the worker has no such file. */
export const gone = (target: Target): RegExp =>
  byVersion(
    target,
    [
      "2.0",
      /^\*\*\* Could not read served logs: Client error '404 NOT FOUND' for url 'http:\S+attempt=\d+\.log'\nFor more information check: https:\S+\n$/
    ],
    [
      "2.9",
      /^\*\*\* Could not read served logs: 404 Client Error: NOT FOUND for url: http:\S+attempt=\d+\.log\n$/
    ],
    [
      "2.11.1",
      /^\*\*\* Log file not found on worker '[^']+'\. This attempt may have run on a different worker .*\n$/
    ]
  )

/** That the worker does not let the web server read it. */
export const forbidden = (target: Target): RegExp =>
  byVersion(
    target,
    [
      "2.0",
      /^\*\*\* !!!! Please make sure that all your Airflow components .*\nSee more at https:\S+#secret-key\n\*\*\* Could not read served logs: Client error '403 FORBIDDEN' for url 'http:\S+attempt=\d\.log'\nFor more information check: https:\S+\n$/
    ],
    [
      "2.9",
      /^\*\*\* !!!! Please make sure that all your Airflow components .*\nSee more at https:\S+#secret-key\n\*\*\* Could not read served logs: 403 Client Error: FORBIDDEN for url: http:\S+attempt=\d\.log\n$/
    ]
  )

/** That an operator that nothing runs has no worker to ask. */
export const noWorker = (target: Target): RegExp =>
  byVersion(
    target,
    [
      "2.0",
      /^\*\*\* Could not read served logs: Request URL is missing an 'http:\/\/' or 'https:\/\/' protocol\.\n$/
    ],
    ["2.9", /^\*\*\* Could not read served logs: Invalid URL .* No host supplied\n$/]
  )

/** Where it was read. */
export const found = /^\*\*\* Found local files:\n\*\*\* {3}\* \S+attempt=\d\.log\n$/
export const foundAndServed =
  /^\*\*\* Found local files:\n\*\*\* {3}\* \S+attempt=\d\.log\n\*\*\* Found logs served from host http:\S+attempt=\d\.log\n$/
