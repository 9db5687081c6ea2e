/** Shrinking, against systems that are a function: this schedule violates, that one does not. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shrink } from "../../src/explore/shrink.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import type { LinkParams } from "../../src/sim/faults/link-sides.ts";

const MS = 1_000_000;
const SECOND = 1_000 * MS;

function pause(target: string, startMs: number, durationMs = 1_337): Fault {
  return {
    kind: "pause",
    targets: [target],
    startNs: startMs * MS,
    durationNs: durationMs * MS,
    params: {},
  };
}

const many = Array.from({ length: 40 }, (_, at) => pause(`host-${at}`, 1_000 + at * 211));

function needs(...targets: string[]): (schedule: readonly Fault[]) => Promise<boolean> {
  return (schedule) =>
    Promise.resolve(
      targets.every((target) => schedule.some((fault) => fault.targets.includes(target))),
    );
}

describe("shrinking", () => {
  it("leaves the one fault that matters out of forty", async () => {
    const { schedule, minimal, runs } = await shrink(many, { test: needs("host-17") });
    expect(schedule.map(({ targets }) => targets[0])).toEqual(["host-17"]);
    expect(minimal).toBe(true);
    expect(runs).toBeLessThan(80);
  });

  it("leaves two that only do it together, however far apart", async () => {
    const { schedule, minimal } = await shrink(many, { test: needs("host-3", "host-38") });
    expect(schedule.map(({ targets }) => targets[0])).toEqual(["host-3", "host-38"]);
    expect(minimal).toBe(true);
  });

  it("leaves none where no fault is needed", async () => {
    const { schedule, minimal } = await shrink(many, { test: () => Promise.resolve(true) });
    expect(schedule).toEqual([]);
    expect(minimal).toBe(true);
  });

  it("only ever returns a schedule that was seen to violate, and no fault of which can go", async () => {
    const sets = fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sets, fc.integer({ min: 1, max: 4 }), async (needed, parallel) => {
        const test = needs(...needed.map((at) => `host-${at}`));
        const seen = new Set<string>();
        const { schedule } = await shrink(many, {
          parallel,
          test: async (candidate) => {
            const verdict = await test(candidate);
            if (verdict) seen.add(JSON.stringify(candidate));
            return verdict;
          },
        });
        expect(seen.has(JSON.stringify(schedule))).toBe(true);
        expect(schedule).toHaveLength(needed.length);
      }),
      { numRuns: 40 },
    );
  });

  it("comes to the same end, whether candidates are tried one by one or side by side", async () => {
    const test = needs("host-5", "host-6", "host-31");
    const alone = await shrink(many, { test });
    const beside = await shrink(many, { test, parallel: 4 });
    expect(beside).toEqual(alone);
  });

  it("comes to the same end within the same budget, with one process and with 64", async () => {
    const crowd = Array.from({ length: 140 }, (_, at) => pause(`host-${at}`, 50 * at));
    const test = needs(...Array.from({ length: 10 }, (_, at) => `host-${13 * at + 2}`));
    const whole = await shrink(crowd, { test });
    expect(whole).toMatchObject({ minimal: true });
    expect(whole.schedule).toHaveLength(10);
    for (const runsMax of [whole.runs, 60]) {
      const alone = await shrink(crowd, { test, runsMax });
      const counted: unknown[] = [];
      const onRun = (schedule: unknown): void => void counted.push(schedule);
      const beside = await shrink(crowd, { test, runsMax, parallel: 64, onRun });
      expect(beside).toEqual(alone);
      expect(counted).toHaveLength(alone.runs);
    }
  });

  it("passes on the error of a run, and none of a run that was not needed", async () => {
    const test = async (schedule: readonly Fault[]): Promise<boolean> => {
      const names = schedule.flatMap(({ targets }) => targets).join(" ");
      if (names === "host-1") throw new Error("cannot run");
      return names === "host-0";
    };
    // Of the halves the first violates, so that the second counts for nothing.
    const two = many.slice(0, 2);
    const { schedule } = await shrink(two, { test, parallel: 3, notEmpty: true, fewerOnly: true });
    expect(schedule).toEqual([two[0]]);
    const failing = shrink(two, { test: () => Promise.reject(new Error("cannot run")) });
    await expect(failing).rejects.toThrow("cannot run");
  });

  it("makes what is left short and round", async () => {
    const { schedule } = await shrink([pause("a", 4_321, 9_876)], {
      test: async ([fault]) =>
        fault !== undefined && fault.durationNs >= 900 * MS && fault.startNs >= 4 * SECOND,
    });
    expect(schedule).toEqual([pause("a", 4_000, 1_000)]);
  });

  it("finds one partition fewer when another moment does as well", async () => {
    // The lock is held in the last tenth of every second; the first fault only shifts that rhythm.
    const test = async (schedule: readonly Fault[]): Promise<boolean> => {
      const shiftMs = schedule.some(({ targets }) => targets[0] === "shifts") ? 300 : 0;
      return schedule.some(({ targets, startNs }) => {
        return targets[0] === "hits" && (startNs / MS + shiftMs) % 1_000 >= 900;
      });
    };
    const { schedule } = await shrink([pause("shifts", 100), pause("hits", 2_650)], { test });
    expect(schedule.map(({ targets }) => targets[0])).toEqual(["hits"]);
  });

  it("takes hosts out of a fault that hits several, and links out of a partition", async () => {
    const rack: Fault = {
      kind: "crash",
      targets: ["a", "b", "c"],
      startNs: SECOND,
      durationNs: SECOND,
      params: { how: "machine" },
    };
    const split: Fault = {
      kind: "partition",
      targets: ["a", "b"],
      startNs: SECOND,
      durationNs: SECOND,
      params: { shape: "split", from: ["a", "b"], to: ["c", "d", "e"], both: true },
    };
    const crashed = await shrink([rack], { test: needs("b") });
    expect(crashed.schedule[0]?.targets).toEqual(["b"]);
    const cut = await shrink([split], {
      test: async ([fault]) => {
        if (!fault) return false;
        const { from, to } = fault.params as unknown as LinkParams;
        return from.includes("b") && to.includes("d");
      },
    });
    expect(cut.schedule[0]).toMatchObject({
      params: { from: ["b"], to: ["d"], both: false },
    });
  });

  it("ends when its runs are spent, or when it is told to, with the best so far", async () => {
    const spent = await shrink(many, { test: needs("host-17"), runsMax: 3 });
    expect(spent.runs).toBeLessThanOrEqual(4);
    expect(await needs("host-17")(spent.schedule)).toBe(true);
    const stopped = await shrink(many, { test: needs("host-17"), stopped: () => true });
    expect(stopped.schedule).toEqual(many);
    expect(stopped.minimal).toBe(false);
  });
});
