/** Starts Chromium without a screen, and without anything that asks for the network beyond what a page does. */
import { type Browser, chromium } from "playwright-core"
import * as Install from "./install.js"

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: Install.ensure(), args: [...Install.quiet] })
