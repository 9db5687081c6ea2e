import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Simulated hosts in a test's own process speak the language that those of a campaign do.
process.env["LC_ALL"] = "C.UTF-8";
// What was compiled is kept for the next process of the tests, and not among the user's.
process.env["LIGHTCONE_CACHE"] ??= fileURLToPath(
  new URL("node_modules/.cache/lightcone-tests", import.meta.url),
);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A run inside a world owns its process's microtasks and globals while it lasts: one process a file.
    pool: "forks",
    // On two cores Vitest would use one.
    maxWorkers: Math.max(2, availableParallelism()),
    // For what hangs. What a test takes on a good machine is no measure of what it may take on a busy one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
    reporters: process.env["CI"] ? ["default", "./tools/closing-line.mjs"] : ["default"],
  },
});
