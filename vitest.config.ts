import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Simulated hosts in a test's own process speak the language that those of a campaign do.
process.env["LC_ALL"] = "C.UTF-8";
// What was compiled is kept for the next process of the tests, and not among the user's.
process.env["LIGHTCONE_CACHE"] ??= fileURLToPath(
  new URL("node_modules/.cache/lightcone-tests", import.meta.url),
);

/** The files that take ten seconds or more of one core, the longest first. Where a file is not here, its size says. */
const LONGEST = [
  ...["cli/world", "packages/packages", "cli/trouble", "cli/redlock", "world/fault-kinds"],
  ...["package/tarball", "check-mutation/mutants", "check-mutation/suite", "cli/coverage"],
  ...["check-transactions/planted", "cli/vitest", "faults/effects", "check-objects/agreement"],
  ...["check-transactions/register-levels", "world/run", "check-consistency/referee"],
  ...["docs/examples", "network/kernels", "redis/busy", "redis/durability"],
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A run inside a world owns its process's microtasks and globals while it lasts: one process a file.
    pool: "forks",
    // What takes long begins first, so that all cores end together.
    sequence: { sequencer: LongestFirst },
    // On two cores Vitest would use one.
    maxWorkers: Math.max(2, availableParallelism()),
    // For what hangs. What a test takes on a good machine is no measure of what it may take on a busy one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
    reporters: process.env["CI"] ? ["default", "./tools/closing-line.mjs"] : ["default"],
  },
});
