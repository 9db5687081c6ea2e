/** Lists: every anomaly by its name, and cycles against a referee that lists them all. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { impossibleLevels, withImplied } from "../../src/check/transactions/anomalies.ts";
import { knownAppendOrder } from "../../src/check/transactions/append-known.ts";
import { appendOrder } from "../../src/check/transactions/append-order.ts";
import { committedAppends } from "../../src/check/transactions/committed.ts";
import { checkListAppend } from "../../src/check/transactions/list-append.ts";
import { inferRegister } from "../../src/check/transactions/rw-register.ts";
import { LevelDecider } from "../../src/check/transactions/register-levels.ts";
import { cycleTypes, smallLists } from "./support/lists.ts";
import { story, tableFrom } from "./support/make.ts";
import { stories } from "./support/stories.ts";

describe("anomalies by name", () => {
  for (const { title, type, level, text, anomalies, assume } of stories) {
    test(`${type}: ${title}`, () => {
      const table = story(type, text);
      const expectation = { levels: [level] };
      const found =
        type === "append"
          ? checkListAppend(table, expectation, new Budget())
          : inferRegister(table, expectation, assume ? { [assume]: true } : {}, new Budget());
      expect([...found.anomalyTypes].sort()).toStrictEqual([...anomalies].sort());
    });
  }
});

describe("cycles, against a referee that lists them all", () => {
  const cases = [
    ["serializable", "none"],
    ["strong-session-serializable", "process"],
    ["strict-serializable", "realtime"],
  ] as const;
  for (const [level, order] of cases) {
    test(`${level}: the same levels are ruled out`, () => {
      let cyclic = 0;
      fc.assert(
        fc.property(smallLists(5), (history) => {
          const expected = cycleTypes(history, order);
          if (expected.size > 0) cyclic++;
          const table = tableFrom("append", history.transactions);
          const { anomalies } = checkListAppend(table, { levels: [level] }, new Budget());
          const found = anomalies.types.filter((type) => /^G(0|1c|2|-)|-exists$/.test(type));
          expect([...impossibleLevels(found)].sort()).toStrictEqual(
            [...impossibleLevels(expected)].sort(),
          );
          // Beside the data's order, a transitive edge may have another reason on its way: other names.
          if (order !== "none") return;
          expect(minimal(found)).toStrictEqual(minimal([...cycleTypes(history, order, true)]));
        }),
        { numRuns: 1500, seed: 4 },
      );
      expect(cyclic).toBeGreaterThan(150);
      expect(cyclic).toBeLessThan(1450);
    });
  }
});

/** Without those that others imply, and without mere "some cycle exists". */
function minimal(types: readonly string[]): string[] {
  return types
    .filter((type) => !type.endsWith("-exists"))
    .filter((type) => !types.some((other) => other !== type && withImplied([other]).has(type)))
    .sort();
}

describe("two algorithms, one answer", () => {
  test("cycles of dependencies and the search for an order agree on each level", () => {
    const levels = [
      "snapshot-isolation",
      "strong-session-snapshot-isolation",
      "strong-snapshot-isolation",
      "serializable",
      "strong-session-serializable",
      "strict-serializable",
    ];
    fc.assert(
      fc.property(smallLists(6), fc.constantFrom(...levels), (history, level) => {
        const table = tableFrom("append", history.transactions);
        const findings = checkListAppend(table, { levels: [level] }, new Budget());
        const order = appendOrder(table);
        const decider = new LevelDecider(
          committedAppends(table),
          findings.anomalies,
          new Budget(),
          (part) => knownAppendOrder(table, order, part),
        );
        // Elle leaves the order of appends that nobody read open; a search fixes it, and may fail to.
        if (findings.valid === false) expect(decider.decide(level).holds).toBe(false);
        else if (everyAppendWasRead(table)) expect(decider.decide(level).holds).toBe(true);
      }),
      { numRuns: 1500, seed: 11 },
    );
  });
});

function everyAppendWasRead(table: ReturnType<typeof tableFrom>): boolean {
  const { place } = appendOrder(table);
  return place.every((at) => at >= 0);
}
