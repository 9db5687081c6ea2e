/** Every weak level agrees with a referee that tries all orders, on thousands of tiny histories. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import { checkWeakLevel } from "../../src/check/consistency/check.ts";
import { checkStaleness } from "../../src/check/consistency/staleness.ts";
import { refereeSays, refereeSaysStale } from "../check-support/referee.ts";
import { tinyHistory, tinyShape } from "../check-support/tiny.ts";

const levels = [
  "read-your-writes",
  "monotonic-reads",
  "monotonic-writes",
  "writes-follow-reads",
  "PRAM",
  "weak-causal",
  "causal-convergence",
  "causal",
  "sequential",
];

describe("on tiny histories, values unique or not, answered or not", () => {
  for (const level of levels) {
    it(`${level} is what its definition says`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
          const prng = Prng.root(seed);
          const history = tinyHistory(prng, tinyShape(prng));
          const verdict = checkWeakLevel(history, level, { budget: new Budget() });
          expect(verdict.result).toBe(refereeSays(history, level) ? "holds" : "violated");
        }),
        { numRuns: 1_500, seed: 4 },
      );
    });
  }

  for (const versions of [1, 2, 3]) {
    it(`staleness of ${versions} versions is what its definition says`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
          const prng = Prng.root(seed);
          const history = tinyHistory(prng, tinyShape(prng));
          const { verdict } = checkStaleness(history, { versions }, { budget: new Budget() });
          expect(verdict.result).toBe(refereeSaysStale(history, versions) ? "holds" : "violated");
        }),
        { numRuns: 500, seed: 4 },
      );
    });
  }
});
