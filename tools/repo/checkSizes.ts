import { runTool } from "system/runTool"
import { main } from "./src/sizes/main.js"

await runTool(main)
