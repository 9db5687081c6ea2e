/** The nearest run that holds: the same seed without the fault that matters, or another seed where none does. */
import { describe, expect, it } from "vitest";
import { LightconeError } from "../../src/base/errors.ts";
import { nearestHeld } from "../../src/explore/neighbour.ts";
import type { PoolRequest } from "../../src/explore/pool.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import type { RunOutcome } from "../../src/world/outcome.ts";

function pause(host: string): Fault {
  return { kind: "pause", targets: [host], startNs: 1e9, durationNs: 1e9, params: {} };
}

/** A pool in which a run holds if `holds` says so; it keeps what it was asked. */
function poolOf(holds: (request: PoolRequest) => boolean) {
  const asked: PoolRequest[] = [];
  const run = (request: PoolRequest): Promise<RunOutcome> => {
    asked.push(request);
    const verdict = holds(request) ? "held" : "violated";
    return Promise.resolve({ verdict, trace: {}, seed: request.seed } as RunOutcome);
  };
  return { asked, run };
}

const names = ({ schedule }: PoolRequest): string[] => {
  return (schedule ?? []).map(({ targets }) => targets[0] as string);
};

describe("the nearest run that holds", () => {
  const schedule = [pause("a"), pause("b"), pause("c")];

  it("is the same seed without one fault, the last one that matters", async () => {
    const pool = poolOf((request) => !names(request).includes("b"));
    const found = await nearestHeld(pool, { seed: 7, schedule });
    expect(found?.text).toBe("the same seed without: b pauses for 1s");
    expect(pool.asked.map(names)).toEqual([
      ["a", "b"],
      ["a", "c"],
    ]);
    expect(pool.asked.every(({ seed, trace }) => seed === 7 && trace)).toBe(true);
  });

  it("is another seed where no fault is needed", async () => {
    const pool = poolOf(({ seed }) => seed === 9);
    const found = await nearestHeld(pool, { seed: 7, schedule: [] });
    expect(found?.text).toBe("seed 0x9, without faults as well");
    expect(pool.asked.map(({ seed }) => seed)).toEqual([8, 9]);
  });

  it("is none after a few tries, or if its run cannot be made", async () => {
    const never = poolOf(() => false);
    expect(await nearestHeld(never, { seed: 7, schedule: [] })).toBeUndefined();
    expect(never.asked.length).toBe(4);
    const run = (): Promise<never> => Promise.reject(new LightconeError("LC_TIMEOUT", "it loops"));
    expect(await nearestHeld({ run }, { seed: 7, schedule })).toBeUndefined();
  });
});
