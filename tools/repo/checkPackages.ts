import { runTool } from "system/runTool"
import { main } from "./src/packages/main.js"

await runTool(main)
