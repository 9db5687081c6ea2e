/** A fault that cannot matter in its world is counted as such, and one that can is not. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const SECOND = 1_000_000_000;

async function mattered(world: string, faults: readonly Omit<Fault, "startNs" | "durationNs">[]) {
  const path = fileURLToPath(new URL(`worlds/${world}.world.ts`, import.meta.url));
  const schedule = faults.map((fault) => ({ ...fault, startNs: SECOND, durationNs: 2 * SECOND }));
  const { coverage } = await runWorld(await loadWorld(path, {}), { seed: 1, schedule });
  return Object.fromEntries((coverage?.faults ?? []).map(([kind, , count]) => [kind, count]));
}

describe("whether a fault mattered", () => {
  it("depends on what programs do meanwhile: clocks, disks, names, packets", async () => {
    const targets = ["naive"];
    const links = { from: ["naive"], to: ["careful"], both: true };
    const inFiles = await mattered("files", [
      { kind: "disk-full", targets, params: {} },
      { kind: "disk-lies", targets, params: {} },
      { kind: "clock-step", targets, params: { stepNs: SECOND } },
      { kind: "dns", targets, params: { how: "silent" } },
      { kind: "loss", targets, params: { ...links, probability: 0.5 } },
      { kind: "reset", targets, params: { which: "all", ends: "both", at: 0 } },
    ]);
    expect(inFiles).toEqual({
      "disk-full": 1,
      // The naive program never syncs.
      "disk-lies": 0,
      "clock-step": 0,
      dns: 0,
      loss: 0,
      reset: 0,
    });
    const inTalks = await mattered("talks", [
      { kind: "loss", targets, params: { ...links, to: ["server"], probability: 0.1 } },
      { kind: "reset", targets: ["careful"], params: { which: "all", ends: "both", at: 0 } },
      { kind: "disk-full", targets, params: {} },
    ]);
    expect(inTalks).toEqual({ loss: 1, reset: 1, "disk-full": 0 });
    expect(await mattered("clocks", [{ kind: "clock-freeze", targets, params: {} }])).toEqual({
      "clock-freeze": 1,
    });
  });
});
