/** What checks see beside the history: disks, output, ends and faults; and when a run starts. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import { PlanBuilder } from "../../src/world/builder.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";
import { startMs } from "../../src/world/start-date.ts";

const SECOND = 1_000_000_000;

async function seenIn(schedule: readonly Fault[]): Promise<Record<string, unknown>> {
  const path = fileURLToPath(new URL("worlds/seen.world.ts", import.meta.url));
  const { violations } = await runWorld(await loadWorld(path, {}), { seed: 1, schedule });
  const found = violations.find(({ check }) => check === "the disk has it");
  return JSON.parse(found?.evidence.summary ?? "{}") as Record<string, unknown>;
}

describe("a check", () => {
  it("sees what a host's disk holds, what would survive a power loss, and what was said", async () => {
    expect(await seenIn([])).toEqual({
      added: 50,
      seen: 50,
      durable: 20,
      missing: "none",
      names: true,
      output: "started at 2028-02-28T23:59:59.500Z\n",
      ends: ["exit code 0"],
      faults: [],
    });
  });

  it("sees the faults, and the disk as they have left it", async () => {
    const crash = {
      kind: "crash",
      targets: ["store"],
      startNs: 4.05 * SECOND,
      durationNs: SECOND,
      params: { how: "machine" },
    };
    const seen = await seenIn([crash]);
    expect(seen["faults"]).toEqual(["store loses power for 1s"]);
    expect(seen["ends"]).toContain("SIGKILL");
    // 20 were synced before the power loss. The program began anew after it and syncs its first 20 again.
    expect(seen["durable"]).toBeGreaterThanOrEqual(40);
    expect(seen["output"]).toBe(
      "started at 2028-02-28T23:59:59.500Z\nstarted at 2028-02-29T00:00:04.550Z\n",
    );
  });
});

describe("the start of a run", () => {
  it("is that of the world, or drawn near what is irregular in the calendar", () => {
    expect(startMs(undefined, Prng.root(1))).toBe(Date.UTC(2026, 0, 1));
    const drawn = Array.from({ length: 400 }, (_, seed) => startMs("drawn", Prng.root(seed)));
    const reach = (text: string): boolean =>
      drawn.some((ms) => ms < Date.parse(text) && ms > Date.parse(text) - 60_000);
    // Summer time begins in Europe and in New York, it ends in Europe; a leap day; the end of a year.
    expect(reach("2026-03-29T01:00:00Z")).toBe(true);
    expect(reach("2027-03-14T07:00:00Z")).toBe(true);
    expect(reach("2026-10-25T01:00:00Z")).toBe(true);
    expect(reach("2028-02-29T00:00:00Z")).toBe(true);
    expect(reach("2028-01-01T00:00:00Z")).toBe(true);
  });

  it.each(["tomorrow", "2026-03-29T00:59:30", 5, ""])("is refused if it is %j", (start) => {
    const builder = new PlanBuilder("w");
    expect(() => builder.run("5s", { start: start as string })).toThrow(/not a date/);
  });
});
