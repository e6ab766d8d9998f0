import { runTool } from "system/runTool"
import { main } from "./src/release/main.js"

await runTool(main)
