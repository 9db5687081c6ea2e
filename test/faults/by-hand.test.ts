/** Faults that a program places: in the schedule like those that are drawn, and taken from it when a run is repeated. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type RunnerPool, shrinkRun } from "../../src/explore/index.ts";
import {
  describeFault,
  type Fault,
  formatSchedule,
  parseSchedule,
} from "../../src/sim/faults/index.ts";
import { loadWorld } from "../../src/world/load.ts";
import type { RunRequest } from "../../src/world/outcome.ts";
import * as outside from "../../src/world/probe.ts";
import { runWorld } from "../../src/world/run.ts";

const path = fileURLToPath(new URL("worlds/by-hand.world.ts", import.meta.url));
const world = loadWorld(path, {});
const run = async (request: RunRequest) => runWorld(await world, request);
const told = (schedule: readonly Fault[]): string[] =>
  schedule.map((fault) => `${(fault.startNs / 1e9).toFixed(1)} ${describeFault(fault)}`);

describe("faults that a program places", () => {
  it("are in the schedule, at the times at which they began", async () => {
    const { schedule, violations } = await run({ seed: 1 });
    expect(told(schedule)).toEqual([
      "0.0 what goes between client and server takes 50ms longer for 6s",
      "1.5 server pauses for 200ms",
      "3.0 server crashes, down for 100ms",
      "4.0 client is apart from server for 2s",
    ]);
    expect(schedule.map(({ placed }) => placed)).toEqual(
      [1, 2, 3, 4].map((count) => `operator#${count}`),
    );
    expect(violations).toHaveLength(1);
    // Told as long as it was: it was lifted before its time.
    const lines = violations[0]?.story.lines.map(({ text }) => text) ?? [];
    expect(lines).toContain("client is apart from server for 1.5s");
  });

  it("are the same run when it is repeated with its schedule, also from text", async () => {
    const { schedule, fingerprint } = await run({ seed: 1 });
    expect((await run({ seed: 1, schedule })).fingerprint).toBe(fingerprint);
    const text = formatSchedule(schedule);
    const read = parseSchedule(text, { file: "x.faults", hosts: ["client", "server", "operator"] });
    expect(read).toEqual(schedule);
    expect((await run({ seed: 1, schedule: read })).fingerprint).toBe(fingerprint);
  });

  it("are left out and made lighter like others", async () => {
    const found = await run({ seed: 1 });
    const pool = { run, size: 1, info: { durationNs: 8e9, survivals: [] } };
    const { outcome, minimal } = await shrinkRun(pool as unknown as RunnerPool, found);
    expect(minimal).toBe(true);
    expect(outcome.schedule).toHaveLength(1);
    const [left] = outcome.schedule;
    expect(left?.kind).toBe("partition");
    expect(left?.placed).toBe("operator#4");
    // One direction is enough, and so are some 1.1 seconds.
    expect(left?.params["both"]).toBe(false);
    expect(left?.durationNs).toBeLessThan(1.6e9);
    const again = await run({ seed: 1, schedule: outcome.schedule });
    expect(again.fingerprint).toBe(outcome.fingerprint);
  });

  it("are none where a world runs without faults", async () => {
    const calm = await run({ seed: 1, schedule: [] });
    expect(calm.verdict).toBe("held");
    expect(calm.faultsBegun).toBe(0);
    const loaded = await world;
    const plan = { ...loaded.plan, byHand: false };
    expect((await runWorld({ ...loaded, plan }, { seed: 1 })).faultsBegun).toBe(0);
  });

  it("do nothing outside of a world", () => {
    const cut = outside.faults.partition("a", "b");
    cut.lift();
    cut[Symbol.dispose]();
    expect(outside.calm()).toBe(false);
  });
});
