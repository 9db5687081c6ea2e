/** Campaigns, against runners that answer from a table: which runs are made, told, doubted and repeated. */
import { describe, expect, it } from "vitest";
import { LightconeError } from "../../src/base/errors.ts";
import { runCampaign } from "../../src/explore/campaign.ts";
import { firstDifference } from "../../src/explore/diverge.ts";
import type { PoolRequest, RunnerPool } from "../../src/explore/pool.ts";
import type { WorldInfo } from "../../src/explore/protocol.ts";
import { shrinkRun, type ShrunkRun } from "../../src/explore/shrink-run.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import type { RunOutcome } from "../../src/world/outcome.ts";

const SECOND = 1_000_000_000;

function outcome(
  seed: number,
  violated: boolean,
  schedule: readonly Fault[] = [],
  cause = "broken",
): RunOutcome {
  const evidence = { summary: cause, steps: [], operations: [] };
  const line = { atNs: 3 * SECOND, who: "a", text: "breaks", tone: "note" } as const;
  return {
    world: "a world",
    seed,
    verdict: violated ? "violated" : "held",
    fingerprint: `f${seed}`,
    code: "code",
    events: 10,
    simulatedNs: 60 * SECOND,
    startMs: 0,
    operations: 2,
    schedule,
    faultsBegun: 1,
    violations: violated
      ? [
          {
            check: "mine",
            evidence,
            causes: [cause],
            completeNs: 3 * SECOND,
            story: { lines: [line], summary: "broken" },
            operations: [],
          },
        ]
      : [],
    undecided: [],
    sometimes: [["a retry", seed === 3]],
  };
}

/** Runners that take their time, so that outcomes come in any order. */
/** What these worlds say of themselves: they promise to survive nothing in particular. */
const info: Partial<WorldInfo> = { survivals: [] };

function poolOf(size: number, answer: (request: PoolRequest, times: number) => RunOutcome) {
  const asked = new Map<string, number>();
  const run = async (request: PoolRequest): Promise<RunOutcome> => {
    const key = JSON.stringify([request.seed, request.schedule]);
    const times = (asked.get(key) ?? 0) + 1;
    asked.set(key, times);
    for (let turn = (request.seed * 7) % 5; turn >= 0; turn--) await Promise.resolve();
    return answer(request, times);
  };
  return { size, run, info } as unknown as RunnerPool;
}

describe("a campaign", () => {
  it("tells every run in order of seeds, and runs some of them twice", async () => {
    const seeds: number[] = [];
    const result = await runCampaign({
      pool: poolOf(3, ({ seed }) => outcome(seed, false)),
      firstSeed: 100,
      runs: 60,
      onRun: ({ seed }) => seeds.push(seed),
    });
    expect(seeds).toEqual(Array.from({ length: 60 }, (_, at) => 100 + at));
    expect(result).toMatchObject({ runs: 60, rechecked: 3, violated: 0, faults: 60 });
    expect(result.mismatch).toBeUndefined();
  });

  it.each([1, 2, 4])("ends at the lowest violated seed, with %d processes", async (size) => {
    const violated = new Set([17, 18, 23]);
    const result = await runCampaign({
      pool: poolOf(size, ({ seed }) => outcome(seed, violated.has(seed))),
      firstSeed: 1,
      runs: 1_000,
    });
    expect(result.violation?.seed).toBe(17);
    expect(result.runs).toBe(17);
  });

  it("goes on to the end where it is asked to", async () => {
    const result = await runCampaign({
      pool: poolOf(2, ({ seed }) => outcome(seed, seed % 10 === 0)),
      firstSeed: 1,
      runs: 50,
      all: true,
    });
    expect(result).toMatchObject({ runs: 50, violated: 5, violation: { seed: 10 } });
  });

  it("ends when a run is not the same twice", async () => {
    const result = await runCampaign({
      pool: poolOf(2, ({ seed }, times) => ({
        ...outcome(seed, false),
        fingerprint: seed === 26 ? `f${times}` : "f",
      })),
      firstSeed: 1,
      runs: 500,
    });
    expect(result.mismatch).toEqual({ request: { seed: 26 }, first: "f1", second: "f2" });
    expect(result.runs).toBeLessThan(100);
  });

  it("ends when it is told to, with what it has", async () => {
    const controller = new AbortController();
    const result = await runCampaign({
      pool: poolOf(2, ({ seed }) => outcome(seed, false)),
      firstSeed: 1,
      onRun: ({ seed }) => seed === 7 && controller.abort(),
      signal: controller.signal,
    });
    expect(result.runs).toBeGreaterThanOrEqual(7);
    expect(result.runs).toBeLessThan(12);
  });

  it("waits for no run that is under way when it is told to end, and tells what lies behind it", async () => {
    const controller = new AbortController();
    const answers = poolOf(3, ({ seed }) => outcome(seed, seed === 9));
    const stuck = {
      size: 3,
      run: (request: PoolRequest) =>
        request.seed === 4 ? new Promise(() => {}) : answers.run(request),
    } as unknown as RunnerPool;
    setTimeout(() => controller.abort(), 50);
    const { signal } = controller;
    const result = await runCampaign({ pool: stuck, firstSeed: 1, signal });
    expect(result).toMatchObject({ runs: 8, violation: { seed: 9 }, failure: undefined });
  });

  it("ends at a run that cannot be made, with its seed and with what was found before", async () => {
    const pool = poolOf(1, ({ seed }) => {
      if (seed === 0x1e) throw new LightconeError("LC_STALLED", "a never yields", "It is at a.ts.");
      return outcome(seed, seed === 12);
    });
    const result = await runCampaign({ pool, firstSeed: 1, all: true });
    expect(result).toMatchObject({ runs: 29, violated: 1, violation: { seed: 12 } });
    expect(result.failure).toMatchObject({
      code: "LC_STALLED",
      message: "seed 0x1e: a never yields",
      hint: "It is at a.ts.",
    });
  });

  it("outlives a second run that cannot be made, too", async () => {
    const pool = poolOf(1, ({ seed }, times) => {
      if (times === 2) throw new LightconeError("LC_RUNNER_DIED", "killed");
      return outcome(seed, false);
    });
    const result = await runCampaign({ pool, firstSeed: 1, runs: 5 });
    expect(result.failure).toMatchObject({ message: "seed 0x1: killed" });
  });

  it("makes one run however little time there is, and none beyond the last seed", async () => {
    const pool = poolOf(1, ({ seed }) => outcome(seed, false));
    expect((await runCampaign({ pool, firstSeed: 1, forMs: 0 })).runs).toBe(1);
    const firstSeed = Number.MAX_SAFE_INTEGER - 2;
    expect((await runCampaign({ pool, firstSeed, runs: 10 })).runs).toBe(3);
  });

  it("remembers what was never once true", async () => {
    const pool = poolOf(1, ({ seed }) => outcome(seed, false));
    const few = await runCampaign({ pool, firstSeed: 1, runs: 2 });
    const more = await runCampaign({ pool, firstSeed: 1, runs: 4 });
    expect(few.sometimes.get("a retry")).toBe(false);
    expect(more.sometimes.get("a retry")).toBe(true);
  });
});

describe("shrinking a run", () => {
  const faults = Array.from({ length: 9 }, (_, at): Fault => {
    const targets = [`host-${at}`];
    return { kind: "pause", targets, startNs: at * SECOND, durationNs: SECOND, params: {} };
  });
  const needed = (schedule: readonly Fault[] = []): boolean =>
    schedule.some(({ targets }) => targets[0] === "host-4");

  it("ends runs soon after the violation, and tells the whole run that is left", async () => {
    const ends = new Set<number | undefined>();
    const pool = poolOf(2, ({ seed, schedule, untilNs }) => {
      ends.add(untilNs);
      return outcome(seed, needed(schedule), schedule);
    });
    const shrunk = await shrinkRun(pool, outcome(1, true, faults));
    expect(shrunk.outcome.schedule).toHaveLength(1);
    expect(shrunk.faultsBefore).toBe(9);
    expect(ends).toEqual(new Set([8 * SECOND, undefined]));
  });

  it("takes whole runs where only they show it", async () => {
    const pool = poolOf(2, ({ seed, schedule, untilNs }) => {
      // The short run is violated by anything; the whole one only by the fault that matters.
      return outcome(seed, untilNs !== undefined || needed(schedule), schedule);
    });
    const shrunk = await shrinkRun(pool, outcome(1, true, faults));
    expect(shrunk.outcome.verdict).toBe("violated");
    expect(shrunk.outcome.schedule.map(({ targets }) => targets[0])).toEqual(["host-4"]);
  });

  it("says of a fault that it is needed only what whole runs have shown", async () => {
    // Without the fault it happens all the same, later than shrinking looks.
    const pool = poolOf(2, ({ seed, schedule, untilNs }) => {
      const late = untilNs === undefined && seed === 1;
      return outcome(seed, needed(schedule) || late, schedule);
    });
    const shrunk = await shrinkRun(pool, outcome(1, true, faults));
    expect(shrunk.outcome.schedule).toEqual([]);
    expect(shrunk.minimal).toBe(true);
  });

  it("leaves out a fault that only seemed needed, as the run without it was cut", async () => {
    const both = (schedule: readonly Fault[] = []): boolean =>
      needed(schedule) && schedule.some(({ targets }) => targets[0] === "host-7");
    const pool = poolOf(2, ({ seed, schedule, untilNs }) => {
      const shown = untilNs === undefined ? needed(schedule) : both(schedule);
      return outcome(seed, shown, schedule);
    });
    const shrunk = await shrinkRun(pool, outcome(1, true, faults));
    expect(shrunk.outcome.schedule.map(({ targets }) => targets[0])).toEqual(["host-4"]);
    expect(shrunk).toMatchObject({ minimal: true, calmSeeds: 8 });
  });

  it("tells a bug that needs no fault with the seed that shows it so, though the found one does not", async () => {
    const pool = poolOf(2, ({ seed, schedule = [] }) => {
      return outcome(seed, schedule.length === 0 ? seed === 4 : needed(schedule), schedule);
    });
    const shrunk = await shrinkRun(pool, outcome(1, true, faults));
    expect(shrunk).toMatchObject({
      foundSeed: 1,
      faultsBefore: 9,
      outcome: { seed: 4, schedule: [], verdict: "violated" },
    });
  });

  it("does not slip to another cause under the same check's name, and says that it met one", async () => {
    const pool = poolOf(2, ({ seed, schedule = [] }) => {
      const cause = needed(schedule) ? "broken" : "another way";
      return outcome(seed, schedule.length > 0, schedule, cause);
    });
    const shrunk = await shrinkRun(pool, outcome(1, true, faults));
    expect(shrunk.outcome.schedule.map(({ targets }) => targets[0])).toEqual(["host-4"]);
    expect(shrunk.outcome.violations[0]?.causes).toEqual(["broken"]);
    expect(shrunk.otherCauses).toEqual(["another way"]);
  });

  it("says that the same violation has come about in another manner", async () => {
    const how = (run: RunOutcome, manner: string): RunOutcome => ({
      ...run,
      violations: run.violations.map((each) => ({
        ...each,
        evidence: { ...each.evidence, manner },
      })),
    });
    const shrunkFrom = (manner: string): Promise<ShrunkRun> => {
      const pool = poolOf(2, ({ seed, schedule }) =>
        how(outcome(seed, needed(schedule), schedule), "both asked at once"),
      );
      return shrinkRun(pool, how(outcome(1, true, faults), manner));
    };
    expect((await shrunkFrom("both asked at once")).manners).toBeUndefined();
    const { manners, outcome: told } = await shrunkFrom("one waited");
    expect(manners).toEqual({ before: "one waited", after: "both asked at once" });
    expect(told.schedule).toHaveLength(1);
  });

  it("finds the few faults that are enough with another seed, where each fault changes all that follows", async () => {
    const enough = (schedule: readonly Fault[] = []): boolean =>
      schedule.some(({ targets }) => targets[0] === "host-2");
    const shrunkBy = (size: number): Promise<ShrunkRun> => {
      // With its own seed nothing less shows it. With others the one fault does, every third time.
      const pool = poolOf(size, ({ seed, schedule = [] }) => {
        const shown = seed === 1 ? schedule.length === 9 : enough(schedule) && seed % 3 === 0;
        return outcome(seed, shown, schedule);
      });
      return shrinkRun(pool, outcome(1, true, faults));
    };
    const alone = await shrunkBy(1);
    expect(alone.outcome.schedule.map(({ targets }) => targets[0])).toEqual(["host-2"]);
    expect(alone).toMatchObject({ foundSeed: 1, faultsBefore: 9, minimal: true });
    expect(alone.outcome.seed).not.toBe(1);
    // What was tried side by side does not change what is told.
    const beside = await shrunkBy(4);
    expect(beside.outcome).toEqual(alone.outcome);
  });

  it("brings two faults nearer to one another, where earlier ones had made the moment long that both must hit", async () => {
    const gapNs = ([one, other]: readonly Fault[]): number => {
      return (other?.startNs ?? Infinity) - (one?.startNs ?? 0);
    };
    const pool = poolOf(2, ({ seed, schedule = [] }) => {
      const shown = schedule.length === 2 && gapNs(schedule) <= SECOND / 4 && seed % 2 === 0;
      return outcome(seed, seed === 1 ? schedule.length === 9 : shown, schedule);
    });
    const shrunk = await shrinkRun(pool, outcome(1, true, faults));
    expect(shrunk.outcome.schedule).toHaveLength(2);
    expect(shrunk).toMatchObject({ foundSeed: 1, faultsBefore: 9, minimal: true });
  });

  it("keeps its seed where one fault fewer is enough for no seed, and takes another where it is", async () => {
    const two = faults.slice(0, 2);
    const both = poolOf(2, ({ seed, schedule = [] }) =>
      outcome(seed, schedule.length === 2, schedule),
    );
    const kept = await shrinkRun(both, outcome(1, true, two));
    expect(kept).toMatchObject({ minimal: true, foundSeed: 1, outcome: { seed: 1 } });
    expect(kept.outcome.schedule).toHaveLength(2);
    const either = poolOf(2, ({ seed, schedule = [] }) => {
      return outcome(seed, schedule.length >= (seed === 11 ? 1 : 2), schedule);
    });
    const other = await shrinkRun(either, outcome(1, true, two));
    expect(other).toMatchObject({ minimal: true, foundSeed: 1, outcome: { seed: 11 } });
    expect(other.outcome.schedule).toHaveLength(1);
  });

  it("ends at once where it is told to, with why, and waits for no run under way", async () => {
    const controller = new AbortController();
    let asked = 0;
    const pool = poolOf(2, ({ seed, schedule }) => outcome(seed, needed(schedule), schedule));
    const stuck = {
      size: 2,
      info,
      run: (request: PoolRequest) => {
        if (++asked === 7) controller.abort("time");
        const isShort = request.untilNs !== undefined;
        return asked >= 7 && isShort ? new Promise(() => {}) : pool.run(request);
      },
    } as unknown as RunnerPool;
    const { signal } = controller;
    const shrunk = await shrinkRun(stuck, outcome(1, true, faults, "broken"), { signal });
    expect(shrunk).toMatchObject({ ended: "time", minimal: false, faultsBefore: 9 });
  });

  it("tells the whole run that it reached, though no run is answered any more", async () => {
    const controller = new AbortController();
    // Only whole runs show a hang: it is seen at the end.
    const late = (run: RunOutcome): RunOutcome => ({
      ...run,
      violations: run.violations.map((each) => ({ ...each, completeNs: run.simulatedNs })),
    });
    const pool = poolOf(2, ({ seed, schedule }) => late(outcome(seed, needed(schedule), schedule)));
    const ending = {
      size: 2,
      info,
      run: (request: PoolRequest) =>
        controller.signal.aborted ? new Promise(() => {}) : pool.run(request),
    } as unknown as RunnerPool;
    const shrunk = await shrinkRun(ending, late(outcome(1, true, faults)), {
      signal: controller.signal,
      onStep: (left) => left < 9 && controller.abort("time"),
    });
    expect(shrunk.outcome.schedule.length).toBeLessThan(9);
    expect(shrunk).toMatchObject({ ended: "time", outcome: { verdict: "violated" } });
  });
});

describe("the first event that differs", () => {
  it("is found by halving, as all after it differ too", () => {
    const left = Uint32Array.from({ length: 1_000 }, (_, at) => at * 3);
    for (const at of [0, 1, 499, 500, 998, 999]) {
      const right = left.map((word, row) => (row >= at ? word + 1 : word));
      expect(firstDifference(left, right)).toBe(at + 1);
    }
    expect(firstDifference(left, left)).toBeUndefined();
    expect(firstDifference(left, left.subarray(0, 10))).toBe(11);
  });
});
