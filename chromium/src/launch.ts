/** Starts Chromium without a screen, and without anything that asks for the network beyond what a page does. */
import { type Browser, chromium } from "playwright-core"
import * as Install from "./install.js"

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: Install.ensure(), args: quiet })
