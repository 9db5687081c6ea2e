/** What is shown of a violation is a violation by itself, and nothing of it can be left out. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import { checkWeakLevel } from "../../src/check/consistency/check.ts";
import { findLevel, withStronger } from "../../src/check/levels.ts";
import type { History } from "../../src/history/operation.ts";
import { historyOf } from "../../tools/consistency-doc/timeline.ts";
import { refereeSays } from "../check-support/referee.ts";
import { tinyHistory } from "../check-support/tiny.ts";

function part(history: History, keep: readonly number[]): History {
  return { operations: history.operations.filter(({ index }) => keep.includes(index)) };
}

/** Whether every read of `history` returns something that is written in it, or nil. */
function selfContained({ operations }: History): boolean {
  return operations.every(
    (read) =>
      read.f !== "read" ||
      read.output === null ||
      operations.some(
        (write) => write.f === "write" && write.key === read.key && write.input === read.output,
      ),
  );
}

function check(timeline: string, level: string): ReturnType<typeof checkWeakLevel> {
  return checkWeakLevel(historyOf(timeline), level, { budget: new Budget() });
}

describe("the smallest sub-history", () => {
  // These imply no level that is judged here, so their evidence is of themselves.
  for (const level of [
    "read-your-writes",
    "monotonic-reads",
    "monotonic-writes",
    "writes-follow-reads",
  ]) {
    it(`of a violation of ${level} violates it, and does not without any one operation`, () => {
      let violated = 0;
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
          const prng = Prng.root(seed);
          const shape = { operations: 8, processes: 2, keys: 2, unique: true, unanswered: 0 };
          const history = tinyHistory(prng, shape);
          const verdict = checkWeakLevel(history, level, { budget: new Budget() });
          if (verdict.result !== "violated") return;
          violated++;
          const { operations, steps } = verdict.evidence[0] as (typeof verdict.evidence)[0];
          expect(refereeSays(part(history, operations), level)).toBe(false);
          for (const left of operations) {
            const rest = part(
              history,
              operations.filter((one) => one !== left),
            );
            if (selfContained(rest)) expect(refereeSays(rest, level)).toBe(true);
          }
          for (const { operation } of steps) {
            if (operation !== undefined) expect(operations).toContain(operation);
          }
        }),
        { numRuns: 600, seed: 11 },
      );
      expect(violated).toBeGreaterThan(20);
    });
  }
});

describe("a verdict", () => {
  it("names the weakest level that is violated, and every stronger one", () => {
    const verdict = check(
      "A: [w x 1]\nB:         [r x 1] [w y 1]\nC: [r y 1] [r x nil]",
      "sequential",
    );
    expect(verdict).toMatchObject({
      result: "violated",
      violates: ["weak-causal", "writes-follow-reads"],
    });
    if (verdict.result !== "violated") return;
    const all = [...(verdict.violates ?? []), ...(verdict.alsoViolates ?? [])];
    expect(new Set(all)).toEqual(withStronger(["weak-causal", "writes-follow-reads"]));
    for (const name of all) expect(findLevel(name)?.name).toBe(name);
  });

  it("tells the story in plain words, operation by operation", () => {
    const verdict = check(
      "A: [w x 1] [w x 2]\nB:                 [r x 2] [r x 1]",
      "monotonic-reads",
    );
    expect(verdict).toMatchInlineSnapshot(`
      {
        "alsoViolates": [
          "strict-serializable",
          "linearizable",
          "sequential",
          "causal",
          "causal-convergence",
          "PRAM",
        ],
        "evidence": [
          {
            "anomaly": "non-monotonic-read",
            "key": "x",
            "operations": [
              0,
              1,
              2,
              3,
            ],
            "steps": [
              {
                "atNs": 9000000,
                "operation": 0,
                "text": "writes x = 1",
                "who": "A",
              },
              {
                "atNs": 17000000,
                "operation": 1,
                "text": "writes x = 2",
                "who": "A",
              },
              {
                "atNs": 25000000,
                "operation": 2,
                "text": "reads x = 2, which A wrote",
                "who": "B",
              },
              {
                "atNs": 33000000,
                "operation": 3,
                "text": "reads x = 1, which A wrote, though x = 2 should be there",
                "who": "B",
              },
            ],
            "summary": "B read x = 1 after it had seen the newer x = 2",
          },
        ],
        "result": "violated",
        "violates": [
          "monotonic-reads",
        ],
      }
    `);
  });

  it("says of a derived order why it holds", () => {
    const verdict = check(
      "A: [w z 1] [w x 1] [w y 1]\nB: [w x 2] [r z nil]         [r y 1] [r x 2]",
      "causal",
    );
    expect(verdict.result).toBe("violated");
    const texts =
      verdict.result === "violated" ? verdict.evidence[0]?.steps.map(({ text }) => text) : [];
    expect(texts).toContain("reads z = nil, the initial value, though z = 1 should be there");
    expect(texts).toContain(
      "so x = 1 comes before x = 2: when B read x = 2, x = 1 was already part of what it depends on",
    );
  });
});
