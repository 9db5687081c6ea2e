/**
 * The redlock world of the examples: five Redis servers and three workers, ten simulated seconds a run,
 * faults on, in one runner process, as a campaign has one on each core.
 */
import { fileURLToPath } from "node:url";
import { RunnerPool } from "../dist/explore/index.js";
import { median } from "./median.mjs";

const WORLD = fileURLToPath(new URL("worlds/redlock-10s.world.ts", import.meta.url));
const RUN_SECONDS = 10;
const RUNS = 30;
const TARGET = 10;

export default async function world(report) {
  const entry = new URL("../dist/cli/runner-process.js", import.meta.url);
  const pool = await RunnerPool.start({ world: WORLD, entry, jobs: 1 });
  let seed = 1;
  let events = 0;
  const value = await median(
    async () => {
      const startMs = performance.now();
      events = 0;
      for (let run = 0; run < RUNS; run++) events += (await pool.run({ seed: seed++ })).events;
      return (RUNS * 1_000) / (performance.now() - startMs);
    },
    { runs: 5, warmup: 2 },
  );
  pool.stop();
  report({
    name: "redlock world, 10 simulated seconds",
    value,
    unit: "runs/s",
    target: TARGET,
    ratio: value / TARGET,
    met: value >= TARGET,
  });
  report({
    name: "redlock world, simulated time",
    value: value * RUN_SECONDS,
    unit: "simulated s/s",
  });
  report({ name: "redlock world, events", value: (events / RUNS) * value, unit: "events/s" });
}
