/** The complete checker of registers against a referee that tries every order. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { AnomalySet } from "../../src/check/transactions/anomaly.ts";
import { committedPart } from "../../src/check/transactions/committed.ts";
import { LevelDecider, registerRules } from "../../src/check/transactions/register-levels.ts";
import { smallRegisters, tableFrom, type Small } from "./support/make.ts";
import { holds, type Base } from "./support/referee.ts";

function decider(history: readonly Small[]): LevelDecider {
  const bad = new AnomalySet();
  return new LevelDecider(committedPart(tableFrom("register", history), bad), bad, new Budget());
}

describe("every level agrees with its axioms, on random small histories", () => {
  for (const { level, weak, order, precedence } of registerRules) {
    test(level, () => {
      let violated = 0;
      fc.assert(
        fc.property(smallRegisters(5), (history) => {
          const expected = holds(history, (weak ?? order) as string, precedence as Base);
          if (!expected) violated++;
          expect(decider(history).decide(level).holds).toBe(expected);
        }),
        { numRuns: 1500, seed: 20260 },
      );
      expect(violated).toBeGreaterThan(20);
      expect(violated).toBeLessThan(1500);
    });
  }
});

describe("evidence", () => {
  test("what is shown of a violation still violates, and nothing of it can be left out", () => {
    fc.assert(
      fc.property(smallRegisters(6), (history) => {
        for (const level of ["read-atomic", "snapshot-isolation", "strict-serializable"]) {
          const rule = registerRules.find((each) => each.level === level);
          const answer = decider(history).decide(level);
          if (answer.holds || !rule) continue;
          const kind = (rule.weak ?? rule.order) as string;
          const keep = [...answer.core].sort((a, b) => a - b);
          const part = (members: readonly number[]): Small[] => withoutOthers(history, members);
          expect(holds(part(keep), kind, rule.precedence)).toBe(false);
          for (const dropped of keep) {
            const rest = keep.filter((t) => t !== dropped);
            expect(holds(part(rest), kind, rule.precedence)).toBe(true);
          }
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

/** The part of a history with only these transactions, without reads of what the others wrote. */
function withoutOthers(history: readonly Small[], members: readonly number[]): Small[] {
  const values = new Set<unknown>();
  for (const t of members) {
    for (const [f, , value] of (history[t] as Small).mops) if (f === "w") values.add(value);
  }
  return members.map((t) => ({
    ...(history[t] as Small),
    mops: (history[t] as Small).mops.filter(
      ([f, , value]) => f === "w" || value === null || values.has(value),
    ),
  }));
}
