/** When a violation became inevitable: found among the futures of a violated run. */
import { describe, expect, it } from "vitest";
import { findCause, liftedAt } from "../../src/explore/cause.ts";
import type { PoolRequest, RunnerPool } from "../../src/explore/pool.ts";
import { plainStyle, renderMoments, turningSentence } from "../../src/report/index.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import type { RunOutcome } from "../../src/world/outcome.ts";

const MS = 1e6;
const pause: Fault = {
  ...{ kind: "pause", targets: ["a"], params: {} },
  startNs: 40 * MS,
  durationNs: 50 * MS,
};

/** Events at every millisecond to 100, the violation at 80. */
const timeNs = Float64Array.from({ length: 100 }, (_, at) => (at + 1) * MS);
const violation = {
  ...{ check: "mutex", causes: ["two holders"], completeNs: 80 * MS },
  ...{ evidence: { summary: "two holders" }, story: { lines: [], summary: "" }, operations: [] },
};

/** A pool in which a run holds if `holds` says so; it keeps what it was asked. */
function poolOf(schedule: readonly Fault[], holds: (request: PoolRequest) => boolean) {
  const asked: PoolRequest[] = [];
  const run = (request: PoolRequest): Promise<RunOutcome> => {
    asked.push(request);
    const violations = holds(request) ? [] : [violation];
    const trace = { length: timeNs.length, timeNs };
    return Promise.resolve({
      seed: 7,
      schedule,
      simulatedNs: 100 * MS,
      violations,
      trace,
    } as never);
  };
  return { asked, pool: { run } as unknown as RunnerPool };
}

const atOf = ({ branch }: PoolRequest): number => branch?.atNs ?? Infinity;
const isCalm = ({ schedule = [] }: PoolRequest): boolean => {
  return (schedule[0]?.durationNs ?? 0) < pause.durationNs;
};

describe("the cause of a violation", () => {
  it("lies between two events next to each other, with the faults and without", async () => {
    // With its faults it is lost when the pause begins; without, until the other one takes the lock.
    const { asked, pool } = poolOf([pause], (request) => {
      return atOf(request) < (isCalm(request) ? 63 : 40) * MS && request.branch?.salt !== 1;
    });
    const cause = await findCause(pool, { seed: 7, schedule: [pause] });
    expect(cause.same).toMatchObject({ lastChanceNs: 39 * MS, inevitableNs: 40 * MS });
    expect(cause.calm).toMatchObject({ lastChanceNs: 62 * MS, inevitableNs: 63 * MS });
    expect([cause.same.futures, cause.ended]).toEqual([48, undefined]);
    expect(cause.runs).toBe(asked.length - 1);
    // Nothing is asked twice, and all futures go on for a while after the violation.
    const futures = asked.filter(({ branch }) => branch);
    expect(futures.every(({ untilNs }) => untilNs === 5_080 * MS)).toBe(true);
    const rows = renderMoments({ ...cause, ended: undefined }, plainStyle);
    expect(rows[0]).toMatch(/the same faults +faults over by then/);
    expect(rows.find((row) => row.includes("0.062s"))).toMatch(/12 of 12 .* 1 of 12/);
  });

  it("goes on behind a moment from which more futures show that some hold", async () => {
    // From 30 ms on the first twelve futures are violated, and one of the next holds until 50 ms.
    const { pool } = poolOf([], (request) => {
      const { salt = 0 } = request.branch ?? {};
      return atOf(request) < 30 * MS || (salt === 20 && atOf(request) < 50 * MS);
    });
    const { same, calm, moments } = await findCause(pool, { seed: 7, schedule: [] });
    expect(calm).toBeUndefined();
    expect(same.inevitableNs).toBeGreaterThan(30 * MS);
    expect(moments.find(({ atNs }) => atNs === same.lastChanceNs)?.same.of).toBe(48);
  });

  it("is there from the start, or never, where nothing makes a difference", async () => {
    const always = poolOf([], () => false);
    const { same } = await findCause(always.pool, { seed: 7, schedule: [] });
    expect(same).toMatchObject({ lastChanceNs: undefined, inevitableNs: 0 });
    expect(turningSentence("what it had", same)).toMatch(/inevitable from the start/);
    const luck = poolOf([], ({ branch }) => branch !== undefined);
    const never = await findCause(luck.pool, { seed: 7, schedule: [] });
    expect(never.same.inevitableNs).toBeUndefined();
    expect(turningSentence("what it had", never.same)).toBe(
      "with what it had it was never inevitable",
    );
  });

  it("is not looked for in a run that holds, and tells what it has when time is up", async () => {
    const { pool } = poolOf([], () => true);
    await expect(findCause(pool, { seed: 7, schedule: [] })).rejects.toThrow(/not violated/);
    const controller = new AbortController();
    const onStep = (runs: number): void => {
      if (runs === 30) controller.abort("time");
    };
    const cut = poolOf([], (request) => atOf(request) < 33 * MS);
    const options = { signal: controller.signal, onStep };
    const { ended, moments } = await findCause(cut.pool, { seed: 7, schedule: [] }, options);
    expect([ended, moments.length]).toEqual(["time", 2]);
  });

  it("ends faults at a moment, and leaves out those that begin later", () => {
    const late = { ...pause, startNs: 70 * MS };
    expect(liftedAt([pause, late], 60 * MS)).toEqual([{ ...pause, durationNs: 20 * MS }]);
  });
});
