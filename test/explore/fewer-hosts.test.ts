/** Shrinking the world: clients that a violation does not need are not started. */
import { describe, expect, it } from "vitest";
import { LightconeError } from "../../src/base/errors.ts";
import { fewerHosts, spareHosts } from "../../src/explore/fewer-hosts.ts";
import type { PoolRequest, RunnerPool } from "../../src/explore/pool.ts";
import type { RunOutcome } from "../../src/world/outcome.ts";

const violation = {
  ...{ check: "mutex", causes: [], completeNs: 1, evidence: { summary: "" }, operations: [] },
  story: { summary: "", lines: [{ atNs: 1, who: "worker-2", text: "", tone: "operation" }] },
};
const outcome = {
  seed: 7,
  schedule: [{ kind: "crash", targets: ["redis"], startNs: 1, durationNs: 1, params: {} }],
  violations: [violation],
  coverage: {
    hosts: ["redis", "store", "worker-1", "worker-2", "worker-3", "worker-4"].map((name) => [
      name,
      true,
    ]),
  },
} as unknown as RunOutcome;
const survivals = [{ units: [["store"]], lost: 0, disks: true }];

/** A pool in which the violation needs these hosts. */
function poolOf(...needed: readonly string[]) {
  const asked: PoolRequest[] = [];
  const run = (request: PoolRequest): Promise<RunOutcome> => {
    asked.push(request);
    const { unstarted = [] } = request;
    if (unstarted.includes("worker-4") && needed.includes("all or none")) {
      return Promise.reject(new LightconeError("LC_TIMEOUT", "it loops"));
    }
    const isShown = needed.every((name) => !unstarted.includes(name));
    return Promise.resolve({
      ...outcome,
      ...request,
      violations: isShown ? [violation] : [],
    } as never);
  };
  return { asked, pool: { run, info: { survivals } } as unknown as RunnerPool };
}

describe("fewer hosts", () => {
  it("leaves out neither a fault's host nor one that must survive, and first whom no line names", () => {
    expect(spareHosts(outcome, survivals)).toEqual([
      "worker-1",
      "worker-3",
      "worker-4",
      "worker-2",
    ]);
  });

  it("leaves out all that the story does not name at once, if that will do", async () => {
    const { asked, pool } = poolOf("worker-2");
    const fewer = await fewerHosts(pool, outcome);
    expect(fewer.unstarted).toEqual(["worker-1", "worker-3", "worker-4"]);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatchObject({ seed: 7, schedule: outcome.schedule });
  });

  it("and else one after the other, also where a run cannot be made", async () => {
    const one = poolOf("worker-3");
    expect((await fewerHosts(one.pool, outcome)).unstarted).toEqual([
      "worker-1",
      "worker-4",
      "worker-2",
    ]);
    const none = poolOf("all or none", "worker-1", "worker-2", "worker-3");
    expect(await fewerHosts(none.pool, outcome)).toBe(outcome);
    const signal = AbortSignal.abort();
    expect(await fewerHosts(one.pool, outcome, { signal })).toBe(outcome);
  });
});
