import { defineConfig } from "vitest/config"

// One file after the other: some of them measure how soon an interruption takes effect.
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000, fileParallelism: false }
})
