/**
 * The redlock world of the examples: five Redis servers and three workers, ten simulated seconds a run,
 * faults on, in one process. That is what a campaign does on each core, once it is warm.
 */
import { fileURLToPath } from "node:url";
import * as blocks from "../dist/blocks/index.js";
import * as check from "../dist/check/index.js";
import { loadWorld } from "../dist/world/load.js";
import { runWorld } from "../dist/world/run.js";
import { median } from "./median.mjs";

const WORLD = fileURLToPath(new URL("../examples/redlock/redlock.world.ts", import.meta.url));
const RUN_SECONDS = 10;
const RUNS = 30;
const TARGET = 10;

export default async function world(report) {
  const loaded = await loadWorld(WORLD, { "lightcone/blocks": blocks, "lightcone/check": check });
  const plan = { ...loaded.plan, durationNs: RUN_SECONDS * 1e9, calmNs: (RUN_SECONDS / 3) * 1e9 };
  const short = { ...loaded, plan };
  let seed = 1;
  let events = 0;
  const value = await median(
    async () => {
      const startMs = performance.now();
      events = 0;
      for (let run = 0; run < RUNS; run++) {
        const outcome = await runWorld(short, { seed: seed++ });
        events += outcome.events;
      }
      return (RUNS * 1_000) / (performance.now() - startMs);
    },
    { runs: 5, warmup: 2 },
  );
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
