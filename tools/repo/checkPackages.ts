import { main } from "./src/packages/main.js"
import { runTool } from "./src/runTool.js"

await runTool(main)
