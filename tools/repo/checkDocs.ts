import { runTool } from "system/runTool"
import { main } from "./src/docs/main.js"

await runTool(main)
