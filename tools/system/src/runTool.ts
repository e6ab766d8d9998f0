/** Runs a tool: its code becomes the process's, and what went wrong is told in words. */
import { ToolError } from "./shell.js"

export const runTool = async (main: () => Promise<number>): Promise<void> => {
  try {
    process.exitCode = await main()
  } catch (error) {
    console.error(error instanceof ToolError ? error.message : error)
    process.exitCode = 1
  }
}
