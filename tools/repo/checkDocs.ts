import { main } from "./src/docs/main.js"
import { runTool } from "./src/runTool.js"

await runTool(main)
