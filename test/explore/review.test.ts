/** Whether runs judged anything, against runners that answer from a table. */
import { describe, expect, it } from "vitest";
import type { PoolRequest, RunnerPool } from "../../src/explore/pool.ts";
import { reviewCoverage } from "../../src/explore/review.ts";
import { type Coverage, CoverageTally } from "../../src/world/coverage.ts";

const idle: Coverage = {
  idle: [{ check: "mutex", looksFor: ["acquire", "lock"] }],
  operations: [],
  reached: [],
  hosts: [],
  faults: [],
};
const busy: Coverage = { ...idle, idle: [], operations: [["acquire", 2, 2]] };

function review(options: {
  readonly runs: readonly Coverage[];
  readonly calm?: Coverage;
  readonly faulty?: boolean;
  readonly found?: boolean;
  readonly hurried?: boolean;
}) {
  const { runs, calm, faulty = true, found = false, hurried = false } = options;
  const asked: PoolRequest[] = [];
  const pool = {
    info: { assertions: [], hasCalm: true },
    run: (request: PoolRequest) => {
      asked.push(request);
      return Promise.resolve({ coverage: calm });
    },
  } as unknown as RunnerPool;
  const tally = new CoverageTally();
  for (const run of runs) tally.add(run);
  return { asked, done: reviewCoverage(pool, tally, { seed: 7, faulty, found, hurried }) };
}

describe("a check that judged nothing in any run", () => {
  it("is refused where no fault is to blame, with no run more", async () => {
    const { asked, done } = review({ runs: [idle, idle], faulty: false });
    await expect(done).rejects.toMatchObject({
      code: "LC_NOTHING_JUDGED",
      message: 'the check "mutex" judged nothing in 2 runs: there are no operations',
    });
    expect(asked).toEqual([]);
  });

  it("is refused where it judges nothing without faults either", async () => {
    const { asked, done } = review({ runs: [idle], calm: idle });
    await expect(done).rejects.toMatchObject({ code: "LC_NOTHING_JUDGED" });
    expect(asked).toEqual([{ seed: 7, schedule: [] }]);
  });

  it("is told, and refuses nothing, where it judges something without faults", async () => {
    const { done } = review({ runs: [idle], calm: busy });
    expect((await done).unjudged).toEqual([
      'the check "mutex" judged nothing in this run: there are no operations',
    ]);
  });

  it("is told beside a violation, and to whoever does not want to wait", async () => {
    for (const why of [{ found: true }, { hurried: true }]) {
      const { asked, done } = review({ runs: [idle], ...why });
      expect((await done).unjudged).toHaveLength(1);
      expect(asked).toEqual([]);
    }
  });

  it("is none when one run of many had something for it", async () => {
    const { done } = review({ runs: [idle, busy, idle] });
    expect(await done).toEqual({
      unjudged: [],
      lacks: [],
      remarks: ["mutex had nothing to judge in 2 of 3 runs"],
    });
  });
});
