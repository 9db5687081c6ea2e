import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A run inside a world owns its process's microtasks and globals while it lasts: one process a file.
    pool: "forks",
    testTimeout: 120_000,
    reporters: process.env["CI"] ? ["default", "./tools/closing-line.mjs"] : ["default"],
  },
});
