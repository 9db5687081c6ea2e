/** Crash points: a fault waits for a point of a program, and each point of a host can be tried in turn. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { crashPoints, type RunnerPool } from "../../src/explore/index.ts";
import { loadWorld } from "../../src/world/load.ts";
import type { RunRequest } from "../../src/world/outcome.ts";
import { runWorld } from "../../src/world/run.ts";

const SECOND = 1_000_000_000;
const path = fileURLToPath(new URL("worlds/steps.world.ts", import.meta.url));
const world = loadWorld(path, {});

/** As much of a pool as crash points need; every run ends after half a second. */
async function pool(): Promise<RunnerPool> {
  const loaded = await world;
  const run = (request: RunRequest) => runWorld(loaded, { ...request, untilNs: SECOND / 2 });
  return { run, info: { durationNs: loaded.plan.durationNs } } as unknown as RunnerPool;
}

describe("crash points", () => {
  it("are each call that changes files and each step, with each way to crash", async () => {
    const { points, ways, cases } = await crashPoints(await pool(), { seed: 1, host: "naive" });
    expect(cases).toHaveLength(points * ways);
    // Each order opens and writes a file, comes to a step, and opens and writes another one.
    const orders = Math.floor(points / 5);
    expect(orders).toBeGreaterThan(5);
    expect(points - orders * 5).toBeLessThan(5);
    const names = await Promise.all(cases.slice(0, 5).map(tellCrash));
    expect(names).toEqual([
      "naive crashes right before open, down for 1s",
      "naive crashes right before write, down for 1s",
      'naive crashes right before step "charged", down for 1s',
      "naive crashes right before open, down for 1s",
      "naive crashes right before write, down for 1s",
    ]);
    const machine = cases.filter(({ schedule }) => schedule?.[0]?.params["how"] === "machine");
    expect(await tellCrash(machine[0] as RunRequest)).toMatch(
      /^naive loses power right before open/,
    );
  });

  it("break the naive program at the point between its two files, the same way each time", async () => {
    const { cases } = await crashPoints(await pool(), { seed: 1, host: "naive" });
    const verdicts = await Promise.all(
      cases.slice(0, 5).map(async (request) => {
        const { verdict } = await runWorld(await world, request);
        return verdict;
      }),
    );
    // The charge is written from the third point on, and the order is done after the fifth.
    expect(verdicts).toEqual(["held", "held", "violated", "violated", "violated"]);
    const request = cases[2] as RunRequest;
    const [one, two] = await Promise.all([
      runWorld(await world, request),
      runWorld(await world, request),
    ]);
    expect(one.fingerprint).toBe(two.fingerprint);
    // The schedule is what was asked for: the crash follows from it.
    expect(one.schedule).toEqual(request.schedule);
  });

  it("judge nothing that an operator's restart kills", async () => {
    const processes = fileURLToPath(new URL("worlds/processes.world.ts", import.meta.url));
    const restart = { kind: "restart", targets: ["naive"], params: { signal: "SIGHUP" } };
    const schedule = [0, 3 * SECOND].map((startNs) => ({
      ...restart,
      startNs,
      durationNs: SECOND,
    }));
    const { violations } = await runWorld(await loadWorld(processes, {}), { seed: 1, schedule });
    // What the naive program had not written yet is lost; that it was killed is nobody's fault.
    expect(violations.map(({ check }) => check)).toEqual([
      "what is said to be saved is on the disk",
    ]);
  });

  it("are refused by name for a host that is not there, or has none", async () => {
    await expect(crashPoints(await pool(), { seed: 1, host: "nobody" })).rejects.toThrow(
      /no host "nobody"/,
    );
  });
});

/** The crash that follows in a run, in words. */
async function tellCrash(request: RunRequest): Promise<string | undefined> {
  const { timeline } = await runWorld(await world, {
    ...request,
    untilNs: SECOND / 2,
    timeline: true,
  });
  return timeline?.find(
    ({ text }) => / right before (open|write|step)/.test(text) && !/next|number/.test(text),
  )?.text;
}
