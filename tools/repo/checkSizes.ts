import { main } from "./src/sizes/main.js"
import { runTool } from "./src/runTool.js"

await runTool(main)
