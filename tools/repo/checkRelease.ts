import { main } from "./src/release/main.js"
import { runTool } from "./src/runTool.js"

await runTool(main)
